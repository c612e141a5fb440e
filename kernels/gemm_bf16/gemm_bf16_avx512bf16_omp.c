/* SPDX-License-Identifier: MIT */
/*
 * gemm_bf16_avx512bf16_omp - tiles of 12 x 32 of C in registers, two k at a time by VDPBF16PS, on several threads.
 *
 * C = epilogue(alpha op(A) op(B) + beta C); sums in f32 over blocks of KC of K, added in C. A C in bf16 is made in f32,
 * in scratch, and rounded at the end; statistics are of that in f32.
 *
 * Source:  Intel, "64 and IA-32 Architectures Software Developer's Manual", VDPBF16PS.
 * Shapes:  all.
 * Traffic: C once per KC of K, once more to be rounded, and twice for statistics; A once and B once per MB rows, to be
 *          copied; then B's copy once per 12 rows of C, from L1, and A's once per 32 columns, from L2.
 * Idea:    as gemm_bf16_avx512bf16; the threads share A's pairs, and blocks of MB rows of a strip of columns are any
 *          thread's. K is not divided among them, so the bits do not depend on their number.
 * Error:   (K + 4) u sum_k |alpha a_ik b_kj| + (2K + 4) 2^-126 max(1, |alpha|): subnormal results are flushed to zero,
 *          and so are subnormal elements of A and B.
 * Tail:    the partner of an odd last k, and what a tile lacks of rows and columns, is zero in the copies.
 * Loses:   few rows or columns, where copies are read seldom; where 8 bits of fraction are too few.
 */
#include "gemm.h"
#include "gemm_bf16_plain.h"
#include "kernel.h"
#include "simd_bf16.h"

/* Rows and columns of a tile; k in a block, even; rows in a block, and of these in the work of a thread. */
enum { MR = 12, NR = 2 * VF, KC = 512, MC = 1536, MB = 96 };

/* A panel of pairs: for every second k of some, `used` elements that lie `across` apart, each with that of the next k,
 * and zeros up to `width`. */
static inline void pair(uint32_t *panel, size_t width, const uint16_t *from, size_t step, size_t across, size_t used,
                        size_t steps)
{
    for (size_t k = 0; k < steps; k += 2, from += 2 * step, panel += width) {
        for (size_t n = 0; n < used; n++)
            panel[n] = from[n * across] | (k + 1 < steps ? (uint32_t)from[n * across + step] << 16 : 0);
        for (size_t n = used; n < width; n++)
            panel[n] = 0;
    }
}

/* One vector of a row of C, or its first n < VF elements: beta c + alpha sum, and the epilogue if there is a bias. */
static inline void finish(const struct bm_gemm_bf16 *g, float *c, size_t n, float beta, const float *bias, vf sum)
{
    const vmask m = vf_first(gemm_least(n, VF));
    vf v = vf_mul(vf_set1(g->alpha), sum);
    if (beta != 0)
        v = vf_fma(vf_set1(beta), vf_load_first(c, m), v);
    if (bias)
        v = vf_add(v, vf_load_first(bias, m));
    if (bias && g->epilogue == BM_EPILOGUE_BIAS_RELU)
        v = vf_act(v, g->slope);
    vf_store_first(c, m, v);
}

/* The tile of C at row i and column j: adds some pairs of k from the panels a and b, and after the last a bias.
 * Not inlined: gcc 12 would keep values of the caller in registers that the sums need. */
static __attribute__((noinline)) void tile(const struct bm_gemm_bf16 *g, size_t i, size_t j, float beta, const float *bias,
                                           size_t pairs, const uint32_t *a, const uint32_t *b)
{
    const size_t rows = gemm_least(MR, g->M - i), columns = gemm_least(NR, g->N - j);
    vf c0_0 = vf_zero(), c0_1 = c0_0, c1_0 = c0_0, c1_1 = c0_0, c2_0 = c0_0, c2_1 = c0_0;
    vf c3_0 = c0_0, c3_1 = c0_0, c4_0 = c0_0, c4_1 = c0_0, c5_0 = c0_0, c5_1 = c0_0;
    vf c6_0 = c0_0, c6_1 = c0_0, c7_0 = c0_0, c7_1 = c0_0, c8_0 = c0_0, c8_1 = c0_0;
    vf c9_0 = c0_0, c9_1 = c0_0, c10_0 = c0_0, c10_1 = c0_0, c11_0 = c0_0, c11_1 = c0_0;
    for (; pairs > 0; pairs--, a += MR, b += NR) {
        const __m512bh b0 = (__m512bh)_mm512_loadu_si512(b), b1 = (__m512bh)_mm512_loadu_si512(b + VF);
#define ADD(r) \
    const __m512bh a##r = (__m512bh)_mm512_set1_epi32((int)a[r]); \
    c##r##_0 = _mm512_dpbf16_ps(c##r##_0, a##r, b0), c##r##_1 = _mm512_dpbf16_ps(c##r##_1, a##r, b1);
        ADD(0) ADD(1) ADD(2) ADD(3) ADD(4) ADD(5)
        ADD(6) ADD(7) ADD(8) ADD(9) ADD(10) ADD(11)
    }
    const vf sum[MR][2] = { { c0_0, c0_1 }, { c1_0, c1_1 }, { c2_0, c2_1 }, { c3_0, c3_1 },
                            { c4_0, c4_1 }, { c5_0, c5_1 }, { c6_0, c6_1 }, { c7_0, c7_1 },
                            { c8_0, c8_1 }, { c9_0, c9_1 }, { c10_0, c10_1 }, { c11_0, c11_1 } };
    for (size_t r = 0; r < rows; r++) {
        float *c = g->C + (i + r) * g->ldc + j;
        finish(g, c, columns, beta, bias, sum[r][0]);
        if (columns > VF)
            finish(g, c + VF, columns - VF, beta, bias ? bias + VF : NULL, sum[r][1]);
    }
}

