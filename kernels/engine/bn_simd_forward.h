/*
 * bn_simd_forward.h - bn_forward, bn_relu_forward, relu_bn_forward and bn_inference for avx2 and avx512. bn_simd.h says
 * how the work is cut; the including file defines BN_PLACE.
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
 *
 * y = (gamma rstd) (x - m) + b with m the mean rounded to f32 and b = beta + gamma rstd (m - mean): subtracting first
 * keeps the offset out of the product, and what the rounding of the mean lost comes back at no cost.
 */
#ifndef BATCHMARK_BN_SIMD_FORWARD_H
#define BATCHMARK_BN_SIMD_FORWARD_H

#include "bn_simd.h"

enum { BN_MEAN, BN_SCALE, BN_SHIFT }; /* coefficients: m, gamma rstd, b */

/* ---- pass one -------------------------------------------------------------------------------------------------- */

/* Adds d and d^2 of `rows` wides, ld apart. Lanes that are masked must have k = 0. */
BN_INLINE void bn_moments(const float *x, size_t ld, size_t rows, int V, bool masked, vmask last, enum bn_curve curve,
    vf slope, size_t ahead, struct wide k, struct wide *s, struct wide *q)
{
    struct wide sum = *s, squares = *q;
    for (size_t row = 0; row < rows; row++, x += ld) {
        if (ahead)
            wide_fetch(x + ahead);
        struct wide v = wide_act(wide_load(x, V, masked, last), BN_X_ACT(curve), slope);
        struct wide d = wide_less(v, k, BN_PLACE == ACT_BEFORE);
        sum = wide_add(sum, d);
        squares = wide_fma(d, d, squares);
    }
    *s = wide_join(V, sum, *s);
    *q = wide_join(V, squares, *q);
}

/* Moves k to the mean in the lanes where it is too far from it; false if there is none (NaN does not count). */
BN_INLINE bool bn_recentre(vf *k, vf s, vf q, vf over_n)
{
    vf mean = vf_mul(s, over_n), m2 = vf_fnma(s, mean, q);
    vmask far = vf_gt0(vf_fnma(vf_set1(8), m2, q));
    *k = vf_add(*k, vf_keep(far, mean));
    return vf_any(far);
}

struct bn_sums { float *k, *s, *q; };

/* Channels-last: adds rows `row` to row + rows - 1 of a block of one strip, which begins at x and has `images`. The
 * first choose k. After the last, what has k too far from its mean is summed again. */
BN_INLINE void bn_strip_moments(const float *x, size_t ld, size_t row, size_t rows, size_t images, int V, bool masked,
    vmask last, enum bn_curve curve, vf slope, size_t ahead, struct bn_sums sums)
{
    struct wide k, s = wide_all(vf_zero()), q = s;
    if (row > 0) {
        k = wide_load(sums.k, V, false, last);
        s = wide_load(sums.s, V, false, last);
        q = wide_load(sums.q, V, false, last);
    } else {
        k = wide_act(wide_load(x, V, masked, last), BN_X_ACT(curve), slope);
        if (rows > 1) {
            struct wide second = wide_act(wide_load(x + ld, V, masked, last), BN_X_ACT(curve), slope);
            k = wide_mul(wide_all(vf_set1(0.5f)), wide_add(k, second));
        }
        wide_store(sums.k, V, false, last, k);
    }
    bn_moments(x + row * ld, ld, rows, V, masked, last, curve, slope, ahead, k, &s, &q);
    if (row + rows == images) {
        vf over_n = vf_set1(1 / (float)images);
        bool again = bn_recentre(&k.a, s.a, q.a, over_n);
        again |= V > 1 && bn_recentre(&k.b, s.b, q.b, over_n);
        again |= V > 2 && bn_recentre(&k.c, s.c, q.c, over_n);
        again |= V > 3 && bn_recentre(&k.d, s.d, q.d, over_n);
        if (__builtin_expect(again, 0)) {
            wide_store(sums.k, V, false, last, k);
            s = q = wide_all(vf_zero());
            bn_moments(x, ld, images, V, masked, last, curve, slope, 0, k, &s, &q);
        }
    }
    wide_store(sums.s, V, false, last, s);
    wide_store(sums.q, V, false, last, q);
}

