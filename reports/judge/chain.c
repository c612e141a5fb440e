/* SPDX-License-Identifier: MIT */
#include "chain.h"

#include <math.h>
#include <stdlib.h>

#include "error.h"
#include "pairs.h"

static double weight(const struct bm_link *link)
{
    const double error = fmax(link->error, BM_PAIRS_LEAST_ERROR);
    return 1 / (error * error);
}

static void find_parts(struct bm_chain *c, const struct bm_link *link, size_t links)
{
    for (size_t i = 0; i < c->codes; i++)
        c->part[i] = i;
    for (size_t i = 0; i < links; i++) {
        const size_t a = c->part[link[i].older], b = c->part[link[i].own];
        for (size_t k = 0; k < c->codes; k++)
            if (c->part[k] == a || c->part[k] == b)
                c->part[k] = a < b ? a : b;
    }
}

/* Inverts a symmetric positive definite n x n matrix in place, by elimination without pivots. */
static void invert(double *m, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        const double pivot = 1 / m[k * n + k];
        m[k * n + k] = 1;
        for (size_t j = 0; j < n; j++)
            m[k * n + j] *= pivot;
        for (size_t i = 0; i < n; i++) {
            const double factor = m[i * n + k];
            if (i == k || factor == 0)
                continue;
            m[i * n + k] = 0;
            for (size_t j = 0; j < n; j++)
                m[i * n + j] -= factor * m[k * n + j];
        }
    }
}

/* What the pairs leave, over what their errors let expect; 1 at least. */
static double birge(const struct bm_chain *c, const struct bm_link *link, size_t links)
{
    double squares = 0;
    size_t parts = 0;
    for (size_t i = 0; i < c->codes; i++)
        parts += c->part[i] == i;
    for (size_t i = 0; i < links; i++) {
        const double rest = link[i].change - (c->level[link[i].own] - c->level[link[i].older]);
        squares += weight(&link[i]) * rest * rest;
    }
    const size_t free = links + parts - c->codes;
    return free ? fmax(1, squares / (double)free) : 1;
}

struct bm_chain bm_chain_of(const struct bm_link *link, size_t links, size_t codes)
{
    struct bm_chain c = { codes, bm_alloc((codes + 1) * sizeof *c.part), bm_alloc((codes + 1) * sizeof *c.level),
                          bm_alloc((codes * codes + 1) * sizeof *c.covariance), INFINITY };
    double *sum = bm_alloc((codes + 1) * sizeof *sum), *m = c.covariance;
    find_parts(&c, link, links);
    for (size_t i = 0; i < codes; i++)
        m[i * codes + i] = c.part[i] == i; /* the first of a part is held at 0, which bends no pair */
    for (size_t i = 0; i < links; i++) {
        const size_t a = link[i].older, b = link[i].own;
        const double w = weight(&link[i]);
        m[a * codes + a] += w;
        m[b * codes + b] += w;
        m[a * codes + b] -= w;
        m[b * codes + a] -= w;
        sum[a] -= w * link[i].change;
        sum[b] += w * link[i].change;
        c.df = fmin(c.df, link[i].df);
    }
    invert(m, codes);
    for (size_t i = 0; i < codes; i++)
        for (size_t j = 0; j < codes; j++)
            c.level[i] += m[i * codes + j] * sum[j];
    const double wider = birge(&c, link, links);
    for (size_t i = 0; i < codes * codes; i++)
        m[i] *= wider;
    free(sum);
    return c;
}

void bm_chain_free(struct bm_chain *c)
{
    free(c->part);
    free(c->level);
    free(c->covariance);
}

double bm_chain_error(const struct bm_chain *c, size_t a, size_t b)
{
    const double *m = c->covariance;
    const size_t n = c->codes;
    return sqrt(fmax(0, m[a * n + a] + m[b * n + b] - 2 * m[a * n + b]));
}
