/* SPDX-License-Identifier: MIT */
/* scaling_pairs.h - the pairs of cases that the report's scaling compares: the same problem with more threads (strong),
 * a problem that grows with the threads (weak), and a cold cache beside a warm one. */
#ifndef BATCHMARK_SCALING_PAIRS_H
#define BATCHMARK_SCALING_PAIRS_H

#include "library.h"
#include "totals.h"

struct bm_pair {
    const struct bm_run_case *from, *to, *peer_from, *peer_to; /* the peers' own, or NULL */
    double x;                                                  /* what one is to the other; finite, above 0 */
    size_t series;                                             /* strong, cold: of bm_pair_levels; weak: of caches */
    size_t row;                                                /* see bm_pairs_set_rows() */
};

/* Pairs of one result; free() pair. */
struct bm_pairs {
    const struct bm_source *source;
    int base_threads, threads;
    struct bm_pair *pair;
    size_t count;
};

extern const char *const bm_pair_levels[]; /* "L1", "L2", ..., NULL: where the warm arrays are */
extern const char *const bm_pair_caches[]; /* "warm", "cold", NULL */

/* Of a run's cases, in order; the largest ones are left out beyond BM_MOST_COUNTS. */
enum { BM_MOST_COUNTS = 16 };
size_t bm_thread_counts(const struct bm_run *run, int count[static BM_MOST_COUNTS]);

/* Of each work the fastest of ours on `base_threads` and on `threads`, and the peers' likewise; x: the speed-up. */
struct bm_pairs bm_pairs_strong(const struct bm_source *source, int base_threads, int threads);

/* Shapes of one family, from the fewest threads to the most that any family has; x: the efficiency in percent. */
struct bm_pairs bm_pairs_weak(const struct bm_source *source);

/* The variant of ours that is fastest when cold, beside itself when warm; x: the time cold over that warm. */
struct bm_pairs bm_pairs_cold(const struct bm_source *source, int threads);

/* The same kernel's case on `threads` threads whose shape is `factor` times as large, in one of its numbers; NULL. */
const struct bm_run_case *bm_case_grown(const struct bm_run *run, const struct bm_run_case *c, int threads,
                                        double factor);

double bm_case_ratio(const struct bm_run_case *from, const struct bm_run_case *to); /* of their times */
double bm_pair_peers(const struct bm_pair *pair);                                   /* the peers' own speed-up */

size_t bm_pairs_contended(const struct bm_pairs *p);
/* Total times of all from and all to, ours or the peers' own; `back`: the other way round. */
struct bm_total bm_pairs_total(const struct bm_pairs *p, bool peers, bool back);
void bm_pairs_extremes(const struct bm_pairs *p, const struct bm_pair **most, const struct bm_pair **least);

bool bm_pairs_one_op(const struct bm_pairs *p);
bool bm_pairs_begins_op(const struct bm_pairs *p, size_t i); /* is it the first of its op? */
bool bm_pairs_few(const struct bm_pairs *p, const char *op); /* has the op too few shapes for a picture of its own? */

/* Some of them, to be freed on their own: an op's; those of a picture with the op's: its, or all that are few. */
struct bm_pairs bm_pairs_of_op(const struct bm_pairs *all, const char *op);
struct bm_pairs bm_pairs_beside(const struct bm_pairs *all, const char *op);

/* Orders them by size, the pairs of the same work in one row. Returns the rows; pairs beyond the last that a picture
 * has are left out. */
size_t bm_pairs_set_rows(struct bm_pairs *p);

#endif
