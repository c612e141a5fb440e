/* SPDX-License-Identifier: MIT */
/*
 * conv_gemm.h - convolutions as products: conv_*_<ISA>_tuned and their _omp files.
 *
 *   for each thread's blocks: some rows of an image
 *     patches: of each pixel the R R C inputs that its filter covers (im2col), in a copy that stays in the second-level cache
 *     forward          channels-last: y = patches W; channels-first: y = W^T patches^T, in each image
 *     input gradient   forward of dy by the filters turned round, R R K x C, which are copied once a call
 *     weight gradient  patches^T dy, added to the sum of a group of blocks; groups are added in the end
 *
 * The product is a tuned one of the file's ISA, on one thread, by the rule of gemm_auto.h. Blocks and groups follow from the
 * shape alone: the result has the same bits for every number of threads.
 */
#ifndef BATCHMARK_CONV_GEMM_H
#define BATCHMARK_CONV_GEMM_H

#include <string.h>

#include "conv_threads.h"
#include "gemm/gemm_auto.h"
#include "simd.h"

#if defined(__AVX512F__)
#define CONV_GEMM(way) gemm_avx512_##way
#elif defined(__AVX2__)
#define CONV_GEMM(way) gemm_avx2_##way
#else
#define CONV_GEMM(way) gemm_neon_##way
#endif

/* Pixels of a block, at most; floats of its patches, at most but for one row of an image; groups of weight gradients. */
enum { CONV_PIXELS = 128, CONV_PATCHES = 1 << 16, CONV_GROUPS = 32 };

static inline size_t conv_lines(size_t floats) { return (floats + 15) / 16 * 16; }

/* What the patches are made of, and the blocks. */
struct conv_blocks {
    const float *in;
    size_t ld, channels, taps; /* taps: floats of a patch */
    size_t rows, per_image, count;
    size_t patches; /* floats of a block, whole cache lines */
};

static inline struct conv_blocks conv_blocks(const struct bm_conv *a, const float *in, size_t ld, size_t channels)
{
    struct conv_blocks b = { .in = in, .ld = ld, .channels = channels, .taps = a->R * a->R * channels };
    const size_t most = b.taps > CONV_PATCHES / CONV_PIXELS ? CONV_PATCHES / b.taps : CONV_PIXELS;
    const size_t rows = a->W == 0 || most / a->W > a->H ? a->H : most / a->W;
    b.per_image = rows ? (a->H + rows - 1) / rows : a->H;
    b.rows = b.per_image ? (a->H + b.per_image - 1) / b.per_image : 0;
    b.count = a->N * b.per_image * (a->W > 0);
    b.patches = conv_lines(b.rows * a->W * b.taps);
    return b;
}

/* A block's image, and its rows. */
struct conv_block {
    size_t image, begin, end;
};
static inline struct conv_block conv_block(const struct bm_conv *a, const struct conv_blocks *b, size_t i)
{
    const size_t begin = i % b->per_image * b->rows, end = begin + b->rows;
    return (struct conv_block){ i / b->per_image, begin < a->H ? begin : a->H, end < a->H ? end : a->H };
}

/* ---- patches ---- */

/* Channels-last: a patch is a row, the pixels that a tap's row covers follow each other in memory, too, if rows are dense. */
static void conv_patch(const struct bm_conv *a, const struct conv_blocks *b, const struct conv_block *block, size_t h,
                       size_t v, float *to)
{
    const size_t P = a->R / 2, C = b->channels;
    const float *image = b->in + block->image * a->H * a->W * b->ld;
    const bool whole = v >= P && v + P < a->W && b->ld == C;
    for (size_t r = 0; r < a->R; r++, to += a->R * C) {
        if (h + r < P || h + r - P >= a->H) {
            memset(to, 0, a->R * C * sizeof *to);
            continue;
        }
        const float *row = image + (h + r - P) * a->W * b->ld;
        if (whole) {
            memcpy(to, row + (v - P) * C, a->R * C * sizeof *to);
            continue;
        }
        for (size_t s = 0; s < a->R; s++)
            if (v + s < P || v + s - P >= a->W)
                memset(to + s * C, 0, C * sizeof *to);
            else
                memcpy(to + s * C, row + (v + s - P) * b->ld, C * sizeof *to);
    }
}

