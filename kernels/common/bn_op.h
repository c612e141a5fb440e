/* SPDX-License-Identifier: MIT */
/*
 * bn_op.h - what the seven bn ops mean, written once: operands, fills, oracle, error bounds. Never timed.
 *
 * An op is a kind (forward, inference, backward) and a place of the activation; its file is one BN_OP() and what is
 * peculiar to it. bn_forward/bn_forward.c derives the bounds that the oracles below put down.
 *
 * Element (n, c, s) lies at n * ld + c * S + s in both layouts, S being 1 in channels-last.
 */
#ifndef BATCHMARK_BN_OP_H
#define BATCHMARK_BN_OP_H

#include "bn_act.h"
#include "bn_keys.h"
#include "oracle.h"

enum bn_kind { BN_FORWARD, BN_INFERENCE, BN_BACKWARD };

/* Every array of bn, in the order in which operands() lists those that an op has. */
enum bn_array { X, Y, DY, DX, GAMMA, BETA, DGAMMA, DBETA, MEAN, RSTD, RUNNING_MEAN, RUNNING_VAR, GIVEN_MEAN,
    GIVEN_VAR, BN_ARRAYS };

/* i: in, o: out, b: both, a: in if an activation follows the normalisation, g: in if statistics are given, -: not an
 * operand. */
static const struct { const char *name; char role[3]; } bn_array[BN_ARRAYS] = {
    [X]            = { "x",            { 'i', 'i', 'i' } },
    [Y]            = { "y",            { 'o', 'o', '-' } },
    [DY]           = { "dy",           { '-', '-', 'i' } },
    [DX]           = { "dx",           { '-', '-', 'o' } },
    [GAMMA]        = { "gamma",        { 'i', 'i', 'i' } },
    [BETA]         = { "beta",         { 'i', 'i', 'a' } },
    [DGAMMA]       = { "dgamma",       { '-', '-', 'o' } },
    [DBETA]        = { "dbeta",        { '-', '-', 'o' } },
    [MEAN]         = { "mean",         { 'o', '-', 'i' } },
    [RSTD]         = { "rstd",         { 'o', '-', 'i' } },
    [RUNNING_MEAN] = { "running_mean", { 'b', 'i', '-' } },
    [RUNNING_VAR]  = { "running_var",  { 'b', 'i', '-' } },
    [GIVEN_MEAN]   = { "given_mean",   { 'g', '-', '-' } },
    [GIVEN_VAR]    = { "given_var",    { 'g', '-', '-' } },
};

static inline bool bn_has(enum bn_kind kind, enum bn_place place, bool given, int i)
{
    char role = bn_array[i].role[kind];
    return role != '-' && (role != 'a' || place == ACT_AFTER) && (role != 'g' || given);
}

static inline size_t bn_inner(const struct bm_shape *s) { return s->layout == BM_CHANNELS_LAST ? 1 : s->S; }
static inline size_t bn_cols(const struct bm_shape *s) { return s->C * bn_inner(s); }

static inline unsigned bn_operands(enum bn_kind kind, enum bn_place place, const struct bm_shape *s,
                                   struct bm_operand operand[])
{
    unsigned count = 0;
    for (int i = 0; i < BN_ARRAYS; i++) {
        if (!bn_has(kind, place, s->given, i))
            continue;
        char role = bn_array[i].role[kind];
        struct bm_operand o = { .name = bn_array[i].name, .type = BM_F32,
            .role = role == 'o' ? BM_OUT : role == 'b' ? BM_INOUT : BM_IN };
        bool matrix = i <= DX;
        o.rows = matrix ? s->N : 1;
        o.cols = matrix ? bn_cols(s) : s->C;
        o.ld = matrix ? o.cols + s->pad : o.cols;
        operand[count++] = o;
    }
    return count;
}

/* The arrays of an op's call by enum bn_array, NULL for those that it has not. */
struct bn_f32 { float *p[BN_ARRAYS]; };
static inline struct bn_f32 bn_f32(enum bn_kind kind, enum bn_place place, const struct bm_shape *s,
                                   void *const array[])
{
    struct bn_f32 a;
    for (int i = 0; i < BN_ARRAYS; i++)
        a.p[i] = bn_has(kind, place, s->given, i) ? *array++ : NULL;
    return a;
}

