/*
 * bn_simd_backward.h - bn_backward, bn_relu_backward and relu_bn_backward for avx2 and avx512. bn_simd.h says how the
 * work is cut; the including file defines BN_PLACE.
 *
 * Pass one sums d and d (x - mean), in f32 for a block and in double from there on; d is dy, or act'(gamma xhat + beta)
 * dy if the activation came after. dgamma is the second times rstd. Pass two is
 *   dx = gamma rstd d + (x - mean) (-gamma rstd^2 dgamma / L) - gamma rstd dbeta / L,
 * times act'(x) if the activation came before. Both passes compute gamma xhat + beta in the same way,
 * (gamma rstd) (x - mean) + beta, so that they agree on the mask.
 */
#ifndef BATCHMARK_BN_SIMD_BACKWARD_H
#define BATCHMARK_BN_SIMD_BACKWARD_H

#include "bn_simd.h"

/* Coefficients of pass two per channel: of d, of x - mean, and the constant. */
enum { BN_OF_D, BN_OF_X, BN_CONSTANT };

/* Of each lane's channel: the mean, and what the mask needs. */
struct bn_lanes { struct wide mean, scale, beta; };

BN_INLINE struct bn_lanes bn_lanes_last(const struct bm_bn *bn, size_t c, int V, bool masked, vmask last)
{
    struct bn_lanes lanes = { .mean = wide_load(bn->mean + c, V, masked, last) };
    lanes.scale = lanes.beta = lanes.mean;
    if (BN_PLACE == ACT_AFTER) {
        lanes.scale = wide_mul(wide_load(bn->gamma + c, V, masked, last), wide_load(bn->rstd + c, V, masked, last));
        lanes.beta = wide_load(bn->beta + c, V, masked, last);
    }
    return lanes;
}
BN_INLINE struct bn_lanes bn_lanes_first(const struct bm_bn *bn, size_t c)
{
    const struct wide mean = wide_all(vf_set1(bn->mean[c]));
    if (BN_PLACE != ACT_AFTER)
        return (struct bn_lanes){ mean, mean, mean };
    return (struct bn_lanes){ mean, wide_all(vf_mul(vf_set1(bn->gamma[c]), vf_set1(bn->rstd[c]))),
        wide_all(vf_set1(bn->beta[c])) };
}

/* x - mean, and d. */
struct bn_terms { struct wide t, d; };

BN_INLINE struct bn_terms bn_terms(struct wide x, struct wide dy, const struct bn_lanes *lanes, enum bn_curve curve,
    vf slope)
{
    struct wide t = wide_sub(wide_act(x, BN_X_ACT(curve), slope), lanes->mean);
    return (struct bn_terms){ t,
        BN_PLACE == ACT_AFTER ? wide_act_grad(dy, wide_fma(lanes->scale, t, lanes->beta), curve, slope) : dy };
}

/* ---- pass one -------------------------------------------------------------------------------------------------- */

struct bn_gradient { struct wide d, dx; };

/* Lanes that are masked load dy = 0 and add nothing. */
BN_INLINE struct bn_gradient bn_gradients(const float *x, size_t ldx, const float *dy, size_t lddy, size_t rows, int V,
    bool masked, vmask last, enum bn_curve curve, vf slope, const struct bn_lanes *of, bool fetch,
    struct bn_gradient before)
{
    const struct bn_lanes lanes = *of;
    struct bn_gradient sum = before;
    for (size_t row = 0; row < rows; row++, x += ldx, dy += lddy) {
        if (fetch) {
            wide_fetch_next(x);
            wide_fetch_next(dy);
        }
        struct bn_terms term = bn_terms(wide_load(x, V, masked, last), wide_load(dy, V, masked, last), &lanes, curve,
            slope);
        sum.d = wide_add(sum.d, term.d);
        sum.dx = wide_fma(term.d, term.t, sum.dx);
    }
    return (struct bn_gradient){ wide_join(V, sum.d, before.d), wide_join(V, sum.dx, before.dx) };
}

