/* SPDX-License-Identifier: MIT */
/*
 * show.h - the essential of a stored result for a terminal, as tables with small bars: how fast, how near the limit, is
 * it right, what does it buy in training.
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

/* ---- for the kinds (show_*.c); the members that they read were checked ---- */

struct bm_show {
    const struct bm_show_options *options;
    const struct bm_document *document;
    struct bm_page *page;
};

void bm_show_bench(struct bm_show *show, const struct bm_run *run);
void bm_show_train(struct bm_show *show);
void bm_show_verify(struct bm_show *show);
void bm_show_machine(struct bm_show *show);
void bm_show_noise(struct bm_show *show);

/* Passes a kernel the filters? */
bool bm_show_wanted(const struct bm_show *show, const char *op, const char *kernel);

/* A list directly in "batchmark"; NULL (empty for jansson): it is not there. */
json_t *bm_show_list(const struct bm_show *show, const char *key);

/* A member by its path, "epochs.-1.val_accuracy.median" (-1: the last of a list); NULL, or NaN: there is none. */
const json_t *bm_show_at(const json_t *object, const char *path);
double bm_show_number(const json_t *object, const char *path);

/* Of a table whose rows are the objects of a list. */
struct bm_column {
    const char *head, *path;
    enum bm_how {
        BM_HOW_TEXT,
        BM_HOW_NUMBER, /* in `format`, which has one double; 0 and what is no number: "-" */
        BM_HOW_COUNT,
        BM_HOW_SECONDS,
        BM_HOW_BAR, /* a number behind a bar: its share of the largest of the list */
        BM_HOW_SECONDS_BAR,
        BM_HOW_RANGE,  /* an object n, median, min, max: "0.938 (0.937 to 0.939)" */
        BM_HOW_LENGTH, /* of a list */
        BM_HOW_RATIO,  /* over the number whose path is `format` */
        BM_HOW_FLAG,   /* one of the words of `format`, "true|false|null" */
    } how;
    const char *format;
    double scale; /* of a number; 0: 1 */
};
void bm_show_table(const struct bm_show *show, const json_t *list, const char *caption, size_t left,
                   const struct bm_column *column, size_t columns);

/* "1.23" of "%.2f", "-" for NaN. */
const char *bm_show_figure(const char *format, double value, char text[static 24]);

#endif
