/* SPDX-License-Identifier: MIT */
/* bn_oracle.h - the results of the seven bn ops in double precision, with the error bounds that
 * bn_forward/bn_forward.c derives. Never timed. */
#ifndef BATCHMARK_BN_ORACLE_H
#define BATCHMARK_BN_ORACLE_H

#include "bn_arrays.h"
#include "oracle.h"

/* The oracles' threads take blocks of channels: contiguous columns, one channel's runs, or the blocks of the layout. S and
 * how many channels lie side by side are arguments of what is done to a block so that BN_BLOCKS can pass literal ones,
 * which leave no loop over s: up to twice as fast. */
enum { BN_BLOCK = 256 };
#define BN_INLINE static inline __attribute__((always_inline))
#define BN_BLOCKS(block, place, s, ...)                                                                             \
    do {                                                                                                            \
        size_t S_ = bn_inner(s), beside_ = bn_beside(s), step_ = S_ == 1 ? BN_BLOCK : beside_, C_ = (s)->C;         \
        _Pragma("omp parallel for schedule(static)")                                                                \
        for (size_t begin_ = 0; begin_ < C_; begin_ += step_) {                                                     \
            size_t end_ = begin_ + step_ < C_ ? begin_ + step_ : C_;                                                \
            if (S_ == 1)                                                                                            \
                block(place, s, 1, 1, begin_, end_, __VA_ARGS__);                                                   \
            else if (beside_ == 1)                                                                                  \
                block(place, s, S_, 1, begin_, end_, __VA_ARGS__);                                                  \
            else                                                                                                    \
                block(place, s, S_, beside_, begin_, end_, __VA_ARGS__);                                            \
        }                                                                                                           \
    } while (0)

/* What is normalised. Every variant forms act(x) by one f32 multiplication, so the rounded value is the exact one. */
static inline double bn_in(enum bn_place place, float x, float slope)
{
    return place == ACT_BEFORE ? (double)(float)bm_act(x, slope) : (double)x;
}

/* Exact statistics of channels [begin, end), at most BN_BLOCK: spread is the average of |x - first element|. */
struct bn_stat { double mean, var, spread; };
BN_INLINE void bn_statistics(enum bn_place place, const struct bm_shape *s, size_t S, size_t beside, size_t begin,
                             size_t end, const float *x, struct bn_stat stat[])
{
    size_t ld = s->C * S + s->pad;
    double L = (double)(s->N * S);
    for (size_t c = begin; c < end; c++)
        stat[c - begin] = (struct bn_stat){ 0, 0, 0 };
    for (size_t n = 0; n < s->N; n++)
        for (size_t c = begin; c < end; c++)
            for (size_t k = 0; k < S; k++)
                stat[c - begin].mean += bn_in(place, x[n * ld + bn_at(S, beside, c, k)], s->slope);
    for (size_t c = begin; c < end; c++)
        stat[c - begin].mean /= L;
    for (size_t n = 0; n < s->N; n++)
        for (size_t c = begin; c < end; c++) {
            double mean = stat[c - begin].mean, first = bn_in(place, x[bn_at(S, beside, c, 0)], s->slope);
            double var = 0, spread = 0;
            for (size_t k = 0; k < S; k++) {
                double v = bn_in(place, x[n * ld + bn_at(S, beside, c, k)], s->slope);
                var += (v - mean) * (v - mean);
                spread += fabs(v - first);
            }
            stat[c - begin].var += var;
            stat[c - begin].spread += spread;
        }
    for (size_t c = begin; c < end; c++) {
        stat[c - begin].var /= L;
        stat[c - begin].spread /= L;
    }
}

/* Want and bound of one element. A NaN is asked for by want alone, and an infinity must come out as it is. */
static inline void bn_put(double *want, double *bound, size_t i, double w, double b)
{
    want[i] = w;
    bound[i] = isfinite(w) ? b : 0;
}

