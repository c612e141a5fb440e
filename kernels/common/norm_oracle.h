/* SPDX-License-Identifier: MIT */
/*
 * norm_oracle.h - the results of layer_norm, rms_norm and group_norm in double precision, and how far off a kernel may be.
 * Never timed.
 *
 * Error bounds, with u = 2^-24 and k = (M / 8 + 16) u, M being the elements of a group. A sum of f32 terms in chains of M / 8
 * is off by (M / 8) u sum |term| at most; the 16u pay for a tail, for adding the chains up, and for what makes the terms.
 *
 * Forward. The terms of the mean are x - x_0, x_0 being the group's first element (or x itself in double, which is better).
 * With the addition of x_0 and the rounding to f32:
 *
 *   E_mean = k (average |x - x_0|) + 2u |mean|, and 0 where all elements are equal
 *
 * The terms of the variance are squares, never negative, about a mean that is off by E_mean:
 *
 *   E_var = k (var + E_mean^2) + E_mean^2,  and r, the relative error of rstd, as in bn_forward.c
 *
 * and y likewise: (x - mean) first, then times rstd and gamma in either order, at most four roundings, and one of beta:
 *
 *   E_y = |gamma| rstd (1 + r) E_mean + |gamma xhat| (r + 5u) + 2u |beta|
 *
 * In rms_norm mean, E_mean and beta are 0.
 *
 * Backward. mean and rstd are given in f32, so xhat = (x - mean) rstd exactly. The terms g = gamma dy and g xhat have at most
 * four roundings, and a channel's sums are chains of at most 256 that are continued in double, with L = N S terms and
 * h = (min(L, 256) + 44) u, as in bn_forward.c:
 *
 *   E_1 = k sum |g|        E_2 = k sum |g xhat|        E_dbeta = h sum |dy|        E_dgamma = h sum |dy xhat|
 *   E_dx = rstd (E_1 / M + |xhat| E_2 / M + 10u (|g| + |sum g| / M + |xhat sum g xhat| / M))
 *
 * A few least subnormals are added everywhere, times what they may be multiplied with later. A NaN or an infinity in x makes
 * its whole group NaN, all but the mean of a group with an infinity, which is left open: x - x_0 is NaN where x_0 is it, and a
 * plain sum is not. In rms_norm an infinity makes rstd 0, and NaN of itself.
 */
#ifndef BATCHMARK_NORM_ORACLE_H
#define BATCHMARK_NORM_ORACLE_H

#include "norm_arrays.h"
#include "oracle.h"

static inline double norm_chain(const struct norm_groups *g) { return BM_U * ((double)g->M / 8 + 16); }

struct norm_stat {
    double mean, var, spread, mean_error, rstd, rstd_error; /* rstd_error is relative */
};

/* Statistics of group k of image n. */
static inline struct norm_stat norm_statistics(enum norm_kind kind, const struct norm_groups *g, const float *x, size_t n,
                                               size_t k, double eps)
{
    struct norm_stat r = { 0 };
    const double chain = norm_chain(g), M = (double)g->M;
    size_t c;
    const double x0 = x[norm_element(g, g->ld, n, k, 0, &c)];
    for (size_t i = 0; i < g->M && kind != NORM_RMS; i++) {
        const double v = x[norm_element(g, g->ld, n, k, i, &c)];
        r.mean += v;
        r.spread += fabs(v - x0);
    }
    r.mean /= M;
    r.spread /= M;
    for (size_t i = 0; i < g->M; i++) {
        const double d = x[norm_element(g, g->ld, n, k, i, &c)] - r.mean;
        r.var += d * d;
    }
    r.var /= M;
    const bool constant = kind != NORM_RMS && r.spread == 0;
    if (kind != NORM_RMS && !constant)
        r.mean_error = chain * r.spread + 2 * BM_U * fabs(r.mean) + 2 * BM_TINY_STEP;
    const double square = r.mean_error * r.mean_error;
    r.rstd = 1 / sqrt(r.var + eps);
    if (!isinf(r.var))
        r.rstd_error = bm_rstd_error(r.var, eps, chain * (r.var + square) + square + (constant ? 0 : 2 * BM_TINY_STEP));
    return r;
}

/* Want and bound of one element. */
static inline void norm_put(double *want, double *bound, size_t i, double w, double b)
{
    want[i] = w;
    bound[i] = bm_bound_of(w, b);
}

static inline void norm_oracle_forward(enum norm_kind kind, const struct bm_shape *s, void *const array[], double *const want[],
                                       double *const bound[])
{
    const struct norm_groups g = norm_groups(kind, s);
    const struct norm_f32 a = norm_f32(kind, false, array);
    const struct norm_f64 w = norm_f64(kind, false, want), b = norm_f64(kind, false, bound);
#pragma omp parallel for schedule(static)
    for (size_t group = 0; group < g.N * g.G; group++) {
        const size_t n = group / g.G, k = group % g.G;
        const struct norm_stat r = norm_statistics(kind, &g, a.p[X], n, k, s->eps);
        if (kind != NORM_RMS) {
            norm_put(w.p[MEAN], b.p[MEAN], group, r.mean, r.mean_error);
            if (isinf(r.mean))
                b.p[MEAN][group] = INFINITY;
        }
        norm_put(w.p[RSTD], b.p[RSTD], group, r.rstd, r.rstd * r.rstd_error + BM_TINY_STEP);
        for (size_t i = 0; i < g.M; i++) {
            size_t c;
            const double x = a.p[X][norm_element(&g, g.ld, n, k, i, &c)], gamma = a.p[GAMMA][c];
            const double beta = kind == NORM_RMS ? 0 : a.p[BETA][c], d = x - r.mean, scaled = gamma * d * r.rstd;
            double error = fabs(gamma) * r.rstd * (1 + r.rstd_error) * r.mean_error +
                                 fabs(scaled) * (r.rstd_error + 5 * BM_U) + 2 * BM_U * fabs(beta) +
                                 2 * BM_TINY_STEP * (1 + fabs(gamma) + fabs(d));
            if (isinf(r.rstd_error)) /* the variance may be lost in f32: not 0 times that */
                error = INFINITY;
            norm_put(w.p[Y], b.p[Y], norm_element(&g, g.cols, n, k, i, &c), scaled + beta, error);
        }
    }
}

