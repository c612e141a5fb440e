/* SPDX-License-Identifier: MIT */
/*
 * bn_gradients.h - pass one of the backward bn ops in the tuned engine, and what it shares with pass two
 * (bn_simd_backward.h): x - mean and d of each lane.
 */
#ifndef BATCHMARK_BN_GRADIENTS_H
#define BATCHMARK_BN_GRADIENTS_H

#define BN_BESIDE_STEPS 192 /* bn.h allows chains of 256, and merging blocks of 64 showed */
#include "bn_simd.h"

/* Of each lane's channel: the mean, and what the mask needs. */
struct bn_lanes { struct wide mean, scale, beta; };

BN_INLINE struct bn_lanes bn_lanes_last(const struct bm_bn *bn, size_t c, struct bn_span span)
{
    struct bn_lanes lanes = { .mean = wide_load(bn->mean + c, span) };
    lanes.scale = lanes.beta = lanes.mean;
    if (BN_PLACE == ACT_AFTER) {
        lanes.scale = wide_mul(wide_load(bn->gamma + c, span), wide_load(bn->rstd + c, span));
        lanes.beta = wide_load(bn->beta + c, span);
    }
    return lanes;
}
BN_INLINE struct bn_lanes bn_lanes_first(const struct bm_bn *bn, size_t c, size_t beside)
{
    const struct wide mean = wide_repeat(bn->mean + c, beside);
    if (BN_PLACE != ACT_AFTER)
        return (struct bn_lanes){ mean, mean, mean };
    return (struct bn_lanes){ mean, wide_mul(wide_repeat(bn->gamma + c, beside), wide_repeat(bn->rstd + c, beside)),
        wide_repeat(bn->beta + c, beside) };
}

/* Of the lanes of neighbouring runs. */
struct bn_run_lanes { float mean[BN_RUN + VF], scale[BN_RUN + VF], beta[BN_RUN + VF]; };

static inline void bn_spread_lanes(struct bn_run_lanes *lanes, const struct bm_bn *bn, size_t c, size_t width)
{
    bn_spread(lanes->mean, bn->mean + c, width, bn->S);
    if (BN_PLACE != ACT_AFTER)
        return;
    float scale[BN_RUN];
    for (size_t i = 0; i < width; i++)
        scale[i] = bn->gamma[c + i] * bn->rstd[c + i];
    bn_spread(lanes->scale, scale, width, bn->S);
    bn_spread(lanes->beta, bn->beta + c, width, bn->S);
}
BN_INLINE struct bn_lanes bn_lanes_run(const struct bn_run_lanes *of, size_t i, struct bn_span whole)
{
    const struct wide mean = wide_load(of->mean + i, whole);
    if (BN_PLACE != ACT_AFTER)
        return (struct bn_lanes){ mean, mean, mean };
    return (struct bn_lanes){ mean, wide_load(of->scale + i, whole), wide_load(of->beta + i, whole) };
}

/* What both passes read: rows of x and of dy. x.ahead is 0 if neither is fetched ahead. */
struct bn_inputs { struct bn_rows x, dy; };

BN_INLINE void bn_fetch_inputs(const struct bn_inputs *in)
{
    if (in->x.ahead) {
        wide_fetch(in->x.at + in->x.ahead);
        wide_fetch(in->dy.at + in->dy.ahead);
    }
}
BN_INLINE void bn_next_row(struct bn_inputs *in)
{
    in->x.at += in->x.ld;
    in->dy.at += in->dy.ld;
}
BN_INLINE struct bn_inputs bn_inputs_at(struct bn_inputs in, size_t i)
{
    in.x.at += i;
    in.dy.at += i;
    return in;
}
/* Row n from channel c on, or of channels-first its element `offset`. */
BN_INLINE struct bn_inputs bn_inputs_of(const struct bm_bn *bn, size_t n, size_t at, size_t x_ahead, size_t dy_ahead)
{
    return (struct bn_inputs){ { bn_from(bn->x) + n * bn->ldx + at, bn->ldx, x_ahead },
        { bn_from(bn->dy) + n * bn->lddy + at, bn->lddy, dy_ahead } };
}
/* Of a run: the wides that follow each other. */
BN_INLINE struct bn_inputs bn_inputs_along(struct bn_inputs in, size_t wide)
{
    in.x.ld = in.dy.ld = wide;
    return in;
}

/* x - mean, and d. */
struct bn_terms { struct wide t, d; };

BN_INLINE struct bn_terms bn_terms(struct wide x, struct wide dy, const struct bn_lanes *lanes, struct bn_activation act)
{
    struct wide t = wide_sub(wide_act(x, bn_of_x(act)), lanes->mean);
    return (struct bn_terms){ t,
        BN_PLACE == ACT_AFTER ? wide_act_grad(dy, wide_fma(lanes->scale, t, lanes->beta), act) : dy };
}