struct bn_channel { double gamma, beta, mean, mean_error, rstd, rstd_error; }; /* rstd_error is relative */

/* y of one element, v = gamma xhat + beta being passed through the activation if that comes after. */
static inline void bn_put_y(enum bn_place place, const struct bm_shape *s, const struct bn_channel *ch, float x,
                            double *want, double *bound, size_t i)
{
    double d = bn_in(place, x, s->slope) - ch->mean, scaled = ch->gamma * d * ch->rstd, v = scaled + ch->beta;
    double b = fabs(ch->gamma) * ch->rstd * (1 + ch->rstd_error) * ch->mean_error +
               fabs(scaled) * (ch->rstd_error + 5 * BM_U) + 2 * BM_U * fabs(ch->beta) +
               2 * BM_TINY_STEP * (1 + fabs(ch->gamma) + fabs(d));
    if (place == ACT_AFTER) {
        double slope = fabs((double)s->slope), reach = v < -b ? slope : fmax(1, slope);
        b = reach * (b + 2 * BM_U * fabs(v)) + (reach > 0 ? BM_TINY_STEP : 0);
        v = bm_act(v, s->slope);
    }
    bn_put(want, bound, i, v, b);
}

/* Rounding of r + momentum (v - r), in this form or the other. */
static inline double bn_update_error(double r, double v, double momentum)
{
    return 6 * BM_U * (fabs(r) + fabs(momentum) * (fabs(v) + fabs(r))) + 4 * BM_TINY_STEP;
}

BN_INLINE void bn_forward_block(enum bn_place place, const struct bm_shape *s, size_t S, size_t beside, size_t begin,
                                size_t end, const struct bn_f32 *a, double *const want[], double *const bound[])
{
    enum { WY = 1, WMEAN = 4, WRSTD, WRUNNING_MEAN, WRUNNING_VAR }; /* places in want, as operands() lists them */
    size_t cols = s->C * S, ld = cols + s->pad, L = s->N * S;
    double mom = s->momentum, share = s->unbiased ? (double)L / ((double)L - 1) : 1;
    struct bn_stat stat[BN_BLOCK];
    struct bn_channel channel[BN_BLOCK];
    if (!s->given)
        bn_statistics(place, s, S, beside, begin, end, a->p[X], stat);
    for (size_t c = begin; c < end && s->given; c++)
        stat[c - begin] = (struct bn_stat){ a->p[GIVEN_MEAN][c], a->p[GIVEN_VAR][c], 0 };
    for (size_t c = begin; c < end; c++) {
        const struct bn_stat *st = &stat[c - begin];
        double mean_error = st->spread == 0 ? 0 : 4 * BM_U * fabs(st->mean) +
                            300 * BM_U * (st->spread + sqrt(st->var)) + 2 * BM_TINY_STEP;
        double var_error = s->given ? 0 : 600 * BM_U * st->var + mean_error * mean_error + 2 * BM_TINY_STEP;
        double rstd = 1 / sqrt(st->var + s->eps), rstd_error = bm_rstd_error(st->var, s->eps, var_error);
        channel[c - begin] = (struct bn_channel){ .gamma = a->p[GAMMA][c], .beta = a->p[BETA][c], .mean = st->mean,
            .mean_error = mean_error, .rstd = rstd, .rstd_error = rstd_error };
        bn_put(want[WMEAN], bound[WMEAN], c, st->mean, mean_error);
        bn_put(want[WRSTD], bound[WRSTD], c, rstd, rstd * rstd_error + BM_TINY_STEP);
        double r = a->p[RUNNING_MEAN][c];
        bn_put(want[WRUNNING_MEAN], bound[WRUNNING_MEAN], c, r + mom * (st->mean - r),
            fabs(mom) * mean_error + bn_update_error(r, st->mean, mom));
        double v = st->var * share;
        r = a->p[RUNNING_VAR][c];
        bn_put(want[WRUNNING_VAR], bound[WRUNNING_VAR], c, r + mom * (v - r),
            fabs(mom) * share * var_error + bn_update_error(r, v, mom));
        /* An infinity in x: (x - first) makes the mean NaN where the first element is it, and plain sums do not. */
        if (isinf(st->mean))
            bound[WMEAN][c] = bound[WRUNNING_MEAN][c] = INFINITY;
    }
    for (size_t n = 0; n < s->N; n++)
        for (size_t c = begin; c < end; c++)
            for (size_t k = 0; k < S; k++)
                bn_put_y(place, s, &channel[c - begin], a->p[X][n * ld + bn_at(S, beside, c, k)], want[WY], bound[WY],
                    n * cols + bn_at(S, beside, c, k));
}
static inline void bn_oracle_forward(enum bn_place place, const struct bm_shape *s, void *const array[],
                                     double *const want[], double *const bound[])
{
    const struct bn_f32 a = bn_f32(BN_FORWARD, place, s, array);
    BN_BLOCKS(bn_forward_block, place, s, &a, want, bound);
}

