/* SPDX-License-Identifier: MIT */
/*
 * gemm_neon_omp_packed - tiles of 12 x 8 of C in registers, from packed copies of A and B, on several threads.
 *
 * C = epilogue(alpha op(A) op(B) + beta C); sums over blocks of KC steps of K, added in C.
 *
 * Source:  Goto & van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS 34(3), 2008.
 * Shapes:  all.
 * Traffic: C once per KC steps of K. A once per NC columns and B once, to be copied; then B's copy once per 12 rows
 *          of C, from L1, and A's once per 8 columns, from L2.
 * Idea:    as gemm_neon_packed; the threads share the copying and then the tiles of each block. K is not divided
 *          among them, so the bits do not depend on their number.
 * Error:   (K + 4) u sum_k |alpha a_ik b_kj|, with one rounding a step (FMA).
 * Tail:    panels are filled up with zeros, and what these give is not stored.
 * Loses:   few rows, where the copy of B is read seldom; few columns, where that of A is; small products.
 */
#include "gemm.h"
#include "gemm_plain.h"
#include "kernel.h"
#include "simd.h"

/* Rows and columns of a tile; a block of A is MC x KC, one of B is KC x NC. */
enum { MR = 12, NR = 2 * VF, MC = 128 * MR, NC = 128 * NR, KC = 256 };

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

/* The tile of C at row i and column j: adds steps [k, end) of K from the panels a and b.
 * Not inlined: gcc 12 would keep values of the caller in registers that the sums need. */
static __attribute__((noinline)) void tile(const struct bm_gemm *g, size_t i, size_t j, size_t k, size_t end,
                                           const float *a, const float *b)
{
    const size_t rows = gemm_least(MR, g->M - i), columns = gemm_least(NR, g->N - j);
    vf c0_0 = vf_zero(), c0_1 = c0_0, c1_0 = c0_0, c1_1 = c0_0, c2_0 = c0_0, c2_1 = c0_0;
    vf c3_0 = c0_0, c3_1 = c0_0, c4_0 = c0_0, c4_1 = c0_0, c5_0 = c0_0, c5_1 = c0_0;
    vf c6_0 = c0_0, c6_1 = c0_0, c7_0 = c0_0, c7_1 = c0_0, c8_0 = c0_0, c8_1 = c0_0;
    vf c9_0 = c0_0, c9_1 = c0_0, c10_0 = c0_0, c10_1 = c0_0, c11_0 = c0_0, c11_1 = c0_0;
    for (size_t steps = end - k; steps > 0; steps--, a += MR, b += NR) {
        const vf b0 = vf_load(b), b1 = vf_load(b + VF);
#define ADD(r) \
    const vf a##r = vf_set1(a[r]); \
    c##r##_0 = vf_fma(a##r, b0, c##r##_0), c##r##_1 = vf_fma(a##r, b1, c##r##_1);
        ADD(0) ADD(1) ADD(2) ADD(3) ADD(4) ADD(5)
        ADD(6) ADD(7) ADD(8) ADD(9) ADD(10) ADD(11)
    }
    const vf sum[MR][2] = { { c0_0, c0_1 }, { c1_0, c1_1 }, { c2_0, c2_1 }, { c3_0, c3_1 },
                            { c4_0, c4_1 }, { c5_0, c5_1 }, { c6_0, c6_1 }, { c7_0, c7_1 },
                            { c8_0, c8_1 }, { c9_0, c9_1 }, { c10_0, c10_1 }, { c11_0, c11_1 } };
    const float beta = k == 0 ? g->beta : 1;
    const float *bias = bm_epilogue_bias(g->epilogue) && end == g->K ? g->bias + j : NULL;
    for (size_t r = 0; r < rows; r++) {
        float *c = g->C + (i + r) * g->ldc + j;
        finish(g, c, columns, beta, bias, sum[r][0]);
        if (columns > VF)
            finish(g, c + VF, columns - VF, beta, bias ? bias + VF : NULL, sum[r][1]);
    }
}