/* Channels-last: a block of a strip, or of neighbouring ones along the rows. */
BN_INLINE void bn_section_moments(const struct bn_call *call, const struct bn_block *block, size_t c, size_t width,
    bool along, enum bn_curve curve, vf slope, struct bn_sums sums)
{
    const size_t ld = call->bn->ldx, ahead = bn_sum_ahead(call->bn, ld, along), images = block->images;
    const float *x = call->bn->x + block->n * ld + c;
    for (size_t row = 0; row < images; row += along ? BN_ROWS : images) {
        const size_t rows = !along ? images : images - row < BN_ROWS ? images - row : BN_ROWS;
        for (size_t i = 0; i < width; i += BN_WIDE) {
            const size_t strip = width - i < BN_WIDE ? width - i : BN_WIDE;
            const vmask last = bn_last(strip);
            const struct bn_sums of = { sums.k + i, sums.s + i, sums.q + i };
#define BN_STRIP(V, masked) bn_strip_moments(x + i, ld, row, rows, images, V, masked, last, curve, slope, ahead, of)
            BN_WIDTHS(strip, BN_STRIP)
#undef BN_STRIP
        }
    }
}

/* Channels-first: d and d^2 of a block of one channel, about k. */
BN_INLINE void bn_run_moments(const struct bm_bn *bn, const struct bn_block *block, size_t c, enum bn_curve curve,
    vf slope, float k, float *s_out, float *q_out)
{
    size_t full = block->length / BN_WIDE, rest = block->length % BN_WIDE;
    vmask last = bn_last(rest);
    struct wide s = wide_all(vf_zero()), q = s;
    const float *x = bn->x + block->n * bn->ldx + c * bn->S + block->offset;
    for (size_t i = 0; full > 0 && i < block->images; i++)
        bn_moments(x + i * bn->ldx, BN_WIDE, full, 4, false, last, curve, slope, 0, wide_all(vf_set1(k)), &s, &q);
#define BN_REST(V, masked)                                                                                         \
    bn_moments(x + full * BN_WIDE, bn->ldx, block->images, V, masked, last, curve, slope,                          \
        0, wide_set1(k, V, masked, last), &s, &q)
    if (rest)
        BN_WIDTHS(rest, BN_REST)
#undef BN_REST
    *s_out = wide_sum(s);
    *q_out = wide_sum(q);
}

/* Channels-first, short runs: a block of neighbouring channels, a lane being a place in an image. */
BN_INLINE void bn_runs_moments(const struct bn_call *call, const struct bn_block *block, size_t c, size_t width,
    enum bn_curve curve, vf slope, struct bn_sums sums)
{
    const struct bm_bn *bn = call->bn;
    const size_t S = bn->S, length = width * S, ld = bn->ldx, ahead = bn_far(bn) ? length : 0;
    const float *x = bn->x + block->n * ld + c * S;
    float k[BN_RUN + VF], s[BN_RUN], q[BN_RUN];
    for (size_t i = 0; i < width; i++)
        sums.k[i] = 0.5f * (bn_scalar_act(x[i * S], BN_X_ACT(curve), bn->slope) +
                            bn_scalar_act(x[i * S + 1], BN_X_ACT(curve), bn->slope));
    bn_spread(k, sums.k, width, S);
    for (size_t row = 0; row < block->images; row += BN_ROWS) {
        const size_t rows = block->images - row < BN_ROWS ? block->images - row : BN_ROWS;
        for (size_t i = 0; i < length; i += BN_WIDE) {
            const size_t strip = length - i < BN_WIDE ? length - i : BN_WIDE;
            const vmask last = bn_last(strip);
#define BN_STRIP(V, masked)                                                                                     \
    do {                                                                                                        \
        struct wide sum = wide_all(vf_zero()), squares = sum;                                                   \
        if (row > 0)                                                                                            \
            sum = wide_load(s + i, V, false, last), squares = wide_load(q + i, V, false, last);                 \
        bn_moments(x + row * ld + i, ld, rows, V, masked, last, curve, slope, ahead,                            \
            wide_load(k + i, V, false, last), &sum, &squares);                                                  \
        wide_store(s + i, V, false, last, sum);                                                                 \
        wide_store(q + i, V, false, last, squares);                                                             \
    } while (0)
            BN_WIDTHS(strip, BN_STRIP)
#undef BN_STRIP
        }
    }
    const float over_n = 1 / (float)(block->images * S);
    for (size_t i = 0; i < width; i++) {
        sums.s[i] = bn_run_sum(s + i * S, S);
        sums.q[i] = bn_run_sum(q + i * S, S);
        const float shift = sums.s[i] * over_n;
        if (__builtin_expect(sums.q[i] > 8 * (sums.q[i] - sums.s[i] * shift), 0)) {
            sums.k[i] += shift;
            bn_run_moments(bn, block, c + i, curve, slope, sums.k[i], sums.s + i, sums.q + i);
        }
    }
}

