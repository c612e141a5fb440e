/* SPDX-License-Identifier: MIT */
/* bn_fills.h - what the arrays of the seven bn ops hold in verification. */
#ifndef BATCHMARK_BN_FILLS_H
#define BATCHMARK_BN_FILLS_H

#include "bn_oracle.h"

/*
 * The exact fill. Elements 2i and 2i + 1 of a channel are m + 2 and m - 2 in either order (channels-last: along the
 * rows; else within an image), so that any even part of a channel has mean m and variance 4 exactly;
 * eps = 12 makes rstd 1/4, and momentum 1/4 the running update exact. For the backward ops L is a power of
 * two: division by it is exact, and L <= 2^14 leaves room for every product. Where act comes before, act(x) has this
 * pattern: ReLU's channels that reach zero (m = 2) are negative there, by any amount.
 */
static inline bool bn_exact(enum bn_kind kind, struct bm_shape *s)
{
    size_t S = bn_inner(s), L = s->N * S;
    s->eps = 12;
    s->momentum = 0.25f;
    s->unbiased = false;
    s->slope = s->slope == 0 ? 0 : 0.25f;
    if (kind == BN_FORWARD)
        return (S == 1 ? s->N : S) % 2 == 0;
    return kind == BN_INFERENCE || ((L & (L - 1)) == 0 && L <= 1 << 14);
}
static inline float bn_exact_mean(enum bn_place place, float slope, uint64_t seed, size_t c)
{
    int m = bm_integer(bm_hash(seed, MEAN), c, -8, 8);
    return (float)(place == ACT_BEFORE && slope == 0 && m < 2 ? 2 : m);
}
static inline float bn_exact_x(enum bn_place place, float slope, uint64_t seed, float m, size_t i, size_t first_of_pair)
{
    bool up = (bm_hash(bm_hash(seed, X), first_of_pair) >> 63) != (i != first_of_pair);
    float v = up ? m + 2 : m - 2;
    if (place != ACT_BEFORE || v > 0)
        return v;
    return slope == 0 ? (float)bm_integer(bm_hash(seed, X), i, -4, 0) : v / slope;
}

/* The other fills: x = centre + width * uniform, of deviation width / sqrt(3). */
struct bn_width { float centre, width; };

/* Channels at the ends of the range that bn.h promises: of great deviation, far from 0 besides, constant, and
 * subnormal; the rest are of order 1. */
static inline struct bn_width bn_extreme_width(uint64_t seed, size_t c)
{
    const float u = bm_uniform(bm_hash(seed, MEAN), c);
    switch (bm_integer(bm_hash(seed, RSTD), c, 0, 4)) {
    case 0: return (struct bn_width){ ldexpf(u, 57), 0x1p57f };
    case 1: return (struct bn_width){ ldexpf(u, 80), 0x1p57f };
    case 2: return (struct bn_width){ ldexpf(u, 126), 0 };
    case 3: return (struct bn_width){ 0, 0x1p-126f };
    default: return (struct bn_width){ u, 1 };
    }
}
static inline float bn_extreme_dy(uint64_t seed, size_t c)
{
    static const float scales[] = { 1, 0x1p58f, 0x1p-130f };
    return scales[bm_integer(bm_hash(seed, DY), c, 0, 2)];
}

static inline struct bn_width bn_width(enum bm_fill fill, uint64_t seed, size_t c)
{
    if (fill == BM_EXTREME)
        return bn_extreme_width(seed, c);
    float scale = bm_fill_scale(fill), width = scale * (1 + 0.5f * bm_uniform(bm_hash(seed, RSTD), c));
    if (fill == BM_OFFSET)
        return (struct bn_width){ c % 2 ? -5774 * width : 5774 * width, width };
    return (struct bn_width){ scale * bm_uniform(bm_hash(seed, MEAN), c), width };
}

/* Gamma's sign. */
static inline float bn_sign(uint64_t seed, size_t c) { return bm_hash(bm_hash(seed, GAMMA), c) & 1 ? -1.0f : 1.0f; }

/* NaN and infinities, one a channel and most channels none; x of channels 2, 5, 7 (mod 8), dy of 4 and 6. */
static inline void bn_fill_special(const struct bm_shape *s, uint64_t seed, float *x, float *dy)
{
    size_t S = bn_inner(s), ld = bn_cols(s) + s->pad, L = s->N * S;
    for (size_t c = 0; c < s->C && L; c++) {
        size_t i = bm_hash(bm_hash(seed, BN_ARRAYS), c) % L, at = i / S * ld + bn_at(S, bn_beside(s), c, i % S);
        size_t residue = s->C > 3 ? c % 8 : c + 1 == s->C ? 2 : 0;
        if (residue == 2 || residue == 5 || residue == 7)
            x[at] = residue == 2 ? NAN : residue == 5 ? INFINITY : -INFINITY;
        if (dy && (residue == 4 || residue == 6))
            dy[at] = residue == 4 ? NAN : INFINITY;
    }
}

