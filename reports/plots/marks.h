/* SPDX-License-Identifier: MIT */
/* marks.h - the data of marks.gp: rows with names, and marks along an axis. */
#ifndef BATCHMARK_MARKS_H
#define BATCHMARK_MARKS_H

#include "plot.h"

struct bm_marks {
    FILE *rows, *marks, *keys;
    char *text[3];
    size_t size[3], count; /* rows */
    double least, most;    /* of what the axis must hold */
};

void bm_marks_begin(struct bm_marks *m);

/* The axis holds it, too; nothing for what is not finite. */
void bm_marks_include(struct bm_marks *m, double x);

/* The next row: its name, and a note at its right end. */
void bm_marks_row(struct bm_marks *m, const char *name, int most, const char *note);

/* A mark in the last row, and a line from and to; NAN: none. Only types that are in the key are drawn. */
void bm_marks_add(struct bm_marks *m, double x, double from, double to, int type);

/* See bm_plot_key(). */
void bm_marks_key(struct bm_marks *m, int type, const char *name, int most, const char *shown);

/* The data, to which variables of marks.gp may be added before bm_plot_script(). */
FILE *bm_marks_end(struct bm_marks *m, const char *axis, bool logarithmic);

#endif