/* Channels-first: a row of patches is what a tap of a channel covers, the pixels of the block moved. */
static void conv_patch_row(const struct bm_conv *a, const struct conv_block *block, const float *plane, size_t r,
                           size_t s, float *to)
{
    const size_t P = a->R / 2;
    const struct bm_inside cols = bm_inside(a->W, s, P);
    for (size_t h = block->begin; h < block->end; h++, to += a->W) {
        if (h + r < P || h + r - P >= a->H) {
            memset(to, 0, a->W * sizeof *to);
            continue;
        }
        for (size_t v = 0; v < cols.begin && v < a->W; v++)
            to[v] = 0;
        if (cols.begin < cols.end)
            memcpy(to + cols.begin, plane + (h + r - P) * a->W + cols.begin + s - P,
                   (cols.end - cols.begin) * sizeof *to);
        for (size_t v = cols.end; v < a->W; v++)
            to[v] = 0;
    }
}

static void conv_patches(const struct bm_conv *a, const struct conv_blocks *b, const struct conv_block *block,
                         float *to)
{
    const size_t pixels = (block->end - block->begin) * a->W;
    if (a->layout == BM_CHANNELS_FIRST) {
        for (size_t i = 0; i < b->taps; i++)
            conv_patch_row(a, block, b->in + block->image * b->ld + i % b->channels * a->H * a->W,
                           i / b->channels / a->R, i / b->channels % a->R, to + i * pixels);
        return;
    }
    for (size_t h = block->begin; h < block->end; h++)
        for (size_t v = 0; v < a->W; v++, to += b->taps)
            conv_patch(a, b, block, h, v, to);
}

/* ---- products ---- */

extern const struct bm_kernel CONV_GEMM(tuned), CONV_GEMM(direct), CONV_GEMM(rows), CONV_GEMM(columns),
    CONV_GEMM(outer);

static const struct bm_kernel *conv_product(const struct bm_gemm *g)
{
    static const struct bm_kernel *const way[GEMM_WAYS] = { [GEMM_PACKED] = &CONV_GEMM(tuned),
                                                            [GEMM_DIRECT] = &CONV_GEMM(direct),
                                                            [GEMM_ROWS] = &CONV_GEMM(rows),
                                                            [GEMM_COLUMNS] = &CONV_GEMM(columns),
                                                            [GEMM_OUTER] = &CONV_GEMM(outer) };
    return way[gemm_auto_way(g, BM_ISA)];
}

/* Patches by weights, taps x outs. Pointers are not looked at: its scratch is asked for, too. */
static inline struct bm_gemm conv_forward_product(const struct bm_conv *a, const struct conv_blocks *b, size_t rows,
                                                  const float *w, size_t ldw, size_t outs, size_t ld)
{
    const size_t pixels = rows * a->W;
    struct bm_gemm g = { .threads = 1, .caches = a->caches, .K = b->taps, .alpha = 1 };
    if (a->layout == BM_CHANNELS_FIRST) {
        g.M = outs, g.N = pixels, g.ta = true, g.A = w, g.lda = ldw, g.ldb = pixels, g.ldc = a->H * a->W;
    } else {
        g.M = pixels, g.N = outs, g.B = w, g.ldb = ldw, g.lda = b->taps, g.ldc = ld;
    }
    return g;
}

/* Patches by dy: taps x K. */
static inline struct bm_gemm conv_weight_product(const struct bm_conv *a, const struct conv_blocks *b, size_t rows)
{
    const size_t pixels = rows * a->W;
    struct bm_gemm g = {
        .threads = 1, .caches = a->caches, .M = b->taps, .N = a->K, .K = pixels, .alpha = 1, .ldc = a->K
    };
    if (a->layout == BM_CHANNELS_FIRST)
        g.lda = pixels, g.tb = true, g.ldb = a->H * a->W;
    else
        g.ta = true, g.lda = b->taps, g.ldb = a->ldy;
    return g;
}

/* Floats of scratch of a product of a block and of the last block of an image. */
static size_t conv_product_scratch(const struct bm_conv *a, const struct conv_blocks *b, size_t outs, size_t ld,
                                   bool weights)
{
    size_t most = 0;
    const size_t last = b->rows ? a->H - (b->per_image - 1) * b->rows : 0;
    for (int i = 0; i < 2; i++) {
        const size_t rows = i ? last : b->rows;
        struct bm_gemm g =
            weights ? conv_weight_product(a, b, rows) : conv_forward_product(a, b, rows, NULL, outs, outs, ld);
        if (!weights && a->layout == BM_CHANNELS_LAST)
            g.epilogue = BM_EPILOGUE_BIAS;
        const struct bm_kernel *k = conv_product(&g);
        const size_t bytes = k->scratch_bytes ? k->scratch_bytes(&g) : 0;
        most = bytes > most ? bytes : most;
    }
    return conv_lines((most + sizeof(float) - 1) / sizeof(float));
}

static void conv_run_product(struct bm_gemm *g, float *scratch)
{
    g->scratch = scratch;
    conv_product(g)->run(g);
}

/* ---- forward and input gradient ---- */