static inline void bn_bind(enum bn_kind kind, enum bn_place place, const struct bm_shape *s, void *const array[],
                           void *args)
{
    struct bn_f32 a = bn_f32(kind, place, s, array);
    size_t ld = bn_cols(s) + s->pad;
    *(struct bm_bn *)args = (struct bm_bn){ .N = s->N, .C = s->C, .S = s->S, .layout = s->layout,
        .ldx = ld, .ldy = ld, .lddy = ld, .lddx = ld, .x = a.p[X], .y = a.p[Y], .dy = a.p[DY], .dx = a.p[DX],
        .gamma = a.p[GAMMA], .beta = a.p[BETA], .dgamma = a.p[DGAMMA], .dbeta = a.p[DBETA],
        .mean = a.p[MEAN], .rstd = a.p[RSTD], .running_mean = a.p[RUNNING_MEAN], .running_var = a.p[RUNNING_VAR],
        .given_mean = a.p[GIVEN_MEAN], .given_var = a.p[GIVEN_VAR],
        .eps = s->eps, .momentum = s->momentum, .unbiased = s->unbiased, .slope = s->slope, .threads = 1 };
}

static inline const char *bn_refuses(enum bn_kind kind, enum bn_place place, const void *args)
{
    const struct bm_bn *b = args;
    size_t S = b->layout == BM_CHANNELS_LAST ? 1 : b->S, cols = b->C * S, L = b->N * S;
    bool forward = kind == BN_FORWARD, backward = kind == BN_BACKWARD, any = L && b->C;
    if (b->layout == BM_CHANNELS_LAST && b->S != 1)
        return "channels-last has S = 1: the spatial size belongs into N";
    if (kind != BN_INFERENCE && L == 0)
        return "no elements: statistics of nothing are undefined";
    if (b->ldx < cols || (backward ? b->lddy < cols || b->lddx < cols : b->ldy < cols))
        return "a leading dimension is smaller than its row";
    if (!(b->eps >= 0))
        return "eps must not be negative";
    if (any && (!b->x || (backward ? !b->dy || !b->dx : !b->y)))
        return "a matrix is NULL";
    if (b->C && (!b->gamma || (!b->beta && bn_has(kind, place, false, BETA)) ||
                 (backward && (!b->dgamma || !b->dbeta)) ||
                 (kind != BN_INFERENCE && (!b->mean || !b->rstd)) ||
                 (kind == BN_INFERENCE && (!b->running_mean || !b->running_var))))
        return "an array of the channels is NULL";
    if (forward && !b->running_mean != !b->running_var)
        return "running_mean and running_var come together or not at all";
    if (forward && !b->given_mean != !b->given_var)
        return "given_mean and given_var come together or not at all";
    if (forward && b->running_var && b->unbiased && L == 1)
        return "the unbiased variance of one element is undefined";
    if (any && !backward && b->x == b->y && (forward || b->ldx != b->ldy))
        return "y may be x in bn_inference only, with equal strides";
    if (any && backward && (b->dx == b->x || (b->dx == b->dy && b->lddx != b->lddy)))
        return "dx may be dy with equal strides, and never x";
    return NULL;
}

/*
 * Useful operations per element, each sum, difference, product and comparison one:
 *   forward    mean 1, variance 3 (difference, square, sum), y 3 (difference, scale, shift); given statistics: y
 *   inference  3
 *   backward   dbeta 1, dgamma 3 (difference, product, sum; rstd once a channel), dx 5 (a dy + b (x - mean) + c, the
 *              difference again)
 * and the activation: 1 forward, 1 for its derivative, 2 to compute gamma xhat + beta again.
 */
static inline double bn_flops(enum bn_kind kind, enum bn_place place, const struct bm_shape *s)
{
    static const double plain[] = { 7, 3, 9 };
    double act = place == ACT_NONE ? 0 : kind != BN_BACKWARD ? 1 : place == ACT_AFTER ? 3 : 2;
    return (plain[kind == BN_FORWARD && s->given ? BN_INFERENCE : kind] + act) * (double)s->N * (double)bn_cols(s);
}

/* x forward, x and dy backward: sums over all of them come before the first element of the result. */
static inline double bn_again_bytes(enum bn_kind kind, const struct bm_shape *s)
{
    const double inputs = kind == BN_INFERENCE || s->given ? 0 : kind == BN_FORWARD ? 1 : 2;
    return inputs * sizeof(float) * (double)s->N * (double)bn_cols(s);
}

/* The oracles' threads take blocks of channels: contiguous columns, or one channel's runs. S is an argument of what
 * is done to a block so that BN_BLOCKS can pass a literal 1, which leaves no loop over s: up to twice as fast. */
enum { BN_BLOCK = 256 };
#define BN_INLINE static inline __attribute__((always_inline))
#define BN_BLOCKS(block, place, s, ...)                                                                             \
    do {                                                                                                            \
        size_t S_ = bn_inner(s), step_ = S_ == 1 ? BN_BLOCK : 1, C_ = (s)->C;                                       \
        _Pragma("omp parallel for schedule(static)")                                                                \
        for (size_t begin_ = 0; begin_ < C_; begin_ += step_) {                                                     \
            size_t end_ = begin_ + step_ < C_ ? begin_ + step_ : C_;                                                \
            if (S_ == 1)                                                                                            \
                block(place, s, 1, begin_, end_, __VA_ARGS__);                                                      \
            else                                                                                                    \
                block(place, s, S_, begin_, end_, __VA_ARGS__);                                                     \
        }                                                                                                           \
    } while (0)

