/* SPDX-License-Identifier: MIT */
/*
 * sync_bn.h - batch normalisation of rows that lie on several ranks, in the pieces between which ranks exchange sums.
 *
 *   forward    each rank's moments of every channel; merged over all ranks (bm_moments_merge()) they are the given
 *              statistics of the forward kernel (bn.h)
 *   backward   each rank's sums of dy and dy xhat; added over all ranks they are dbeta and dgamma, and with the rows of
 *              all ranks for L the gradient by x is bn.h's
 *
 * Kernels cannot do the latter: they take the sums over the rows that they see. Sums are in double, and the order of a
 * rank's own depends on nothing, so that any number of threads gives the same bits.
 */
#ifndef BATCHMARK_SYNC_BN_H
#define BATCHMARK_SYNC_BN_H

#include "ranks.h"

struct bm_sync_bn {
    int threads;
    size_t rows, C, ld;                          /* rows: this rank's, which may be none */
    float before, after;                         /* slope of the activation before BN, of that after it; 1: none */
    const float *x, *gamma, *beta, *mean, *rstd; /* x: rows x C; the others C each */
    float *d;                                    /* rows x C: the gradient by y, then in place by x */
};

void bm_sync_moments(const struct bm_sync_bn *bn, struct bm_moments *moments); /* C */
void bm_sync_sums(const struct bm_sync_bn *bn, double *sums);                  /* C of dy, then C of dy xhat */
void bm_sync_gradient(const struct bm_sync_bn *bn, const double *sums, size_t all_rows);

#endif