BN_INLINE void bn_backward_sums_curve(const struct bn_call *call, struct bm_range channels, size_t chunk,
    enum bn_curve curve)
{
    const struct bm_bn *bn = call->bn;
    double *restrict sum_d = bn_partial(call, chunk, 0), *restrict sum_dx = bn_partial(call, chunk, 1);
    struct bm_range blocks = bn_chunk(&call->plan, chunk);
    const bool far = bn_far(bn);
    const struct bn_gradient zero = { wide_all(vf_zero()), wide_all(vf_zero()) };
    vf slope = vf_set1(bn->slope);
    for (size_t b = blocks.begin; b < blocks.end; b++) {
        struct bn_block block = bn_block(bn, &call->plan, b);
        const float *x = bn->x + block.n * bn->ldx, *dy = bn->dy + block.n * bn->lddy;
        if (!call->plan.last) {
            size_t full = block.length / BN_WIDE, rest = block.length % BN_WIDE;
            vmask last = bn_last(rest);
            for (size_t c = channels.begin; c < channels.end; c++) {
                struct bn_lanes lanes = bn_lanes_first(bn, c);
                struct bn_gradient sum = zero;
                size_t at = c * bn->S + block.offset;
                bn_fetch_channel(bn, &block, bn->x, bn->ldx, c + BN_AHEAD);
                bn_fetch_channel(bn, &block, bn->dy, bn->lddy, c + BN_AHEAD);
                for (size_t i = 0; full > 0 && i < block.images; i++)
                    sum = bn_gradients(x + i * bn->ldx + at, BN_WIDE, dy + i * bn->lddy + at, BN_WIDE, full, 4, false,
                        last, curve, slope, &lanes, false, sum);
                at += full * BN_WIDE;
#define BN_REST(V, masked)                                                                                         \
    sum = bn_gradients(x + at, bn->ldx, dy + at, bn->lddy, block.images, V, masked, last, curve, slope, &lanes, false, \
        sum)
                if (rest)
                    BN_WIDTHS(rest, BN_REST)
#undef BN_REST
                if (call->plan.blocks == 1) {
                    bn_single(call, 0)[c] = wide_sum(sum.d);
                    bn_single(call, 1)[c] = wide_sum(sum.dx);
                    continue;
                }
                sum_d[c] = wide_sum(sum.d) + (b == blocks.begin ? 0 : sum_d[c]);
                sum_dx[c] = wide_sum(sum.dx) + (b == blocks.begin ? 0 : sum_dx[c]);
            }
            continue;
        }
        for (size_t c = channels.begin; c < channels.end; c += BN_WIDE) {
            size_t width = channels.end - c < BN_WIDE ? channels.end - c : BN_WIDE;
            vmask last = bn_last(width);
            float of_block[2][BN_WIDE], *d = of_block[0], *dx = of_block[1];
            if (call->plan.blocks == 1)
                d = bn_single(call, 0) + c, dx = bn_single(call, 1) + c;
#define BN_STRIP(V, masked)                                                                                     \
    do {                                                                                                        \
        struct bn_lanes lanes = bn_lanes_last(bn, c, V, masked, last);                                          \
        struct bn_gradient sum = bn_gradients(x + c, bn->ldx, dy + c, bn->lddy, block.images, V, masked, last,  \
            curve, slope, &lanes, far, zero);                                                                        \
        wide_store(d, V, false, last, sum.d);                                                                   \
        wide_store(dx, V, false, last, sum.dx);                                                                 \
    } while (0)
            BN_WIDTHS(width, BN_STRIP)
#undef BN_STRIP
            if (call->plan.blocks == 1)
                continue;
            if (b == blocks.begin)
                for (size_t i = 0; i < width; i++) {
                    sum_d[c + i] = d[i];
                    sum_dx[c + i] = dx[i];
                }
            else
                for (size_t i = 0; i < width; i++) {
                    sum_d[c + i] += d[i];
                    sum_dx[c + i] += dx[i];
                }
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

/* ---- per channel ----------------------------------------------------------------------------------------------- */

static inline void bn_backward_finish(const struct bn_call *call, struct bm_range channels)
{
    const struct bm_bn *bn = call->bn;
    const vf minus_over_n = vf_set1((float)(-1 / ((double)bn->N * (double)bn->S)));
    for (size_t c = channels.begin; c < channels.end; c += BN_WIDE) {
        size_t width = channels.end - c < BN_WIDE ? channels.end - c : BN_WIDE;
        float of_all[2][BN_WIDE], *d = of_all[0], *dx = of_all[1];
        if (call->plan.blocks == 1)
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

struct bn_linear { struct wide of_d, of_x, constant; };

BN_INLINE void bn_gradient_rows(const float *x, size_t ldx, const float *dy, size_t lddy, float *dx, size_t lddx,
    size_t rows, int V, bool masked, vmask last, enum bn_curve curve, vf slope, const struct bn_lanes *of,
    struct bn_linear f, bool stream)
{
    const struct bn_lanes lanes = *of;
    for (size_t row = 0; row < rows; row++, x += ldx, dy += lddy, dx += lddx) {
        struct wide v = wide_load(x, V, masked, last);
        struct bn_terms term = bn_terms(v, wide_load(dy, V, masked, last), &lanes, curve, slope);
        struct wide g = wide_fma(f.of_d, term.d, wide_fma(f.of_x, term.t, f.constant));
        wide_put(dx, V, masked, last, wide_act_grad(g, v, BN_X_ACT(curve), slope), stream);
    }
}

BN_INLINE void bn_backward_apply_curve(const struct bn_call *call, struct bm_range channels, size_t chunk,
    enum bn_curve curve, bool stream)
{
    const struct bm_bn *bn = call->bn;
    struct bm_range blocks = bn_chunk(&call->plan, chunk);
    const float *of_d = bn_coef(call, BN_OF_D), *of_x = bn_coef(call, BN_OF_X), *constant = bn_coef(call, BN_CONSTANT);
    const bool stage_it = stream && bn_staged(bn), direct = stream && !stage_it;
    vf slope = vf_set1(bn->slope);
    for (size_t b = blocks.begin; b < blocks.end; b++) {
        struct bn_block block = bn_block(bn, &call->plan, b);
        size_t step = call->plan.last ? BN_ROWS : 1;
        for (size_t i = 0; i < block.images; i += step) {
            const float *x = bn->x + (block.n + i) * bn->ldx, *dy = bn->dy + (block.n + i) * bn->lddy;
            float *dx = bn->dx + (block.n + i) * bn->lddx;
            if (call->plan.last) {
                size_t rows = block.images - i < BN_ROWS ? block.images - i : BN_ROWS, c = channels.begin;
#define BN_STRIP(V, masked)                                                                                          \
    do {                                                                                                             \
        struct bn_lanes lanes = bn_lanes_last(bn, c, V, masked, last);                                               \
        bn_gradient_rows(x + c, bn->ldx, dy + c, bn->lddy, dx + c, bn->lddx, rows, V, masked, last, curve, slope,    \
            &lanes, (struct bn_linear){ wide_load(of_d + c, V, masked, last), wide_load(of_x + c, V, masked, last),  \
                wide_load(constant + c, V, masked, last) }, stream);                                                 \
    } while (0)
                vmask last = bn_last(channels.end - c);
                for (; channels.end - c >= BN_WIDE; c += BN_WIDE)
                    BN_STRIP(4, false);
                if (c < channels.end)
                    BN_WIDTHS(channels.end - c, BN_STRIP)
#undef BN_STRIP
                continue;
            }
            size_t full = block.length / BN_WIDE, rest = block.length % BN_WIDE;
            vmask last = bn_last(rest);
            struct bn_stage stage;
            size_t staged = channels.begin; /* the first channel of the stage */
            for (size_t c = channels.begin; c < channels.end; c++) {
                struct bn_lanes lanes = bn_lanes_first(bn, c);
                struct bn_linear f = { wide_all(vf_set1(of_d[c])), wide_all(vf_set1(of_x[c])),
                    wide_all(vf_set1(constant[c])) };
                size_t at = c * bn->S + block.offset;
                float *out = dx + staged * bn->S + block.offset, *to = dx + at;
                if (stage_it)
                    to = stage.of + bn_stage_begin(out) + (c - staged) * bn->S;
                bn_gradient_rows(x + at, BN_WIDE, dy + at, BN_WIDE, to, BN_WIDE, full, 4, false, last, curve, slope,
                    &lanes, f, direct);
                at += full * BN_WIDE;
                to += full * BN_WIDE;
#define BN_REST(V, masked)                                                                                             \
    bn_gradient_rows(x + at, 0, dy + at, 0, to, 0, 1, V, masked, last, curve, slope, &lanes, f, direct)
                if (rest)
                    BN_WIDTHS(rest, BN_REST)
#undef BN_REST
                if (stage_it && (c + 1 == channels.end || (c + 2 - staged) * bn->S > BN_STAGE)) {
                    bn_stage_flush(&stage, out, (c + 1 - staged) * bn->S);
                    staged = c + 1;
                }
            }
        }
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

static inline void bn_simd_backward(const union bm_args *args)
{
    const struct bm_bn *bn = &args->bn;
    struct bn_call call = { .bn = bn, .sums = bn_backward_sums, .finish = bn_backward_finish,
        .apply = bn_backward_apply, .stream = bn_streams(bn, 3, bn->dy, bn->dx, bn->lddx) };
    bn_run(&call);
}

#endif
