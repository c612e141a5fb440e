/* SPDX-License-Identifier: MIT */
/* bench_run.h - a run of bench, and what there is to say at its end. */
#ifndef BATCHMARK_BENCH_RUN_H
#define BATCHMARK_BENCH_RUN_H

#include "plan.h"
#include "suite.h"

struct bm_bench_run {
    const struct bm_bench_options *o;
    struct bm_suite suite;
    bool all_have_least;
    double seconds, sampled; /* of the launches: how long, and the share within samples */
};

/* How well the floor of the case is known: a share (stop_rule.h). */
double bm_bench_floor_of(const struct bm_suite_case *c);

/* Limits that were disturbed, and how much the machine moved while we measured. */
void bm_bench_print_limits(json_t *result);

/* What was left out and why, each reason once. */
void bm_bench_print_skipped(json_t *result);

/* How many cases were timed and how well, and where the result is. */
void bm_bench_print_summary(const struct bm_bench_run *run);

#endif
