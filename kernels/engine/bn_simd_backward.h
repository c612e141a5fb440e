/* SPDX-License-Identifier: MIT */
/*
 * bn_simd_backward.h - bn_backward, bn_relu_backward and relu_bn_backward for avx2, avx512 and neon. bn_simd.h says
 * how the work is cut, bn_gradients.h has pass one; the including file defines BN_PLACE and BM_IDEAS.
 *
 * Pass one sums d and d (x - mean), in f32 for a block and in double from there on; d is dy, or act'(gamma xhat + beta)
 * dy if the activation came after. dgamma is the second times rstd. Pass two is
 *   dx = gamma rstd d + (x - mean) (-gamma rstd^2 dgamma / L) - gamma rstd dbeta / L,
 * times act'(x) if the activation came before. Both passes compute gamma xhat + beta in the same way,
 * (gamma rstd) (x - mean) + beta, so that they agree on the mask.
 */
#ifndef BATCHMARK_BN_SIMD_BACKWARD_H
#define BATCHMARK_BN_SIMD_BACKWARD_H

#include "bn_gradients.h"

/* Coefficients of pass two per channel: of d, of x - mean, and the constant. */
enum { BN_OF_D, BN_OF_X, BN_CONSTANT };

/* ---- per channel ----------------------------------------------------------------------------------------------- */

static inline void bn_backward_finish(const struct bn_call *call, struct bm_range channels)
{
    const struct bm_bn *bn = call->bn;
    const vf minus_over_n = vf_set1((float)(-1 / ((double)bn->N * (double)bn->S)));
    for (size_t c = channels.begin; c < channels.end; c += BN_WIDE) {
        size_t width = channels.end - c < BN_WIDE ? channels.end - c : BN_WIDE;
        float of_all[2][BN_WIDE], *d = of_all[0], *dx = of_all[1];
        if (bn_is_single(call))
            d = bn_single(call, 0) + c, dx = bn_single(call, 1) + c;
        else {
            double sum_d[BN_WIDE] = { 0 }, sum_dx[BN_WIDE] = { 0 };
            for (size_t chunk = 0; chunk < call->plan.chunks; chunk++) {
                const double *d_b = bn_partial(call, chunk, 0) + c, *dx_b = bn_partial(call, chunk, 1) + c;
                for (size_t i = 0; i < width; i++) {
                    sum_d[i] += d_b[i];
                    sum_dx[i] += dx_b[i];
                }
            }
            for (size_t i = 0; i < width; i++) {
                d[i] = (float)sum_d[i];
                dx[i] = (float)sum_dx[i];
            }
        }
        for (size_t i = 0; i < width; i += VF) {
            const vmask lanes = vf_first(width - i < VF ? width - i : VF);
            const vf rstd = vf_load_first(bn->rstd + c + i, lanes), dbeta = vf_load_first(d + i, lanes);
            const vf dgamma = vf_mul(vf_load_first(dx + i, lanes), rstd);
            const vf scale = vf_mul(vf_load_first(bn->gamma + c + i, lanes), rstd), minus = vf_mul(scale, minus_over_n);
            vf_store_first(bn->dbeta + c + i, lanes, dbeta);
            vf_store_first(bn->dgamma + c + i, lanes, dgamma);
            vf_store_first(bn_coef(call, BN_OF_D) + c + i, lanes, scale);
            vf_store_first(bn_coef(call, BN_OF_X) + c + i, lanes, vf_mul(minus, vf_mul(dgamma, rstd)));
            vf_store_first(bn_coef(call, BN_CONSTANT) + c + i, lanes, vf_mul(minus, dbeta));
        }
    }
}

/* ---- pass two -------------------------------------------------------------------------------------------------- */

/* What each lane needs of its channel: dx = of_d d + of_x (x - mean) + constant. */
struct bn_linear { struct wide of_d, of_x, constant; };

BN_INLINE void bn_gradient_rows(struct bn_inputs in, struct bn_out dx, size_t rows, struct bn_span span,
    struct bn_activation act, const struct bn_lanes *of, struct bn_linear f)
{
    const struct bn_lanes lanes = *of;
    for (size_t row = 0; row < rows; row++, bn_next_row(&in), dx.at += dx.ld) {
        bn_fetch_inputs(&in);
        struct wide v = wide_get(in.x.at, span);
        struct bn_terms term = bn_terms(v, wide_get(in.dy.at, span), &lanes, act);
        struct wide g = wide_fma(f.of_d, term.d, wide_fma(f.of_x, term.t, f.constant));
        wide_put(dx.at, span, wide_act_grad(g, v, bn_of_x(act)), dx.stream);
    }
}

