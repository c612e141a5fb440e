/* SPDX-License-Identifier: MIT */
/* machine_pictures.h - what `machine` measured, as pictures and tables: peaks of fused multiply-adds, and bandwidth by
 * working set (the staircase of caches). */
#ifndef BATCHMARK_MACHINE_PICTURES_H
#define BATCHMARK_MACHINE_PICTURES_H

#include "page.h"

enum { BM_MACHINE_THREADS = 8 }; /* numbers of threads that are shown, at most */

/* Below context.batchmark: "cpu.model_name". NULL: not there. */
const json_t *bm_machine_member(const struct bm_source *s, const char *path);

/* `threads`: bm_roof_threads()'s, 1 to BM_MACHINE_THREADS of them. */
void bm_machine_peaks(struct bm_page *page, const struct bm_source *s, const int *threads, size_t counts);
void bm_machine_staircases(struct bm_page *page, const struct bm_source *s, const int *threads, size_t counts);
bool bm_machine_has_staircase(const struct bm_source *s, const int *threads, size_t counts);

/* The rates of the levels. */
void bm_machine_levels(struct bm_page *page, const struct bm_source *s);

#endif
