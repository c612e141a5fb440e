/* SPDX-License-Identifier: MIT */
/*
 * gemm_sve - tiles of 12 rows and two vectors of C in registers, A and B read where they lie.
 *
 * C = epilogue(alpha op(A) op(B) + beta C); sums over blocks of KC steps of K, added in C.
 *
 * Source:  Van Zee & van de Geijn, "BLIS: A Framework for Rapidly Instantiating BLAS Functionality", ACM TOMS 41(3),
 *          2015: its microkernel, without the copies around it.
 * Shapes:  all.
 * Traffic: C once per KC steps of K; B once per 12 rows of C, from L1 or L2; A once per two vectors of columns.
 * Idea:    24 sums in registers: a step of k loads 2 vectors of B and 12 elements of A for 24 products of vectors.
 * Error:   (K + 4) u sum_k |alpha a_ik b_kj|, with one rounding a step (FMA).
 * Tail:    rows below the last are the last again and not stored; the last columns of B, and all of B transposed, are
 *          copied to a block of two vectors of columns first.
 * Loses:   few rows (1 costs as much as 12); rows of B a multiple of 4 KiB apart, which share their sets of the cache.
 */
#include "gemm.h"
#include "gemm_plain.h"
#include "kernel.h"
#include "simd.h"

#define NR (2 * VF)
enum { MOST = 2 * 64 }; /* columns of a tile, and of one of the longest vectors */
enum { MR = 12, KC = 256 }; /* rows and columns of a tile, steps of a block of K */

/* One vector of a row of C, or its first n < VF elements: beta c + alpha sum, and the epilogue if there is a bias. */
static inline void finish(const struct bm_gemm *g, float *c, size_t n, float beta, const float *bias, vf sum)
{
    const vmask m = vf_first(gemm_least(n, VF));
    vf v = vf_mul(vf_set1(g->alpha), sum);
    if (beta != 0)
        v = vf_fma(vf_set1(beta), vf_load_first(c, m), v);
    if (bias)
        v = vf_add(v, vf_load_first(bias, m));
    if (bias && g->epilogue == BM_EPILOGUE_BIAS_RELU)
        v = vf_act(v, g->slope);
    if (n >= VF)
        vf_store(c, v);
    else
        vf_store_first(c, m, v);
}

/* The tile of C at row i and column j: adds steps [k, end) of K. B's part is at b, its rows ldb apart.
 * Not inlined: gcc 12 would keep values of the caller in registers that the sums need. */
static __attribute__((noinline)) void tile(const struct bm_gemm *g, size_t i, size_t j, size_t k, size_t end,
                                           const float *b, size_t ldb)
{
    const size_t row = g->ta ? 1 : g->lda, step = g->ta ? g->lda : 1;
    const size_t rows = gemm_least(MR, g->M - i), columns = gemm_least(NR, g->N - j);
    /* Where the tile's rows of op(A) begin. */
#define AT(r) at##r = (i + gemm_least(r, rows - 1)) * row + k * step
    const size_t AT(0), AT(1), AT(2), AT(3), AT(4), AT(5);
    const size_t AT(6), AT(7), AT(8), AT(9), AT(10), AT(11);
    vf c0_0 = vf_zero(), c0_1 = c0_0, c1_0 = c0_0, c1_1 = c0_0, c2_0 = c0_0, c2_1 = c0_0;
    vf c3_0 = c0_0, c3_1 = c0_0, c4_0 = c0_0, c4_1 = c0_0, c5_0 = c0_0, c5_1 = c0_0;
    vf c6_0 = c0_0, c6_1 = c0_0, c7_0 = c0_0, c7_1 = c0_0, c8_0 = c0_0, c8_1 = c0_0;
    vf c9_0 = c0_0, c9_1 = c0_0, c10_0 = c0_0, c10_1 = c0_0, c11_0 = c0_0, c11_1 = c0_0;
    const float *a = g->A;
    for (size_t steps = end - k; steps > 0; steps--, a += step, b += ldb) {
        const vf b0 = vf_load(b), b1 = vf_load(b + VF);
#define ADD(r) \
    const vf a##r = vf_set1(a[at##r]); \
    c##r##_0 = vf_fma(a##r, b0, c##r##_0), c##r##_1 = vf_fma(a##r, b1, c##r##_1);
        ADD(0) ADD(1) ADD(2) ADD(3) ADD(4) ADD(5)
        ADD(6) ADD(7) ADD(8) ADD(9) ADD(10) ADD(11)
    }
    const float beta = k == 0 ? g->beta : 1;
    const float *bias = bm_epilogue_bias(g->epilogue) && end == g->K ? g->bias + j : NULL;
#define PUT(r) \
    if (r < rows) { \
        float *c = g->C + (i + r) * g->ldc + j; \
        finish(g, c, columns, beta, bias, c##r##_0); \
        if (columns > VF) \
            finish(g, c + VF, columns - VF, beta, bias ? bias + VF : NULL, c##r##_1); \
    }
    PUT(0) PUT(1) PUT(2) PUT(3) PUT(4) PUT(5)
    PUT(6) PUT(7) PUT(8) PUT(9) PUT(10) PUT(11)
}

/* Steps [k, end) of columns [j, j + NR) of op(B), one step after the other; columns beyond the last are 0. */
static const float *copy(const struct bm_gemm *g, size_t j, size_t k, size_t end, float *to)
{
    const size_t row = g->tb ? 1 : g->ldb, column = g->tb ? g->ldb : 1, columns = gemm_least(NR, g->N - j);
    const float *b = g->B + k * row + j * column;
    for (float *t = to; k < end; k++, b += row, t += NR) {
        for (size_t n = 0; n < columns; n++)
            t[n] = b[n * column];
        for (size_t n = columns; n < NR; n++)
            t[n] = 0;
    }
    return to;
}

/* A strip of NR columns of C. */
static void strip(const struct bm_gemm *g, size_t j)
{
    const bool in_place = !g->tb && g->N - j >= NR;
    _Alignas(64) float copied[KC * MOST];
    size_t k = 0;
    do { /* once without K: C is scaled by beta */
        const size_t end = gemm_least(k + KC, g->K);
        const float *b = NULL;
        if (k < end)
            b = in_place ? g->B + k * g->ldb + j : copy(g, j, k, end, copied);
        for (size_t i = 0; i < g->M; i += MR)
            tile(g, i, j, k, end, b, in_place ? g->ldb : NR);
        k = end;
    } while (k < g->K);
}

static void run(const void *args)
{
    struct bm_gemm g = *(const struct bm_gemm *)args;
    if (g.alpha == 0 || g.M == 0)
        g.K = 0; /* A and B may be NULL */
    for (size_t j = 0; j < g.N; j += NR)
        strip(&g, j);
    gemm_statistics(&g, 0, g.N);
}

BM_KERNEL(.idea = "12 rows x 2 vectors of C in registers, A and B read in place",
          .source = "Van Zee & van de Geijn, TOMS 2015",
          .loses = "few rows; rows of B a multiple of 4 KiB apart",
          .run = run);