/* Of neighbouring lanes: arrays with a number for each. */
struct bn_linears { const float *of_d, *of_x, *constant; };

BN_INLINE struct bn_linear bn_linear_at(struct bn_linears f, size_t i, struct bn_span span)
{
    return (struct bn_linear){ wide_load(f.of_d + i, span), wide_load(f.of_x + i, span), wide_load(f.constant + i, span) };
}
BN_INLINE struct bn_linears bn_linears_of(const struct bn_call *call)
{
    return (struct bn_linears){ bn_coef(call, BN_OF_D), bn_coef(call, BN_OF_X), bn_coef(call, BN_CONSTANT) };
}

/* Channels-first, short runs: a block of neighbouring channels. */
BN_INLINE void bn_apply_runs(const struct bn_call *call, const struct bn_block *block, struct bm_range channels,
    struct bn_activation act, bool stream)
{
    const struct bm_bn *bn = call->bn;
    const size_t c = channels.begin, width = channels.end - c, length = width * bn->S, ahead = bn_run_ahead(bn, length);
    const struct bn_linears of_channel = bn_linears_of(call);
    struct bn_run_lanes of;
    float of_run[BN_COEFS][BN_RUN + VF];
    bn_spread_lanes(&of, bn, c, width);
    bn_spread(of_run[BN_OF_D], of_channel.of_d + c, width, bn->S);
    bn_spread(of_run[BN_OF_X], of_channel.of_x + c, width, bn->S);
    bn_spread(of_run[BN_CONSTANT], of_channel.constant + c, width, bn->S);
    const struct bn_linears f = { of_run[BN_OF_D], of_run[BN_OF_X], of_run[BN_CONSTANT] };
    bn_element *dx = bn_to(bn->dx) + block->n * bn->lddx + c * bn->S;
    const bool past = stream && (uintptr_t)dx % 64 == 0;
    for (size_t row = 0; row < block->images; row += BN_RUN_ROWS) {
        const size_t rows = block->images - row < BN_RUN_ROWS ? block->images - row : BN_RUN_ROWS;
        const struct bn_inputs in = bn_inputs_of(bn, block->n + row, c * bn->S, ahead, ahead);
        for (size_t i = 0; i < length; i += BN_WIDE) {
            const size_t strip = length - i < BN_WIDE ? length - i : BN_WIDE;
            const struct bn_out to = { dx + row * bn->lddx + i, bn->lddx, past };
            const vmask last = bn_last(strip);
            BN_FOR_SPAN(strip, last, const struct bn_lanes lanes = bn_lanes_run(&of, i, bn_whole(span));
                        bn_gradient_rows(bn_inputs_at(in, i), to, rows, span, act, &lanes,
                                         bn_linear_at(f, i, bn_whole(span))))
        }
    }
}

/* Channels-last: a strip of a few rows. */
BN_INLINE void bn_apply_strip(const struct bm_bn *bn, struct bn_linears of, struct bn_inputs in, struct bn_out dx,
    size_t rows, size_t c, struct bn_span span, struct bn_activation act)
{
    const struct bn_linear f = bn_linear_at(of, c, span);
    struct bn_lanes lanes = { wide_load(bn->mean + c, span), f.of_d, f.of_d };
    if (BN_PLACE == ACT_AFTER)
        lanes.beta = wide_load(bn->beta + c, span);
    in = bn_inputs_at(in, c);
    dx.at += c;
    bn_gradient_rows(in, dx, rows, span, act, &lanes, f);
}

/* Channels-last: a block, a few rows at a time. */
BN_INLINE void bn_apply_rows(const struct bn_call *call, const struct bn_block *block, struct bm_range channels,
    struct bn_activation act, bool stream)
{
    const struct bm_bn *bn = call->bn;
    const struct bn_linears of = bn_linears_of(call);
    const size_t step = call->apply_rows;
    const vmask last = bn_last(channels.end - channels.begin);
    for (size_t i = 0; i < block->images; i += step) {
        const size_t rows = block->images - i < step ? block->images - i : step;
        const struct bn_inputs in = bn_inputs_of(bn, block->n + i, 0, bn_apply_ahead(call, bn->ldx),
            bn_apply_ahead(call, bn->lddy));
        const struct bn_out dx = { bn_to(bn->dx) + (block->n + i) * bn->lddx, bn->lddx, stream };
        size_t c = channels.begin;
        for (; channels.end - c >= BN_WIDE; c += BN_WIDE)
            bn_apply_strip(bn, of, in, dx, rows, c, bn_full(), act);
        if (c < channels.end)
            BN_FOR_SPAN(channels.end - c, last, bn_apply_strip(bn, of, in, dx, rows, c, span, act))
    }
}

