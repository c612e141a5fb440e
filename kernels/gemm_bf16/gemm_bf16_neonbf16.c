/* SPDX-License-Identifier: MIT */
/*
 * gemm_bf16_neonbf16 - tiles of 8 x 8 of C in registers, four k at a time by BFMMLA.
 *
 * C = epilogue(alpha op(A) op(B) + beta C); sums in f32 over blocks of KC of K, added in C. A C in bf16 is made in f32,
 * in scratch, and rounded at the end; statistics are of that in f32.
 *
 * Source:  Arm, "Arm Architecture Reference Manual for A-profile architecture" (DDI 0487), BFMMLA.
 * Shapes:  all.
 * Traffic: C once per KC of K, once more to be rounded, and twice for statistics; A once and B once per MC rows, to be
 *          copied; then B's copy once per 8 rows of C, from L1, and A's once per 8 columns, from L2.
 * Idea:    an instruction adds the product of 2 x 4 of A and 4 x 2 of B to 2 x 2 of C. A vector has four k of two rows,
 *          or columns: both arrays are copied so first.
 * Error:   (K + 4) u sum_k |alpha a_ik b_kj| + (2K + 4) 2^-126 max(1, |alpha|): a term goes through K / 2 + 1 additions
 *          that round to odd, 2u each; subnormal results and elements of A and B are flushed to zero.
 * Tail:    the partners of the last k, and what a tile lacks of rows and columns, are zero in the copies.
 * Loses:   few rows or columns, where copies are read seldom; where 8 bits of fraction are too few.
 */
#include "gemm.h"
#include "gemm_bf16_plain.h"
#include "kernel.h"
#include "simd_bf16.h"

/* Rows and columns of a tile; k of an instruction, and in a block; rows in a block. */
enum { MR = 8, NR = 2 * VF, QUAD = 4, KC = 512, MC = 64 };

/* A panel of quads: for every fourth k, `width` elements that lie `across` apart, each with its next three k. Zeros
 * stand for what is beyond `used` elements and `steps` of k. */
