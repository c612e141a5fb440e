/*
 * bn_loop.h - the textbook loops of the seven bn ops (bn.h has the maths), for the naive and autovec variants and their
 * _omp versions: the same source, other flags.
 *
 * Source: Ioffe & Szegedy, ICML 2015, algorithm 1 and the chain rule of section 3, as written.
 * Shapes: all. Channels-last runs in row order, channels in the inner loop and one accumulator a channel in scratch;
 *         channels-first runs one channel after the other.
 * Traffic: forward reads x three times (mean, variance, y), backward reads x and dy twice: 16 and 20 bytes an element
 *         where the arrays do not fit a cache, against 8 and 12 compulsory ones. Given statistics: x once, 8 bytes.
 * Idea:   none: what the others are measured against.
 * Error:  sums in double, because a plain f32 chain of 1e5 terms would leave bn.h's bound; otherwise f32.
 * Tail:   none, there are no vectors; autovec's are the compiler's.
 * Threads (_omp): the shape alone cuts the images (rows) into chunks with sums of their own, which are added in the
 *         order of the chunks, so every number of threads gives the same bits. The serial variants have one chunk and
 *         may differ from these in the last bit. Channels-last shares the chunks, with barriers around what is done
 *         once per channel; sharing channels, where two threads meet in the pages and lines of every row, took up to
 *         four times as long as one thread and is left to matrices whose chunks do not divide well among the team.
 *         Channels-first shares channels, and no thread waits for another; if they do not divide well, chunks. Below
 *         BN_LOOP_SMALL elements one thread works.
 * Loses:  to every variant that vectorises the sums and keeps a block of channels in cache; _omp: threads idle where
 *         there are fewer chunks and fewer channels (channels-last: 16 channels) than threads.
 */
#ifndef BATCHMARK_BN_LOOP_H
#define BATCHMARK_BN_LOOP_H

#include <math.h>

#include "bn_act.h"
#include "bn_threads.h"
#include "bn.h"
#include "kernel.h"
#include "team.h"

enum {
    BN_LOOP_MAX_CHUNKS = 256,
    BN_LOOP_LEAST = 64,   /* elements of each channel in a chunk, at least, and one image */
    BN_LOOP_GRAIN = 16    /* channels: 64 bytes of every per-channel array, so that threads do not share lines */
};

/* Chunk k is the images from k * images on, `images` of them, the last chunk fewer. */
struct bn_loop {
    bool last; /* channels-last, also when S = 1 makes the two layouts one */
    size_t images, chunks;
    size_t padded; /* channels, rounded up to BN_LOOP_GRAIN */
};

static inline struct bn_loop bn_loop(const struct bm_bn *b)
{
    size_t most = BM_OMP ? BN_LOOP_MAX_CHUNKS : 1, least = b->S ? (BN_LOOP_LEAST + b->S - 1) / b->S : 1;
    struct bn_loop loop = { .last = b->layout == BM_CHANNELS_LAST || b->S == 1, .images = (b->N + most - 1) / most,
        .padded = (b->C + BN_LOOP_GRAIN - 1) / BN_LOOP_GRAIN * BN_LOOP_GRAIN };
    if (loop.images < least)
        loop.images = least;
    loop.chunks = (b->N + loop.images - 1) / loop.images;
    return loop;
}

/* What a thread does at a time: some channels in some chunks, and for `own` what there is to do once per channel.
 * team is the number of threads at the barriers in between. */
struct bn_loop_part {
    struct bm_range channels, chunks, own;
    int team;
};

static inline struct bm_range bn_loop_images(const struct bm_bn *b, const struct bn_loop *loop, struct bm_range chunks)
{
    size_t begin = chunks.begin * loop->images, end = chunks.end * loop->images;
    return (struct bm_range){ begin < b->N ? begin : b->N, end < b->N ? end : b->N };
}