/* What is normalised. Every variant forms act(x) by one f32 multiplication, so the rounded value is the exact one. */
static inline double bn_in(enum bn_place place, float x, float slope)
{
    return place == ACT_BEFORE ? (double)(float)bm_act(x, slope) : (double)x;
}

/* Exact statistics of channels [begin, end), at most BN_BLOCK: spread is the average of |x - first element|. */
struct bn_stat { double mean, var, spread; };
BN_INLINE void bn_statistics(enum bn_place place, const struct bm_shape *s, size_t S, size_t begin, size_t end,
                             const float *x, struct bn_stat stat[])
{
    size_t ld = s->C * S + s->pad;
    double L = (double)(s->N * S);
    for (size_t c = begin; c < end; c++)
        stat[c - begin] = (struct bn_stat){ 0, 0, 0 };
    for (size_t n = 0; n < s->N; n++)
        for (size_t c = begin; c < end; c++)
            for (size_t k = 0; k < S; k++)
                stat[c - begin].mean += bn_in(place, x[n * ld + c * S + k], s->slope);
    for (size_t c = begin; c < end; c++)
        stat[c - begin].mean /= L;
    for (size_t n = 0; n < s->N; n++)
        for (size_t c = begin; c < end; c++) {
            double mean = stat[c - begin].mean, first = bn_in(place, x[c * S], s->slope), var = 0, spread = 0;
            for (size_t k = 0; k < S; k++) {
                double v = bn_in(place, x[n * ld + c * S + k], s->slope);
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

BN_INLINE void bn_forward_block(enum bn_place place, const struct bm_shape *s, size_t S, size_t begin, size_t end,
                                const struct bn_f32 *a, double *const want[], double *const bound[])
{
    enum { WY = 1, WMEAN = 4, WRSTD, WRUNNING_MEAN, WRUNNING_VAR }; /* places in want, as operands() lists them */
    size_t cols = s->C * S, ld = cols + s->pad, L = s->N * S;
    double mom = s->momentum, share = s->unbiased ? (double)L / ((double)L - 1) : 1;
    struct bn_stat stat[BN_BLOCK];
    struct bn_channel channel[BN_BLOCK];
    if (!s->given)
        bn_statistics(place, s, S, begin, end, a->p[X], stat);
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
                bn_put_y(place, s, &channel[c - begin], a->p[X][n * ld + c * S + k], want[WY], bound[WY],
                    n * cols + c * S + k);
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
    size_t S = bn_inner(s), cols = bn_cols(s), ld = cols + s->pad;
#pragma omp parallel for schedule(static)
    for (size_t n = 0; n < s->N; n++)
        for (size_t c = 0; c < s->C; c++) {
            struct bn_channel ch = { a.p[GAMMA][c], a.p[BETA][c], a.p[RUNNING_MEAN][c], 0,
                1 / sqrt((double)a.p[RUNNING_VAR][c] + s->eps), 4 * BM_U };
            for (size_t k = 0; k < S; k++)
                bn_put_y(place, s, &ch, a.p[X][n * ld + c * S + k], want[1], bound[1], n * cols + c * S + k);
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

BN_INLINE void bn_backward_block(enum bn_place place, const struct bm_shape *s, size_t S, size_t begin, size_t end,
                                 const struct bn_f32 *a, double *const want[], double *const bound[])
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
                size_t i = n * ld + c * S + k;
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
                size_t i = n * ld + c * S + k, j = c - begin;
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
                bn_put(want[2], bound[2], n * cols + c * S + k, dx, b);
            }
}
static inline void bn_oracle_backward(enum bn_place place, const struct bm_shape *s, void *const array[],
                                      double *const want[], double *const bound[])
{
    const struct bn_f32 a = bn_f32(BN_BACKWARD, place, s, array);
    BN_BLOCKS(bn_backward_block, place, s, &a, want, bound);
}

/*
 * The exact fill. Elements 2i and 2i + 1 of a channel are m + 2 and m - 2 in either order (channels-last: along the
 * rows; channels-first: within an image), so that any even part of a channel has mean m and variance 4 exactly;
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
static inline struct bn_width bn_width(enum bm_fill fill, uint64_t seed, size_t c)
{
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
        size_t i = bm_hash(bm_hash(seed, BN_ARRAYS), c) % L, at = i / S * ld + c * S + i % S;
        size_t residue = s->C > 3 ? c % 8 : c + 1 == s->C ? 2 : 0;
        if (residue == 2 || residue == 5 || residue == 7)
            x[at] = residue == 2 ? NAN : residue == 5 ? INFINITY : -INFINITY;
        if (dy && (residue == 4 || residue == 6))
            dy[at] = residue == 4 ? NAN : INFINITY;
    }
}

/* mean and rstd as the forward op would have saved them. */
BN_INLINE void bn_fill_saved(enum bn_place place, const struct bm_shape *s, size_t S, size_t begin, size_t end,
                             const struct bn_f32 *a, enum bm_fill fill, uint64_t seed)
{
    size_t ld = s->C * S + s->pad;
    struct bn_stat stat[BN_BLOCK];
    if (fill != BM_EXACT)
        bn_statistics(place, s, S, begin, end, a->p[X], stat);
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
                float *dy = &a->p[DY][n * ld + c * S + k];
                if (bn_term(place, s->slope, &ch, a->p[X][n * ld + c * S + k], *dy).flip > 0)
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
    size_t S = bn_inner(s), cols = bn_cols(s), ld = cols + s->pad;
    float slope = s->slope;
#pragma omp parallel for schedule(static)
    for (size_t n = 0; n < s->N; n++)
        for (size_t c = 0; c < s->C; c++) {
            struct bn_width w = bn_width(fill, seed, c);
            float m = exact ? bn_exact_mean(place, slope, seed, c) : 0;
            float tilt = bn_sign(seed, c) * (0.5f + 0.25f * bm_uniform(bm_hash(seed, DBETA), c));
            for (size_t k = 0; k < S; k++) {
                size_t i = n * cols + c * S + k, at = n * ld + c * S + k;
                float noise = bm_uniform(bm_hash(seed, X), i);
                if (exact)
                    a.p[X][at] = bn_exact_x(place, slope, seed, m, i, S == 1 ? i - n % 2 * cols : i - k % 2);
                else
                    a.p[X][at] = w.centre + (fill == BM_CONSTANT ? 0 : w.width * noise);
                /* A mean of gamma's sign and a part along x: no sum cancels, masked or not. */
                if (a.p[DY])
                    a.p[DY][at] = exact ? (float)bm_integer(bm_hash(seed, DY), i, -4, 4)
                                        : tilt + 0.5f * noise + 0.5f * bm_uniform(bm_hash(seed, DY), i);
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

/* Keys of bn_keys.h that an op has no use for. */
#define BN_IGNORES(KIND, PLACE)                                                                                      \
    ((KIND) == BN_FORWARD ? ((PLACE) == ACT_NONE ? "slope" : NULL)                                                   \
                          : ((PLACE) == ACT_NONE ? "momentum unbiased given slope" : "momentum unbiased given"))

/* Defines the op: BN_OP(bn_forward, BN_FORWARD, ACT_NONE, "summary") */
#define BN_OP(OP, KIND, PLACE, SUMMARY)                                                                              \
    static unsigned operands(const struct bm_shape *shape, struct bm_operand operand[BM_MAX_OPERANDS])               \
    {                                                                                                                \
        return bn_operands(KIND, PLACE, shape, operand);                                                             \
    }                                                                                                                \
    static void bind(const struct bm_shape *shape, void *const array[], void *args)                         \
    {                                                                                                                \
        bn_bind(KIND, PLACE, shape, array, args);                                                                    \
    }                                                                                                                \
    static const char *refuses(const void *args) { return bn_refuses(KIND, PLACE, args); }                  \
    static bool fill(struct bm_shape *shape, enum bm_fill what, uint64_t seed, void *const array[])                  \
    {                                                                                                                \
        return bn_fill(KIND, PLACE, shape, what, seed, array);                                                       \
    }                                                                                                                \
    static void oracle(const struct bm_shape *shape, void *const array[], double *const want[],                      \
                       double *const bound[])                                                                        \
    {                                                                                                                \
        (KIND == BN_FORWARD ? bn_oracle_forward : KIND == BN_INFERENCE ? bn_oracle_inference : bn_oracle_backward)(  \
            PLACE, shape, array, want, bound);                                                                       \
    }                                                                                                                \
    static double flops(const struct bm_shape *shape) { return bn_flops(KIND, PLACE, shape); }                       \
    static double again_bytes(const struct bm_shape *shape) { return bn_again_bytes(KIND, shape); }                  \
    extern const struct bm_op OP;                                                                                    \
    const struct bm_op OP = { .name = #OP, .summary = SUMMARY, .args_bytes = sizeof(struct bm_bn),              \
        .family = &bn_family, .ignores = BN_IGNORES(KIND, PLACE), .operands = operands, .bind = bind,                \
        .refuses = refuses, .fill = fill, .oracle = oracle, .flops = flops, .again_bytes = again_bytes }

#endif
