/* SPDX-License-Identifier: MIT */
/* beside.h - a stored run times older stored kernels beside its own, so that its history can tell the machine from the
 * code. */
#ifndef BATCHMARK_BESIDE_H
#define BATCHMARK_BESIDE_H

#include <stdio.h>

#include "plan.h"

/*
 * Fills batchmark.beside[] of a result of bench that has its cases and keeps its kernels (keep.h), from pairs (pairs.h)
 * of the older kernel, A, and its own, B. Its elements are of two older results (older.h), if a kernel differs:
 *
 * - "previous": each of the run's cases whose kernel has other code than in that result. Are these more than the time
 *   allows, then the canary's, and others by a sum of the name, so that the choice prefers nothing;
 * - "reference", unless it is the same: the cases of its canary (canary.h) that this run has, if their kernel has other
 *   code.
 *
 * All of them take about `seconds`, but every case gets 4 launches. No outcome has a say in how many it gets. What
 * cannot be loaded, or is wrong, is said on stderr; an interrupt keeps what is finished.
 */
void bm_beside(json_t *result, const char *path, const struct bm_bench_options *options, double seconds);

/* Exits with the reason unless --reference, if it was given, can serve a run of this fingerprint. */
void bm_beside_check(const struct bm_bench_options *options, json_t *fingerprint);

/* What came out: two lines for each older result. */
void bm_beside_print(const json_t *result, const char *path, const struct bm_bench_options *options, FILE *out);

#endif