/* Sums of a chunk; 0 to begin with. */
static inline double *bn_loop_zero(double *partial, const struct bn_loop *loop, size_t chunk, struct bm_range channels)
{
    double *sum = partial + chunk * loop->padded;
    for (size_t c = channels.begin; c < channels.end; c++)
        sum[c] = 0;
    return sum;
}

/* Adds the sums of all chunks to those of the first. */
static inline void bn_loop_merge(double *sum, const struct bn_loop *loop, struct bm_range own)
{
    for (size_t k = 1; k < loop->chunks; k++) {
        const double *other = sum + k * loop->padded;
        for (size_t c = own.begin; c < own.end; c++)
            sum[c] += other[c];
    }
}

/* Element (n, c, s) of an array is at n * ld + c * S + s. S is apart from b->S because channels-last passes the literal
 * 1, which leaves no loop over s. */
#define BN_LOOP_PART static inline __attribute__((always_inline)) void

/* y from the statistics; y may be x. */
BN_LOOP_PART bn_loop_normalise_part(const struct bm_bn *b, enum bn_place place, size_t S, const struct bn_loop *loop,
                                    struct bn_loop_part part, const float *mean, const float *rstd)
{
    const float *x = b->x, *gamma = b->gamma, *beta = b->beta;
    float *y = b->y, slope = b->slope;
    struct bm_range images = bn_loop_images(b, loop, part.chunks);

    for (size_t n = images.begin; n < images.end; n++)
        for (size_t c = part.channels.begin; c < part.channels.end; c++)
            for (size_t s = 0; s < S; s++) {
                float v = x[n * b->ldx + c * S + s];
                v = gamma[c] * (((place == ACT_BEFORE ? bn_act(v, slope) : v) - mean[c]) * rstd[c]) + beta[c];
                y[n * b->ldy + c * S + s] = place == ACT_AFTER ? bn_act(v, slope) : v;
            }
}

/* mean, and in total the sum of (x - mean)^2, of the part's own channels. */
BN_LOOP_PART bn_loop_statistics_part(const struct bm_bn *b, enum bn_place place, size_t S, const struct bn_loop *loop,
                                     struct bn_loop_part part, double *total)
{
    const float *x = b->x;
    float *mean = b->mean, slope = b->slope;
    double L = (double)b->N * (double)S;

    for (size_t k = part.chunks.begin; k < part.chunks.end; k++) {
        struct bm_range images = bn_loop_images(b, loop, (struct bm_range){ k, k + 1 });
        double *sum = bn_loop_zero(total, loop, k, part.channels);
        for (size_t n = images.begin; n < images.end; n++)
            for (size_t c = part.channels.begin; c < part.channels.end; c++) {
                double t = sum[c];
                for (size_t s = 0; s < S; s++) {
                    float v = x[n * b->ldx + c * S + s];
                    t += place == ACT_BEFORE ? bn_act(v, slope) : v;
                }
                sum[c] = t;
            }
    }
    BM_TEAM_BARRIER(part.team);
    bn_loop_merge(total, loop, part.own);
    for (size_t c = part.own.begin; c < part.own.end; c++)
        mean[c] = (float)(total[c] / L);
    BM_TEAM_BARRIER(part.team);
    for (size_t k = part.chunks.begin; k < part.chunks.end; k++) {
        struct bm_range images = bn_loop_images(b, loop, (struct bm_range){ k, k + 1 });
        double *sum = bn_loop_zero(total, loop, k, part.channels);
        for (size_t n = images.begin; n < images.end; n++)
            for (size_t c = part.channels.begin; c < part.channels.end; c++) {
                double t = sum[c];
                for (size_t s = 0; s < S; s++) {
                    float v = x[n * b->ldx + c * S + s];
                    double d = (place == ACT_BEFORE ? bn_act(v, slope) : v) - mean[c];
                    t += d * d;
                }
                sum[c] = t;
            }
    }
    BM_TEAM_BARRIER(part.team);
    bn_loop_merge(total, loop, part.own);
}

