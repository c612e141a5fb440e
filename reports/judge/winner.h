/* SPDX-License-Identifier: MIT */
/* winner.h - the fastest of the variants of a shape, and those that cannot be told from it. */
#ifndef BATCHMARK_WINNER_H
#define BATCHMARK_WINNER_H

#include "run.h"

/*
 * The fastest is the case with the least median. Another one ties with it unless the 95 % interval of
 * its time over the fastest one's (bm_ratio_of_cases) lies beyond 1 + BM_TIE: so another run would not name it the
 * fastest. Below 3 launches, which have no interval, it ties unless its least time is twice the fastest one's median.
 *
 * On the two full runs that are shipped, of equal code, the fastest variant is the same in 105 of 174 groups; in 67 more
 * each run calls the other's winner a tie (tests/unit/test_shipped.c). Floors, where they stand, add nothing to that.
 */
#define BM_TIE 0.02

/* The place of the fastest; count > 0. */
size_t bm_fastest_of(const struct bm_run_case *const *of, size_t count);

bool bm_ties(const struct bm_run_case *fastest, const struct bm_run_case *other);

/* " (ties with avx2, auto on 1 thread)": the variants of those that tie, as many as have room, behind a winner's name;
 * "": none. */
enum { BM_TIES_ROOM = 128 };
const char *bm_ties_text(const struct bm_run_case *fastest, const struct bm_run_case *const *of, size_t count,
                         char text[static BM_TIES_ROOM]);

#endif