/* A convolution by weights that lie as for `forward`; bias may be NULL. `each`: a thread's floats of scratch. */
struct conv_pass {
    const struct bm_conv *a;
    struct conv_blocks b;
    const float *w, *bias;
    size_t ldw, outs, ld;
    float *out;
};

static void conv_pass_block(const struct conv_pass *p, size_t i, float *scratch)
{
    const struct bm_conv *a = p->a;
    const struct conv_block block = conv_block(a, &p->b, i);
    struct bm_gemm g = conv_forward_product(a, &p->b, block.end - block.begin, p->w, p->ldw, p->outs, p->ld);
    if (block.begin == block.end)
        return;
    conv_patches(a, &p->b, &block, scratch);
    if (a->layout == BM_CHANNELS_FIRST) {
        g.B = scratch;
        g.C = p->out + block.image * p->ld + block.begin * a->W;
        g.beta = p->bias ? 1 : 0;
        for (size_t k = 0; k < p->outs && p->bias; k++)
            for (size_t v = 0; v < g.N; v++)
                g.C[k * g.ldc + v] = p->bias[k];
    } else {
        g.A = scratch;
        g.C = p->out + (block.image * a->H + block.begin) * a->W * p->ld;
        g.epilogue = p->bias ? BM_EPILOGUE_BIAS : BM_EPILOGUE_NONE;
        g.bias = p->bias;
    }
    conv_run_product(&g, scratch + p->b.patches);
}

static inline struct conv_blocks conv_forward_blocks(const struct bm_conv *a)
{
    return conv_blocks(a, a->x, a->ldx, a->C);
}
static inline struct conv_blocks conv_back_blocks(const struct bm_conv *a)
{
    return conv_blocks(a, a->dy, a->ldy, a->K);
}

static inline size_t conv_team(const struct bm_conv *a) { return BM_OMP ? (size_t)conv_threads(a) : 1; }

/* ---- conv_forward ---- */

static inline __attribute__((unused)) size_t conv_forward_scratch(const void *args)
{
    const struct bm_conv *a = args;
    const struct conv_blocks b = conv_forward_blocks(a);
    return conv_team(a) * (b.patches + conv_product_scratch(a, &b, a->K, a->ldy, false)) * sizeof(float);
}

CONV_BODY conv_gemm_forward(const struct bm_conv *a, int me, int team)
{
    const struct conv_pass p = { a, conv_forward_blocks(a), a->w, a->bias, a->ldw, a->K, a->ldy, a->y };
    const size_t each = p.b.patches + conv_product_scratch(a, &p.b, a->K, a->ldy, false);
    const struct bm_range mine = bm_share(p.b.count, 1, me, team);
    for (size_t i = mine.begin; i < mine.end; i++)
        conv_pass_block(&p, i, (float *)a->scratch + (size_t)me * each);
}

/* ---- conv_input_gradient ---- */

/* Filters turned round: of R R K rows and C columns, before the scratch of threads. */
static inline size_t conv_turned(const struct bm_conv *a) { return conv_lines(a->R * a->R * a->K * a->C); }

static inline __attribute__((unused)) size_t conv_input_gradient_scratch(const void *args)
{
    const struct bm_conv *a = args;
    const struct conv_blocks b = conv_back_blocks(a);
    return (conv_turned(a) + conv_team(a) * (b.patches + conv_product_scratch(a, &b, a->C, a->ldx, false))) *
           sizeof(float);
}

CONV_BODY conv_gemm_input_gradient(const struct bm_conv *a, int me, int team)
{
    float *turned = a->scratch;
    const struct conv_pass p = { a, conv_back_blocks(a), turned, NULL, a->C, a->C, a->ldx, a->dx };
    const size_t each = p.b.patches + conv_product_scratch(a, &p.b, a->C, a->ldx, false), taps = a->R * a->R;
    const struct bm_range rows = bm_share(taps * a->K, 1, me, team), mine = bm_share(p.b.count, 1, me, team);
    for (size_t i = rows.begin; i < rows.end; i++)
        for (size_t c = 0; c < a->C; c++)
            turned[i * a->C + c] = a->w[((taps - 1 - i / a->K) * a->C + c) * a->ldw + i % a->K];
    BM_TEAM_BARRIER(team);
    for (size_t i = mine.begin; i < mine.end; i++)
        conv_pass_block(&p, i, turned + conv_turned(a) + (size_t)me * each);
}

/* ---- conv_weight_gradient ---- */

static inline size_t conv_groups(const struct conv_blocks *b)
{
    return b->count < CONV_GROUPS ? b->count : CONV_GROUPS;
}
/* The sums of a group: of dw, and of db behind them. */
static inline size_t conv_group_dw(const struct bm_conv *a) { return conv_lines(a->R * a->R * a->C * a->K); }
static inline size_t conv_group_floats(const struct bm_conv *a) { return conv_group_dw(a) + conv_lines(a->K); }