BN_LOOP_PART bn_loop_forward_part(const struct bm_bn *b, enum bn_place place, size_t S, const struct bn_loop *loop,
                                  struct bn_loop_part part)
{
    float *mean = b->mean, *rstd = b->rstd;
    double *total = b->scratch, L = (double)b->N * (double)S;

    if (!b->given_mean)
        bn_loop_statistics_part(b, place, S, loop, part, total);
    for (size_t c = part.own.begin; c < part.own.end && b->given_mean; c++) {
        mean[c] = b->given_mean[c];
        total[c] = b->given_var[c] * L;
    }
    for (size_t c = part.own.begin; c < part.own.end; c++) {
        double var = total[c] / L;
        rstd[c] = (float)(1 / sqrt(var + b->eps));
        if (b->running_mean) {
            double v = b->unbiased ? total[c] / (L - 1) : var;
            b->running_mean[c] += b->momentum * (mean[c] - b->running_mean[c]);
            b->running_var[c] += b->momentum * ((float)v - b->running_var[c]);
        }
    }
    BM_TEAM_BARRIER(part.team);
    bn_loop_normalise_part(b, place, S, loop, part, mean, rstd);
}

BN_LOOP_PART bn_loop_inference_part(const struct bm_bn *b, enum bn_place place, size_t S, const struct bn_loop *loop,
                                    struct bn_loop_part part)
{
    float *rstd = b->scratch;

    for (size_t c = part.own.begin; c < part.own.end; c++)
        rstd[c] = (float)(1 / sqrt((double)b->running_var[c] + b->eps));
    BM_TEAM_BARRIER(part.team);
    bn_loop_normalise_part(b, place, S, loop, part, b->running_mean, rstd);
}

/* dx may be dy: an element of dy is read before its dx is written. */
BN_LOOP_PART bn_loop_backward_part(const struct bm_bn *b, enum bn_place place, size_t S, const struct bn_loop *loop,
                                   struct bn_loop_part part)
{
    const float *x = b->x, *dy = b->dy, *gamma = b->gamma, *beta = b->beta, *mean = b->mean, *rstd = b->rstd;
    float *dx = b->dx, *dgamma = b->dgamma, *dbeta = b->dbeta, slope = b->slope;
    double *total_d = b->scratch, *total_dx = total_d + loop->chunks * loop->padded;
    float inverse = (float)(1 / ((double)b->N * (double)S));
    struct bm_range images;