static inline void quads(uint16_t *panel, size_t width, const uint16_t *from, size_t step, size_t across, size_t used,
                         size_t steps)
{
    for (size_t k = 0; k < steps; k += QUAD, panel += QUAD * width)
        for (size_t n = 0; n < width; n++)
            for (size_t l = 0; l < QUAD; l++)
                panel[QUAD * n + l] = n < used && k + l < steps ? from[n * across + (k + l) * step] : 0;
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

/* Four k of two rows, or columns. */
static inline bfloat16x8_t quad_pair(const uint16_t *p) { return vreinterpretq_bf16_u16(vld1q_u16(p)); }

/* The tile of C at row i and column j: adds some quads of k from the panels a and b, and after the last a bias. */
static __attribute__((noinline)) void tile(const struct bm_gemm_bf16 *g, size_t i, size_t j, float beta, const float *bias,
                                           size_t steps, const uint16_t *a, const uint16_t *b)
{
    const size_t rows = gemm_least(MR, g->M - i), columns = gemm_least(NR, g->N - j);
    vf c0_0 = vf_zero(), c0_1 = c0_0, c0_2 = c0_0, c0_3 = c0_0, c1_0 = c0_0, c1_1 = c0_0, c1_2 = c0_0, c1_3 = c0_0;
    vf c2_0 = c0_0, c2_1 = c0_0, c2_2 = c0_0, c2_3 = c0_0, c3_0 = c0_0, c3_1 = c0_0, c3_2 = c0_0, c3_3 = c0_0;
    for (; steps > 0; steps--, a += QUAD * MR, b += QUAD * NR) {
        const bfloat16x8_t b0 = quad_pair(b), b1 = quad_pair(b + 8), b2 = quad_pair(b + 16), b3 = quad_pair(b + 24);
#define ADD(r) \
    const bfloat16x8_t a##r = quad_pair(a + 8 * r); \
    c##r##_0 = vbfmmlaq_f32(c##r##_0, a##r, b0), c##r##_1 = vbfmmlaq_f32(c##r##_1, a##r, b1); \
    c##r##_2 = vbfmmlaq_f32(c##r##_2, a##r, b2), c##r##_3 = vbfmmlaq_f32(c##r##_3, a##r, b3);
        ADD(0) ADD(1) ADD(2) ADD(3)
    }
    /* A sum has two columns of a row in its lower half, and those of the next row in its upper half. */
    const vf sum[MR / 2][4] = { { c0_0, c0_1, c0_2, c0_3 }, { c1_0, c1_1, c1_2, c1_3 },
                                { c2_0, c2_1, c2_2, c2_3 }, { c3_0, c3_1, c3_2, c3_3 } };
    for (size_t r = 0; r < rows; r++) {
        float *c = g->C + (i + r) * g->ldc + j;
        for (size_t v = 0; v < NR / VF && v * VF < columns; v++) {
            const vf left = sum[r / 2][2 * v], right = sum[r / 2][2 * v + 1];
            finish(g, c + v * VF, columns - v * VF, beta, bias ? bias + v * VF : NULL,
                   r % 2 ? vcombine_f32(vget_high_f32(left), vget_high_f32(right))
                         : vcombine_f32(vget_low_f32(left), vget_low_f32(right)));
        }
    }
}

/* The panel of op(A) for the tiles at row i, and the panel of op(B) for those at column j, of k in [k, end). */
static void quads_a(const struct bm_gemm_bf16 *g, size_t i, size_t k, size_t end, uint16_t *panel)
{
    const size_t row = g->ta ? 1 : g->lda, step = g->ta ? g->lda : 1;
    if (k < end)
        quads(panel, MR, g->A + i * row + k * step, step, row, gemm_least(MR, g->M - i), end - k);
}
static void quads_b(const struct bm_gemm_bf16 *g, size_t j, size_t k, size_t end, uint16_t *panel)
{
    const size_t column = g->tb ? g->ldb : 1, step = g->tb ? 1 : g->ldb;
    if (k < end)
        quads(panel, NR, g->B + j * column + k * step, step, column, gemm_least(NR, g->N - j), end - k);
}

/* If C is to be bf16: row i of it, from the C in f32. */
static inline void round_row(const struct bm_gemm_bf16 *g, const struct bm_gemm_bf16 *f, size_t i)
{
    for (size_t j = 0; g->result == BM_RESULT_BF16 && j < g->N; j += VF) {
        const vmask m = vf_first(gemm_least(g->N - j, VF));
        vf_store_first_bf16(g->C16 + i * g->ldc + j, m, vf_load_first(f->C + i * f->ldc + j, m));
    }
}

/* Rows [top, bottom) of C. */
static void rows_of_c(const struct bm_gemm_bf16 *g, size_t top, size_t bottom)
{
    uint16_t *a = g->scratch;
    _Alignas(64) uint16_t b[KC * NR];
    size_t k = 0;
    do { /* once without K: C is scaled by beta */
        const size_t end = gemm_least(k + KC, g->K), steps = (end - k + QUAD - 1) / QUAD;
        const float *bias = bm_epilogue_bias(g->epilogue) && end == g->K ? g->bias : NULL;
        for (size_t i = top; i < bottom; i += MR)
            quads_a(g, i, k, end, a + (i - top) * QUAD * steps);
        for (size_t j = 0; j < g->N; j += NR) {
            quads_b(g, j, k, end, b);
            for (size_t i = top; i < bottom; i += MR)
                tile(g, i, j, k == 0 ? g->beta : 1, bias ? bias + j : NULL, steps, a + (i - top) * QUAD * steps, b);
        }
        k = end;
    } while (k < g->K);
}

static size_t scratch_bytes(const void *args)
{
    return gemm_bf16_c_bytes(args) + (size_t)MC * KC * sizeof(uint16_t);
}

static void run(const void *args)
{
    const struct bm_gemm_bf16 *to = args;
    struct bm_gemm_bf16 g = gemm_bf16_with_c(to);
    g.scratch = (char *)to->scratch + gemm_bf16_c_bytes(to);
    if (g.alpha == 0 || g.N == 0)
        g.K = 0; /* A and B may be NULL */
    for (size_t i = 0; i < g.M; i += MC)
        rows_of_c(&g, i, gemm_least(i + MC, g.M));
    for (size_t i = 0; i < g.M; i++)
        round_row(to, &g, i);
    gemm_bf16_statistics(&g, 0, g.N);
}

BM_KERNEL(.idea = "8 x 8 tiles of C in registers, four k an instruction, A and B copied as quads",
          .source = "Arm ARM (DDI 0487), BFMMLA",
          .loses = "few rows or columns, where copies are read seldom; where 8 bits of fraction are too few",
          .scratch_bytes = scratch_bytes,
          .run = run);
