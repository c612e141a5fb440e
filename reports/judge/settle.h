/* SPDX-License-Identifier: MIT */
/* settle.h - the command that settles what a comparison of stored results could not. */
#ifndef BATCHMARK_SETTLE_H
#define BATCHMARK_SETTLE_H

#include "compare_runs.h"

/* "batchmark ab A B -- ...": for the inconclusive cases; free() it. A side is its result if that keeps its kernels,
 * else the commit that it was built from. The options are those with which BASE chose its cases, narrowed. NULL:
 * nothing is open. */
char *bm_settling_command(const struct bm_run *base, const struct bm_run *now, const struct bm_comparison *comparison);

#endif
