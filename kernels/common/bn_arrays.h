/* SPDX-License-Identifier: MIT */
/*
 * bn_arrays.h - the arrays of the seven bn ops: which an op has, their sizes, and where they go in its arguments.
 *
 * Element (n, c, s) lies at n * ld + bn_at(S, beside, c, s).
 */
#ifndef BATCHMARK_BN_ARRAYS_H
#define BATCHMARK_BN_ARRAYS_H

#include "bn_act.h"
#include "op.h"

enum bn_kind { BN_FORWARD, BN_INFERENCE, BN_BACKWARD };

/* Every array of bn, in the order in which operands() lists those that an op has. */
enum bn_array { X, Y, DY, DX, GAMMA, BETA, DGAMMA, DBETA, MEAN, RSTD, RUNNING_MEAN, RUNNING_VAR, GIVEN_MEAN,
    GIVEN_VAR, BN_ARRAYS };

/* i: in, o: out, b: both, a: in if an activation follows the normalisation, g: in if statistics are given, -: not an
 * operand. */
static const struct { const char *name; char role[3]; } bn_array[BN_ARRAYS] = {
    [X]            = { "x",            { 'i', 'i', 'i' } },
    [Y]            = { "y",            { 'o', 'o', '-' } },
    [DY]           = { "dy",           { '-', '-', 'i' } },
    [DX]           = { "dx",           { '-', '-', 'o' } },
    [GAMMA]        = { "gamma",        { 'i', 'i', 'i' } },
    [BETA]         = { "beta",         { 'i', 'i', 'a' } },
    [DGAMMA]       = { "dgamma",       { '-', '-', 'o' } },
    [DBETA]        = { "dbeta",        { '-', '-', 'o' } },
    [MEAN]         = { "mean",         { 'o', '-', 'i' } },
    [RSTD]         = { "rstd",         { 'o', '-', 'i' } },
    [RUNNING_MEAN] = { "running_mean", { 'b', 'i', '-' } },
    [RUNNING_VAR]  = { "running_var",  { 'b', 'i', '-' } },
    [GIVEN_MEAN]   = { "given_mean",   { 'g', '-', '-' } },
    [GIVEN_VAR]    = { "given_var",    { 'g', '-', '-' } },
};

static inline bool bn_has(enum bn_kind kind, enum bn_place place, bool given, int i)
{
    char role = bn_array[i].role[kind];
    return role != '-' && (role != 'a' || place == ACT_AFTER) && (role != 'g' || given);
}

static inline size_t bn_inner(const struct bm_shape *s) { return s->layout == BM_CHANNELS_LAST ? 1 : s->S; }
/* Channels that lie side by side. With S = 1 all do, whatever the number. */
static inline size_t bn_beside(const struct bm_shape *s) { return s->layout > BM_CHANNELS_FIRST ? s->layout : 1; }
static inline size_t bn_at(size_t S, size_t beside, size_t c, size_t s)
{
    return beside == 1 ? c * S + s : (c / beside * S + s) * beside + c % beside;
}
static inline size_t bn_cols(const struct bm_shape *s) { return s->C * bn_inner(s); }

static inline unsigned bn_operands(enum bn_kind kind, enum bn_place place, const struct bm_shape *s,
                                   struct bm_operand operand[])
{
    unsigned count = 0;
    for (int i = 0; i < BN_ARRAYS; i++) {
        if (!bn_has(kind, place, s->given, i))
            continue;
        char role = bn_array[i].role[kind];
        struct bm_operand o = { .name = bn_array[i].name, .type = BM_F32,
            .role = role == 'o' ? BM_OUT : role == 'b' ? BM_INOUT : BM_IN };
        bool matrix = i <= DX;
        o.rows = matrix ? s->N : 1;
        o.cols = matrix ? bn_cols(s) : s->C;
        o.ld = matrix ? o.cols + s->pad : o.cols;
        operand[count++] = o;
    }
    return count;
}

/* The arrays of an op's call by enum bn_array, NULL for those that it has not. */
struct bn_f32 { float *p[BN_ARRAYS]; };
static inline struct bn_f32 bn_f32(enum bn_kind kind, enum bn_place place, const struct bm_shape *s,
                                   void *const array[])
{
    struct bn_f32 a;
    for (int i = 0; i < BN_ARRAYS; i++)
        a.p[i] = bn_has(kind, place, s->given, i) ? *array++ : NULL;
    return a;
}

static inline void bn_bind(enum bn_kind kind, enum bn_place place, const struct bm_shape *s, void *const array[],
                           void *args)
{
    struct bn_f32 a = bn_f32(kind, place, s, array);
    size_t ld = bn_cols(s) + s->pad;
    *(struct bm_bn *)args = (struct bm_bn){ .N = s->N, .C = s->C, .S = s->S, .layout = s->layout,
        .ldx = ld, .ldy = ld, .lddy = ld, .lddx = ld, .x = a.p[X], .y = a.p[Y], .dy = a.p[DY], .dx = a.p[DX],
        .gamma = a.p[GAMMA], .beta = a.p[BETA], .dgamma = a.p[DGAMMA], .dbeta = a.p[DBETA],
        .mean = a.p[MEAN], .rstd = a.p[RSTD], .running_mean = a.p[RUNNING_MEAN], .running_var = a.p[RUNNING_VAR],
        .given_mean = a.p[GIVEN_MEAN], .given_var = a.p[GIVEN_VAR],
        .eps = s->eps, .momentum = s->momentum, .unbiased = s->unbiased, .slope = s->slope, .threads = 1 };
}

#endif
