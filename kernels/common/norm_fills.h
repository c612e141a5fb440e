/* SPDX-License-Identifier: MIT */
/* norm_fills.h - what the arrays of layer_norm, rms_norm and group_norm hold in verification. */
#ifndef BATCHMARK_NORM_FILLS_H
#define BATCHMARK_NORM_FILLS_H

#include "norm_oracle.h"

/*
 * The exact fill. Elements 2i and 2i + 1 of a group are m + 2 and m - 2 in either order, so that mean and variance are m and
 * 4; in rms_norm all are 2 or -2. eps = 12 makes rstd 1/4. Backward divides sums by M, a power of two then, which leaves room
 * for every product up to 2^14; and a channel's sums are of multiples of 1/2, not above 2.
 */
static inline bool norm_exact(enum norm_kind kind, bool backward, const struct norm_groups *g)
{
    const bool even = g->M % 2 == 0 || kind == NORM_RMS;
    return backward ? even && (g->M & (g->M - 1)) == 0 && g->M <= 1 << 14 && g->N * g->S <= 1 << 20 : even && g->M <= 1 << 20;
}

static inline float norm_exact_x(enum norm_kind kind, uint64_t seed, size_t group, size_t i)
{
    if (kind == NORM_RMS)
        return bm_hash(seed + 1, group * 8191 + i) >> 63 ? 2 : -2;
    const bool up = bm_integer(seed + 1, group * 8191 + i / 2, 0, 1);
    return (float)(bm_integer(seed, group, -8, 8) + (up == (i % 2 == 0) ? 2 : -2));
}

/* Groups of large deviations, of subnormal ones, of one large value, and of all orders; the sum of squares is below 2^126
 * (norm.h). */
static inline float norm_extreme_x(enum norm_kind kind, uint64_t seed, size_t group, size_t i, size_t M)
{
    int top = 62;
    for (size_t squares = 1; squares < M; squares *= 4)
        top--;
    switch (group % 4) {
    case 0: return ldexpf(bm_uniform(seed + 1, i), top);
    case 1: return ldexpf(bm_uniform(seed + 1, i), -126);
    case 2: return ldexpf(bm_uniform(seed, group), kind == NORM_RMS ? top : 126);
    default: return bm_extreme(seed + 1, i, top);
    }
}

/* Element i of a group, at `at` among all. */
static inline float norm_any_x(enum norm_kind kind, enum bm_fill fill, uint64_t seed, size_t group, size_t at, size_t M)
{
    if (fill == BM_EXTREME)
        return norm_extreme_x(kind, seed, group, at, M);
    const float scale = bm_fill_scale(fill), centre = scale * bm_uniform(seed, group);
    if (fill == BM_CONSTANT)
        return centre;
    return (fill == BM_OFFSET ? 5774 : centre) + scale * bm_uniform(seed + 1, at); /* deviation scale / sqrt(3) */
}

/* A part along x besides a mean, of gamma's sign, which is positive: no sum cancels. */
static inline float norm_any_dy(enum bm_fill fill, uint64_t seed, size_t group, size_t c, size_t at)
{
    static const float scales[] = { 1, 0x1p58f, 0x1p-130f };
    const float tilt = 0.5f + 0.25f * bm_uniform(seed + 5, c);
    const float dy = tilt + 0.5f * bm_uniform(seed + 1, at) + 0.5f * bm_uniform(seed + 6, at);
    return fill == BM_EXTREME ? scales[bm_integer(seed + 7, group, 0, 2)] * dy : dy;
}

/* mean and rstd as the forward op would have saved them, of groups of numbers. */
static inline void norm_fill_saved(enum norm_kind kind, const struct bm_shape *s, const struct norm_groups *g,
                                   const struct norm_f32 *a, enum bm_fill fill, size_t group)
{
    struct norm_stat r = { 0 };
    if (fill != BM_EXACT)
        r = norm_statistics(kind, g, a->p[X], group / g->G, group % g->G, s->eps);
    size_t c;
    const size_t first = norm_element(g, g->ld, group / g->G, group % g->G, 0, &c);
    const size_t second = norm_element(g, g->ld, group / g->G, group % g->G, 1 % g->M, &c);
    if (a->p[MEAN])
        a->p[MEAN][group] = fill == BM_EXACT ? (a->p[X][first] + a->p[X][second]) / 2 : (float)r.mean;
    a->p[RSTD][group] = fill == BM_EXACT ? 0.25f : (float)r.rstd;
}

/* Three groups of four have one element of x that is no number, and in backward some of the others one of dy. A channel has
 * few of them or none, so that its sums are not all NaN. */
static inline void norm_fill_special(const struct norm_groups *g, uint64_t seed, const struct norm_f32 *a)
{
    static const float special[] = { 0, NAN, INFINITY, -INFINITY };
    for (size_t group = 0; group < g->N * g->G; group++) {
        size_t c;
        const size_t i = bm_hash(seed + 4, group) % g->M, at = norm_element(g, g->ld, group / g->G, group % g->G, i, &c);
        if (group % 4)
            a->p[X][at] = special[group % 4];
        else if (a->p[DY] && group % 8)
            a->p[DY][at] = special[1 + group / 8 % 2];
    }
}

static inline bool norm_fill(enum norm_kind kind, bool backward, struct bm_shape *s, enum bm_fill fill, uint64_t seed,
                             void *const array[])
{
    const struct norm_groups g = norm_groups(kind, s);
    const struct norm_f32 a = norm_f32(kind, backward, array);
    const bool exact = fill == BM_EXACT;
    if (g.M == 0 || (exact && !norm_exact(kind, backward, &g)))
        return false;
    s->eps = exact ? 12 : s->eps;
#pragma omp parallel for schedule(static)
    for (size_t group = 0; group < g.N * g.G; group++) {
        for (size_t i = 0; i < g.M; i++) {
            size_t c;
            const size_t at = norm_element(&g, g.ld, group / g.G, group % g.G, i, &c), number = group * g.M + i;
            a.p[X][at] = exact ? norm_exact_x(kind, seed, group, i) : norm_any_x(kind, fill, seed, group, number, g.M);
            if (a.p[DY])
                a.p[DY][at] = exact ? (float)bm_integer(seed + 6, number, -4, 4) : norm_any_dy(fill, seed, group, c, number);
        }
        if (backward)
            norm_fill_saved(kind, s, &g, &a, fill, group);
    }
    if (fill == BM_SPECIAL)
        norm_fill_special(&g, seed, &a);
    for (size_t c = 0; c < g.C; c++) {
        a.p[GAMMA][c] = exact ? (float)bm_integer(seed + 2, c, -4, 4) : 1 + 0.5f * bm_uniform(seed + 2, c);
        if (a.p[BETA])
            a.p[BETA][c] = exact ? (float)bm_integer(seed + 3, c, -4, 4) : bm_uniform(seed + 3, c);
    }
    return true;
}

#endif