static inline void bn_oracle_inference(enum bn_place place, const struct bm_shape *s, void *const array[],
                                       double *const want[], double *const bound[])
{
    const struct bn_f32 a = bn_f32(BN_INFERENCE, place, s, array);
    size_t S = bn_inner(s), beside = bn_beside(s), cols = bn_cols(s), ld = cols + s->pad;
#pragma omp parallel for schedule(static)
    for (size_t n = 0; n < s->N; n++)
        for (size_t c = 0; c < s->C; c++) {
            struct bn_channel ch = { a.p[GAMMA][c], a.p[BETA][c], a.p[RUNNING_MEAN][c], 0,
                1 / sqrt((double)a.p[RUNNING_VAR][c] + s->eps), 4 * BM_U };
            for (size_t k = 0; k < S; k++)
                bn_put_y(place, s, &ch, a.p[X][n * ld + bn_at(S, beside, c, k)], want[1], bound[1],
                    n * cols + bn_at(S, beside, c, k));
        }
}

/* A channel of a backward op, whose mean and rstd are given. */
static inline struct bn_channel bn_given(const struct bn_f32 *a, size_t c)
{
    return (struct bn_channel){ .gamma = a->p[GAMMA][c], .beta = a->p[BETA] ? a->p[BETA][c] : 0, .mean = a->p[MEAN][c],
        .rstd = a->p[RSTD][c] };
}

/* What one element brings to the sums. flip: by how much d changes if rounding turns the activation's mask over. */
struct bn_term { double xhat, d, flip; };
static inline struct bn_term bn_term(enum bn_place place, float slope, const struct bn_channel *ch, float x, float dy)
{
    double diff = bn_in(place, x, slope) - ch->mean;
    struct bn_term t = { diff * ch->rstd, dy, 0 };
    if (place == ACT_AFTER) {
        double scaled = ch->gamma * t.xhat, v = scaled + ch->beta;
        double doubt = (5 * fabs(scaled) + 2 * fabs(ch->beta)) * BM_U +
                       2 * BM_TINY_STEP * (1 + fabs(ch->gamma) + fabs(diff));
        t.d = bm_act_grad(dy, v, slope);
        if (fabs(v) <= doubt)
            t.flip = fabs((1 - (double)slope) * dy);
    }
    return t;
}

