/* SPDX-License-Identifier: MIT */
/*
 * bn_op.h - what the seven bn ops mean, written once. An op is a kind (forward, inference, backward) and a place of the
 * activation; its file is one BN_OP() and what is peculiar to it.
 */
#ifndef BATCHMARK_BN_OP_H
#define BATCHMARK_BN_OP_H

#include "bn_fills.h"
#include "bn_keys.h"

static inline const char *bn_refuses(enum bn_kind kind, enum bn_place place, const void *args)
{
    const struct bm_bn *b = args;
    size_t S = b->layout == BM_CHANNELS_LAST ? 1 : b->S, cols = b->C * S, L = b->N * S;
    bool forward = kind == BN_FORWARD, backward = kind == BN_BACKWARD, any = L && b->C;
    if (b->layout == BM_CHANNELS_LAST && b->S != 1)
        return "channels-last has S = 1: the spatial size belongs into N";
    if (b->layout > BM_CHANNELS_FIRST && b->C % b->layout != 0)
        return "C is no multiple of the layout's block of channels";
    if (kind != BN_INFERENCE && L == 0)
        return "no elements: statistics of nothing are undefined";
    if (b->ldx < cols || (backward ? b->lddy < cols || b->lddx < cols : b->ldy < cols))
        return "a leading dimension is smaller than its row";
    if (!(b->eps >= 0))
        return "eps must not be negative";
    if (any && (!b->x || (backward ? !b->dy || !b->dx : !b->y)))
        return "a matrix is NULL";
    if (b->C && (!b->gamma || (!b->beta && bn_has(kind, place, false, BETA)) ||
                 (backward && (!b->dgamma || !b->dbeta)) ||
                 (kind != BN_INFERENCE && (!b->mean || !b->rstd)) ||
                 (kind == BN_INFERENCE && (!b->running_mean || !b->running_var))))
        return "an array of the channels is NULL";
    if (forward && !b->running_mean != !b->running_var)
        return "running_mean and running_var come together or not at all";
    if (forward && !b->given_mean != !b->given_var)
        return "given_mean and given_var come together or not at all";
    if (forward && b->running_var && b->unbiased && L == 1)
        return "the unbiased variance of one element is undefined";
    if (any && !backward && b->x == b->y && (forward || b->ldx != b->ldy))
        return "y may be x in bn_inference only, with equal strides";
    if (any && backward && (b->dx == b->x || (b->dx == b->dy && b->lddx != b->lddy)))
        return "dx may be dy with equal strides, and never x";
    return NULL;
}

/*
 * Useful operations per element, each sum, difference, product and comparison one:
 *   forward    mean 1, variance 3 (difference, square, sum), y 3 (difference, scale, shift); given statistics: y
 *   inference  3
 *   backward   dbeta 1, dgamma 3 (difference, product, sum; rstd once a channel), dx 5 (a dy + b (x - mean) + c, the
 *              difference again)
 * and the activation: 1 forward, 1 for its derivative, 2 to compute gamma xhat + beta again.
 */
static inline double bn_flops(enum bn_kind kind, enum bn_place place, const struct bm_shape *s)
{
    static const double plain[] = { 7, 3, 9 };
    double act = place == ACT_NONE ? 0 : kind != BN_BACKWARD ? 1 : place == ACT_AFTER ? 3 : 2;
    return (plain[kind == BN_FORWARD && s->given ? BN_INFERENCE : kind] + act) * (double)s->N * (double)bn_cols(s);
}

/* x forward, x and dy backward: sums over all of them come before the first element of the result. */
static inline double bn_again_bytes(enum bn_kind kind, const struct bm_shape *s)
{
    const double inputs = kind == BN_INFERENCE || s->given ? 0 : kind == BN_FORWARD ? 1 : 2;
    return inputs * sizeof(float) * (double)s->N * (double)bn_cols(s);
}

/* Keys of bn_keys.h that an op has no use for. */
#define BN_IGNORES(KIND, PLACE)                                                                                      \
    ((KIND) == BN_FORWARD ? ((PLACE) == ACT_NONE ? "slope" : NULL)                                                   \
                          : ((PLACE) == ACT_NONE ? "momentum unbiased given slope" : "momentum unbiased given"))

/* Defines the op: BN_OP(bn_forward, BN_FORWARD, ACT_NONE, "summary") */
#define BN_OP(OP, KIND, PLACE, SUMMARY)                                                                              \
    static unsigned operands(const struct bm_shape *shape, struct bm_operand operand[BM_MAX_OPERANDS])               \
    {                                                                                                                \
        return bn_operands(KIND, PLACE, shape, operand);                                                             \
    }                                                                                                                \
    static void bind(const struct bm_shape *shape, void *const array[], void *args)                         \
    {                                                                                                                \
        bn_bind(KIND, PLACE, shape, array, args);                                                                    \
    }                                                                                                                \
    static const char *refuses(const void *args) { return bn_refuses(KIND, PLACE, args); }                  \
    static bool fill(struct bm_shape *shape, enum bm_fill what, uint64_t seed, void *const array[])                  \
    {                                                                                                                \
        return bn_fill(KIND, PLACE, shape, what, seed, array);                                                       \
    }                                                                                                                \
    static void oracle(const struct bm_shape *shape, void *const array[], double *const want[],                      \
                       double *const bound[])                                                                        \
    {                                                                                                                \
        (KIND == BN_FORWARD ? bn_oracle_forward : KIND == BN_INFERENCE ? bn_oracle_inference : bn_oracle_backward)(  \
            PLACE, shape, array, want, bound);                                                                       \
    }                                                                                                                \
    static double flops(const struct bm_shape *shape) { return bn_flops(KIND, PLACE, shape); }                       \
    static double again_bytes(const struct bm_shape *shape) { return bn_again_bytes(KIND, shape); }                  \
    extern const struct bm_op OP;                                                                                    \
    const struct bm_op OP = { .name = #OP, .summary = SUMMARY, .args_bytes = sizeof(struct bm_bn),              \
        .family = &bn_family, .ignores = BN_IGNORES(KIND, PLACE), .operands = operands, .bind = bind,                \
        .refuses = refuses, .fill = fill, .oracle = oracle, .flops = flops, .again_bytes = again_bytes }

#endif
