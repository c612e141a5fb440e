/* SPDX-License-Identifier: MIT */
/*
 * gemm_s8_avx512vnni_omp - tiles of 12 x 32 of C in registers, four k at a time by VPDPBUSD, on several threads.
 *
 * C = act(scale (op(A) op(B)) + bias); sums in s32 over blocks of KC of K, kept in C as integers until the last.
 *
 * Source:  Intel, "64 and IA-32 Architectures Software Developer's Manual", VPDPBUSD.
 * Shapes:  all.
 * Traffic: C once per KC of K; A once and B once per MB rows, to be copied; then B's copy once per 12 rows of C, from
 *          L1, and A's once per 32 columns, from L2.
 * Idea:    as gemm_s8_avx512vnni; the threads share A's quads, and blocks of MB rows of a strip of columns are any thread's.
 * Error:   that of the epilogue, one rounding less by FMA: the sums are exact.
 * Tail:    what the last quad of k and a tile lack of rows and columns is zero in the copies.
 * Loses:   few rows or columns, where copies are read seldom.
 */
#include "gemm_plain.h"
#include "gemm_s8.h"
#include "kernel.h"
#include "simd.h"

/* Rows and columns of a tile; k in a block, a multiple of 4; rows in a block, and of these in the work of a thread. */
enum { MR = 12, NR = 2 * VF, KC = 1024, MC = 1536, MB = 96 };

/* A panel of quads: for every fourth k, `used` bytes that lie `across` apart, each with those of its next three k, the first in
 * the lowest; zeros are beyond `steps` of k and up to `width`. */
static inline void quads(uint32_t *panel, size_t width, const void *bytes, size_t step, size_t across, size_t used, size_t steps)
{
    const uint8_t *b0 = bytes;
    for (size_t k = 0; k < steps; k += 4, b0 += 4 * step, panel += width) {
        /* Of what is not there the first is read again, and counts for nothing. */
        const size_t left = steps - k;
        const uint8_t *b1 = left > 1 ? b0 + step : b0, *b2 = left > 2 ? b0 + 2 * step : b0, *b3 = left > 3 ? b0 + 3 * step : b0;
        const uint32_t there = left > 3 ? ~0u : (1u << 8 * left) - 1;
        for (size_t n = 0; n < used; n++) {
            const size_t at = n * across;
            panel[n] = (b0[at] | (uint32_t)b1[at] << 8 | (uint32_t)b2[at] << 16 | (uint32_t)b3[at] << 24) & there;
        }
        for (size_t n = used; n < width; n++)
            panel[n] = 0;
    }
}

/* One vector of a row of C, or its first n < VF elements. Between blocks of K it holds sums; after the last, act(scale sum +
 * bias) of column j on. */
static inline void finish(const struct bm_gemm_s8 *g, float *c, size_t j, size_t n, bool first, bool last, __m512i sum)
{
    const vmask m = vf_first(gemm_least(n, VF));
    if (!first)
        sum = _mm512_add_epi32(sum, _mm512_maskz_loadu_epi32(m, c));
    if (!last) {
        _mm512_mask_storeu_epi32(c, m, sum);
        return;
    }
    const vf bias = bm_epilogue_bias(g->epilogue) ? vf_load_first(g->bias + j, m) : vf_zero();
    vf v = vf_fma(vf_load_first(g->scale + j, m), _mm512_cvtepi32_ps(sum), bias);
    if (g->epilogue == BM_EPILOGUE_BIAS_RELU)
        v = vf_act(v, g->slope);
    vf_store_first(c, m, v);
}

/* The tile of C at row i and column j: adds some quads of k from the panels a and b.
 * Not inlined: gcc 12 would keep values of the caller in registers that the sums need. */