/* The panel of op(A) for the tiles at row i, and the panel of op(B) for those at column j, of k in [k, end). */
static void pair_a(const struct bm_gemm_bf16 *g, size_t i, size_t k, size_t end, uint32_t *panel)
{
    const size_t row = g->ta ? 1 : g->lda, step = g->ta ? g->lda : 1;
    if (k < end)
        pair(panel, MR, g->A + i * row + k * step, step, row, gemm_least(MR, g->M - i), end - k);
}
static void pair_b(const struct bm_gemm_bf16 *g, size_t j, size_t k, size_t end, uint32_t *panel)
{
    const size_t column = g->tb ? g->ldb : 1, step = g->tb ? 1 : g->ldb;
    if (k < end)
        pair(panel, NR, g->B + j * column + k * step, step, column, gemm_least(NR, g->N - j), end - k);
}

/* If C is to be bf16: row i of it, from the C in f32. */
static inline void round_row(const struct bm_gemm_bf16 *g, const struct bm_gemm_bf16 *f, size_t i)
{
    for (size_t j = 0; g->result == BM_RESULT_BF16 && j < g->N; j += VF) {
        const vmask m = vf_first(gemm_least(g->N - j, VF));
        vf_store_first_bf16(g->C16 + i * g->ldc + j, m, vf_load_first(f->C + i * f->ldc + j, m));
    }
}

/* Rows [top, bottom) of C. All threads come here. */
static void rows_of_c(const struct bm_gemm_bf16 *g, size_t top, size_t bottom)
{
    uint32_t *a = g->scratch;
    _Alignas(64) uint32_t b[KC / 2 * NR];
    size_t k = 0;
    do { /* once without K: C is scaled by beta */
        const size_t end = gemm_least(k + KC, g->K), pairs = (end - k + 1) / 2;
        const float *bias = bm_epilogue_bias(g->epilogue) && end == g->K ? g->bias : NULL;
#pragma omp for
        for (size_t i = top; i < bottom; i += MR)
            pair_a(g, i, k, end, a + (i - top) * pairs);
#pragma omp for collapse(2)
        for (size_t begin = top; begin < bottom; begin += MB)
            for (size_t j = 0; j < g->N; j += NR) {
                pair_b(g, j, k, end, b);
                for (size_t i = begin; i < gemm_least(begin + MB, bottom); i += MR)
                    tile(g, i, j, k == 0 ? g->beta : 1, bias ? bias + j : NULL, pairs, a + (i - top) * pairs, b);
            }
        k = end;
    } while (k < g->K);
}

static size_t scratch_bytes(const void *args)
{
    const struct bm_gemm_bf16 *g = args;
    const size_t pairs = gemm_least(KC / 2, (g->K + 1) / 2);
    return gemm_bf16_c_bytes(g) + gemm_least(MC, (g->M + MR - 1) / MR * MR) * pairs * sizeof(uint32_t);
}

static void run(const void *args)
{
    const struct bm_gemm_bf16 *to = args;
    struct bm_gemm_bf16 g = gemm_bf16_with_c(to);
    g.scratch = (char *)to->scratch + gemm_bf16_c_bytes(to);
    if (g.alpha == 0 || g.N == 0)
        g.K = 0; /* A and B may be NULL */
    const int team = gemm_team(g.M, g.N, g.K, g.threads, 4e5); /* 2 us of one thread */
#pragma omp parallel num_threads(team)
    {
        for (size_t i = 0; i < g.M; i += MC)
            rows_of_c(&g, i, gemm_least(i + MC, g.M));
#pragma omp for nowait
        for (size_t i = 0; i < g.M; i++)
            round_row(to, &g, i);
#pragma omp for
        for (size_t j = 0; j < g.N; j += NR)
            gemm_bf16_statistics(&g, j, gemm_least(j + NR, g.N));
    }
}

BM_KERNEL(.idea = "12 x 32 tiles of C in registers, two k an instruction, A and B copied as pairs, on all threads",
          .source = "Intel SDM, VDPBF16PS",
          .loses = "few rows or columns, where copies are read seldom; where 8 bits of fraction are too few",
          .scratch_bytes = scratch_bytes,
          .run = run);
