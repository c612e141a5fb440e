/*
 * bn_loop.h - the textbook loops of the seven bn ops (bn.h has the maths), for the naive and autovec variants and their
 * _omp versions: the same source, other flags.
 *
 * Source: Ioffe & Szegedy, ICML 2015, algorithm 1 and the chain rule of section 3, as written.
 * Shapes: all. Channels-last runs in row order, channels in the inner loop and one accumulator a channel in scratch;
 *         channels-first runs one channel after the other.
 * Traffic: forward reads x three times (mean, variance, y), backward reads x and dy twice: 16 and 20 bytes an element
 *         where the arrays do not fit a cache, against 8 and 12 compulsory ones.
 * Idea:   none: what the others are measured against.
 * Error:  sums in double, because a plain f32 chain of 1e5 terms would leave bn.h's bound; otherwise f32.
 * Tail:   none, there are no vectors; autovec's are the compiler's.
 * Threads (_omp): each takes a contiguous part of the channels, in multiples of 16, and all of the rows. No sum is
 *         shared, so the result is the same for every number of threads.
 * Loses:  to every variant that vectorises the sums and keeps a block of channels in cache; _omp: threads idle
 *         where C < 16 * threads.
 */
#ifndef BATCHMARK_BN_LOOP_H
#define BATCHMARK_BN_LOOP_H

#include <math.h>

#include "bn_act.h"
#include "kernel.h"
#include "team.h"

/* Channels [begin, end) of an array whose element (n, c, s) is at n * ld + c * S + s. S is apart from b->S because
 * channels-last passes the literal 1, which leaves no loop over s. */
#define BN_LOOP_PART static inline __attribute__((always_inline)) void

/* y from the statistics; y may be x. */
BN_LOOP_PART bn_loop_normalise_part(const struct bm_bn *b, enum bn_place place, size_t S, size_t begin, size_t end,
                                    const float *mean, const float *rstd)
{
    const float *x = b->x, *gamma = b->gamma, *beta = b->beta;
    float *y = b->y, slope = b->slope;

    for (size_t n = 0; n < b->N; n++)
        for (size_t c = begin; c < end; c++)
            for (size_t s = 0; s < S; s++) {
                float v = x[n * b->ldx + c * S + s];
                v = gamma[c] * (((place == ACT_BEFORE ? bn_act(v, slope) : v) - mean[c]) * rstd[c]) + beta[c];
                y[n * b->ldy + c * S + s] = place == ACT_AFTER ? bn_act(v, slope) : v;
            }
}

BN_LOOP_PART bn_loop_forward_part(const struct bm_bn *b, enum bn_place place, size_t S, size_t begin, size_t end)
{
    const float *x = b->x;
    float *mean = b->mean, *rstd = b->rstd, slope = b->slope;
    double *sum = b->scratch, L = (double)b->N * (double)S;

    for (size_t c = begin; c < end; c++)
        sum[c] = 0;
    for (size_t n = 0; n < b->N; n++)
        for (size_t c = begin; c < end; c++) {
            double t = sum[c];
            for (size_t s = 0; s < S; s++) {
                float v = x[n * b->ldx + c * S + s];
                t += place == ACT_BEFORE ? bn_act(v, slope) : v;
            }
            sum[c] = t;
        }
    for (size_t c = begin; c < end; c++) {
        mean[c] = (float)(sum[c] / L);
        sum[c] = 0;
    }
    for (size_t n = 0; n < b->N; n++)
        for (size_t c = begin; c < end; c++) {
            double t = sum[c];
            for (size_t s = 0; s < S; s++) {
                float v = x[n * b->ldx + c * S + s];
                double d = (place == ACT_BEFORE ? bn_act(v, slope) : v) - mean[c];
                t += d * d;
            }
            sum[c] = t;
        }
    for (size_t c = begin; c < end; c++) {
        double var = sum[c] / L;
        rstd[c] = (float)(1 / sqrt(var + b->eps));
        if (b->running_mean) {
            double v = b->unbiased ? sum[c] / (L - 1) : var;
            b->running_mean[c] += b->momentum * (mean[c] - b->running_mean[c]);
            b->running_var[c] += b->momentum * ((float)v - b->running_var[c]);
        }
    }
    bn_loop_normalise_part(b, place, S, begin, end, mean, rstd);
}

