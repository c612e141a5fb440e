/* SPDX-License-Identifier: MIT */
/* kernels_section.h - the shapes of an op, or of several ops that have one each, as the kernels' part shows them. */
#ifndef BATCHMARK_KERNELS_SECTION_H
#define BATCHMARK_KERNELS_SECTION_H

#include "works.h"

struct bm_section {
    struct bm_page *page;
    const struct bm_source *source;
    const struct bm_run *run;
    const struct bm_work *work;
    size_t works;
    size_t number; /* of the first work, for ids */
    const char *title;
    bool several; /* ops */
};

/* A work's warm cases with that many threads; 0: any. */
bool bm_is_of(const struct bm_run_case *c, const struct bm_work *work, int threads);

/* Who wins where, with that many threads. */
void bm_put_heat_map(struct bm_section *section, int threads);

#endif