/* A panel: of each of some steps, `used` elements that lie `across` apart, and zeros up to `width`. */
static inline void pack(float *panel, size_t width, const float *from, size_t step, size_t across, size_t used,
                        size_t steps)
{
    for (; steps > 0; steps--, from += step, panel += width) {
        for (size_t n = 0; n < used; n++)
            panel[n] = from[n * across];
        for (size_t n = used; n < width; n++)
            panel[n] = 0;
    }
}

/* The panel of A for the tiles at row i, and the panel of B for those at column j. */
static void pack_a(const struct bm_gemm *g, size_t i, size_t k, size_t end, float *panel)
{
    const size_t row = g->ta ? 1 : g->lda, step = g->ta ? g->lda : 1;
    if (k < end)
        pack(panel, MR, g->A + i * row + k * step, step, row, gemm_least(MR, g->M - i), end - k);
}
static void pack_b(const struct bm_gemm *g, size_t j, size_t k, size_t end, float *panel)
{
    const size_t column = g->tb ? g->ldb : 1, step = g->tb ? 1 : g->ldb;
    if (k < end)
        pack(panel, NR, g->B + j * column + k * step, step, column, gemm_least(NR, g->N - j), end - k);
}

/* Floats of the copy of A, and of that of B: panels are whole. */
static size_t floats_of_a(const struct bm_gemm *g)
{
    return gemm_least(KC, g->K) * gemm_least(MC, (g->M + MR - 1) / MR * MR);
}
static size_t floats_of_b(const struct bm_gemm *g)
{
    return gemm_least(KC, g->K) * gemm_least(NC, (g->N + NR - 1) / NR * NR);
}

/* All threads come here. Every `omp for` but B's copying waits for all. */
static void columns(const struct bm_gemm *g, size_t jc, size_t jc_end)
{
    float *a = g->scratch, *b = a + floats_of_a(g);
    size_t k = 0;
    do { /* once without K: C is scaled by beta */
        const size_t end = gemm_least(k + KC, g->K), steps = end - k;
#pragma omp for nowait
        for (size_t j = jc; j < jc_end; j += NR)
            pack_b(g, j, k, end, b + (j - jc) * steps);
        for (size_t ic = 0; ic < g->M; ic += MC) {
            const size_t ic_end = gemm_least(ic + MC, g->M);
#pragma omp for
            for (size_t i = ic; i < ic_end; i += MR)
                pack_a(g, i, k, end, a + (i - ic) * steps);
#pragma omp for collapse(2)
            for (size_t j = jc; j < jc_end; j += NR)
                for (size_t i = ic; i < ic_end; i += MR)
                    tile(g, i, j, k, end, a + (i - ic) * steps, b + (j - jc) * steps);
        }
        k = end;
    } while (k < g->K);
}

static size_t scratch_bytes(const void *args)
{
    return (floats_of_a(args) + floats_of_b(args)) * sizeof(float);
}

static void run(const void *args)
{
    struct bm_gemm g = *(const struct bm_gemm *)args;
    if (g.alpha == 0 || g.M == 0)
        g.K = 0; /* A and B may be NULL */
    const int team = gemm_team(g.M, g.N, g.K, g.threads, 2.5e5); /* 2 us of one thread */
#pragma omp parallel num_threads(team)
    {
        for (size_t j = 0; j < g.N; j += NC)
            columns(&g, j, gemm_least(j + NC, g.N));
#pragma omp for
        for (size_t j = 0; j < g.N; j += NR)
            gemm_statistics(&g, j, gemm_least(j + NR, g.N));
    }
}

BM_KERNEL(.idea = "12 x 8 tiles of C in registers, from packed panels of A and B that all threads share",
          .source = "Goto & van de Geijn, TOMS 2008",
          .loses = "few rows or few columns, where a copy is read seldom; small products",
          .scratch_bytes = scratch_bytes,
          .run = run);