/* xhat of an element of a backward op, whose mean and rstd are given. */
static inline double norm_xhat(const struct norm_f32 *a, size_t group, double x)
{
    return (x - (a->p[MEAN] ? a->p[MEAN][group] : 0)) * a->p[RSTD][group];
}

/* dgamma and dbeta of channels [begin, end), at most NORM_BLOCK. */
enum { NORM_BLOCK = 64 };
static inline void norm_oracle_channels(const struct norm_groups *g, const struct norm_f32 *a, const struct norm_f64 *w,
                                        const struct norm_f64 *b, size_t begin, size_t end)
{
    const double L = (double)g->N * (double)g->S, chain = (fmin(L, 256) + 44) * BM_U;
    struct { double d, dx, abs_d, abs_dx, rstd; } sum[NORM_BLOCK] = { { 0, 0, 0, 0, 0 } };
    for (size_t n = 0; n < g->N; n++)
        for (size_t c = begin; c < end; c++) {
            const size_t group = n * g->G + c / (g->C / g->G);
            sum[c - begin].rstd += fabs((double)a->p[RSTD][group]) * (double)g->S;
            for (size_t s = 0; s < g->S; s++) {
                const size_t at = norm_at(g, g->ld, n, c, s);
                const double d = a->p[DY][at], term = d * norm_xhat(a, group, a->p[X][at]);
                sum[c - begin].d += d;
                sum[c - begin].dx += term;
                sum[c - begin].abs_d += fabs(d);
                sum[c - begin].abs_dx += fabs(term);
            }
        }
    for (size_t c = begin; c < end; c++) {
        if (w->p[DBETA])
            norm_put(w->p[DBETA], b->p[DBETA], c, sum[c - begin].d, chain * sum[c - begin].abs_d + L * BM_TINY_STEP);
        norm_put(w->p[DGAMMA], b->p[DGAMMA], c, sum[c - begin].dx,
                 chain * sum[c - begin].abs_dx + BM_TINY_STEP * (L + sum[c - begin].rstd + sum[c - begin].abs_d));
    }
}

/* dx of a group. */
static inline void norm_oracle_group(enum norm_kind kind, const struct norm_groups *g, const struct norm_f32 *a,
                                     const struct norm_f64 *w, const struct norm_f64 *b, size_t group)
{
    const size_t n = group / g->G, k = group % g->G;
    const double M = (double)g->M, rstd = a->p[RSTD][group], mean = a->p[MEAN] ? a->p[MEAN][group] : 0;
    double sum = 0, slant = 0, abs_sum = 0, abs_slant = 0;
    size_t c;
    for (size_t i = 0; i < g->M; i++) {
        const size_t at = norm_element(g, g->ld, n, k, i, &c);
        const double v = (double)a->p[GAMMA][c] * a->p[DY][at], term = v * norm_xhat(a, group, a->p[X][at]);
        sum += v;
        slant += term;
        abs_sum += fabs(v);
        abs_slant += fabs(term);
    }
    const double error = norm_chain(g) * abs_sum / M + BM_TINY_STEP;
    const double slant_error = norm_chain(g) * abs_slant / M + BM_TINY_STEP * (1 + fabs(rstd) + abs_sum / M);
    sum = kind == NORM_RMS ? 0 : sum / M;
    slant /= M;
    for (size_t i = 0; i < g->M; i++) {
        const size_t at = norm_element(g, g->ld, n, k, i, &c);
        const double x = a->p[X][at], gamma = a->p[GAMMA][c], v = gamma * a->p[DY][at], xhat = norm_xhat(a, group, x);
        double bound = fabs(rstd) * ((kind == NORM_RMS ? 0 : error) + fabs(xhat) * slant_error +
                                     10 * BM_U * (fabs(v) + fabs(sum) + fabs(xhat * slant)));
        bound += 4 * BM_TINY_STEP * (1 + fabs((double)a->p[DY][at]) + fabs(x - mean)) *
                 (1 + fabs(gamma) + fabs(rstd) + fabs(gamma * rstd)) * (1 + fabs(slant));
        norm_put(w->p[DX], b->p[DX], norm_element(g, g->cols, n, k, i, &c), rstd * (v - sum - xhat * slant), bound);
    }
}

static inline void norm_oracle_backward(enum norm_kind kind, const struct bm_shape *s, void *const array[], double *const want[],
                                        double *const bound[])
{
    const struct norm_groups g = norm_groups(kind, s);
    const struct norm_f32 a = norm_f32(kind, true, array);
    const struct norm_f64 w = norm_f64(kind, true, want), b = norm_f64(kind, true, bound);
#pragma omp parallel
    {
#pragma omp for schedule(static)
        for (size_t begin = 0; begin < g.C; begin += NORM_BLOCK)
            norm_oracle_channels(&g, &a, &w, &b, begin, begin + NORM_BLOCK < g.C ? begin + NORM_BLOCK : g.C);
#pragma omp for schedule(static)
        for (size_t group = 0; group < g.N * g.G; group++)
            norm_oracle_group(kind, &g, &a, &w, &b, group);
    }
}

#endif
