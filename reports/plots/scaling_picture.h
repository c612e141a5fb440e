/* SPDX-License-Identifier: MIT */
/* scaling_picture.h - pictures of pairs: rows of shapes, each with a stem from where nothing is gained to its mark; and
 * curves over numbers of threads. */
#ifndef BATCHMARK_SCALING_PICTURE_H
#define BATCHMARK_SCALING_PICTURE_H

#include "page.h"
#include "scaling_pairs.h"

/* How pairs are drawn as rows. */
struct bm_pairs_look {
    const char *const *series; /* names of the marks, by bm_pair.series; ended by NULL */
    const char *axis;
    /* Where the rows' stems begin, and a line if it has a title; the ideal, a red line. NAN: none. */
    double base, ideal;
    const char *base_title;
    char ideal_title[32];
    bool log;
    enum bm_unit unit;
    const char *ratio, *sentence; /* what `to` is to `from`, or if `back` the other way round */
    bool back, peers;             /* peers: their own speed-up, too */
};

/* Pairs of one result that are shown in the same way. */
struct bm_view {
    struct bm_page *page;
    struct bm_pairs of;
    struct bm_pairs_look look;
    const char *id;
    void (*show)(const struct bm_view *v, const char *id, char *svg);
};

enum { BM_MOST_CURVES = 6 };
struct bm_thread_curve {
    const char *name;
    double y[BM_MOST_COUNTS], low[BM_MOST_COUNTS], high[BM_MOST_COUNTS]; /* NAN: not measured; low and high: a band */
};

/* Curves over numbers of threads, both axes logarithmic. */
struct bm_thread_curves {
    const char *axis;
    int count[BM_MOST_COUNTS]; /* numbers of threads, in order */
    size_t counts, curves;
    struct bm_thread_curve curve[BM_MOST_CURVES];
    double ideal[BM_MOST_COUNTS]; /* at each number */
};

/* Of one op, or "Ops of few shapes". */
const char *bm_view_title(const struct bm_view *v);

/* A picture an op; ops of few rows share one. */
void bm_view_rows(const struct bm_view *v);

/* Rows where there are few numbers of threads, else an op's curves over them, which `curves` fills in; it ends with
 * bm_view_curves(). */
typedef void bm_view_curves_of(const struct bm_view *v, const char *op, struct bm_thread_curves *c, size_t picture);
void bm_view_pictures(const struct bm_view *v, bm_view_curves_of *curves);
void bm_view_curves(const struct bm_view *v, const struct bm_thread_curves *c, size_t picture, const char *alt);

#endif