BN_INLINE void bn_backward_block(enum bn_place place, const struct bm_shape *s, size_t S, size_t beside, size_t begin,
                                 size_t end, const struct bn_f32 *a, double *const want[], double *const bound[])
{
    size_t cols = s->C * S, ld = cols + s->pad;
    int wdgamma = place == ACT_AFTER ? 5 : 4, wdbeta = wdgamma + 1; /* places in want, as operands() lists them */
    /* Error of a sum of L f32 terms relative to the sum of their moduli: chains of at most 256, 44u for what makes a
     * term and what is done with the sum. */
    double L = (double)(s->N * S), chain = (fmin(L, 256) + 44) * BM_U;
    struct bn_channel channel[BN_BLOCK];
    /* Sums of d and of d xhat, of their moduli, and of what flipped masks would change. */
    struct { double d, dx, abs_d, abs_dx, flip_d, flip_dx; } sum[BN_BLOCK];
    for (size_t c = begin; c < end; c++) {
        channel[c - begin] = bn_given(a, c);
        sum[c - begin].d = sum[c - begin].dx = sum[c - begin].abs_d = sum[c - begin].abs_dx = 0;
        sum[c - begin].flip_d = sum[c - begin].flip_dx = 0;
    }
    for (size_t n = 0; n < s->N; n++)
        for (size_t c = begin; c < end; c++)
            for (size_t k = 0; k < S; k++) {
                size_t i = n * ld + bn_at(S, beside, c, k);
                struct bn_term t = bn_term(place, s->slope, &channel[c - begin], a->p[X][i], a->p[DY][i]);
                sum[c - begin].d += t.d;
                sum[c - begin].dx += t.d * t.xhat;
                sum[c - begin].abs_d += fabs(t.d);
                sum[c - begin].abs_dx += fabs(t.d * t.xhat);
                sum[c - begin].flip_d += t.flip;
                sum[c - begin].flip_dx += fabs(t.flip * t.xhat);
            }
    double d_error[BN_BLOCK], dx_error[BN_BLOCK];
    for (size_t c = begin; c < end; c++) {
        size_t j = c - begin;
        d_error[j] = chain * (sum[j].abs_d + sum[j].flip_d) + sum[j].flip_d + L * BM_TINY_STEP;
        dx_error[j] = chain * (sum[j].abs_dx + sum[j].flip_dx) + sum[j].flip_dx +
                      BM_TINY_STEP * (L * (1 + channel[j].rstd) + sum[j].abs_d + sum[j].flip_d);
        bn_put(want[wdbeta], bound[wdbeta], c, sum[j].d, d_error[j]);
        bn_put(want[wdgamma], bound[wdgamma], c, sum[j].dx, dx_error[j]);
    }
    for (size_t n = 0; n < s->N; n++)
        for (size_t c = begin; c < end; c++)
            for (size_t k = 0; k < S; k++) {
                size_t i = n * ld + bn_at(S, beside, c, k), j = c - begin;
                const struct bn_channel *ch = &channel[j];
                float x = a->p[X][i];
                struct bn_term t = bn_term(place, s->slope, ch, x, a->p[DY][i]);
                double scale = ch->gamma * ch->rstd, mean_d = sum[j].d / L, slant = t.xhat * sum[j].dx / L;
                double dx = scale * (t.d - mean_d - slant);
                double b = fabs(scale) * (d_error[j] / L + fabs(t.xhat) * dx_error[j] / L + t.flip +
                                          10 * BM_U * (fabs(t.d) + fabs(mean_d) + fabs(slant)));
                b += 4 * BM_TINY_STEP * (1 + fabs(t.d) + fabs(bn_in(place, x, s->slope) - ch->mean)) *
                     (1 + fabs(ch->gamma) + ch->rstd + fabs(scale));
                if (place == ACT_BEFORE && !(x > 0)) {
                    b = s->slope == 0 ? 0 : fabs((double)s->slope) * b + BM_TINY_STEP;
                    dx = bm_act_grad(dx, x, s->slope);
                }
                bn_put(want[2], bound[2], n * cols + bn_at(S, beside, c, k), dx, b);
            }
}
static inline void bn_oracle_backward(enum bn_place place, const struct bm_shape *s, void *const array[],
                                      double *const want[], double *const bound[])
{
    const struct bn_f32 a = bn_f32(BN_BACKWARD, place, s, array);
    BN_BLOCKS(bn_backward_block, place, s, &a, want, bound);
}

#endif
