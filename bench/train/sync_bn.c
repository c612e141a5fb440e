/* SPDX-License-Identifier: MIT */
/* Threads take channels, and go down their columns in blocks of so many that the sums stay in the nearest cache. */
#include "sync_bn.h"

#include "team.h"

enum { BLOCK = 64 };

/* What threads share: the block of channels that they do next, and with what. */
struct work {
    const struct bm_sync_bn *bn;
    void (*block)(const struct work *work, size_t first, size_t width);
    struct bm_moments *moments; /* out */
    double *new_sums;           /* out */
    const double *sums;
    double all_rows;
};

static inline float act_gradient(float v, float slope) { return v > 0 ? 1 : slope; }
/* A choice between two values at hand is no branch, which signs would mislead; `slope * v` would be one to compilers. */
static inline float act(float v, float slope) { return v * act_gradient(v, slope); }

static void moments_of(const struct work *w, size_t first, size_t width)
{
    const struct bm_sync_bn *bn = w->bn;
    const float before = bn->before;
    double mean[BLOCK] = { 0 }, m2[BLOCK] = { 0 };
    for (size_t n = 0; n < bn->rows; n++) {
        const float *x = bn->x + n * bn->ld + first;
        for (size_t c = 0; c < width; c++)
            mean[c] += act(x[c], before);
    }
    for (size_t c = 0; c < width && bn->rows; c++)
        mean[c] /= (double)bn->rows;
    for (size_t n = 0; n < bn->rows; n++) {
        const float *x = bn->x + n * bn->ld + first;
        for (size_t c = 0; c < width; c++) {
            const double d = act(x[c], before) - mean[c];
            m2[c] += d * d;
        }
    }
    for (size_t c = 0; c < width; c++)
        w->moments[first + c] = (struct bm_moments){ (double)bn->rows, mean[c], m2[c] };
}

static void sums_of(const struct work *w, size_t first, size_t width)
{
    const struct bm_sync_bn *bn = w->bn;
    const float before = bn->before, after = bn->after;
    double dy_sum[BLOCK] = { 0 }, xhat_sum[BLOCK] = { 0 };
    const float *gamma = bn->gamma + first, *beta = bn->beta + first, *mean = bn->mean + first,
                *rstd = bn->rstd + first;
    for (size_t n = 0; n < bn->rows; n++) {
        const float *x = bn->x + n * bn->ld + first, *d = bn->d + n * bn->ld + first;
        for (size_t c = 0; c < width; c++) {
            const float xhat = (act(x[c], before) - mean[c]) * rstd[c];
            const float dy = d[c] * act_gradient(gamma[c] * xhat + beta[c], after);
            dy_sum[c] += dy;
            xhat_sum[c] += dy * xhat;
        }
    }
    for (size_t c = 0; c < width; c++) {
        w->new_sums[first + c] = dy_sum[c];
        w->new_sums[bn->C + first + c] = xhat_sum[c];
    }
}

static void gradient_of(const struct work *w, size_t first, size_t width)
{
    const struct bm_sync_bn *bn = w->bn;
    const float before = bn->before, after = bn->after;
    float dy_mean[BLOCK], xhat_mean[BLOCK];
    const float *gamma = bn->gamma + first, *beta = bn->beta + first, *mean = bn->mean + first,
                *rstd = bn->rstd + first;
    for (size_t c = 0; c < width; c++) {
        dy_mean[c] = (float)(w->sums[first + c] / w->all_rows);
        xhat_mean[c] = (float)(w->sums[bn->C + first + c] / w->all_rows);
    }
    for (size_t n = 0; n < bn->rows; n++) {
        const float *x = bn->x + n * bn->ld + first;
        float *restrict d = bn->d + n * bn->ld + first;
        for (size_t c = 0; c < width; c++) {
            const float xhat = (act(x[c], before) - mean[c]) * rstd[c];
            const float dy = d[c] * act_gradient(gamma[c] * xhat + beta[c], after);
            d[c] = gamma[c] * rstd[c] * (dy - dy_mean[c] - xhat * xhat_mean[c]) * act_gradient(x[c], before);
        }
    }
}

static void share_blocks(const struct work *w, int me, int team)
{
    const struct bm_range mine = bm_share(w->bn->C, BLOCK, me, team);
    for (size_t first = mine.begin; first < mine.end; first += BLOCK)
        w->block(w, first, mine.end - first < BLOCK ? mine.end - first : BLOCK);
}

static void run(struct work w) { BM_TEAM_RUN(w.bn->threads, share_blocks, &w); }

void bm_sync_moments(const struct bm_sync_bn *bn, struct bm_moments *moments)
{
    run((struct work){ .bn = bn, .block = moments_of, .moments = moments });
}

void bm_sync_sums(const struct bm_sync_bn *bn, double *sums)
{
    run((struct work){ .bn = bn, .block = sums_of, .new_sums = sums });
}

void bm_sync_gradient(const struct bm_sync_bn *bn, const double *sums, size_t all_rows)
{
    run((struct work){ .bn = bn, .block = gradient_of, .sums = sums, .all_rows = (double)all_rows });
}