/* Channels-first: a block, channel by channel; blocked: by those that lie side by side. */
BN_INLINE void bn_apply_channels(const struct bn_call *call, const struct bn_block *block, struct bm_range channels,
    size_t beside, struct bn_span step, struct bn_activation act, bool stream)
{
    const struct bm_bn *bn = call->bn;
    const struct bn_linears of = bn_linears_of(call);
    const size_t wide = (size_t)step.vectors * VF, full = block->length / wide, rest = block->length % wide;
    const vmask last = bn_last(rest);
    const bool staged = stream && bn_staged(bn, call->matrices), direct = stream && !staged;
    struct bn_stage stage;
    for (size_t i = 0; i < block->images; i++) {
        bn_element *dx = bn_to(bn->dx) + (block->n + i) * bn->lddx + block->offset;
        struct bn_results results = { dx, bn->S, beside, staged, channels.begin, &stage };
        for (size_t c = channels.begin; c < channels.end; c += beside) {
            const struct bn_lanes lanes = bn_lanes_first(bn, c, beside);
            const struct bn_linear f = { wide_repeat(of.of_d + c, beside), wide_repeat(of.of_x + c, beside),
                wide_repeat(of.constant + c, beside) };
            const size_t ahead = beside > 1 ? bn_group_ahead(call, c) : 0, at = c * bn->S + block->offset;
            struct bn_inputs in = bn_inputs_along(bn_inputs_of(bn, block->n + i, at, ahead, ahead), wide);
            struct bn_out to = { bn_results_of(&results, c), wide, direct };
            bn_gradient_rows(in, to, full, step, act, &lanes, f);
            in = bn_inputs_at(in, full * wide);
            to.at += full * wide;
            if (rest)
                BN_FOR_SPAN(rest, last, bn_gradient_rows(in, to, 1, span, act, &lanes, f))
            bn_results_next(&results, c, c + beside == channels.end);
        }
    }
}

BN_INLINE void bn_backward_apply_curve(const struct bn_call *call, struct bm_range channels, size_t chunk,
    enum bn_curve curve, bool stream)
{
    const struct bm_range blocks = bn_chunk(&call->plan, chunk);
    const struct bn_activation act = { curve, vf_set1(call->bn->slope) };
    for (size_t b = blocks.begin; b < blocks.end; b++) {
        const struct bn_block block = bn_block(call->bn, &call->plan, b);
        for (size_t c = channels.begin; call->runs && c < channels.end; c += call->runs) {
            const size_t end = channels.end - c < call->runs ? channels.end : c + call->runs;
            bn_apply_runs(call, &block, (struct bm_range){ c, end }, act, stream);
        }
        if (call->plan.last)
            bn_apply_rows(call, &block, channels, act, stream);
        else if (call->plan.beside > 1)
            bn_apply_channels(call, &block, channels, call->plan.beside, bn_tile(), act, stream);
        else if (!call->runs)
            bn_apply_channels(call, &block, channels, 1, bn_full(), act, stream);
    }
}

static inline void bn_backward_apply(const struct bn_call *call, struct bm_range channels, size_t chunk)
{
    if (BN_PLACE == ACT_NONE || call->bn->slope == 0) {
        if (call->stream)
            bn_backward_apply_curve(call, channels, chunk, BN_RELU, true);
        else
            bn_backward_apply_curve(call, channels, chunk, BN_RELU, false);
    } else if (call->stream)
        bn_backward_apply_curve(call, channels, chunk, BN_LEAKY, true);
    else
        bn_backward_apply_curve(call, channels, chunk, BN_LEAKY, false);
}

static inline void bn_simd_backward(const void *args)
{
    const struct bm_bn *bn = args;
    struct bn_call call = { .bn = bn, .sums = bn_backward_sums, .finish = bn_backward_finish,
        .apply = bn_backward_apply, .matrices = 3, .stream = bn_streams(bn, 3, bn->dy, bn->dx, bn->lddx) };
    bn_run(&call);
}

#endif
