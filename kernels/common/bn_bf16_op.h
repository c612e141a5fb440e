/* SPDX-License-Identifier: MIT */
/*
 * bn_bf16_op.h - what the bn ops on bf16 matrices mean: keys, rules, fills, and the oracle of bn_op.h on f32 copies of the
 * matrices, which hold the same numbers. Bounds: bn_forward_bf16/bn_forward_bf16.c. Never timed.
 */
#ifndef BATCHMARK_BN_BF16_OP_H
#define BATCHMARK_BN_BF16_OP_H

#include <stdlib.h>

#include "bn_bf16_as_bn.h"
#include "bn_op.h"
#include "library/error.h"

/* x and y, or x, dy and dx: the first operands. */
static inline unsigned bn_bf16_matrices(enum bn_kind kind) { return kind == BN_BACKWARD ? 3 : 2; }

static inline unsigned bn_bf16_operands(enum bn_kind kind, enum bn_place place, const struct bm_shape *s,
                                        struct bm_operand operand[])
{
    const unsigned count = bn_operands(kind, place, s, operand);
    for (unsigned i = 0; i < bn_bf16_matrices(kind); i++)
        operand[i].type = BM_BF16;
    return count;
}

static inline void bn_bf16_bind(enum bn_kind kind, enum bn_place place, const struct bm_shape *s, void *const array[],
                                void *args)
{
    struct bm_bn b;
    bn_bind(kind, place, s, array, &b);
    *(struct bm_bn_bf16 *)args = (struct bm_bn_bf16){ .threads = 1, .N = b.N, .C = b.C, .S = b.S, .layout = b.layout,
        .ldx = b.ldx, .ldy = b.ldy, .lddy = b.lddy, .lddx = b.lddx, .x = (const void *)b.x, .y = (void *)b.y,
        .dy = (const void *)b.dy, .dx = (void *)b.dx, .gamma = b.gamma, .beta = b.beta, .dgamma = b.dgamma,
        .dbeta = b.dbeta, .mean = b.mean, .rstd = b.rstd, .running_mean = b.running_mean, .running_var = b.running_var,
        .given_mean = b.given_mean, .given_var = b.given_var, .eps = b.eps, .momentum = b.momentum,
        .unbiased = b.unbiased, .slope = b.slope };
}

/* The arrays of a call with those of its inputs that are bf16 as f32. */
struct bn_bf16_copies { void *array[BM_MAX_OPERANDS]; float *copy[2]; };

static inline struct bn_bf16_copies bn_bf16_copy(enum bn_kind kind, enum bn_place place, const struct bm_shape *s,
                                                 void *const array[])
{
    struct bn_bf16_copies f;
    struct bm_operand o[BM_MAX_OPERANDS];
    const unsigned count = bn_operands(kind, place, s, o), inputs = bn_bf16_matrices(kind) - 1;
    memcpy(f.array, array, count * sizeof *array);
    for (unsigned i = 0; i < inputs; i++)
        f.array[i] = f.copy[i] = bm_alloc((o[i].rows * o[i].ld + 1) * sizeof(float));
    return f;
}
static inline void bn_bf16_free(enum bn_kind kind, struct bn_bf16_copies *f)
{
    for (unsigned i = 0; i + 1 < bn_bf16_matrices(kind); i++)
        free(f->copy[i]);
}

/* Elements of input i from bf16 to its copy, or, rounded, from the copy to both. */
static inline void bn_bf16_load(const struct bm_shape *s, float *copy, const uint16_t *x)
{
    const size_t cols = bn_cols(s), ld = cols + s->pad;
#pragma omp parallel for schedule(static)
    for (size_t n = 0; n < s->N; n++)
        for (size_t i = n * ld; i < n * ld + cols; i++)
            copy[i] = bm_bf16_value(x[i]);
}
static inline void bn_bf16_store(const struct bm_shape *s, float *copy, uint16_t *x)
{
    const size_t cols = bn_cols(s), ld = cols + s->pad;
#pragma omp parallel for schedule(static)
    for (size_t n = 0; n < s->N; n++)
        for (size_t i = n * ld; i < n * ld + cols; i++) {
            x[i] = bm_bf16_round(copy[i]);
            copy[i] = bm_bf16_value(x[i]);
        }
}

