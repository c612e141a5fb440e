/* SPDX-License-Identifier: MIT */
/*
 * bn_simd_forward.h - bn_forward, bn_relu_forward, relu_bn_forward and bn_inference for avx2, avx512 and neon. bn_simd.h
 * says how the work is cut, bn_moments.h has pass one; the including file defines BN_PLACE and BM_IDEAS.
 *
 * y = (gamma rstd) (x - m) + b with m the mean rounded to f32 and b = beta + gamma rstd (m - mean): subtracting first
 * keeps the offset out of the product, and what the rounding of the mean lost comes back at no cost.
 */
#ifndef BATCHMARK_BN_SIMD_FORWARD_H
#define BATCHMARK_BN_SIMD_FORWARD_H

#include "bn_moments.h"

enum { BN_MEAN, BN_SCALE, BN_SHIFT }; /* coefficients: m, gamma rstd, b */

/* ---- per channel ----------------------------------------------------------------------------------------------- */

/* From the mean, its rounding (m - mean), and var + eps: rstd, and the coefficients of up to VF channels. */
BN_INLINE vf bn_coefficients(const struct bn_call *call, size_t c, vmask lanes, vf mean, vf rounding, vf variance)
{
    const struct bm_bn *bn = call->bn;
    vf rstd = vf_div(vf_set1(1), vf_sqrt(vf_add(variance, vf_set1(bn->eps))));
    vf scale = vf_mul(vf_load_first(bn->gamma + c, lanes), rstd);
    vf_store_first(bn_coef(call, BN_MEAN) + c, lanes, mean);
    vf_store_first(bn_coef(call, BN_SCALE) + c, lanes, scale);
    vf_store_first(bn_coef(call, BN_SHIFT) + c, lanes, vf_fma(scale, rounding, vf_load_first(bn->beta + c, lanes)));
    return rstd;
}

/* All that is kept of up to VF channels; `running` is the variance for the running one. */
BN_INLINE void bn_put_statistics(const struct bn_call *call, size_t c, vmask lanes, vf mean, vf rounding, vf variance,
    vf running)
{
    const struct bm_bn *bn = call->bn;
    const vf momentum = vf_set1(bn->momentum);
    vf_store_first(bn->rstd + c, lanes, bn_coefficients(call, c, lanes, mean, rounding, variance));
    vf_store_first(bn->mean + c, lanes, mean);
    if (!bn->running_mean)
        return;
    const vf old_mean = vf_load_first(bn->running_mean + c, lanes), old_var = vf_load_first(bn->running_var + c, lanes);
    vf_store_first(bn->running_mean + c, lanes, vf_fma(momentum, vf_sub(mean, old_mean), old_mean));
    vf_store_first(bn->running_var + c, lanes, vf_fma(momentum, vf_sub(running, old_var), old_var));
}

/* One block: mean = k + s / n as a sum of two f32 (Knuth's TwoSum), M2 = q - s (s / n). */
static inline void bn_forward_finish_single(const struct bn_call *call, struct bm_range channels)
{
    const float n = (float)(call->bn->N * call->bn->S);
    const vf over_n = vf_set1(1 / n), over_running = vf_set1(1 / (call->bn->unbiased ? n - 1 : n));
    for (size_t c = channels.begin; c < channels.end; c += VF) {
        const vmask lanes = vf_first(channels.end - c < VF ? channels.end - c : VF);
        const vf k = vf_load(bn_single(call, 0) + c), s = vf_load(bn_single(call, 1) + c);
        const vf d = vf_mul(s, over_n), mean = vf_add(k, d), back = vf_sub(mean, k);
        const vf rest = vf_add(vf_sub(k, vf_sub(mean, back)), vf_sub(d, back));
        const vf m2 = vf_fnma(s, d, vf_load(bn_single(call, 2) + c));
        bn_put_statistics(call, c, lanes, mean, vf_sub(vf_zero(), rest), vf_mul(m2, over_n), vf_mul(m2, over_running));
    }
}