    for (size_t k = part.chunks.begin; k < part.chunks.end; k++) {
        double *sum_d = bn_loop_zero(total_d, loop, k, part.channels);
        double *sum_dx = bn_loop_zero(total_dx, loop, k, part.channels);
        images = bn_loop_images(b, loop, (struct bm_range){ k, k + 1 });
        for (size_t n = images.begin; n < images.end; n++)
            for (size_t c = part.channels.begin; c < part.channels.end; c++) {
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
    }
    BM_TEAM_BARRIER(part.team);
    bn_loop_merge(total_d, loop, part.own);
    bn_loop_merge(total_dx, loop, part.own);
    for (size_t c = part.own.begin; c < part.own.end; c++) {
        dbeta[c] = (float)total_d[c];
        dgamma[c] = (float)total_dx[c];
    }
    BM_TEAM_BARRIER(part.team);
    images = bn_loop_images(b, loop, part.chunks);
    for (size_t n = images.begin; n < images.end; n++)
        for (size_t c = part.channels.begin; c < part.channels.end; c++)
            for (size_t s = 0; s < S; s++) {
                float v = x[n * b->ldx + c * S + s], d = dy[n * b->lddy + c * S + s];
                float xhat = ((place == ACT_BEFORE ? bn_act(v, slope) : v) - mean[c]) * rstd[c];
                if (place == ACT_AFTER)
                    d = bn_act_grad(d, gamma[c] * xhat + beta[c], slope);
                d = gamma[c] * rstd[c] * (d - dbeta[c] * inverse - xhat * (dgamma[c] * inverse));
                dx[n * b->lddx + c * S + s] = place == ACT_BEFORE ? bn_act_grad(d, v, slope) : d;
            }
}

/* A sum for each channel and chunk: at most 2 KiB a channel, 8 bytes in the serial variants. */
static inline size_t bn_loop_forward_scratch_bytes(const void *args)
{
    struct bn_loop loop = bn_loop(args);
    return loop.chunks * loop.padded * sizeof(double);
}
static inline size_t bn_loop_inference_scratch_bytes(const void *args)
{
    return bn_loop(args).padded * sizeof(float);
}
/* Two sums. */
static inline size_t bn_loop_backward_scratch_bytes(const void *args)
{
    return 2 * bn_loop_forward_scratch_bytes(args);
}

/* Channels [begin, end), without anyone's help. */
static inline struct bn_loop_part bn_loop_alone(const struct bn_loop *loop, struct bm_range channels)
{
    return (struct bn_loop_part){ .channels = channels, .chunks = { 0, loop->chunks }, .own = channels, .team = 1 };
}

static inline struct bn_loop_part bn_loop_share(const struct bm_bn *b, const struct bn_loop *loop, int me, int team)
{
    size_t threads = (size_t)team;
    bool by_chunk = loop->last ? bm_balanced(loop->chunks, threads) || b->C < BN_LOOP_GRAIN * threads
                               : !bm_balanced(b->C, threads);
    if (team == 1 || !by_chunk)
        return bn_loop_alone(loop, bm_share(b->C, loop->last ? BN_LOOP_GRAIN : 1, me, team));
    return (struct bn_loop_part){ .channels = { 0, b->C }, .chunks = bm_share(loop->chunks, 1, me, team),
        .own = bm_share(b->C, BN_LOOP_GRAIN, me, team), .team = team };
}

/* Defines NAME(b, loop, part). Channels-first and alone, one channel goes through all passes before the next. */
#define BN_LOOP_DO(NAME, KIND, PLACE)                                                                              \
    static inline void NAME(const struct bm_bn *b, const struct bn_loop *loop, struct bn_loop_part part)           \
    {                                                                                                              \
        if (loop->last)                                                                                            \
            bn_loop_##KIND##_part(b, PLACE, 1, loop, part);                                                        \
        else if (BM_OMP && part.team > 1)                                                                          \
            bn_loop_##KIND##_part(b, PLACE, b->S, loop, part);                                                     \
        else                                                                                                       \
            for (size_t c = part.channels.begin; c < part.channels.end; c++)                                       \
                bn_loop_##KIND##_part(b, PLACE, b->S, loop, bn_loop_alone(loop, (struct bm_range){ c, c + 1 }));   \
    }

/* Defines run() and the kernel: BN_LOOP_KERNEL(forward, ACT_NONE, .idea = "...", .loses = "..."); */
#define BN_LOOP_KERNEL(KIND, PLACE, ...)                                                                           \
    BN_LOOP_DO(do_part, KIND, PLACE)                                                                               \
    static void body(const struct bm_bn *b, int me, int team)                                                      \
    {                                                                                                              \
        struct bn_loop loop = bn_loop(b);                                                                          \
        do_part(b, &loop, bn_loop_share(b, &loop, me, team));                                                      \
    }                                                                                                              \
    static void run(const void *args)                                                                     \
    {                                                                                                              \
        const struct bm_bn *b = args;                                                                         \
        BM_TEAM_RUN(bn_threads(b, BN_LOOP_SMALL), body, b);                                                        \
    }                                                                                                              \
    BM_KERNEL(.source = "Ioffe & Szegedy, ICML 2015, algorithm 1", .run = run,                                     \
        .scratch_bytes = bn_loop_##KIND##_scratch_bytes, __VA_ARGS__)

#endif
