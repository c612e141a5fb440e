/* SPDX-License-Identifier: MIT */
/*
 * ranks.h - the processes that train one network together, and what they ask of each other.
 *
 * The ordinary program is one rank. batchmark-mpi has as many as mpirun starts (mpi/mpi_ranks.c); tests have threads
 * in their place. Every function is collective: all ranks call it, in the same order, with as many elements, and all
 * get the same bits.
 */
#ifndef BATCHMARK_RANKS_H
#define BATCHMARK_RANKS_H

#include <stdbool.h>
#include <stddef.h>

/* Count, mean and centred sum of squares of some numbers. */
struct bm_moments {
    double n, mean, m2;
};

/* Those of two sets together: Chan, Golub & LeVeque, "Algorithms for Computing the Sample Variance", The American
 * Statistician 37(3), 1983. Written so that swapping the sets gives the same bits. */
static inline struct bm_moments bm_moments_merge(struct bm_moments a, struct bm_moments b)
{
    const double n = a.n + b.n, d = b.mean - a.mean;
    if (n == 0)
        return a;
    return (struct bm_moments){ n, (a.n * a.mean + b.n * b.mean) / n, a.m2 + b.m2 + d * d * (a.n * b.n / n) };
}

/* Where a rank is. */
struct bm_rank_place {
    char host[64], cpus[192]; /* the CPUs that it uses: "0-3,8" */
    int shared;               /* not 0: other ranks use some of them, too */
};

struct bm_ranks {
    int rank, count;
    const struct bm_rank_place *place;                                           /* of each rank; NULL: not known */
    void *own;                                                                   /* of the implementation */
    void (*sum)(const struct bm_ranks *ranks, double *x, size_t n);              /* in place */
    void (*merge)(const struct bm_ranks *ranks, struct bm_moments *x, size_t n); /* each with those of other ranks */
    double (*least)(const struct bm_ranks *ranks, double x);
    /* A sum in place that goes on beside other work, until finish_sum() of the same slot; slots are 0 to
     * BM_RANK_SLOTS - 1. progress() is to be called now and then in between: some networks move nothing without. */
    void (*begin_sum)(const struct bm_ranks *ranks, unsigned slot, float *x, size_t n);
    void (*progress)(const struct bm_ranks *ranks);
    void (*finish_sum)(const struct bm_ranks *ranks, unsigned slot);
    /* The first `count` ranks as ranks of their own, until the next call; NULL for those that are not among them, who
     * may go on and wait in their next collective call. */
    const struct bm_ranks *(*first)(const struct bm_ranks *ranks, int count);
};

enum { BM_RANK_SLOTS = 16 };

/* A process alone. */
extern const struct bm_ranks bm_one_rank;

/* Those of this program: one, unless main() says otherwise. */
extern const struct bm_ranks *bm_ranks;

/* Have all ranks the same number? */
bool bm_ranks_agree(const struct bm_ranks *ranks, double x);

#endif
