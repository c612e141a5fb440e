/* SPDX-License-Identifier: MIT */
/*
 * gemm_s8_avx2_omp - tiles of 6 x 16 of C in registers, two k at a time by VPMADDWD, on several threads.
 *
 * C = act(scale (op(A) op(B)) + bias); sums in s32 over blocks of KC of K, kept in C as integers until the last.
 *
 * Source:  Intel, "64 and IA-32 Architectures Software Developer's Manual", VPMADDWD and VPMADDUBSW.
 * Shapes:  all.
 * Traffic: C once per KC of K; A once and B once per MB rows, to be copied; then B's copy once per 6 rows of C, from
 *          L1, and A's once per 16 columns, from L2.
 * Idea:    as gemm_s8_avx2; the threads share A's pairs, and blocks of MB rows of a strip of columns are any thread's.
 * Error:   that of the epilogue, one rounding less by FMA: the sums are exact.
 * Tail:    the partner of an odd last k, and what a tile lacks of rows and columns, is zero in the copies.
 * Loses:   to VNNI, which adds four times as many products; few rows or columns, where copies are read seldom.
 */
#include "gemm_plain.h"
#include "gemm_s8.h"
#include "kernel.h"
#include "simd.h"

/* Rows and columns of a tile; k in a block, even; rows in a block, and of these in the work of a thread. */
enum { MR = 6, NR = 2 * VF, KC = 512, MC = 3072, MB = 96 };

/* A panel of pairs: for every second k, `used` elements that lie `across` apart, each with that of the next k, as two numbers of
 * 16 bits; and zeros up to `width`. */
#define PAIRS(name, type)                                                                                                     \
    static inline void name(uint32_t *panel, size_t width, const type *from, size_t step, size_t across, size_t used,         \
                            size_t steps)                                                                                     \
    {                                                                                                                         \
        for (size_t k = 0; k < steps; k += 2, from += 2 * step, panel += width) {                                             \
            const bool both = k + 1 < steps; /* else the even one is read again, and counts for nothing */                    \
            const type *odd = both ? from + step : from;                                                                      \
            const uint32_t there = both ? ~0u : 0xffff;                                                                       \
            for (size_t n = 0; n < used; n++)                                                                                 \
                panel[n] = ((uint16_t)from[n * across] | (uint32_t)(uint16_t)odd[n * across] << 16) & there;                  \
            for (size_t n = used; n < width; n++)                                                                             \
                panel[n] = 0;                                                                                                 \
        }                                                                                                                     \
    }
PAIRS(pairs_unsigned, uint8_t)
PAIRS(pairs_signed, int8_t)

/* One vector of a row of C, or its first n < VF elements. Between blocks of K it holds sums; after the last, act(scale sum +
 * bias) of column j on. */
static inline void finish(const struct bm_gemm_s8 *g, float *c, size_t j, size_t n, bool first, bool last, __m256i sum)
{
    const vmask m = vf_first(gemm_least(n, VF));
    if (!first)
        sum = _mm256_add_epi32(sum, _mm256_maskload_epi32((const int *)c, m));
    if (!last) {
        _mm256_maskstore_epi32((int *)c, m, sum);
        return;
    }
    const vf bias = bm_epilogue_bias(g->epilogue) ? vf_load_first(g->bias + j, m) : vf_zero();
    vf v = vf_fma(vf_load_first(g->scale + j, m), _mm256_cvtepi32_ps(sum), bias);
    if (g->epilogue == BM_EPILOGUE_BIAS_RELU)
        v = vf_act(v, g->slope);
    vf_store_first(c, m, v);
}

/* The tile of C at row i and column j: adds some pairs of k from the panels a and b.
 * Not inlined: gcc 12 would keep values of the caller in registers that the sums need. */