static inline __attribute__((unused)) size_t conv_weight_gradient_scratch(const void *args)
{
    const struct bm_conv *a = args;
    const struct conv_blocks b = conv_forward_blocks(a);
    const size_t each = b.patches + conv_group_dw(a) + conv_product_scratch(a, &b, 0, 0, true);
    return (conv_groups(&b) * conv_group_floats(a) + conv_team(a) * each) * sizeof(float);
}

/* to += from */
static void conv_sum(float *to, const float *from, size_t n)
{
    size_t i = 0;
    for (; n - i >= VF; i += VF)
        vf_store(to + i, vf_add(vf_load(to + i), vf_load(from + i)));
    for (; i < n; i++)
        to[i] += from[i];
}

/* db += sum of the block's dy. */
static void conv_block_bias(const struct bm_conv *a, const struct conv_block *block, float *db)
{
    const size_t pixels = (block->end - block->begin) * a->W;
    if (a->layout == BM_CHANNELS_FIRST) {
        for (size_t k = 0; k < a->K; k++) {
            const float *dy = a->dy + block->image * a->ldy + k * a->H * a->W + block->begin * a->W;
            vf sum = vf_zero();
            for (size_t i = 0; i < pixels; i += VF)
                sum = vf_add(sum, pixels - i < VF ? vf_load_first(dy + i, vf_first(pixels - i)) : vf_load(dy + i));
            db[k] += vf_sum(sum);
        }
        return;
    }
    const float *dy = a->dy + (block->image * a->H + block->begin) * a->W * a->ldy;
    for (size_t k = 0; k < a->K; k += VF) {
        const bool all = a->K - k >= VF;
        const vmask some = vf_first(all ? VF : a->K - k);
        vf sum = vf_zero();
        for (size_t i = 0; i < pixels; i++)
            sum = vf_add(sum, all ? vf_load(dy + i * a->ldy + k) : vf_load_first(dy + i * a->ldy + k, some));
        vf_store_first(db + k, some, vf_add(vf_load_first(db + k, some), sum));
    }
}

/* A group's sums: `product` is room for that of a block. */
static void conv_group(const struct bm_conv *a, const struct conv_blocks *b, size_t group, float *sums, float *patches,
                       float *product, float *scratch)
{
    const struct bm_range blocks = bm_share(b->count, 1, (int)group, (int)conv_groups(b));
    memset(sums, 0, conv_group_floats(a) * sizeof *sums);
    for (size_t i = blocks.begin; i < blocks.end; i++) {
        const struct conv_block block = conv_block(a, b, i);
        struct bm_gemm g = conv_weight_product(a, b, block.end - block.begin);
        if (block.begin == block.end)
            continue;
        conv_patches(a, b, &block, patches);
        g.A = patches;
        g.B = a->layout == BM_CHANNELS_FIRST ? a->dy + block.image * a->ldy + block.begin * a->W
                                             : a->dy + (block.image * a->H + block.begin) * a->W * a->ldy;
        g.C = product;
        conv_run_product(&g, scratch);
        conv_sum(sums, product, b->taps * a->K);
        conv_block_bias(a, &block, sums + conv_group_dw(a));
    }
}

CONV_BODY conv_gemm_weight_gradient(const struct bm_conv *a, int me, int team)
{
    const struct conv_blocks b = conv_forward_blocks(a);
    const size_t groups = conv_groups(&b), floats = conv_group_floats(a), product = conv_group_dw(a);
    const size_t each = b.patches + product + conv_product_scratch(a, &b, 0, 0, true);
    float *sums = a->scratch, *own = sums + groups * floats + (size_t)me * each;
    const struct bm_range mine = bm_share(groups, 1, me, team), rows = bm_share(b.taps, 1, me, team),
                          of_db = bm_share(a->K, 16, me, team);
    for (size_t i = mine.begin; i < mine.end; i++)
        conv_group(a, &b, i, sums + i * floats, own, own + b.patches, own + b.patches + product);
    BM_TEAM_BARRIER(team);
    for (size_t i = rows.begin; i < rows.end; i++) {
        float *dw = a->dw + i * a->ldw;
        for (size_t k = 0; k < a->K; k++)
            dw[k] = 0;
        for (size_t g = 0; g < groups; g++)
            conv_sum(dw, sums + g * floats + i * a->K, a->K);
    }
    for (size_t k = of_db.begin; k < of_db.end; k++) {
        a->db[k] = 0;
        for (size_t g = 0; g < groups; g++)
            a->db[k] += sums[g * floats + product + k];
    }
}

#endif
