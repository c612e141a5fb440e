/* SPDX-License-Identifier: MIT */
/* norm_arrays.h - the arrays of layer_norm, rms_norm and group_norm: which an op has, their sizes, where an element lies. */
#ifndef BATCHMARK_NORM_ARRAYS_H
#define BATCHMARK_NORM_ARRAYS_H

#include "norm.h"
#include "op.h"

enum norm_kind { NORM_LAYER, NORM_RMS, NORM_GROUP };

/* Every array, in the order in which operands() lists those that an op has. */
enum norm_array { X, Y, DY, DX, GAMMA, BETA, DGAMMA, DBETA, MEAN, RSTD, NORM_ARRAYS };

/* Of forward and of backward. i: in, o: out, -: not an operand. */
static const struct { const char *name; char role[2]; } norm_array[NORM_ARRAYS] = {
    [X]      = { "x",      { 'i', 'i' } },
    [Y]      = { "y",      { 'o', '-' } },
    [DY]     = { "dy",     { '-', 'i' } },
    [DX]     = { "dx",     { '-', 'o' } },
    [GAMMA]  = { "gamma",  { 'i', 'i' } },
    [BETA]   = { "beta",   { 'i', '-' } },
    [DGAMMA] = { "dgamma", { '-', 'o' } },
    [DBETA]  = { "dbeta",  { '-', 'o' } },
    [MEAN]   = { "mean",   { 'o', 'i' } },
    [RSTD]   = { "rstd",   { 'o', 'i' } },
};

static inline bool norm_has(enum norm_kind kind, bool backward, int i)
{
    return norm_array[i].role[backward] != '-' && (kind != NORM_RMS || (i != BETA && i != DBETA && i != MEAN));
}

/* Groups of a problem: rows are groups of one pixel. */
struct norm_groups {
    size_t N, C, S, G, M, cols, ld; /* M elements in a group; matrices have `cols` columns */
    bool first;                     /* channels first */
};

static inline struct norm_groups norm_groups(enum norm_kind kind, const struct bm_shape *s)
{
    struct norm_groups g = { .N = s->N, .C = s->C, .S = 1, .G = 1 };
    if (kind == NORM_GROUP) {
        g.S = s->S;
        g.G = s->G;
        g.first = s->layout == BM_CHANNELS_FIRST;
    }
    g.cols = g.first ? g.C * g.S : g.C;
    g.ld = g.cols + s->pad;
    g.M = g.G ? g.C / g.G * g.S : 0;
    return g;
}

/* Element (n, c, s) of a matrix with this leading dimension. */
static inline size_t norm_at(const struct norm_groups *g, size_t ld, size_t n, size_t c, size_t s)
{
    return g->first ? n * ld + c * g->S + s : (n * g->S + s) * ld + c;
}

/* Element i of group k of image n; its channel goes to *c. In channels-last a pixel's channels follow each other. */
static inline size_t norm_element(const struct norm_groups *g, size_t ld, size_t n, size_t k, size_t i, size_t *c)
{
    const size_t each = g->C / g->G, s = g->first ? i % g->S : i / each;
    *c = k * each + (g->first ? i / g->S : i % each);
    return norm_at(g, ld, n, *c, s);
}

static inline unsigned norm_operands(enum norm_kind kind, bool backward, const struct bm_shape *s, struct bm_operand operand[])
{
    const struct norm_groups g = norm_groups(kind, s);
    unsigned count = 0;
    for (int i = 0; i < NORM_ARRAYS; i++) {
        if (!norm_has(kind, backward, i))
            continue;
        const bool matrix = i <= DX;
        struct bm_operand o = { .name = norm_array[i].name, .type = BM_F32,
            .role = norm_array[i].role[backward] == 'o' ? BM_OUT : BM_IN };
        o.rows = matrix ? g.first ? g.N : g.N * g.S : 1;
        o.cols = matrix ? g.cols : i >= MEAN ? g.N * g.G : g.C;
        o.ld = matrix ? g.ld : o.cols;
        operand[count++] = o;
    }
    return count;
}

/* The arrays of a call by enum norm_array, NULL for those that the op has not. */
struct norm_f32 { float *p[NORM_ARRAYS]; };
static inline struct norm_f32 norm_f32(enum norm_kind kind, bool backward, void *const array[])
{
    struct norm_f32 a;
    for (int i = 0; i < NORM_ARRAYS; i++)
        a.p[i] = norm_has(kind, backward, i) ? *array++ : NULL;
    return a;
}

/* The same of results in double. */
struct norm_f64 { double *p[NORM_ARRAYS]; };
static inline struct norm_f64 norm_f64(enum norm_kind kind, bool backward, double *const array[])
{
    struct norm_f64 a;
    for (int i = 0; i < NORM_ARRAYS; i++)
        a.p[i] = norm_has(kind, backward, i) ? *array++ : NULL;
    return a;
}

static inline void norm_bind(enum norm_kind kind, bool backward, const struct bm_shape *s, void *const array[], void *args)
{
    const struct norm_f32 a = norm_f32(kind, backward, array);
    const struct norm_groups g = norm_groups(kind, s);
    if (kind == NORM_GROUP)
        *(struct bm_group_norm *)args = (struct bm_group_norm){ .threads = 1, .N = s->N, .C = s->C, .S = s->S, .G = s->G,
            .layout = s->layout, .ldx = g.ld, .ldy = g.ld, .lddy = g.ld, .lddx = g.ld, .x = a.p[X], .y = a.p[Y],
            .dy = a.p[DY], .dx = a.p[DX], .gamma = a.p[GAMMA], .beta = a.p[BETA], .dgamma = a.p[DGAMMA],
            .dbeta = a.p[DBETA], .mean = a.p[MEAN], .rstd = a.p[RSTD], .eps = s->eps };
    else
        *(struct bm_layer_norm *)args = (struct bm_layer_norm){ .threads = 1, .N = s->N, .C = s->C, .ldx = g.ld,
            .ldy = g.ld, .lddy = g.ld, .lddx = g.ld, .x = a.p[X], .y = a.p[Y], .dy = a.p[DY], .dx = a.p[DX],
            .gamma = a.p[GAMMA], .beta = a.p[BETA], .dgamma = a.p[DGAMMA], .dbeta = a.p[DBETA], .mean = a.p[MEAN],
            .rstd = a.p[RSTD], .eps = s->eps };
}

#endif