static __attribute__((noinline)) void tile(const struct bm_gemm_s8 *g, size_t i, size_t j, bool first, bool last,
                                           size_t steps, const uint32_t *a, const uint32_t *b)
{
    const size_t rows = gemm_least(MR, g->M - i), columns = gemm_least(NR, g->N - j);
    __m512i c0_0 = _mm512_setzero_si512(), c0_1 = c0_0, c1_0 = c0_0, c1_1 = c0_0, c2_0 = c0_0, c2_1 = c0_0;
    __m512i c3_0 = c0_0, c3_1 = c0_0, c4_0 = c0_0, c4_1 = c0_0, c5_0 = c0_0, c5_1 = c0_0;
    __m512i c6_0 = c0_0, c6_1 = c0_0, c7_0 = c0_0, c7_1 = c0_0, c8_0 = c0_0, c8_1 = c0_0;
    __m512i c9_0 = c0_0, c9_1 = c0_0, c10_0 = c0_0, c10_1 = c0_0, c11_0 = c0_0, c11_1 = c0_0;
    for (; steps > 0; steps--, a += MR, b += NR) {
        const __m512i b0 = _mm512_loadu_si512(b), b1 = _mm512_loadu_si512(b + VF);
#define ADD(r) \
    const __m512i a##r = _mm512_set1_epi32((int)a[r]); \
    c##r##_0 = _mm512_dpbusd_epi32(c##r##_0, a##r, b0), c##r##_1 = _mm512_dpbusd_epi32(c##r##_1, a##r, b1);
        ADD(0) ADD(1) ADD(2) ADD(3) ADD(4) ADD(5)
        ADD(6) ADD(7) ADD(8) ADD(9) ADD(10) ADD(11)
    }
    const __m512i sum[MR][2] = { { c0_0, c0_1 }, { c1_0, c1_1 }, { c2_0, c2_1 }, { c3_0, c3_1 },
                                 { c4_0, c4_1 }, { c5_0, c5_1 }, { c6_0, c6_1 }, { c7_0, c7_1 },
                                 { c8_0, c8_1 }, { c9_0, c9_1 }, { c10_0, c10_1 }, { c11_0, c11_1 } };
    for (size_t r = 0; r < rows; r++) {
        float *c = g->C + (i + r) * g->ldc + j;
        finish(g, c, j, columns, first, last, sum[r][0]);
        if (columns > VF)
            finish(g, c + VF, j + VF, columns - VF, first, last, sum[r][1]);
    }
}

/* The panel of op(A) for the tiles at row i, and the panel of op(B) for those at column j, of k in [k, end). */
static void quads_a(const struct bm_gemm_s8 *g, size_t i, size_t k, size_t end, uint32_t *panel)
{
    const size_t row = g->ta ? 1 : g->lda, step = g->ta ? g->lda : 1;
    if (k < end)
        quads(panel, MR, g->A + i * row + k * step, step, row, gemm_least(MR, g->M - i), end - k);
}
static void quads_b(const struct bm_gemm_s8 *g, size_t j, size_t k, size_t end, uint32_t *panel)
{
    const size_t column = g->tb ? g->ldb : 1, step = g->tb ? 1 : g->ldb;
    if (k < end)
        quads(panel, NR, g->B + j * column + k * step, step, column, gemm_least(NR, g->N - j), end - k);
}

/* Rows [top, bottom) of C. All threads come here. */
static void rows_of_c(const struct bm_gemm_s8 *g, size_t top, size_t bottom)
{
    uint32_t *a = g->scratch;
    _Alignas(64) uint32_t b[KC / 4 * NR];
    size_t k = 0;
    do { /* once without K: nothing is added */
        const size_t end = gemm_least(k + KC, g->K), steps = (end - k + 3) / 4;
#pragma omp for
        for (size_t i = top; i < bottom; i += MR)
            quads_a(g, i, k, end, a + (i - top) * steps);
#pragma omp for collapse(2)
        for (size_t begin = top; begin < bottom; begin += MB)
            for (size_t j = 0; j < g->N; j += NR) {
                quads_b(g, j, k, end, b);
                for (size_t i = begin; i < gemm_least(begin + MB, bottom); i += MR)
                    tile(g, i, j, k == 0, end == g->K, steps, a + (i - top) * steps, b);
            }
        k = end;
    } while (k < g->K);
}

static size_t scratch_bytes(const void *args)
{
    const struct bm_gemm_s8 *g = args;
    return gemm_least(MC, (g->M + MR - 1) / MR * MR) * gemm_least(KC / 4, (g->K + 3) / 4) * sizeof(uint32_t);
}

static void run(const void *args)
{
    const struct bm_gemm_s8 *g = args;
    const int team = gemm_team(g->M, g->N, g->K, g->threads, 1.2e6); /* 2 us of one thread */
#pragma omp parallel num_threads(team)
    for (size_t i = 0; i < g->M && g->N > 0; i += MC) /* without columns A may be NULL */
        rows_of_c(g, i, gemm_least(i + MC, g->M));
}

BM_KERNEL(.idea = "12 x 32 tiles of C in registers, four k an instruction, A and B copied as quads, on all threads",
          .source = "Intel SDM, VPDPBUSD",
          .loses = "few rows or columns, where copies are read seldom",
          .scratch_bytes = scratch_bytes,
          .run = run);