/* ---- pass one -------------------------------------------------------------------------------------------------- */

/* Sums of d and of d (x - mean). */
struct bn_gradient { struct wide d, dx; };

BN_INLINE struct bn_gradient bn_no_gradient(void)
{
    return (struct bn_gradient){ wide_all(vf_zero()), wide_all(vf_zero()) };
}

/* Lanes that are masked load dy = 0 and add nothing. */
BN_INLINE struct bn_gradient bn_add_gradients(struct bn_inputs in, size_t rows, struct bn_span span,
    struct bn_activation act, const struct bn_lanes *of, struct bn_gradient before)
{
    const struct bn_lanes lanes = *of;
    struct bn_gradient sum = before;
    for (size_t row = 0; row < rows; row++, bn_next_row(&in)) {
        bn_fetch_inputs(&in);
        struct bn_terms term = bn_terms(wide_get(in.x.at, span), wide_get(in.dy.at, span), &lanes, act);
        sum.d = wide_add(sum.d, term.d);
        sum.dx = wide_fma(term.d, term.t, sum.dx);
    }
    return (struct bn_gradient){ wide_join(span, sum.d, before.d), wide_join(span, sum.dx, before.dx) };
}

/* The sums of a block's channels or lanes, in f32. */
struct bn_sums { float *d, *dx; };

/* Adds rows of a strip to the sums from i on; the first rows begin them. */
BN_INLINE void bn_strip_gradients(struct bn_inputs in, size_t rows, struct bn_span span, struct bn_activation act,
    const struct bn_lanes *lanes, bool first, struct bn_sums sums, size_t i)
{
    const struct bn_span whole = bn_whole(span);
    struct bn_gradient sum = bn_no_gradient();
    if (!first)
        sum = (struct bn_gradient){ wide_load(sums.d + i, whole), wide_load(sums.dx + i, whole) };
    sum = bn_add_gradients(in, rows, span, act, lanes, sum);
    wide_store(sums.d + i, whole, sum.d);
    wide_store(sums.dx + i, whole, sum.dx);
}

/* Channels-last: a block of a strip, or of neighbouring ones along the rows. */
BN_INLINE void bn_section_gradients(const struct bn_call *call, const struct bn_block *block, struct bm_range channels,
    bool along, struct bn_activation act, struct bn_sums sums)
{
    const struct bm_bn *bn = call->bn;
    const size_t images = block->images, c = channels.begin, width = channels.end - c;
    for (size_t row = 0; row < images; row += along ? BN_ROWS : images) {
        const size_t rows = !along ? images : images - row < BN_ROWS ? images - row : BN_ROWS;
        const struct bn_inputs in = bn_inputs_of(bn, block->n + row, c, bn_sum_ahead(bn, bn->ldx, along),
            bn_sum_ahead(bn, bn->lddy, along));
        for (size_t i = 0; i < width; i += BN_WIDE) {
            const size_t strip = width - i < BN_WIDE ? width - i : BN_WIDE;
            const vmask last = bn_last(strip);
            BN_FOR_SPAN(strip, last, const struct bn_lanes lanes = bn_lanes_last(bn, c + i, span);
                        bn_strip_gradients(bn_inputs_at(in, i), rows, span, act, &lanes, row == 0, sums, i))
        }
    }
}

/* Channels-first, short runs: a block of neighbouring channels, a lane being a place in an image. */
BN_INLINE void bn_runs_gradients(const struct bn_call *call, const struct bn_block *block, struct bm_range channels,
    struct bn_activation act, struct bn_sums sums)
{
    const struct bm_bn *bn = call->bn;
    const size_t S = bn->S, width = channels.end - channels.begin, length = width * S;
    const size_t ahead = bn_run_ahead(bn, length);
    struct bn_run_lanes of;
    float d[BN_RUN], dx[BN_RUN];
    const struct bn_sums of_lanes = { d, dx };
    bn_spread_lanes(&of, bn, channels.begin, width);
    for (size_t row = 0; row < block->images; row += BN_ROWS) {
        const size_t rows = block->images - row < BN_ROWS ? block->images - row : BN_ROWS;
        const struct bn_inputs in = bn_inputs_of(bn, block->n + row, channels.begin * S, ahead, ahead);
        for (size_t i = 0; i < length; i += BN_WIDE) {
            const size_t strip = length - i < BN_WIDE ? length - i : BN_WIDE;
            const vmask last = bn_last(strip);
            BN_FOR_SPAN(strip, last, const struct bn_lanes lanes = bn_lanes_run(&of, i, bn_whole(span));
                        bn_strip_gradients(bn_inputs_at(in, i), rows, span, act, &lanes, row == 0, of_lanes, i))
        }
    }
    for (size_t i = 0; i < width; i++) {
        sums.d[i] = bn_run_sum(d + i * S, S);
        sums.dx[i] = bn_run_sum(dx + i * S, S);
    }
}

