/* SPDX-License-Identifier: MIT */
/*
 * bn_moments.h - pass one of the forward bn ops in the tuned engine: sums for the mean and the variance.
 *
 * Variance. A block sums d = x - k and d^2 in one pass; k is the mean of its first two elements. Then
 *   mean = k + sum d / n,   M2 = sum d^2 - (sum d)^2 / n,
 * which loses as many bits as (k - mean)^2 exceeds the variance. Where sum d^2 > 8 M2 (for normal data k has to be 3.7
 * of its deviations off: one block and channel in 5000) the block, still in a cache, is summed again about its mean.
 * So M2 has a relative error of at most 8 (64 + 5) u < 560u in theory; a few u on ordinary data and 24u with outliers
 * placed to hurt, whatever the offset of the data, at the price of one pass. On integers all of it is exact. Blocks
 * are merged in double:
 *   M2 = M2_a + M2_b + (mean_b - mean_a)^2 n_a n_b / (n_a + n_b)
 * (Chan, Golub & LeVeque, "Algorithms for Computing the Sample Variance: Analysis and Recommendations",
 * The American Statistician 37(3), 1983).
 */
#ifndef BATCHMARK_BN_MOMENTS_H
#define BATCHMARK_BN_MOMENTS_H

#include "bn_simd.h"

/* Sums of d and d^2. */
struct bn_moments { struct wide s, q; };

BN_INLINE struct bn_moments bn_no_moments(void)
{
    return (struct bn_moments){ wide_all(vf_zero()), wide_all(vf_zero()) };
}

/* Adds those of `rows` rows. Lanes that are masked must have k = 0. */
BN_INLINE struct bn_moments bn_add_moments(struct bn_rows x, size_t rows, struct bn_span span, struct bn_activation act,
    struct wide k, struct bn_moments before)
{
    struct bn_moments sum = before;
    for (size_t row = 0; row < rows; row++, x.at += x.ld) {
        if (x.ahead)
            wide_fetch(x.at + x.ahead);
        struct wide v = wide_act(wide_get(x.at, span), bn_of_x(act));
        struct wide d = wide_less(v, k, BN_PLACE == ACT_BEFORE);
        sum.s = wide_add(sum.s, d);
        sum.q = wide_fma(d, d, sum.q);
    }
    return (struct bn_moments){ wide_join(span, sum.s, before.s), wide_join(span, sum.q, before.q) };
}

/* Moves k to the mean in the lanes where it is too far from it; false if there is none (NaN does not count). */
BN_INLINE bool bn_recentre(vf *k, vf s, vf q, vf over_n)
{
    vf mean = vf_mul(s, over_n), m2 = vf_fnma(s, mean, q);
    vmask far = vf_gt0(vf_fnma(vf_set1(8), m2, q));
    *k = vf_add(*k, vf_keep(far, mean));
    return vf_any(far);
}

/* The sums of a block's channels, in f32. */
struct bn_sums { float *k, *s, *q; };

BN_INLINE struct bn_sums bn_sums_at(struct bn_sums sums, size_t i)
{
    return (struct bn_sums){ sums.k + i, sums.s + i, sums.q + i };
}

/* Channels-last: the rows of a block that are taken in one go. */
struct bn_turn { size_t row, rows, images; };

BN_INLINE struct wide bn_first_k(struct bn_rows x, size_t rows, struct bn_span span, struct bn_activation act)
{
    struct wide k = wide_act(wide_get(x.at, span), bn_of_x(act));
    if (rows > 1) {
        struct wide second = wide_act(wide_get(x.at + x.ld, span), bn_of_x(act));
        k = wide_mul(wide_all(vf_set1(0.5f)), wide_add(k, second));
    }
    return k;
}

/* Adds the rows of a turn of one strip of a block, which begins at x. The first turn chooses k. After the last, what has k
 * too far from its mean is summed again. */