static __attribute__((noinline)) void tile(const struct bm_gemm_s8 *g, size_t i, size_t j, bool first, bool last,
                                           size_t steps, const uint32_t *a, const uint32_t *b)
{
    const size_t rows = gemm_least(MR, g->M - i), columns = gemm_least(NR, g->N - j);
    __m256i c0_0 = _mm256_setzero_si256(), c0_1 = c0_0, c1_0 = c0_0, c1_1 = c0_0, c2_0 = c0_0, c2_1 = c0_0;
    __m256i c3_0 = c0_0, c3_1 = c0_0, c4_0 = c0_0, c4_1 = c0_0, c5_0 = c0_0, c5_1 = c0_0;
    for (; steps > 0; steps--, a += MR, b += NR) {
        const __m256i b0 = _mm256_loadu_si256((const __m256i *)b), b1 = _mm256_loadu_si256((const __m256i *)(b + VF));
#define ADD(r)                                                             \
    const __m256i a##r = _mm256_set1_epi32((int)a[r]);                     \
    c##r##_0 = _mm256_add_epi32(c##r##_0, _mm256_madd_epi16(a##r, b0)); \
    c##r##_1 = _mm256_add_epi32(c##r##_1, _mm256_madd_epi16(a##r, b1));
        ADD(0) ADD(1) ADD(2) ADD(3) ADD(4) ADD(5)
    }
    const __m256i sum[MR][2] = { { c0_0, c0_1 }, { c1_0, c1_1 }, { c2_0, c2_1 },
                                 { c3_0, c3_1 }, { c4_0, c4_1 }, { c5_0, c5_1 } };
    for (size_t r = 0; r < rows; r++) {
        float *c = g->C + (i + r) * g->ldc + j;
        finish(g, c, j, columns, first, last, sum[r][0]);
        if (columns > VF)
            finish(g, c + VF, j + VF, columns - VF, first, last, sum[r][1]);
    }
}

/* The panel of op(A) for the tiles at row i, and the panel of op(B) for those at column j, of k in [k, end). */
static void pairs_a(const struct bm_gemm_s8 *g, size_t i, size_t k, size_t end, uint32_t *panel)
{
    const size_t row = g->ta ? 1 : g->lda, step = g->ta ? g->lda : 1;
    if (k < end)
        pairs_unsigned(panel, MR, g->A + i * row + k * step, step, row, gemm_least(MR, g->M - i), end - k);
}
static void pairs_b(const struct bm_gemm_s8 *g, size_t j, size_t k, size_t end, uint32_t *panel)
{
    const size_t column = g->tb ? g->ldb : 1, step = g->tb ? 1 : g->ldb;
    if (k < end)
        pairs_signed(panel, NR, g->B + j * column + k * step, step, column, gemm_least(NR, g->N - j), end - k);
}

/* Rows [top, bottom) of C. All threads come here. */
static void rows_of_c(const struct bm_gemm_s8 *g, size_t top, size_t bottom)
{
    uint32_t *a = g->scratch;
    _Alignas(64) uint32_t b[KC / 2 * NR];
    size_t k = 0;
    do { /* once without K: nothing is added */
        const size_t end = gemm_least(k + KC, g->K), steps = (end - k + 1) / 2;
#pragma omp for
        for (size_t i = top; i < bottom; i += MR)
            pairs_a(g, i, k, end, a + (i - top) * steps);
#pragma omp for collapse(2)
        for (size_t begin = top; begin < bottom; begin += MB)
            for (size_t j = 0; j < g->N; j += NR) {
                pairs_b(g, j, k, end, b);
                for (size_t i = begin; i < gemm_least(begin + MB, bottom); i += MR)
                    tile(g, i, j, k == 0, end == g->K, steps, a + (i - top) * steps, b);
            }
        k = end;
    } while (k < g->K);
}

static size_t scratch_bytes(const void *args)
{
    const struct bm_gemm_s8 *g = args;
    return gemm_least(MC, (g->M + MR - 1) / MR * MR) * gemm_least(KC / 2, (g->K + 1) / 2) * sizeof(uint32_t);
}

static void run(const void *args)
{
    const struct bm_gemm_s8 *g = args;
    const int team = gemm_team(g->M, g->N, g->K, g->threads, 3e5); /* 2 us of one thread */
#pragma omp parallel num_threads(team)
    for (size_t i = 0; i < g->M && g->N > 0; i += MC) /* without columns A may be NULL */
        rows_of_c(g, i, gemm_least(i + MC, g->M));
}

BM_KERNEL(.idea = "6 x 16 tiles of C in registers, two k an instruction, A and B copied as pairs of 16 bits, on all threads",
          .source = "Intel SDM, VPMADDWD",
          .loses = "to VNNI; few rows or columns, where copies are read seldom",
          .scratch_bytes = scratch_bytes,
          .run = run);
