/* SPDX-License-Identifier: MIT */
/* versus.h - bench --versus: our kernels against the libraries of others, or against the naive one, in pairs. */
#ifndef BATCHMARK_VERSUS_H
#define BATCHMARK_VERSUS_H

#include "versus_rows.h"

/*
 * What bench timed says which kernels to set against each other; then these are timed anew as neighbours, in one
 * process (pairs_run.h), launch by launch, until each ratio is known to within BM_VERSUS_PRECISION or the time is up.
 * A row is a shape with a number of threads.
 *
 * peers: <op>_auto, and the fastest of our other kernels with at most the row's threads, each against every peer that
 *     could be the fastest: whose least time is within BM_VERSUS_NEAR of the least peer's. The row's ratio is that
 *     against the least one, unless the pairs say for certain that another is faster: the least of several uncertain
 *     ratios would be too low.
 * naive: each of our kernels with the row's threads against <op>_naive on one thread.
 *
 * Where there are no pairs (two calls take longer than BM_VERSUS_CALLS, or the run was interrupted), the ratio is that
 * of the launches of bench itself (ratio.h), in which samples took turns as well.
 */
#define BM_VERSUS_PRECISION 0.01
#define BM_VERSUS_NEAR      0.10
#define BM_VERSUS_CALLS     0.02 /* s */

/* Measures the pairs of a run, for `time_cap` seconds (below 0: as many as there are pairs ask for), prints the tables,
 * and fills "versus" and "versus_summary" of the result. False, with the reason: a process cannot be started, or a
 * kernel was wrong. */
bool bm_versus(const struct bm_run *run, int against, double time_cap, uint64_t seed, json_t *result,
               struct bm_error *error);

#endif