BN_LOOP_PART bn_loop_inference_part(const struct bm_bn *b, enum bn_place place, size_t S, size_t begin, size_t end)
{
    float *rstd = b->scratch;

    for (size_t c = begin; c < end; c++)
        rstd[c] = (float)(1 / sqrt((double)b->running_var[c] + b->eps));
    bn_loop_normalise_part(b, place, S, begin, end, b->running_mean, rstd);
}

/* dx may be dy: an element of dy is read before its dx is written. */
BN_LOOP_PART bn_loop_backward_part(const struct bm_bn *b, enum bn_place place, size_t S, size_t begin, size_t end)
{
    const float *x = b->x, *dy = b->dy, *gamma = b->gamma, *beta = b->beta, *mean = b->mean, *rstd = b->rstd;
    float *dx = b->dx, *dgamma = b->dgamma, *dbeta = b->dbeta, slope = b->slope;
    double *sum_d = b->scratch, *sum_dx = sum_d + b->C;
    float inverse = (float)(1 / ((double)b->N * (double)S));

    for (size_t c = begin; c < end; c++)
        sum_d[c] = sum_dx[c] = 0;
    for (size_t n = 0; n < b->N; n++)
        for (size_t c = begin; c < end; c++) {
            double t = sum_d[c], tx = sum_dx[c];
            for (size_t s = 0; s < S; s++) {
                float v = x[n * b->ldx + c * S + s], d = dy[n * b->lddy + c * S + s];
                float xhat = ((place == ACT_BEFORE ? bn_act(v, slope) : v) - mean[c]) * rstd[c];
                if (place == ACT_AFTER)
                    d = bn_act_grad(d, gamma[c] * xhat + beta[c], slope);
                t += d;
                tx += (double)d * xhat;
            }
            sum_d[c] = t;
            sum_dx[c] = tx;
        }
    for (size_t c = begin; c < end; c++) {
        dbeta[c] = (float)sum_d[c];
        dgamma[c] = (float)sum_dx[c];
    }
    for (size_t n = 0; n < b->N; n++)
        for (size_t c = begin; c < end; c++)
            for (size_t s = 0; s < S; s++) {
                float v = x[n * b->ldx + c * S + s], d = dy[n * b->lddy + c * S + s];
                float xhat = ((place == ACT_BEFORE ? bn_act(v, slope) : v) - mean[c]) * rstd[c];
                if (place == ACT_AFTER)
                    d = bn_act_grad(d, gamma[c] * xhat + beta[c], slope);
                d = gamma[c] * rstd[c] * (d - dbeta[c] * inverse - xhat * (dgamma[c] * inverse));
                dx[n * b->lddx + c * S + s] = place == ACT_BEFORE ? bn_act_grad(d, v, slope) : d;
            }
}

static inline size_t bn_loop_forward_scratch_bytes(const union bm_args *args)
{
    return (args->bn.C * sizeof(double) + 63) / 64 * 64;
}
static inline size_t bn_loop_inference_scratch_bytes(const union bm_args *args)
{
    return (args->bn.C * sizeof(float) + 63) / 64 * 64;
}
static inline size_t bn_loop_backward_scratch_bytes(const union bm_args *args)
{
    return (2 * args->bn.C * sizeof(double) + 63) / 64 * 64;
}

/* Defines run() and the kernel: BN_LOOP_KERNEL(forward, ACT_NONE, .idea = "...", .loses = "..."); */
#define BN_LOOP_KERNEL(KIND, PLACE, ...)                                                    \
    static void body(const struct bm_bn *b, int me, int team)                               \
    {                                                                                       \
        struct bm_range r = bm_share(b->C, 16, me, team);                                   \
        if (b->layout == BM_CHANNELS_LAST)                                                  \
            bn_loop_##KIND##_part(b, PLACE, 1, r.begin, r.end);                             \
        else                                                                                \
            for (size_t c = r.begin; c < r.end; c++)                                        \
                bn_loop_##KIND##_part(b, PLACE, b->S, c, c + 1);                            \
    }                                                                                       \
    static void run(const union bm_args *args) { BM_TEAM_RUN(args->bn.threads, body, &args->bn); } \
    BM_KERNEL(.source = "Ioffe & Szegedy, ICML 2015, algorithm 1", .run = run,              \
        .scratch_bytes = bn_loop_##KIND##_scratch_bytes, __VA_ARGS__)

#endif