/* bn's fill, rounded; what the forward op would have saved is of the rounded x. */
static inline bool bn_bf16_fill(enum bn_kind kind, enum bn_place place, struct bm_shape *s, enum bm_fill fill, uint64_t seed,
                                void *const array[])
{
    struct bn_bf16_copies f = bn_bf16_copy(kind, place, s, array);
    const bool filled = bn_fill(kind, place, s, fill, seed, f.array);
    for (unsigned i = 0; filled && i + 1 < bn_bf16_matrices(kind); i++)
        bn_bf16_store(s, f.copy[i], array[i]);
    if (filled && kind == BN_BACKWARD) {
        const struct bn_f32 a = bn_f32(kind, place, s, f.array);
        BN_BLOCKS(bn_fill_saved, place, s, &a, fill, seed);
        bn_bf16_store(s, f.copy[1], array[1]); /* dy: it has zeros more */
    }
    bn_bf16_free(kind, &f);
    return filled;
}

static inline void bn_bf16_oracle(enum bn_kind kind, enum bn_place place, const struct bm_shape *s, void *const array[],
                                  double *const want[], double *const bound[])
{
    struct bn_bf16_copies f = bn_bf16_copy(kind, place, s, array);
    const unsigned result = bn_bf16_matrices(kind) - 1;
    const size_t cols = bn_cols(s);
    for (unsigned i = 0; i < result; i++)
        bn_bf16_load(s, f.copy[i], array[i]);
    (kind == BN_FORWARD ? bn_oracle_forward : bn_oracle_backward)(place, s, f.array, want, bound);
    bn_bf16_free(kind, &f);
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < s->N * cols; i++)
        bound[result][i] = bm_bf16_bound(want[result][i], bound[result][i]);
}

/* Defines the op: BN_BF16_OP(bn_forward_bf16, BN_FORWARD, ACT_NONE, "summary") */
#define BN_BF16_OP(OP, KIND, PLACE, SUMMARY)                                                                         \
    static unsigned operands(const struct bm_shape *shape, struct bm_operand operand[BM_MAX_OPERANDS])               \
    {                                                                                                                \
        return bn_bf16_operands(KIND, PLACE, shape, operand);                                                        \
    }                                                                                                                \
    static void bind(const struct bm_shape *shape, void *const array[], void *args)                                  \
    {                                                                                                                \
        bn_bf16_bind(KIND, PLACE, shape, array, args);                                                               \
    }                                                                                                                \
    static const char *refuses(const void *args)                                                                     \
    {                                                                                                                \
        const struct bm_bn b = bn_bf16_as_bn(args);                                                                  \
        return b.layout > BM_CHANNELS_FIRST ? "blocks of channels are for f32 only" : bn_refuses(KIND, PLACE, &b);   \
    }                                                                                                                \
    static bool fill(struct bm_shape *shape, enum bm_fill what, uint64_t seed, void *const array[])                  \
    {                                                                                                                \
        return bn_bf16_fill(KIND, PLACE, shape, what, seed, array);                                                  \
    }                                                                                                                \
    static void oracle(const struct bm_shape *shape, void *const array[], double *const want[],                      \
                       double *const bound[])                                                                        \
    {                                                                                                                \
        bn_bf16_oracle(KIND, PLACE, shape, array, want, bound);                                                      \
    }                                                                                                                \
    static double flops(const struct bm_shape *shape) { return bn_flops(KIND, PLACE, shape); }                       \
    static double again_bytes(const struct bm_shape *shape) { return bn_again_bytes(KIND, shape) / 2; }              \
    extern const struct bm_op OP;                                                                                    \
    const struct bm_op OP = { .name = #OP, .summary = SUMMARY, .args_bytes = sizeof(struct bm_bn_bf16),              \
        .family = &bn_family, .ignores = BN_IGNORES(KIND, PLACE), .operands = operands, .bind = bind,                \
        .refuses = refuses, .fill = fill, .oracle = oracle, .flops = flops, .again_bytes = again_bytes }

#endif
