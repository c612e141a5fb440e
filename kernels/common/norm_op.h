/* SPDX-License-Identifier: MIT */
/* norm_op.h - what the six ops of layer_norm, rms_norm and group_norm mean, written once: an op's file is one NORM_OP(). */
#ifndef BATCHMARK_NORM_OP_H
#define BATCHMARK_NORM_OP_H

#include "norm_fills.h"
#include "norm_keys.h"

/* Arguments of either structure as those of groups. */
static inline struct bm_group_norm norm_as_group(enum norm_kind kind, const void *args)
{
    if (kind == NORM_GROUP)
        return *(const struct bm_group_norm *)args;
    const struct bm_layer_norm *a = args;
    return (struct bm_group_norm){ .N = a->N, .C = a->C, .S = 1, .G = 1, .layout = BM_CHANNELS_LAST, .ldx = a->ldx,
        .ldy = a->ldy, .lddy = a->lddy, .lddx = a->lddx, .x = a->x, .y = a->y, .dy = a->dy, .dx = a->dx, .gamma = a->gamma,
        .beta = a->beta, .dgamma = a->dgamma, .dbeta = a->dbeta, .mean = a->mean, .rstd = a->rstd, .eps = a->eps };
}

static inline const char *norm_refuses(enum norm_kind kind, bool backward, const void *args)
{
    const struct bm_group_norm a = norm_as_group(kind, args);
    const bool centred = kind != NORM_RMS, any = a.N > 0;
    const size_t cols = a.layout == BM_CHANNELS_FIRST ? a.C * a.S : a.C;
    if (a.layout != BM_CHANNELS_FIRST && a.layout != BM_CHANNELS_LAST)
        return "there are no groups in blocks of channels";
    if (a.N && (!a.C || !a.S))
        return "a row without elements has no mean";
    if (a.C && (!a.G || a.C % a.G))
        return "G does not divide C";
    if (a.ldx < cols || (backward ? a.lddy < cols || a.lddx < cols : a.ldy < cols))
        return "a leading dimension is less than its row";
    if (!(a.eps >= 0))
        return "eps must not be negative";
    if (any && (!a.x || (backward ? !a.dy || !a.dx : !a.y) || !a.gamma || !a.rstd || (centred && !a.mean)))
        return "an array is NULL";
    if (backward ? a.C && (!a.dgamma || (centred && !a.dbeta)) : any && centred && !a.beta)
        return "an array of the channels is NULL";
    if (any && (backward ? a.dx == a.dy && a.lddx != a.lddy : a.y == a.x && a.ldy != a.ldx))
        return "the result may lie on its input with equal strides only";
    return any && backward && a.dx == a.x ? "dx may be dy, and never x" : NULL;
}

/*
 * Useful operations an element, each sum, difference, product and comparison one.
 *   forward    mean 1, variance 3 (difference, square, sum), y 3 (difference, scale, shift), as bn_forward counts them; rms_norm:
 *              square and sum 2, y 2
 *   backward   xhat 2, g 1, sum of g 1, of g xhat 2, dx 4 (three terms, scale), dgamma 2, dbeta 1; rms_norm: xhat 1, g 1, sum
 *              of g xhat 2, dx 3, dgamma 2. Where a channel has several pixels, its sums make up the group's: as bn_backward
 */
static inline double norm_flops(enum norm_kind kind, bool backward, const struct bm_shape *s)
{
    const struct norm_groups g = norm_groups(kind, s);
    const double each = backward ? kind == NORM_RMS ? 9 : g.S > 1 ? 9 : 13 : kind == NORM_RMS ? 4 : 7;
    return each * (double)g.N * (double)g.C * (double)g.S;
}

/* Defines the op: NORM_OP(layer_norm_forward, NORM_LAYER, false, "summary") */
#define NORM_OP(OP, KIND, BACKWARD, SUMMARY)                                                                         \
    static unsigned operands(const struct bm_shape *shape, struct bm_operand operand[BM_MAX_OPERANDS])               \
    {                                                                                                                \
        return norm_operands(KIND, BACKWARD, shape, operand);                                                        \
    }                                                                                                                \
    static void bind(const struct bm_shape *shape, void *const array[], void *args)                                  \
    {                                                                                                                \
        norm_bind(KIND, BACKWARD, shape, array, args);                                                               \
    }                                                                                                                \
    static const char *refuses(const void *args) { return norm_refuses(KIND, BACKWARD, args); }                      \
    static bool fill(struct bm_shape *shape, enum bm_fill what, uint64_t seed, void *const array[])                  \
    {                                                                                                                \
        return norm_fill(KIND, BACKWARD, shape, what, seed, array);                                                  \
    }                                                                                                                \
    static void oracle(const struct bm_shape *shape, void *const array[], double *const want[],                      \
                       double *const bound[])                                                                        \
    {                                                                                                                \
        (BACKWARD ? norm_oracle_backward : norm_oracle_forward)(KIND, shape, array, want, bound);                    \
    }                                                                                                                \
    static double flops(const struct bm_shape *shape) { return norm_flops(KIND, BACKWARD, shape); }                  \
    extern const struct bm_op OP;                                                                                    \
    const struct bm_op OP = { .name = #OP, .summary = SUMMARY,                                                       \
        .args_bytes = KIND == NORM_GROUP ? sizeof(struct bm_group_norm) : sizeof(struct bm_layer_norm),              \
        .family = KIND == NORM_GROUP ? &norm_group_family : &norm_family,                                              \
        .operands = operands, .bind = bind, .refuses = refuses, .fill = fill, .oracle = oracle, .flops = flops }

#endif
