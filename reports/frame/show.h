/*
 * show.h - the essential of a stored result, as tables with small bars for a terminal: how fast, how near the limit, is
 * it right, what does it buy in training. Lines have at most 100 columns, and are ASCII unless the locale is UTF-8.
 */
#ifndef BATCHMARK_SHOW_H
#define BATCHMARK_SHOW_H

#include <stdio.h>

#include "document.h"

struct bm_show_options {
    const char *op, *kernel; /* globs; NULL: all */
    bool all;
};

/* Prints the whole of it or, with a reason, nothing. */
bool bm_show(const char *path, const struct bm_show_options *options, FILE *out, struct bm_error *error);

/* ---- for the kinds (show_*.c) ---- */

struct bm_show {
    const struct bm_show_options *options;
    const struct bm_document *document;
    FILE *out; /* held back until the document proves to be as described */
    char where[300];
    struct bm_reader r;
};

void bm_show_bench(struct bm_show *show);
void bm_show_train(struct bm_show *show);
void bm_show_verify(struct bm_show *show);
void bm_show_machine(struct bm_show *show);
void bm_show_noise(struct bm_show *show);

/* Says where the members that follow are, "runs[3]". */
void bm_show_at(struct bm_show *show, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A list directly in "batchmark", NULL (empty for jansson) if it is not there. */
json_t *bm_show_list(struct bm_show *show, const char *key);

json_t *bm_show_object(struct bm_show *show, const json_t *object, const char *key);
bool bm_show_flag(struct bm_show *show, const json_t *object, const char *key);

/* A number from 0 or null, which is NaN. */
double bm_show_maybe(struct bm_show *show, const json_t *object, const char *key);

/* Passes a kernel the filters? */
bool bm_show_wanted(const struct bm_show *show, const char *op, const char *kernel);

/* "title" of a part, after an empty line. */
void bm_show_title(struct bm_show *show, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A paragraph, its lines broken between words, the first after `label` and all as far to the right. */
void bm_show_text(struct bm_show *show, const char *label, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Figures as texts, "-" for NaN. */
const char *bm_show_seconds(double s, char text[static 16]);
const char *bm_show_figure(const char *format, double value, char text[static 24]);

#endif
