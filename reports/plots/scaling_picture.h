/* scaling_picture.h - pictures of pairs: rows of shapes, each with a stem from where nothing is gained to its mark; and
 * curves over numbers of threads. */
#ifndef BATCHMARK_SCALING_PICTURE_H
#define BATCHMARK_SCALING_PICTURE_H

#include "page.h"
#include "plot.h"
#include "scaling_pairs.h"

/* How lines look. */
#define BM_IDEAL_LINE "lw 1.6 lc rgb '" BM_LIMIT "'"
#define BM_BASE_LINE  "lw 1.2 dt 2 lc rgb '" BM_INK "'"

/* How pairs are drawn as rows. */
struct bm_pairs_look {
    const char *const *series; /* names of the marks, by bm_pair.series; ended by NULL */
    const char *axis, *base_title, *base_look;
    char ideal_title[32];
    double base, ideal; /* lines; base: where the rows' stems begin. ideal may be NAN */
    bool log;
    enum bm_unit unit;
};

/* Pairs that have their rows, of so many. Returns an SVG as bm_page_draw() does. */
char *bm_pairs_draw(struct bm_page *page, const struct bm_pairs *p, const struct bm_pairs_look *look, size_t rows,
                    const char *id, const char *alt);

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
char *bm_thread_curves_draw(struct bm_page *page, const struct bm_thread_curves *c, const char *id, const char *alt);

#endif
