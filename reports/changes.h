/* changes.h - where the level of a series of times changed for good. */
#ifndef BATCHMARK_CHANGES_H
#define BATCHMARK_CHANGES_H

#include <stddef.h>

enum { BM_LEAST_SEGMENT = 3 }; /* results that a level must last */

struct bm_change {
    size_t at;            /* the first value of the new level */
    double before, after; /* geometric means of the two levels, without their spikes */
    double p;             /* that chance made it, among all places where a change could be */
};

/*
 * The change points of n values > 0 in the order of time: returns how many, at most n / 3, in their order in list[],
 * which has room for n / 3. Every level lasts at least BM_LEAST_SEGMENT values and differs from the next by more than
 * `floor` (0.02: 2 %) and with p < 0.001. A lone spike, or two, is never a change point. The same values give the same
 * points.
 *
 * On logarithms: E-divisive (Matteson & James, JASA 109, 2014; in use: Daly et al., ICPE 2020) splits as far as it can,
 * and Student's t merges what it cannot tell apart, the weakest first (Hunter: Fleming et al., ICPE 2023, today Apache
 * Otava). What is different: spikes count in no level; one variance is taken for all levels (a level of three values
 * has none of its own worth the name) and widened for autocorrelation; p is multiplied by the number of places.
 */
size_t bm_changes(const double *value, size_t n, double floor, struct bm_change *list);

#endif