static inline void bn_forward_finish(const struct bn_call *call, struct bm_range channels)
{
    const struct bm_bn *bn = call->bn;
    const struct bn_plan *plan = &call->plan;
    if (bn_is_single(call)) {
        bn_forward_finish_single(call, channels);
        return;
    }
    double n = (double)bn_start(bn, plan, plan->blocks);
    double over_n = 1 / n, over_running = bn->unbiased ? 1 / (n - 1) : over_n;
    for (size_t c = channels.begin; c < channels.end; c += BN_WIDE) {
        size_t width = channels.end - c < BN_WIDE ? channels.end - c : BN_WIDE;
        double mean[BN_WIDE], m2[BN_WIDE];
        memcpy(mean, bn_partial(call, 0, 0) + c, width * sizeof *mean);
        memcpy(m2, bn_partial(call, 0, 1) + c, width * sizeof *m2);
        for (size_t chunk = 1; chunk < plan->chunks; chunk++) {
            const double *mean_b = bn_partial(call, chunk, 0) + c, *m2_b = bn_partial(call, chunk, 1) + c;
            struct bm_range blocks = bn_chunk(plan, chunk);
            double n_a = (double)bn_start(bn, plan, blocks.begin), n_b = (double)bn_start(bn, plan, blocks.end) - n_a;
            for (size_t i = 0; i < width; i++)
                bn_merge(&mean[i], &m2[i], n_a, mean_b[i], m2_b[i], n_b);
        }
        float m[BN_WIDE], rounding[BN_WIDE], variance[BN_WIDE], running[BN_WIDE];
        for (size_t i = 0; i < width; i++) {
            m[i] = (float)mean[i];
            rounding[i] = (float)(m[i] - mean[i]);
            variance[i] = (float)(m2[i] * over_n);
            running[i] = (float)(m2[i] * over_running);
        }
        for (size_t i = 0; i < width; i += VF) {
            const vmask lanes = vf_first(width - i < VF ? width - i : VF);
            bn_put_statistics(call, c + i, lanes, vf_load_first(m + i, lanes), vf_load_first(rounding + i, lanes),
                vf_load_first(variance + i, lanes), vf_load_first(running + i, lanes));
        }
    }
}

/* With given statistics. */
static inline void bn_given_finish(const struct bn_call *call, struct bm_range channels)
{
    const struct bm_bn *bn = call->bn;
    const double n = (double)bn_start(bn, &call->plan, call->plan.blocks);
    const vf share = vf_set1(bn->unbiased ? (float)(n / (n - 1)) : 1);
    for (size_t c = channels.begin; c < channels.end; c += VF) {
        vmask lanes = vf_first(channels.end - c < VF ? channels.end - c : VF);
        const vf mean = vf_load_first(bn->given_mean + c, lanes), var = vf_load_first(bn->given_var + c, lanes);
        bn_put_statistics(call, c, lanes, mean, vf_zero(), var, vf_mul(var, share));
    }
}

static inline void bn_inference_finish(const struct bn_call *call, struct bm_range channels)
{
    const struct bm_bn *bn = call->bn;
    for (size_t c = channels.begin; c < channels.end; c += VF) {
        vmask lanes = vf_first(channels.end - c < VF ? channels.end - c : VF);
        bn_coefficients(call, c, lanes, vf_load_first(bn->running_mean + c, lanes), vf_zero(),
            vf_load_first(bn->running_var + c, lanes));
    }
}

/* ---- pass two -------------------------------------------------------------------------------------------------- */

/* What each lane needs of its channel: y = scale (x - mean) + shift. */
struct bn_normal { struct wide mean, scale, shift; };

BN_INLINE void bn_normalise(struct bn_rows x, struct bn_out y, size_t rows, struct bn_span span, struct bn_activation act,
    struct bn_normal f)
{
    for (size_t row = 0; row < rows; row++, x.at += x.ld, y.at += y.ld) {
        if (x.ahead)
            wide_fetch(x.at + x.ahead);
        struct wide v = wide_act(wide_get(x.at, span), bn_of_x(act));
        struct wide d = wide_less(v, f.mean, BN_PLACE == ACT_BEFORE);
        wide_put(y.at, span, wide_act(wide_fma(f.scale, d, f.shift), bn_of_y(act)), y.stream);
    }
}