/* Channels-first: a block of channel c; blocked: of the channels from c on that lie side by side. */
BN_INLINE void bn_channel_gradients(const struct bn_call *call, const struct bn_block *block, size_t c, size_t beside,
    struct bn_span step, struct bn_activation act, struct bn_sums sums)
{
    const struct bm_bn *bn = call->bn;
    const size_t wide = (size_t)step.vectors * VF, full = block->length / wide, rest = block->length % wide;
    const size_t at = c * bn->S + block->offset;
    const vmask last = bn_last(rest);
    const struct bn_lanes lanes = bn_lanes_first(bn, c, beside);
    struct bn_gradient sum = bn_no_gradient();
    if (beside == 1) {
        bn_fetch_channel(bn, block, bn_from(bn->x), bn->ldx, c + BN_AHEAD);
        bn_fetch_channel(bn, block, bn_from(bn->dy), bn->lddy, c + BN_AHEAD);
    }
    for (size_t i = 0; full > 0 && i < block->images; i++)
        sum = bn_add_gradients(bn_inputs_along(bn_inputs_of(bn, block->n + i, at, 0, 0), wide), full, step, act, &lanes,
            sum);
    const struct bn_inputs end = bn_inputs_of(bn, block->n, at + full * wide, 0, 0);
    if (rest)
        BN_FOR_SPAN(rest, last, sum = bn_add_gradients(end, block->images, span, act, &lanes, sum))
    wide_fold(sums.d, sum.d, beside);
    wide_fold(sums.dx, sum.dx, beside);
}

/* The sums of a block of channels that are taken together. */
BN_INLINE void bn_block_gradients(const struct bn_call *call, const struct bn_block *block, struct bm_range channels,
    struct bn_activation act, struct bn_sums sums)
{
    if (call->runs)
        bn_runs_gradients(call, block, channels, act, sums);
    else if (call->plan.beside > 1)
        bn_channel_gradients(call, block, channels.begin, call->plan.beside, bn_tile(), act, sums);
    else if (!call->plan.last)
        bn_channel_gradients(call, block, channels.begin, 1, bn_full(), act, sums);
    else if (call->along)
        bn_section_gradients(call, block, channels, true, act, sums);
    else
        bn_section_gradients(call, block, channels, false, act, sums);
}

/* Adds what a block has; the first block begins the sums. */
BN_INLINE void bn_add_block(double *restrict sum, const float *of_block, size_t channels, bool first)
{
    if (first)
        for (size_t i = 0; i < channels; i++)
            sum[i] = of_block[i];
    else
        for (size_t i = 0; i < channels; i++)
            sum[i] += of_block[i];
}

BN_INLINE void bn_backward_sums_curve(const struct bn_call *call, struct bm_range channels, size_t chunk,
    enum bn_curve curve)
{
    const struct bm_range blocks = bn_chunk(&call->plan, chunk);
    const struct bn_activation act = { curve, vf_set1(call->bn->slope) };
    const size_t step = bn_sum_step(call);
    float of_block[2][BN_SECTION];
    for (size_t b = blocks.begin; b < blocks.end; b++) {
        const struct bn_block block = bn_block(call->bn, &call->plan, b);
        for (size_t c = channels.begin; c < channels.end; c += step) {
            const size_t width = channels.end - c < step ? channels.end - c : step;
            struct bn_sums sums = { of_block[0], of_block[1] };
            if (bn_is_single(call))
                sums = (struct bn_sums){ bn_single(call, 0) + c, bn_single(call, 1) + c };
            bn_block_gradients(call, &block, (struct bm_range){ c, c + width }, act, sums);
            if (bn_is_single(call))
                continue;
            bn_add_block(bn_partial(call, chunk, 0) + c, sums.d, width, b == blocks.begin);
            bn_add_block(bn_partial(call, chunk, 1) + c, sums.dx, width, b == blocks.begin);
        }
    }
}

static inline void bn_backward_sums(const struct bn_call *call, struct bm_range channels, size_t chunk)
{
    if (BN_PLACE == ACT_NONE || call->bn->slope == 0)
        bn_backward_sums_curve(call, channels, chunk, BN_RELU);
    else
        bn_backward_sums_curve(call, channels, chunk, BN_LEAKY);
}

#endif
