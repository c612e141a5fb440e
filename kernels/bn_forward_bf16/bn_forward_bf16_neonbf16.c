/* SPDX-License-Identifier: MIT */
/*
 * bn_forward_bf16_neonbf16 - batch normalisation in training of bf16 in plain NEON BF16: mean and variance in one pass
 * over memory, y in a second. The maths is in bn.h and bn_bf16.h.
 *
 * Source:  Ioffe & Szegedy, ICML 2015; Chan, Golub & LeVeque, The American Statistician 37(3), 1983.
 * Shapes:  all.
 * Traffic: 6 bytes an element where x does not stay in a cache between the passes (channels-first: 8 where a channel does
 *          not), and 2 for the lines of y that are read to be overwritten. Given statistics: 4 and 2.
 * Idea:    channels-last: 32 rows are summed, and then, while a cache has them, their squares about their own mean.
 *          Chan's formula adds them to the rows before, so memory is read once for mean and variance. Rows wider than 2
 *          KiB are taken in bands of that width. A lane is a channel, and four rows are taken along at a time: what
 *          belongs to a channel is loaded once for four rows. Channels-first: one channel after the other goes through
 *          three passes, in four accumulators along a run.
 * Error:   f32 sums of at most 32 rows, or 67 steps along a run, of x - first and of (x - mean)^2, merged in double.
 *          Poor: none within bn.h's bound.
 * Tail:    lane by lane; nothing beyond the arrays is touched.
 * Loses:   with a large y, whose lines it reads to overwrite them; channels-first with short runs, whose lanes are added
 *          up one by one.
 */
#include <math.h>

#include "bf16.h"
#include "bn_bf16.h"
#include "kernel.h"
#include "simd_bf16.h"

/* BAND: channels, whose chunks of 64 KiB stay in a second-level cache. */
enum { ROWS = 4, CHUNK = 32, BAND = 1024, RUN = 64 * 4 * VF };

static inline size_t least(size_t a, size_t b) { return a < b ? a : b; }

static inline vf add(vf sum, vf d, bool square) { return square ? vf_fma(d, d, sum) : vf_add(sum, d); }

/* What is kept of channels [begin, end), total being the sums of (x - mean)^2. */
static inline void finish(const struct bm_bn_bf16 *b, size_t begin, size_t end, double *total)
{
    const double L = (double)b->N * (double)b->S, over = 1 / L, running = b->unbiased ? 1 / (L - 1) : over;
    const float eps = b->eps, momentum = b->momentum;
    float *mean = b->mean, *rstd = b->rstd, *running_mean = b->running_mean, *running_var = b->running_var;
    for (size_t c = begin; b->given_mean && c < end; c++) {
        mean[c] = b->given_mean[c];
        total[c] = b->given_var[c] * L;
    }
    for (size_t c = begin; c < end; c++)
        rstd[c] = 1 / sqrtf((float)(total[c] * over) + eps);
    for (size_t c = begin; running_mean && c < end; c++) {
        running_mean[c] += momentum * (mean[c] - running_mean[c]);
        running_var[c] += momentum * ((float)(total[c] * running) - running_var[c]);
    }
}

/* ---- channels-last --------------------------------------------------------------------------------------------- */

/* sum[c] = the sum of x - centre[c], or of its square, over `rows` rows of C channels. */
static inline void sum_rows(const uint16_t *x, size_t ldx, size_t rows, size_t C, const float *centre, bool square,
                            float *sum)
{
    for (size_t c = 0; c < C; c++)
        sum[c] = 0;
    for (size_t n = 0; n < rows; n += ROWS) {
        const size_t few = least(rows - n, ROWS);
        for (size_t c = 0; c < C; c += VF) {
            const uint16_t *of = x + n * ldx + c;
            const vf m = vf_get(centre + c, C - c);
            vf s = vf_get(sum + c, C - c);
            for (size_t i = 0; i < few; i++)
                s = add(s, vf_sub(vf_get_bf16(of + i * ldx, C - c), m), square);
            vf_put(sum + c, C - c, s);
        }
    }
}

/* The mean of up to CHUNK rows of up to BAND channels, and the sums of (x - mean)^2. */
static inline void sum_chunk(const uint16_t *x, size_t ldx, size_t rows, size_t C, double *mean, float *squares)
{
    const double over = 1 / (double)rows;
    float sum[BAND], centre[BAND];
    for (size_t c = 0; c < C; c += VF)
        vf_put(centre + c, C - c, vf_get_bf16(x + c, C - c));
    sum_rows(x, ldx, rows, C, centre, false, sum);
    for (size_t c = 0; c < C; c++) {
        mean[c] = centre[c] + sum[c] * over;
        centre[c] = (float)mean[c];
    }
    sum_rows(x, ldx, rows, C, centre, true, squares);
}

/* Adds a chunk to what mean and total, the sums of (x - mean)^2, are of: the `before` rows before it. */
static inline void merge(size_t before, size_t rows, size_t C, const double *chunk_mean, const float *squares,
                         double *mean, double *total)
{
    const double share = (double)rows / (double)(before + rows), weight = (double)before * share;
    for (size_t c = 0; c < C; c++) {
        const double apart = chunk_mean[c] - mean[c];
        mean[c] += apart * share;
        total[c] += squares[c] + apart * apart * weight;
    }
}

