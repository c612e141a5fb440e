/* SPDX-License-Identifier: MIT */
/* cases.h - the cases of a run as people look at them: groups of one op and shape, and their figures
 * as linked numbers. */
#ifndef BATCHMARK_CASES_H
#define BATCHMARK_CASES_H

#include "page.h"

/* The part of the kernel's name behind the op: "avx512_omp". */
const char *bm_variant_of(const char *op, const char *kernel);
const char *bm_case_variant(const struct bm_run_case *c);

/* Is it a library's, "openblas" or "onednn_matmul" for instance? */
bool bm_variant_is_peer(const char *variant);
bool bm_case_is_peer(const struct bm_run_case *c);

/* Is it one of the peers' (or else of ours) that does the whole work? One whose inputs were packed before does less. */
bool bm_case_competes(const struct bm_run_case *c, bool peers);

/* A peer's case in which it took plain loops or SSE4.1, by its own word: not what it has for this CPU's vectors.
 * oneDNN's batch normalisation does so where the channels are no multiple of its vectors, and on channels-first. */
bool bm_case_on_slow_path(const struct bm_run_case *c);

/* GEMM 0, BN 1, all else 2: the order in which readers look for ops. */
int bm_op_rank(const char *op);

/* The same op, shape and origin? */
bool bm_same_work(const struct bm_run_case *a, const struct bm_run_case *b);

bool bm_case_is_warm(const struct bm_run_case *c);

/* The end of the cases from `begin` on that are the same work. */
size_t bm_case_group_end(const struct bm_run *run, size_t begin);

/* Rates as people quote them: FLOP/s where a byte takes many operations, bytes/s of compulsory traffic elsewhere. */
bool bm_counts_flops(const struct bm_run_case *c);

/* The same work in the same cache state by that variant ("naive"); threads 0: the first of any number. NULL: not there.
 */
const struct bm_run_case *bm_case_beside(const struct bm_run *run, const struct bm_run_case *c, const char *variant,
                                         int threads);

/* The fastest of the same work, cache state and number of threads; `peers`: among the peers, else among ours. NULL. */
const struct bm_run_case *bm_case_fastest(const struct bm_run *run, const struct bm_run_case *c, int threads,
                                          bool peers);

/* How the median of a case follows from its file, for bm_value_of(). */
enum { BM_FROM_ROOM = 48 };
const char *bm_case_median_from(const struct bm_source *source, const struct bm_run_case *c,
                                char from[static BM_FROM_ROOM]);

/* Figures of a case of source->run. */
struct bm_value bm_case_median(const struct bm_source *source, const struct bm_run_case *c);
/* Half of the median's interval, in percent of it. */
struct bm_value bm_case_half(const struct bm_source *source, const struct bm_run_case *c);
struct bm_value bm_case_floor(const struct bm_source *source, const struct bm_run_case *c);
struct bm_value bm_case_rate(const struct bm_source *source,
                             const struct bm_run_case *c); /* GFLOP/s or GB/s */
struct bm_value bm_case_of_limit(const struct bm_source *source, const struct bm_run_case *c);
/* How many times faster than `base`. */
struct bm_value bm_case_speedup(const struct bm_source *source, const struct bm_run_case *c,
                                const struct bm_run_case *base);
/* The same in percent, as a speed ("92") or a share ("92 %"). */
struct bm_value bm_case_percent(const struct bm_source *source, const struct bm_run_case *c,
                                const struct bm_run_case *base, enum bm_unit unit);

#endif
