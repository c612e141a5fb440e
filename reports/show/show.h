/* SPDX-License-Identifier: MIT */
/*
 * show.h - a stored result on a terminal: of bench how fast it is and how near the limit, as tables with small bars; of
 * the other kinds their part of the report.
 */
#ifndef BATCHMARK_SHOW_H
#define BATCHMARK_SHOW_H

#include "page.h"

struct bm_show_options {
    const char *op, *kernel; /* globs; NULL: all */
    bool all, ladder; /* ladder: of bench, only that (ladder.h) */
    enum bm_page_format format; /* of a ladder: BM_TEXT, BM_MARKDOWN or BM_CSV */
};

/* Prints the whole of it or, with a reason, nothing. */
bool bm_show(const char *path, const struct bm_show_options *options, FILE *out, struct bm_error *error);

/* All cases of a run of bench, a table an op and shape. */
void bm_show_cases(const struct bm_run *run, FILE *out);

/* Passes a kernel the filters? */
bool bm_show_wanted(const struct bm_show_options *options, const char *op, const char *kernel);

void bm_show_bench(struct bm_page *page, const struct bm_source *source, const struct bm_show_options *options);

#endif