BN_INLINE void bn_strip_moments(struct bn_rows x, struct bn_turn turn, struct bn_span span, struct bn_activation act,
    struct bn_sums sums)
{
    const struct bn_span whole = bn_whole(span);
    struct bn_moments sum = bn_no_moments();
    struct wide k;
    if (turn.row > 0) {
        k = wide_load(sums.k, whole);
        sum = (struct bn_moments){ wide_load(sums.s, whole), wide_load(sums.q, whole) };
    } else {
        k = bn_first_k(x, turn.rows, span, act);
        wide_store(sums.k, whole, k);
    }
    sum = bn_add_moments((struct bn_rows){ x.at + turn.row * x.ld, x.ld, x.ahead }, turn.rows, span, act, k, sum);
    if (turn.row + turn.rows == turn.images) {
        vf over_n = vf_set1(1 / (float)turn.images);
        bool again = bn_recentre(&k.a, sum.s.a, sum.q.a, over_n);
        again |= span.vectors > 1 && bn_recentre(&k.b, sum.s.b, sum.q.b, over_n);
        again |= span.vectors > 2 && bn_recentre(&k.c, sum.s.c, sum.q.c, over_n);
        again |= span.vectors > 3 && bn_recentre(&k.d, sum.s.d, sum.q.d, over_n);
        if (__builtin_expect(again, 0)) {
            wide_store(sums.k, whole, k);
            sum = bn_add_moments((struct bn_rows){ x.at, x.ld, 0 }, turn.images, span, act, k, bn_no_moments());
        }
    }
    wide_store(sums.s, whole, sum.s);
    wide_store(sums.q, whole, sum.q);
}

/* Channels-last: a block of a strip, or of neighbouring ones along the rows. */
BN_INLINE void bn_section_moments(const struct bn_call *call, const struct bn_block *block, struct bm_range channels,
    bool along, struct bn_activation act, struct bn_sums sums)
{
    const size_t ld = call->bn->ldx, width = channels.end - channels.begin;
    const bn_element *x = bn_from(call->bn->x) + block->n * ld + channels.begin;
    struct bn_turn turn = { .images = block->images };
    for (; turn.row < turn.images; turn.row += along ? BN_ROWS : turn.images) {
        const size_t left = turn.images - turn.row;
        turn.rows = along && left > BN_ROWS ? BN_ROWS : left;
        for (size_t i = 0; i < width; i += BN_WIDE) {
            const size_t strip = width - i < BN_WIDE ? width - i : BN_WIDE;
            const struct bn_rows from = { x + i, ld, bn_sum_ahead(call->bn, ld, along) };
            const vmask last = bn_last(strip);
            BN_FOR_SPAN(strip, last, bn_strip_moments(from, turn, span, act, bn_sums_at(sums, i)))
        }
    }
}

/* Channels-first: s and q of a block of channel c, about sums.k; blocked: of the `beside` channels from c on. */
BN_INLINE void bn_run_moments(const struct bm_bn *bn, const struct bn_block *block, size_t c, size_t beside,
    struct bn_span step, struct bn_activation act, struct bn_sums sums)
{
    const size_t wide = (size_t)step.vectors * VF, full = block->length / wide, rest = block->length % wide;
    const vmask last = bn_last(rest);
    const bn_element *x = bn_from(bn->x) + block->n * bn->ldx + c * bn->S + block->offset;
    const struct wide k = wide_repeat(sums.k, beside);
    struct bn_moments sum = bn_no_moments();
    for (size_t i = 0; full > 0 && i < block->images; i++)
        sum = bn_add_moments((struct bn_rows){ x + i * bn->ldx, wide, 0 }, full, step, act, k, sum);
    const struct bn_rows end = { x + full * wide, bn->ldx, 0 };
    if (rest)
        BN_FOR_SPAN(rest, last, sum = bn_add_moments(end, block->images, span, act, wide_ends(k, span), sum))
    wide_fold(sums.s, sum.s, beside);
    wide_fold(sums.q, sum.q, beside);
}

/* Channels-first: chooses the mean of two elements of a channel's block as k. In scalars: a vector loaded from what
 * scalars just stored waits until they are in the cache. */
BN_INLINE float bn_scalar_k(const struct bm_bn *bn, const bn_element *x, bool two, struct bn_activation act)
{
    const enum bn_curve curve = bn_of_x(act).curve;
    return 0.5f * (bn_scalar_act(bn_value(x[0]), curve, bn->slope) + bn_scalar_act(bn_value(x[two]), curve, bn->slope));
}