/* Of neighbouring lanes: arrays with a number for each. */
struct bn_normals { const float *mean, *scale, *shift; };

BN_INLINE struct bn_normal bn_normal_at(struct bn_normals f, size_t i, struct bn_span span)
{
    return (struct bn_normal){ wide_load(f.mean + i, span), wide_load(f.scale + i, span), wide_load(f.shift + i, span) };
}
BN_INLINE struct bn_normals bn_normals_of(const struct bn_call *call)
{
    return (struct bn_normals){ bn_coef(call, BN_MEAN), bn_coef(call, BN_SCALE), bn_coef(call, BN_SHIFT) };
}

/* Channels-first, short runs: a block of neighbouring channels. */
BN_INLINE void bn_normalise_runs(const struct bn_call *call, const struct bn_block *block, struct bm_range channels,
    struct bn_activation act, bool stream)
{
    const struct bm_bn *bn = call->bn;
    const size_t c = channels.begin, width = channels.end - c, length = width * bn->S;
    const struct bn_normals of_channel = bn_normals_of(call);
    float of_run[BN_COEFS][BN_RUN + VF];
    bn_spread(of_run[BN_MEAN], of_channel.mean + c, width, bn->S);
    bn_spread(of_run[BN_SCALE], of_channel.scale + c, width, bn->S);
    bn_spread(of_run[BN_SHIFT], of_channel.shift + c, width, bn->S);
    const struct bn_normals f = { of_run[BN_MEAN], of_run[BN_SCALE], of_run[BN_SHIFT] };
    const bn_element *x = bn_from(bn->x) + block->n * bn->ldx + c * bn->S;
    bn_element *y = bn_to(bn->y) + block->n * bn->ldy + c * bn->S;
    const bool past = stream && (uintptr_t)y % 64 == 0;
    for (size_t row = 0; row < block->images; row += BN_RUN_ROWS) {
        const size_t rows = block->images - row < BN_RUN_ROWS ? block->images - row : BN_RUN_ROWS;
        for (size_t i = 0; i < length; i += BN_WIDE) {
            const size_t strip = length - i < BN_WIDE ? length - i : BN_WIDE;
            const struct bn_rows from = { x + row * bn->ldx + i, bn->ldx, bn_run_ahead(bn, length) };
            const struct bn_out to = { y + row * bn->ldy + i, bn->ldy, past };
            const vmask last = bn_last(strip);
            BN_FOR_SPAN(strip, last, bn_normalise(from, to, rows, span, act, bn_normal_at(f, i, bn_whole(span))))
        }
    }
}

/* Channels-last: a block, a few rows at a time. */
BN_INLINE void bn_normalise_rows(const struct bn_call *call, const struct bn_block *block, struct bm_range channels,
    struct bn_activation act, bool stream)
{
    const struct bm_bn *bn = call->bn;
    const struct bn_normals f = bn_normals_of(call);
    const size_t step = call->apply_rows;
    const vmask last = bn_last(channels.end - channels.begin);
    for (size_t i = 0; i < block->images; i += step) {
        const size_t rows = block->images - i < step ? block->images - i : step;
        struct bn_rows x = { bn_from(bn->x) + (block->n + i) * bn->ldx, bn->ldx, bn_apply_ahead(call, bn->ldx) };
        struct bn_out y = { bn_to(bn->y) + (block->n + i) * bn->ldy, bn->ldy, stream };
        size_t c = channels.begin;
        x.at += c;
        y.at += c;
        for (; channels.end - c >= BN_WIDE; c += BN_WIDE, x.at += BN_WIDE, y.at += BN_WIDE)
            bn_normalise(x, y, rows, bn_full(), act, bn_normal_at(f, c, bn_full()));
        if (c < channels.end)
            BN_FOR_SPAN(channels.end - c, last, bn_normalise(x, y, rows, span, act, bn_normal_at(f, c, span)))
    }
}

