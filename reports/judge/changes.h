/* SPDX-License-Identifier: MIT */
/* changes.h - where the level of a series of times changed for good. */
#ifndef BATCHMARK_CHANGES_H
#define BATCHMARK_CHANGES_H

#include <stddef.h>

enum {
    BM_LEAST_SEGMENT = 3, /* results that a level must last */
    BM_LEAST_KNOWN = 2    /* the same where a change is looked for at a known place */
};

struct bm_change {
    size_t at;            /* the first value of the new level */
    double before, after; /* geometric means of the two levels, without their spikes */
    double p;             /* that chance made it, among all places where a change could be */
};

/*
 * The change points of n values > 0 in the order of time: returns how many, at most n / 3, in their order in list[],
 * which has room for n / 3. Every level lasts at least BM_LEAST_SEGMENT values and differs from the next by more than
 * `threshold` (0.02: 2 %) and with p < 0.001. A lone spike, or two, is never a change point. The same values give the
 * same points.
 *
 * On logarithms: E-divisive (Matteson & James, JASA 109, 2014; in use: Daly et al., ICPE 2020) splits as far as it can,
 * and Student's t merges what it cannot tell apart, the weakest first (Hunter: Fleming et al., ICPE 2023, today Apache
 * Otava). What is different: spikes count in no level; one variance is taken for all levels (a level of three values
 * has none of its own worth the name) and widened for autocorrelation; p is multiplied by the number of places.
 */
size_t bm_changes(const double *value, size_t n, double threshold, struct bm_change *list);

/*
 * Places where a change would be no surprise, since the code changed there, need no search. at[0 .. bounds - 1] are the
 * change points that are known so far, in their order.
 */

/* Where the change point at[i] belongs: to that of the places that explains the values about as well, or where it is.
 * A place is as likely as all others together, so it may fit worse by a likelihood ratio of n. */
size_t bm_change_place(const double *value, size_t n, const size_t *at, size_t bounds, size_t i, const size_t *place,
                       size_t places);

/* The change at at[i], by Student's t as above; p is that of this place alone, and 1 where a level has fewer than
 * BM_LEAST_KNOWN values that are no spikes. `squared_error`, with `df` degrees of freedom, is what the change is not
 * known by for other reasons than the scatter of the values. */
struct bm_change bm_change_at(const double *value, size_t n, const size_t *at, size_t bounds, size_t i,
                              double squared_error, double df);

/* Standard deviation of the logs from value to value, without steps and spikes. n > 1. */
double bm_changes_scatter(const double *value, size_t n);

#endif