/* Channels-first: sums the block of channel c again if k was too far from its mean. */
BN_INLINE void bn_check_run(const struct bm_bn *bn, const struct bn_block *block, size_t c, struct bn_activation act,
    float over_n, struct bn_sums sums)
{
    const float shift = sums.s[0] * over_n;
    if (__builtin_expect(sums.q[0] > 8 * (sums.q[0] - sums.s[0] * shift), 0)) {
        sums.k[0] += shift;
        bn_run_moments(bn, block, c, 1, bn_full(), act, sums);
    }
}

/* Blocked: the same of the channels that lie side by side from c on. */
BN_INLINE void bn_beside_moments(const struct bn_call *call, const struct bn_block *block, size_t c,
    struct bn_activation act, struct bn_sums sums)
{
    const struct bm_bn *bn = call->bn;
    const size_t beside = call->plan.beside, second = block->length > beside ? beside : 0;
    const float *x = bn->x + block->n * bn->ldx + c * bn->S + block->offset;
    const vmask lanes = vf_first(beside < VF ? beside : VF);
    const vf half = vf_set1(0.5f), over_n = vf_set1((float)((double)beside / (double)(block->images * block->length)));
    for (size_t i = 0; i < beside; i += VF) {
        const vf k = vf_add(bn_one_act(vf_load_first(x + i, lanes), bn_of_x(act)),
                            bn_one_act(vf_load_first(x + second + i, lanes), bn_of_x(act)));
        vf_store_first(sums.k + i, lanes, vf_mul(half, k));
    }
    bn_run_moments(bn, block, c, beside, bn_tile(), act, sums);
    bool again = false;
    for (size_t i = 0; i < beside; i += VF) {
        vf k = vf_load_first(sums.k + i, lanes);
        again |= bn_recentre(&k, vf_load_first(sums.s + i, lanes), vf_load_first(sums.q + i, lanes), over_n);
        vf_store_first(sums.k + i, lanes, k);
    }
    if (__builtin_expect(again, 0))
        bn_run_moments(bn, block, c, beside, bn_tile(), act, sums);
}

/* Adds the rows of a strip of neighbouring runs to the sums of its lanes; the first rows begin them. */
BN_INLINE void bn_lanes_moments(struct bn_rows x, size_t rows, struct bn_span span, struct bn_activation act, bool first,
    struct bn_sums lanes)
{
    const struct bn_span whole = bn_whole(span);
    struct bn_moments sum = bn_no_moments();
    if (!first)
        sum = (struct bn_moments){ wide_load(lanes.s, whole), wide_load(lanes.q, whole) };
    sum = bn_add_moments(x, rows, span, act, wide_load(lanes.k, whole), sum);
    wide_store(lanes.s, whole, sum.s);
    wide_store(lanes.q, whole, sum.q);
}

/* Channels-first, short runs: a block of neighbouring channels, a lane being a place in an image. */
BN_INLINE void bn_runs_moments(const struct bn_call *call, const struct bn_block *block, struct bm_range channels,
    struct bn_activation act, struct bn_sums sums)
{
    const struct bm_bn *bn = call->bn;
    const size_t S = bn->S, width = channels.end - channels.begin, length = width * S;
    const bn_element *x = bn_from(bn->x) + block->n * bn->ldx + channels.begin * S;
    float k[BN_RUN + VF], s[BN_RUN], q[BN_RUN];
    const struct bn_sums lanes = { k, s, q };
    for (size_t i = 0; i < width; i++)
        sums.k[i] = bn_scalar_k(bn, x + i * S, true, act);
    bn_spread(k, sums.k, width, S);
    for (size_t row = 0; row < block->images; row += BN_ROWS) {
        const size_t rows = block->images - row < BN_ROWS ? block->images - row : BN_ROWS;
        for (size_t i = 0; i < length; i += BN_WIDE) {
            const size_t strip = length - i < BN_WIDE ? length - i : BN_WIDE;
            const struct bn_rows from = { x + row * bn->ldx + i, bn->ldx, bn_run_ahead(bn, length) };
            const vmask last = bn_last(strip);
            BN_FOR_SPAN(strip, last, bn_lanes_moments(from, rows, span, act, row == 0, bn_sums_at(lanes, i)))
        }
    }
    for (size_t i = 0; i < width; i++) {
        sums.s[i] = bn_run_sum(s + i * S, S);
        sums.q[i] = bn_run_sum(q + i * S, S);
        bn_check_run(bn, block, channels.begin + i, act, 1 / (float)(block->images * S), bn_sums_at(sums, i));
    }
}