/* Joins n_b elements with mean_b and m2_b to n_a others. */
BN_INLINE void bn_merge(double *mean, double *m2, double n_a, double mean_b, double m2_b, double n_b)
{
    double share = n_b / (n_a + n_b), delta = mean_b - *mean;
    *mean += delta * share;
    *m2 += m2_b + delta * delta * (n_a * share);
}

BN_INLINE void bn_forward_sums_curve(const struct bn_call *call, struct bm_range channels, size_t chunk,
    enum bn_curve curve)
{
    const struct bm_bn *bn = call->bn;
    double *restrict mean = bn_partial(call, chunk, 0), *restrict m2 = bn_partial(call, chunk, 1);
    struct bm_range blocks = bn_chunk(&call->plan, chunk);
    vf slope = vf_set1(bn->slope);
    double before = 0; /* elements of the chunk's earlier blocks */
    float of_block[3][BN_SECTION];
    size_t step = bn_sum_step(call);
    for (size_t b = blocks.begin; b < blocks.end; b++) {
        struct bn_block block = bn_block(bn, &call->plan, b);
        double n = (double)(block.images * block.length), over_n = 1 / n;
        for (size_t c = channels.begin; c < channels.end; c += step) {
            size_t width = channels.end - c < step ? channels.end - c : step;
            struct bn_sums sums = { of_block[0], of_block[1], of_block[2] };
            if (call->plan.blocks == 1)
                sums = (struct bn_sums){ bn_single(call, 0) + c, bn_single(call, 1) + c, bn_single(call, 2) + c };
            if (call->plan.last) {
                if (call->along)
                    bn_section_moments(call, &block, c, width, true, curve, slope, sums);
                else
                    bn_section_moments(call, &block, c, width, false, curve, slope, sums);
            } else if (call->runs) {
                bn_runs_moments(call, &block, c, width, curve, slope, sums);
            } else {
                const float *x = bn->x + block.n * bn->ldx + c * bn->S + block.offset;
                bn_fetch_channel(bn, &block, bn->x, bn->ldx, c + BN_AHEAD);
                /* In scalars: a vector loaded from what scalars just stored waits until they are in the cache. */
                sums.k[0] = 0.5f * (bn_scalar_act(x[0], BN_X_ACT(curve), bn->slope) +
                                    bn_scalar_act(x[block.length > 1], BN_X_ACT(curve), bn->slope));
                bn_run_moments(bn, &block, c, curve, slope, sums.k[0], sums.s, sums.q);
                float shift = sums.s[0] * (float)over_n;
                if (__builtin_expect(sums.q[0] > 8 * (sums.q[0] - sums.s[0] * shift), 0)) {
                    sums.k[0] += shift;
                    bn_run_moments(bn, &block, c, curve, slope, sums.k[0], sums.s, sums.q);
                }
            }
            if (call->plan.blocks == 1)
                continue;
            if (b == blocks.begin)
                for (size_t i = 0; i < width; i++) {
                    double s = sums.s[i];
                    mean[c + i] = sums.k[i] + s * over_n;
                    m2[c + i] = sums.q[i] - s * (s * over_n);
                }
            else
                for (size_t i = 0; i < width; i++) {
                    double s = sums.s[i];
                    bn_merge(&mean[c + i], &m2[c + i], before, sums.k[i] + s * over_n, sums.q[i] - s * (s * over_n), n);
                }
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
    if (plan->blocks == 1) {
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

struct bn_normal { struct wide mean, scale, shift; };

BN_INLINE void bn_normalise(const float *x, size_t ldx, float *y, size_t ldy, size_t rows, int V, bool masked,
    vmask last, enum bn_curve curve, vf slope, struct bn_normal f, size_t ahead, bool stream)
{
    for (size_t row = 0; row < rows; row++, x += ldx, y += ldy) {
        if (ahead)
            wide_fetch(x + ahead);
        struct wide v = wide_act(wide_load(x, V, masked, last), BN_X_ACT(curve), slope);
        struct wide d = wide_less(v, f.mean, BN_PLACE == ACT_BEFORE);
        wide_put(y, V, masked, last, wide_act(wide_fma(f.scale, d, f.shift), BN_Y_ACT(curve), slope), stream);
    }
}

BN_INLINE void bn_forward_apply_curve(const struct bn_call *call, struct bm_range channels, size_t chunk,
    enum bn_curve curve, bool stream)
{
    const struct bm_bn *bn = call->bn;
    struct bm_range blocks = bn_chunk(&call->plan, chunk);
    const float *mean = bn_coef(call, BN_MEAN), *scale = bn_coef(call, BN_SCALE), *shift = bn_coef(call, BN_SHIFT);
    const bool stage_it = stream && bn_staged(bn, call->matrices), direct = stream && !stage_it;
    vf slope = vf_set1(bn->slope);
    for (size_t b = blocks.begin; b < blocks.end; b++) {
        struct bn_block block = bn_block(bn, &call->plan, b);
        for (size_t c = channels.begin; call->runs && c < channels.end; c += call->runs) {
            const size_t width = channels.end - c < call->runs ? channels.end - c : call->runs, length = width * bn->S;
            float of_run[BN_COEFS][BN_RUN + VF];
            bn_spread(of_run[BN_MEAN], mean + c, width, bn->S);
            bn_spread(of_run[BN_SCALE], scale + c, width, bn->S);
            bn_spread(of_run[BN_SHIFT], shift + c, width, bn->S);
            const float *x = bn->x + block.n * bn->ldx + c * bn->S;
            float *y = bn->y + block.n * bn->ldy + c * bn->S;
            const bool past = direct && (uintptr_t)y % 64 == 0;
            for (size_t row = 0; row < block.images; row += 4) {
                const size_t rows = block.images - row < 4 ? block.images - row : 4;
                for (size_t i = 0; i < length; i += BN_WIDE) {
                    const size_t strip = length - i < BN_WIDE ? length - i : BN_WIDE;
                    const vmask last = bn_last(strip);
#define BN_STRIP(V, masked)                                                                                        \
    bn_normalise(x + row * bn->ldx + i, bn->ldx, y + row * bn->ldy + i, bn->ldy, rows, V, masked, last, curve,     \
        slope, (struct bn_normal){ wide_load(of_run[BN_MEAN] + i, V, false, last),                                 \
            wide_load(of_run[BN_SCALE] + i, V, false, last), wide_load(of_run[BN_SHIFT] + i, V, false, last) },    \
        bn_far(bn) ? length : 0, past)
                    BN_WIDTHS(strip, BN_STRIP)
#undef BN_STRIP
                }
            }
        }
        if (call->runs)
            continue;
        size_t step = call->plan.last ? call->apply_rows : 1;
        for (size_t i = 0; i < block.images; i += step) {
            const float *x = bn->x + (block.n + i) * bn->ldx;
            float *y = bn->y + (block.n + i) * bn->ldy;
            if (call->plan.last) {
                size_t rows = block.images - i < step ? block.images - i : step, c = channels.begin;
#define BN_STRIP(V, masked)                                                                                      \
    bn_normalise(x + c, bn->ldx, y + c, bn->ldy, rows, V, masked, last, curve, slope,                            \
        (struct bn_normal){ wide_load(mean + c, V, masked, last), wide_load(scale + c, V, masked, last),         \
            wide_load(shift + c, V, masked, last) }, bn_apply_ahead(call, bn->ldx), stream)
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
                struct bn_normal f = { wide_all(vf_set1(mean[c])), wide_all(vf_set1(scale[c])),
                    wide_all(vf_set1(shift[c])) };
                const float *from = x + c * bn->S + block.offset;
                float *out = y + staged * bn->S + block.offset, *to = y + c * bn->S + block.offset;
                if (stage_it)
                    to = stage.of + bn_stage_begin(out) + (c - staged) * bn->S;
                bn_normalise(from, BN_WIDE, to, BN_WIDE, full, 4, false, last, curve, slope, f, 0, direct);
                from += full * BN_WIDE;
                to += full * BN_WIDE;
#define BN_REST(V, masked) bn_normalise(from, 0, to, 0, 1, V, masked, last, curve, slope, f, 0, direct)
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
