/* SPDX-License-Identifier: MIT */
/* roofs.h - a machine's measured limits (limits[] of results/README.md) as linked numbers. */
#ifndef BATCHMARK_ROOFS_H
#define BATCHMARK_ROOFS_H

#include "page.h"

enum { BM_ROOF_LEVELS = 4, BM_ROOF_ISAS = 8 };
extern const char *const bm_roof_level[BM_ROOF_LEVELS]; /* "L1", ..., "memory" */

/* What a number of threads can do at most: per level the best rate of any ISA at copying or updating in place, at
 * memory with non-temporal stores if those are faster, as in the limits of the cases; per ISA its FMA peak. What was
 * not measured, or only while it was disturbed, is not a number. */
struct bm_roofs {
    struct bm_value level[BM_ROOF_LEVELS];
    size_t isas;
    const char *isa[BM_ROOF_ISAS];
    struct bm_value fma[BM_ROOF_ISAS];
};

/* Of a source of any kind; without limits of that number of threads: no ISAs. */
void bm_roofs_of(const struct bm_source *source, int threads, struct bm_roofs *roofs);

/* Was a member of a row of limits[] ("copy_gbs", "stream_copy_gbs"), at a level, disturbed? */
bool bm_roof_disturbed(const json_t *limits, const char *member, const char *level);

/* limits[] of the source, and the numbers of threads that are in it: up to `most`, ascending. */
size_t bm_roof_threads(const struct bm_source *source, int *threads, size_t most);

#endif