/* The sums of a block of channels that are taken together. */
BN_INLINE void bn_block_moments(const struct bn_call *call, const struct bn_block *block, struct bm_range channels,
    struct bn_activation act, struct bn_sums sums)
{
    const struct bm_bn *bn = call->bn;
    if (call->plan.last && call->along) {
        bn_section_moments(call, block, channels, true, act, sums);
    } else if (call->plan.last) {
        bn_section_moments(call, block, channels, false, act, sums);
    } else if (call->runs) {
        bn_runs_moments(call, block, channels, act, sums);
    } else if (call->plan.beside > 1) {
        bn_beside_moments(call, block, channels.begin, act, sums);
    } else {
        const size_t c = channels.begin;
        const bn_element *x = bn_from(bn->x) + block->n * bn->ldx + c * bn->S + block->offset;
        bn_fetch_channel(bn, block, bn_from(bn->x), bn->ldx, c + BN_AHEAD);
        sums.k[0] = bn_scalar_k(bn, x, block->length > 1, act);
        bn_run_moments(bn, block, c, 1, bn_full(), act, sums);
        bn_check_run(bn, block, c, act, (float)(1 / (double)(block->images * block->length)), sums);
    }
}

/* Joins n_b elements with mean_b and m2_b to n_a others. */
BN_INLINE void bn_merge(double *mean, double *m2, double n_a, double mean_b, double m2_b, double n_b)
{
    double share = n_b / (n_a + n_b), delta = mean_b - *mean;
    *mean += delta * share;
    *m2 += m2_b + delta * delta * (n_a * share);
}

/* Joins the sums of a block, of n elements a channel, to those of `before` others; 0: they begin the chunk. */
BN_INLINE void bn_merge_block(double *restrict mean, double *restrict m2, size_t channels, struct bn_sums sums, double n,
    double before)
{
    const double over_n = 1 / n;
    if (before == 0)
        for (size_t i = 0; i < channels; i++) {
            double s = sums.s[i];
            mean[i] = sums.k[i] + s * over_n;
            m2[i] = sums.q[i] - s * (s * over_n);
        }
    else
        for (size_t i = 0; i < channels; i++) {
            double s = sums.s[i];
            bn_merge(&mean[i], &m2[i], before, sums.k[i] + s * over_n, sums.q[i] - s * (s * over_n), n);
        }
}

BN_INLINE void bn_forward_sums_curve(const struct bn_call *call, struct bm_range channels, size_t chunk,
    enum bn_curve curve)
{
    const struct bm_range blocks = bn_chunk(&call->plan, chunk);
    const struct bn_activation act = { curve, vf_set1(call->bn->slope) };
    const size_t step = bn_sum_step(call);
    double before = 0; /* elements of the chunk's earlier blocks */
    float of_block[3][BN_SECTION];
    for (size_t b = blocks.begin; b < blocks.end; b++) {
        const struct bn_block block = bn_block(call->bn, &call->plan, b);
        const double n = (double)(block.images * block.length / call->plan.beside);
        for (size_t c = channels.begin; c < channels.end; c += step) {
            const size_t width = channels.end - c < step ? channels.end - c : step;
            struct bn_sums sums = { of_block[0], of_block[1], of_block[2] };
            if (bn_is_single(call))
                sums = (struct bn_sums){ bn_single(call, 0) + c, bn_single(call, 1) + c, bn_single(call, 2) + c };
            bn_block_moments(call, &block, (struct bm_range){ c, c + width }, act, sums);
            if (!bn_is_single(call))
                bn_merge_block(bn_partial(call, chunk, 0) + c, bn_partial(call, chunk, 1) + c, width, sums, n, before);
        }
        before += n;
    }
}

static inline void bn_forward_sums(const struct bn_call *call, struct bm_range channels, size_t chunk)
{
    if (BN_PLACE != ACT_BEFORE || call->bn->slope == 0)
        bn_forward_sums_curve(call, channels, chunk, BN_RELU);
    else
        bn_forward_sums_curve(call, channels, chunk, BN_LEAKY);
}

#endif
