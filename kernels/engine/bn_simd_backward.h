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
    bool masked, vmask last, enum bn_curve curve, vf slope, const struct bn_lanes *of, size_t x_ahead,
    size_t dy_ahead, struct bn_gradient before)
{
    const struct bn_lanes lanes = *of;
    struct bn_gradient sum = before;
    for (size_t row = 0; row < rows; row++, x += ldx, dy += lddy) {
        if (x_ahead) {
            wide_fetch(x + x_ahead);
            wide_fetch(dy + dy_ahead);
        }
        struct bn_terms term = bn_terms(wide_load(x, V, masked, last), wide_load(dy, V, masked, last), &lanes, curve,
            slope);
        sum.d = wide_add(sum.d, term.d);
        sum.dx = wide_fma(term.d, term.t, sum.dx);
    }
    return (struct bn_gradient){ wide_join(V, sum.d, before.d), wide_join(V, sum.dx, before.dx) };
}

/* Channels-last: a block of a strip, or of neighbouring ones along the rows. */
BN_INLINE void bn_section_gradients(const struct bn_call *call, const struct bn_block *block, size_t c, size_t width,
    bool along, enum bn_curve curve, vf slope, float *d, float *dx)
{
    const struct bm_bn *bn = call->bn;
    const size_t images = block->images, x_ahead = bn_sum_ahead(bn, bn->ldx, along);
    const size_t dy_ahead = bn_sum_ahead(bn, bn->lddy, along);
    for (size_t row = 0; row < images; row += along ? BN_ROWS : images) {
        const size_t rows = !along ? images : images - row < BN_ROWS ? images - row : BN_ROWS;
        const float *x = bn->x + (block->n + row) * bn->ldx + c, *dy = bn->dy + (block->n + row) * bn->lddy + c;
        for (size_t i = 0; i < width; i += BN_WIDE) {
            const size_t strip = width - i < BN_WIDE ? width - i : BN_WIDE;
            const vmask last = bn_last(strip);
#define BN_STRIP(V, masked)                                                                                     \
    do {                                                                                                        \
        struct bn_lanes lanes = bn_lanes_last(bn, c + i, V, masked, last);                                      \
        struct bn_gradient sum = { wide_all(vf_zero()), wide_all(vf_zero()) };                                  \
        if (row > 0)                                                                                            \
            sum = (struct bn_gradient){ wide_load(d + i, V, false, last), wide_load(dx + i, V, false, last) };  \
        sum = bn_gradients(x + i, bn->ldx, dy + i, bn->lddy, rows, V, masked, last, curve, slope, &lanes,       \
            x_ahead, dy_ahead, sum);                                                                            \
        wide_store(d + i, V, false, last, sum.d);                                                               \
        wide_store(dx + i, V, false, last, sum.dx);                                                             \
    } while (0)
            BN_WIDTHS(strip, BN_STRIP)
#undef BN_STRIP
        }
    }
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
BN_INLINE struct bn_lanes bn_lanes_run(const struct bn_run_lanes *of, size_t i, int V, vmask last)
{
    const struct wide mean = wide_load(of->mean + i, V, false, last);
    if (BN_PLACE != ACT_AFTER)
        return (struct bn_lanes){ mean, mean, mean };
    return (struct bn_lanes){ mean, wide_load(of->scale + i, V, false, last), wide_load(of->beta + i, V, false, last) };
}

/* Channels-first, short runs: a block of neighbouring channels, a lane being a place in an image. */
BN_INLINE void bn_runs_gradients(const struct bn_call *call, const struct bn_block *block, size_t c, size_t width,
    enum bn_curve curve, vf slope, float *d, float *dx)
{
    const struct bm_bn *bn = call->bn;
    const size_t S = bn->S, length = width * S, ahead = bn_far(bn) ? length : 0;
    const float *x = bn->x + block->n * bn->ldx + c * S, *dy = bn->dy + block->n * bn->lddy + c * S;
    struct bn_run_lanes of;
    float sum_d[BN_RUN], sum_dx[BN_RUN];
    bn_spread_lanes(&of, bn, c, width);
    for (size_t row = 0; row < block->images; row += BN_ROWS) {
        const size_t rows = block->images - row < BN_ROWS ? block->images - row : BN_ROWS;
        for (size_t i = 0; i < length; i += BN_WIDE) {
            const size_t strip = length - i < BN_WIDE ? length - i : BN_WIDE;
            const vmask last = bn_last(strip);
#define BN_STRIP(V, masked)                                                                                          \
    do {                                                                                                             \
        struct bn_lanes lanes = bn_lanes_run(&of, i, V, last);                                                       \
        struct bn_gradient sum = { wide_all(vf_zero()), wide_all(vf_zero()) };                                       \
        if (row > 0)                                                                                                 \
            sum = (struct bn_gradient){ wide_load(sum_d + i, V, false, last), wide_load(sum_dx + i, V, false, last) }; \
        sum = bn_gradients(x + row * bn->ldx + i, bn->ldx, dy + row * bn->lddy + i, bn->lddy, rows, V, masked, last, \
            curve, slope, &lanes, ahead, ahead, sum);                                                                \
        wide_store(sum_d + i, V, false, last, sum.d);                                                                \
        wide_store(sum_dx + i, V, false, last, sum.dx);                                                              \
    } while (0)
            BN_WIDTHS(strip, BN_STRIP)
#undef BN_STRIP
        }
    }
    for (size_t i = 0; i < width; i++) {
        d[i] = bn_run_sum(sum_d + i * S, S);
        dx[i] = bn_run_sum(sum_dx + i * S, S);
    }
}

BN_INLINE void bn_backward_sums_curve(const struct bn_call *call, struct bm_range channels, size_t chunk,
    enum bn_curve curve)
{
    const struct bm_bn *bn = call->bn;
    double *restrict sum_d = bn_partial(call, chunk, 0), *restrict sum_dx = bn_partial(call, chunk, 1);
    struct bm_range blocks = bn_chunk(&call->plan, chunk);
    const struct bn_gradient zero = { wide_all(vf_zero()), wide_all(vf_zero()) };
    float of_block[2][BN_SECTION];
    const size_t step = bn_sum_step(call);
    vf slope = vf_set1(bn->slope);
    for (size_t b = blocks.begin; b < blocks.end; b++) {
        struct bn_block block = bn_block(bn, &call->plan, b);
        const float *x = bn->x + block.n * bn->ldx, *dy = bn->dy + block.n * bn->lddy;
        if (!call->plan.last && !call->runs) {
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
                        last, curve, slope, &lanes, 0, 0, sum);
                at += full * BN_WIDE;
#define BN_REST(V, masked)                                                                                         \
    sum = bn_gradients(x + at, bn->ldx, dy + at, bn->lddy, block.images, V, masked, last, curve, slope, &lanes, 0, 0, \
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
        for (size_t c = channels.begin; c < channels.end; c += step) {
            size_t width = channels.end - c < step ? channels.end - c : step;
            float *d = of_block[0], *dx = of_block[1];
            if (call->plan.blocks == 1)
                d = bn_single(call, 0) + c, dx = bn_single(call, 1) + c;
            if (call->runs)
                bn_runs_gradients(call, &block, c, width, curve, slope, d, dx);
            else if (call->along)
                bn_section_gradients(call, &block, c, width, true, curve, slope, d, dx);
            else
                bn_section_gradients(call, &block, c, width, false, curve, slope, d, dx);
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
    struct bn_linear f, size_t x_ahead, size_t dy_ahead, bool stream)
{
    const struct bn_lanes lanes = *of;
    for (size_t row = 0; row < rows; row++, x += ldx, dy += lddy, dx += lddx) {
        if (x_ahead) {
            wide_fetch(x + x_ahead);
            wide_fetch(dy + dy_ahead);
        }
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
    const bool stage_it = stream && bn_staged(bn, call->matrices), direct = stream && !stage_it;
    vf slope = vf_set1(bn->slope);
    for (size_t b = blocks.begin; b < blocks.end; b++) {
        struct bn_block block = bn_block(bn, &call->plan, b);
        for (size_t c = channels.begin; call->runs && c < channels.end; c += call->runs) {
            const size_t width = channels.end - c < call->runs ? channels.end - c : call->runs, length = width * bn->S;
            struct bn_run_lanes of;
            float of_run[BN_COEFS][BN_RUN + VF];
            bn_spread_lanes(&of, bn, c, width);
            bn_spread(of_run[BN_OF_D], of_d + c, width, bn->S);
            bn_spread(of_run[BN_OF_X], of_x + c, width, bn->S);
            bn_spread(of_run[BN_CONSTANT], constant + c, width, bn->S);
            const float *x = bn->x + block.n * bn->ldx + c * bn->S, *dy = bn->dy + block.n * bn->lddy + c * bn->S;
            float *dx = bn->dx + block.n * bn->lddx + c * bn->S;
            const bool past = direct && (uintptr_t)dx % 64 == 0;
            const size_t ahead = bn_far(bn) ? length : 0;
            for (size_t row = 0; row < block.images; row += 4) {
                const size_t rows = block.images - row < 4 ? block.images - row : 4;
                for (size_t i = 0; i < length; i += BN_WIDE) {
                    const size_t strip = length - i < BN_WIDE ? length - i : BN_WIDE;
                    const vmask last = bn_last(strip);
#define BN_STRIP(V, masked)                                                                                        \
    do {                                                                                                           \
        struct bn_lanes lanes = bn_lanes_run(&of, i, V, last);                                                     \
        bn_gradient_rows(x + row * bn->ldx + i, bn->ldx, dy + row * bn->lddy + i, bn->lddy,                        \
            dx + row * bn->lddx + i, bn->lddx, rows, V, masked, last, curve, slope, &lanes,                        \
            (struct bn_linear){ wide_load(of_run[BN_OF_D] + i, V, false, last),                                    \
                wide_load(of_run[BN_OF_X] + i, V, false, last),                                                    \
                wide_load(of_run[BN_CONSTANT] + i, V, false, last) },                                              \
            ahead, ahead, past);                                                                                   \
    } while (0)
                    BN_WIDTHS(strip, BN_STRIP)
#undef BN_STRIP
                }
            }
        }
        if (call->runs)
            continue;
        size_t step = call->plan.last ? call->apply_rows : 1;
        for (size_t i = 0; i < block.images; i += step) {
            const float *x = bn->x + (block.n + i) * bn->ldx, *dy = bn->dy + (block.n + i) * bn->lddy;
            float *dx = bn->dx + (block.n + i) * bn->lddx;
            if (call->plan.last) {
                size_t rows = block.images - i < step ? block.images - i : step, c = channels.begin;
#define BN_STRIP(V, masked)                                                                                          \
    do {                                                                                                             \
        const struct wide scale = wide_load(of_d + c, V, masked, last);                                              \
        struct bn_lanes lanes = { wide_load(bn->mean + c, V, masked, last), scale, scale };                          \
        if (BN_PLACE == ACT_AFTER)                                                                                   \
            lanes.beta = wide_load(bn->beta + c, V, masked, last);                                                   \
        bn_gradient_rows(x + c, bn->ldx, dy + c, bn->lddy, dx + c, bn->lddx, rows, V, masked, last, curve, slope,    \
            &lanes, (struct bn_linear){ scale, wide_load(of_x + c, V, masked, last),                                 \
                wide_load(constant + c, V, masked, last) },                                                          \
            bn_apply_ahead(call, bn->ldx), bn_apply_ahead(call, bn->lddy), stream);                                  \
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
                    &lanes, f, 0, 0, direct);
                at += full * BN_WIDE;
                to += full * BN_WIDE;
#define BN_REST(V, masked)                                                                                             \
    bn_gradient_rows(x + at, 0, dy + at, 0, to, 0, 1, V, masked, last, curve, slope, &lanes, f, 0, 0, direct)
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

static inline void bn_simd_backward(const void *args)
{
    const struct bm_bn *bn = args;
    struct bn_call call = { .bn = bn, .sums = bn_backward_sums, .finish = bn_backward_finish,
        .apply = bn_backward_apply, .matrices = 3, .stream = bn_streams(bn, 3, bn->dy, bn->dx, bn->lddx) };
    bn_run(&call);
}

#endif
