/* SPDX-License-Identifier: MIT */
/* across.h - results of bench from different machines, side by side: what their cores do with the same work. */
#ifndef BATCHMARK_ACROSS_H
#define BATCHMARK_ACROSS_H

#include "page.h"

/*
 * A new object:
 * machines[]: label, cpu, isa, cores, ghz (null: unknown), path, commit, notes[];
 * shapes[]:   op, shape, origin, threads, cache, and machines[] in the same order, each a `work` (below);
 * networks[]: network (origin up to the first ':'), op, layout, threads, cache, lines, uses (sum of their weights), and
 *             machines[]: the sum over the lines of weight x median as the work;
 * left_out:   how many shapes are not in all of the results.
 *
 * A work: kernel (the fastest variant of ours, peers apart; "" for a network), level ("" if mixed), median_s with its
 * 95 % interval low_s and high_s (of a network: the ends added up, which is wider than 95 %), bound_s,
 * rate ("GFLOP/s", or "GB/s" of compulsory bytes), per_second (that rate), per_core, per_cycle (per core and clock
 * cycle), of_peak, of_bandwidth (shares of the machine's own FMA peak and copy bandwidth from that level with as many
 * threads, both of the run's limits), of_limit (bound_s / median_s, with of_limit_low and
 * of_limit_high), times_first (time over the first machine's; times_first_low and times_first_high from the opposite
 * ends of both). What is not known is null. No ratio is averaged: a network's ratio is that of its total times.
 */
json_t *bm_across(const struct bm_run *run, size_t runs, const char *kernel);

/* Its networks, or else its shapes: a table for all rows of the same network or op, threads and cache. `source`: of
 * each machine; NULL: numbers are not linked. */
void bm_across_tables(struct bm_page *page, const json_t *across, bool networks, const struct bm_source *const *source);
void bm_across_explain(struct bm_page *page, const json_t *across); /* the columns */

void bm_across_print(const json_t *across, enum bm_page_format format, FILE *out);

#endif