/* total[c] = the sum of (x - mean)^2. */
static inline void moments(const struct bm_bn_bf16 *b, double *total)
{
    double *mean = total + b->C, chunk_mean[BAND];
    float squares[BAND];
    for (size_t c = 0; c < b->C; c++)
        mean[c] = total[c] = 0;
    for (size_t c = 0; c < b->C; c += BAND) {
        const size_t C = least(b->C - c, BAND);
        for (size_t n = 0; n < b->N; n += CHUNK) {
            const size_t rows = least(b->N - n, CHUNK);
            sum_chunk(b->x + n * b->ldx + c, b->ldx, rows, C, chunk_mean, squares);
            merge(n, rows, C, chunk_mean, squares, mean + c, total + c);
        }
    }
    for (size_t c = 0; c < b->C; c++)
        b->mean[c] = (float)mean[c];
}

static inline void normalise_rows(const struct bm_bn_bf16 *b)
{
    const size_t C = b->C, ldx = b->ldx, ldy = b->ldy;
    for (size_t n = 0; n < b->N; n += ROWS) {
        const size_t rows = least(b->N - n, ROWS);
        for (size_t c = 0; c < C; c += VF) {
            const uint16_t *x = b->x + n * ldx + c;
            uint16_t *y = b->y + n * ldy + c;
            const vf mean = vf_get(b->mean + c, C - c), shift = vf_get(b->beta + c, C - c);
            const vf scale = vf_mul(vf_get(b->gamma + c, C - c), vf_get(b->rstd + c, C - c));
            for (size_t i = 0; i < rows; i++)
                vf_put_bf16(y + i * ldy, C - c, vf_fma(vf_sub(vf_get_bf16(x + i * ldx, C - c), mean), scale, shift));
        }
    }
}

static void channels_last(const struct bm_bn_bf16 *b, double *total)
{
    if (!b->given_mean)
        moments(b, total);
    finish(b, 0, b->C, total);
    normalise_rows(b);
}

/* ---- channels-first -------------------------------------------------------------------------------------------- */

/* The sum of x - centre, or of its square, over channel c. */
static inline double sum_runs(const struct bm_bn_bf16 *b, size_t c, float centre, bool square)
{
    const vf m = vf_set1(centre);
    double total = 0;
    for (size_t n = 0; n < b->N; n++)
        for (size_t s = 0, end; s < b->S; s = end) {
            const uint16_t *x = b->x + n * b->ldx + c * b->S;
            vf s0 = vf_zero(), s1 = s0, s2 = s0, s3 = s0;
            end = least(s + RUN, b->S);
            for (; s + 4 * VF <= end; s += 4 * VF) {
                s0 = add(s0, vf_sub(vf_load_bf16(x + s), m), square);
                s1 = add(s1, vf_sub(vf_load_bf16(x + s + VF), m), square);
                s2 = add(s2, vf_sub(vf_load_bf16(x + s + 2 * VF), m), square);
                s3 = add(s3, vf_sub(vf_load_bf16(x + s + 3 * VF), m), square);
            }
            for (; s < end; s += VF) {
                const vf d = vf_sub(vf_get_bf16(x + s, end - s), m);
                s0 = add(s0, vf_keep(vf_first(least(end - s, VF)), d), square);
            }
            total += vf_sum(vf_add(vf_add(s0, s1), vf_add(s2, s3)));
        }
    return total;
}

static inline void normalise_runs(const struct bm_bn_bf16 *b, size_t c)
{
    const vf mean = vf_set1(b->mean[c]), scale = vf_set1(b->gamma[c] * b->rstd[c]), shift = vf_set1(b->beta[c]);
    for (size_t n = 0; n < b->N; n++) {
        const uint16_t *x = b->x + n * b->ldx + c * b->S;
        uint16_t *y = b->y + n * b->ldy + c * b->S;
        for (size_t s = 0; s < b->S; s += VF)
            vf_put_bf16(y + s, b->S - s, vf_fma(vf_sub(vf_get_bf16(x + s, b->S - s), mean), scale, shift));
    }
}

static inline void channel_first(const struct bm_bn_bf16 *b, size_t c, double *total)
{
    const float first = bm_bf16_value(b->x[c * b->S]);
    if (!b->given_mean) {
        b->mean[c] = (float)(first + sum_runs(b, c, first, false) / ((double)b->N * (double)b->S));
        total[c] = sum_runs(b, c, b->mean[c], true);
    }
    finish(b, c, c + 1, total);
    normalise_runs(b, c);
}

static size_t scratch_bytes(const void *args) { return ((const struct bm_bn_bf16 *)args)->C * 2 * sizeof(double); }

static void run(const void *args)
{
    const struct bm_bn_bf16 *b = args;
    if (b->layout == BM_CHANNELS_LAST || b->S == 1)
        channels_last(b, b->scratch);
    else
        for (size_t c = 0; c < b->C; c++)
            channel_first(b, c, b->scratch);
}

BM_KERNEL(.idea = "sums and squares of 32 rows while a cache has them, merged in double; y in a second pass "
                  "(channels-first: three passes, a channel at a time)",
          .source = "Ioffe & Szegedy, ICML 2015; Chan, Golub & LeVeque, The American Statistician 37(3), 1983",
          .loses = "with a large y, whose lines it reads to overwrite them; channels-first with short runs, whose lanes are "
                   "added up one by one",
          .scratch_bytes = scratch_bytes, .run = run);
