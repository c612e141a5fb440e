/* SPDX-License-Identifier: MIT */
/* part_common.h - what parts of the report have in common. */
#ifndef BATCHMARK_PART_COMMON_H
#define BATCHMARK_PART_COMMON_H

#include "compare_runs.h"
#include "page.h"
#include "totals.h"

#define BM_LAST_THRESHOLD 0.02 /* as `compare` has it: changes up to this do not matter */

struct bm_last_change {
    const struct bm_source *before, *now;
    struct bm_noise noise; /* .json is NULL: none was measured */
    struct bm_comparison comparison;
    const char *why; /* there is no comparison: why; NULL: there is one, and bm_last_change_free() frees it */
};

/* Compares with bm_library_before(now), with the noise that was measured in that one's folder. `now` may be NULL. */
void bm_last_change(const struct bm_library *library, const struct bm_source *now, struct bm_last_change *change);
void bm_last_change_free(struct bm_last_change *change);

/* An interval of ratios (totals.h), times `factor`; nothing is shown of one that is not known. */
struct bm_range_value bm_range_of(struct bm_interval interval, double factor, enum bm_unit unit,
                                  const struct bm_source *source);

const char *bm_plural(size_t n); /* "" or "s" */

/* "2026-11-22 02:51 UTC" of a result's date. */
enum { BM_WHEN = 32 };
const char *bm_when(const char *date, char text[static BM_WHEN]);

/* Rows of a long table that are seen at once, and those that it has at most. */
enum { BM_OPEN_ROWS = 10, BM_MOST_ROWS = 200 };

/* A shape in few letters: "M=64 N=64 K=64 NN+bias", without the names of its words ("trans="). free() it. */
char *bm_short_shape(const char *shape);

#endif