/* mean and rstd as the forward op would have saved them. */
BN_INLINE void bn_fill_saved(enum bn_place place, const struct bm_shape *s, size_t S, size_t beside, size_t begin,
                             size_t end, const struct bn_f32 *a, enum bm_fill fill, uint64_t seed)
{
    size_t ld = s->C * S + s->pad;
    struct bn_stat stat[BN_BLOCK];
    if (fill != BM_EXACT)
        bn_statistics(place, s, S, beside, begin, end, a->p[X], stat);
    for (size_t c = begin; c < end; c++) {
        a->p[MEAN][c] = fill == BM_EXACT ? bn_exact_mean(place, s->slope, seed, c) : (float)stat[c - begin].mean;
        a->p[RSTD][c] = fill == BM_EXACT ? 0.25f : (float)(1 / sqrt(stat[c - begin].var + s->eps));
    }
    /* An element whose mask is up to rounding widens every bound of its channel by its |dy|: not in the fill whose
     * bounds are checked for being small. */
    for (size_t n = 0; n < s->N && place == ACT_AFTER && fill == BM_RANDOM; n++)
        for (size_t c = begin; c < end; c++) {
            struct bn_channel ch = bn_given(a, c);
            for (size_t k = 0; k < S; k++) {
                float *dy = &a->p[DY][n * ld + bn_at(S, beside, c, k)];
                if (bn_term(place, s->slope, &ch, a->p[X][n * ld + bn_at(S, beside, c, k)], *dy).flip > 0)
                    *dy = 0;
            }
        }
}

static inline bool bn_fill(enum bn_kind kind, enum bn_place place, struct bm_shape *s, enum bm_fill fill, uint64_t seed,
                           void *const array[])
{
    const struct bn_f32 a = bn_f32(kind, place, s, array);
    bool exact = fill == BM_EXACT;
    if ((exact && !bn_exact(kind, s)) || (s->given && kind != BN_FORWARD))
        return false;
    size_t S = bn_inner(s), beside = bn_beside(s), cols = bn_cols(s), ld = cols + s->pad;
    float slope = s->slope;
#pragma omp parallel for schedule(static)
    for (size_t n = 0; n < s->N; n++)
        for (size_t c = 0; c < s->C; c++) {
            struct bn_width w = bn_width(fill, seed, c);
            float m = exact ? bn_exact_mean(place, slope, seed, c) : 0;
            float tilt = bn_sign(seed, c) * (0.5f + 0.25f * bm_uniform(bm_hash(seed, DBETA), c));
            float scale = fill == BM_EXTREME ? bn_extreme_dy(seed, c) : 1;
            for (size_t k = 0; k < S; k++) {
                size_t i = n * cols + c * S + k, at = n * ld + bn_at(S, beside, c, k);
                float random = bm_uniform(bm_hash(seed, X), i);
                if (exact)
                    a.p[X][at] = bn_exact_x(place, slope, seed, m, i, S == 1 ? i - n % 2 * cols : i - k % 2);
                else
                    a.p[X][at] = w.centre + (fill == BM_CONSTANT ? 0 : w.width * random);
                /* A mean of gamma's sign and a part along x: no sum cancels, masked or not. */
                if (a.p[DY])
                    a.p[DY][at] = exact ? (float)bm_integer(bm_hash(seed, DY), i, -4, 4)
                                        : scale * (tilt + 0.5f * random + 0.5f * bm_uniform(bm_hash(seed, DY), i));
            }
        }
    if (fill == BM_SPECIAL)
        bn_fill_special(s, seed, a.p[X], a.p[DY]);

    for (size_t c = 0; c < s->C; c++) {
        struct bn_width w = bn_width(fill, seed, c);
        a.p[GAMMA][c] = exact ? (float)bm_integer(bm_hash(seed, GAMMA), c, -4, 4)
                              : bn_sign(seed, c) * (1 + 0.5f * bm_uniform(bm_hash(seed, GAMMA), c));
        if (a.p[BETA])
            a.p[BETA][c] = exact ? (float)bm_integer(bm_hash(seed, BETA), c, -4, 4)
                                 : bm_uniform(bm_hash(seed, BETA), c);
        for (unsigned mean = RUNNING_MEAN; mean <= GIVEN_MEAN && a.p[mean]; mean += 2) {
            unsigned var = mean + 1; /* after it in enum bn_array */
            float other = bm_uniform(bm_hash(seed, var), c), wide = w.width * w.width * (0.4f + 0.2f * other);
            a.p[mean][c] = exact ? bn_exact_mean(place, slope, seed, c)
                                 : w.centre + 0.25f * w.width * bm_uniform(bm_hash(seed, mean), c);
            a.p[var][c] = exact ? 4 : fill == BM_CONSTANT ? 0 : wide;
        }
        if (exact && kind == BN_FORWARD) {
            a.p[RUNNING_MEAN][c] += (float)bm_integer(bm_hash(seed, RUNNING_MEAN), c, -4, 4);
            a.p[RUNNING_VAR][c] += (float)bm_integer(bm_hash(seed, RUNNING_VAR), c, -4, 4);
        }
    }
    if (kind == BN_BACKWARD)
        BN_BLOCKS(bn_fill_saved, place, s, &a, fill, seed);
    return true;
}

#endif