/* Channels-first: a block, channel by channel; blocked: by those that lie side by side. */
BN_INLINE void bn_normalise_channels(const struct bn_call *call, const struct bn_block *block, struct bm_range channels,
    size_t beside, struct bn_span step, struct bn_activation act, bool stream)
{
    const struct bm_bn *bn = call->bn;
    const struct bn_normals of_channel = bn_normals_of(call);
    const size_t wide = (size_t)step.vectors * VF, full = block->length / wide, rest = block->length % wide;
    const vmask last = bn_last(rest);
    const bool staged = stream && bn_staged(bn, call->matrices), direct = stream && !staged;
    struct bn_stage stage;
    for (size_t i = 0; i < block->images; i++) {
        const bn_element *x = bn_from(bn->x) + (block->n + i) * bn->ldx + block->offset;
        bn_element *y = bn_to(bn->y) + (block->n + i) * bn->ldy + block->offset;
        struct bn_results results = { y, bn->S, beside, staged, channels.begin, &stage };
        for (size_t c = channels.begin; c < channels.end; c += beside) {
            const struct bn_normal f = { wide_repeat(of_channel.mean + c, beside), wide_repeat(of_channel.scale + c, beside),
                wide_repeat(of_channel.shift + c, beside) };
            struct bn_rows from = { x + c * bn->S, wide, beside > 1 ? bn_group_ahead(call, c) : 0 };
            struct bn_out to = { bn_results_of(&results, c), wide, direct };
            bn_normalise(from, to, full, step, act, f);
            from.at += full * wide;
            to.at += full * wide;
            if (rest)
                BN_FOR_SPAN(rest, last, bn_normalise(from, to, 1, span, act, f))
            bn_results_next(&results, c, c + beside == channels.end);
        }
    }
}

BN_INLINE void bn_forward_apply_curve(const struct bn_call *call, struct bm_range channels, size_t chunk,
    enum bn_curve curve, bool stream)
{
    const struct bm_range blocks = bn_chunk(&call->plan, chunk);
    const struct bn_activation act = { curve, vf_set1(call->bn->slope) };
    for (size_t b = blocks.begin; b < blocks.end; b++) {
        const struct bn_block block = bn_block(call->bn, &call->plan, b);
        for (size_t c = channels.begin; call->runs && c < channels.end; c += call->runs) {
            const size_t end = channels.end - c < call->runs ? channels.end : c + call->runs;
            bn_normalise_runs(call, &block, (struct bm_range){ c, end }, act, stream);
        }
        if (call->plan.last)
            bn_normalise_rows(call, &block, channels, act, stream);
        else if (call->plan.beside > 1)
            bn_normalise_channels(call, &block, channels, call->plan.beside, bn_tile(), act, stream);
        else if (!call->runs)
            bn_normalise_channels(call, &block, channels, 1, bn_full(), act, stream);
    }
}

static inline void bn_forward_apply(const struct bn_call *call, struct bm_range channels, size_t chunk)
{
    if (BN_PLACE == ACT_NONE || call->bn->slope == 0) {
        if (call->stream)
            bn_forward_apply_curve(call, channels, chunk, BN_RELU, true);
        else
            bn_forward_apply_curve(call, channels, chunk, BN_RELU, false);
    } else if (call->stream)
        bn_forward_apply_curve(call, channels, chunk, BN_LEAKY, true);
    else
        bn_forward_apply_curve(call, channels, chunk, BN_LEAKY, false);
}

static inline void bn_simd_forward(const void *args)
{
    const struct bm_bn *bn = args;
    struct bn_call call = { .bn = bn, .sums = bn->given_mean ? NULL : bn_forward_sums,
        .finish = bn->given_mean ? bn_given_finish : bn_forward_finish, .apply = bn_forward_apply, .matrices = 2,
        .stream = bn_streams(bn, 2, bn->x, bn->y, bn->ldy) };
    bn_run(&call);
}

static inline void bn_simd_inference(const void *args)
{
    const struct bm_bn *bn = args;
    struct bn_call call = { .bn = bn, .finish = bn_inference_finish, .apply = bn_forward_apply, .matrices = 2,
        .stream = bn_streams(bn, 2, bn->x, bn->y, bn->ldy) };
    bn_run(&call);
}

#endif
