/* SPDX-License-Identifier: MIT */
/* ranks.c - one rank: what it has is what all have. */
#include "ranks.h"

static void sum(const struct bm_ranks *r, double *x, size_t n) { (void)r, (void)x, (void)n; }
static void merge(const struct bm_ranks *r, struct bm_moments *x, size_t n) { (void)r, (void)x, (void)n; }
static double least(const struct bm_ranks *r, double x) { return (void)r, x; }
static void begin_sum(const struct bm_ranks *r, unsigned slot, float *x, size_t n)
{
    (void)r, (void)slot, (void)x, (void)n;
}
static void progress(const struct bm_ranks *r) { (void)r; }
static void finish_sum(const struct bm_ranks *r, unsigned slot) { (void)r, (void)slot; }
static const struct bm_ranks *first(const struct bm_ranks *r, int count) { return (void)count, r; }

const struct bm_ranks bm_one_rank = { 0, 1, NULL, NULL, sum, merge, least, begin_sum, progress, finish_sum, first };
const struct bm_ranks *bm_ranks = &bm_one_rank;

bool bm_ranks_agree(const struct bm_ranks *r, double x) { return r->least(r, x) == -r->least(r, -x); }
