/* SPDX-License-Identifier: MIT */
/*
 * rms_norm_backward_autovec - the gradients of RMS normalisation by plain loops, left to the compiler.
 *
 * Maths and shapes: norm.h. Traffic: 8 B read and 4 B written an element; a row that leaves L1 is read twice. Error:
 * common/norm_oracle.h; sums are in double. Tail: the compiler's. Idea, source and when it loses: below.
 */
#include "kernel.h"
#include "norm.h"

/* dx of row n; the row's terms of dgamma are added to what is there. */
static void row(const struct bm_layer_norm *a, size_t n, double *dgamma)
{
    const size_t C = a->C;
    const float *x = a->x + n * a->ldx, *dy = a->dy + n * a->lddy, *gamma = a->gamma, rstd = a->rstd[n];
    float *dx = a->dx + n * a->lddx;

    double sum_gxhat = 0;
    for (size_t c = 0; c < C; c++) {
        const float xhat = x[c] * rstd;
        sum_gxhat += (double)gamma[c] * dy[c] * xhat;
        dgamma[c] += (double)dy[c] * xhat;
    }
    const float slant = (float)(sum_gxhat / (double)C);

    for (size_t c = 0; c < C; c++)
        dx[c] = rstd * (gamma[c] * dy[c] - x[c] * rstd * slant);
}

/* A sum a column. */
static size_t scratch_bytes(const void *args) { return ((const struct bm_layer_norm *)args)->C * sizeof(double); }

static void run(const void *args)
{
    const struct bm_layer_norm *a = args;
    double *dgamma = a->scratch;
    for (size_t c = 0; c < a->C; c++)
        dgamma[c] = 0;
    for (size_t n = 0; n < a->N; n++)
        row(a, n, dgamma);
    for (size_t c = 0; c < a->C; c++)
        a->dgamma[c] = (float)dgamma[c];
}

BM_KERNEL(.idea = "the textbook loops, sums in double; the compiler vectorises what it may",
          .source = "Zhang & Sennrich, \"Root Mean Square Layer Normalization\", NeurIPS 2019",
          .loses = "to the vector kernels: a sum in a fixed order of terms is no vector, and doubles are twice as many",
          .scratch_bytes = scratch_bytes, .run = run);
