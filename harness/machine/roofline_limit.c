/* SPDX-License-Identifier: MIT */
/* roofline_limit.c - what measured limits allow at most, and the least time of a call under them. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>

#include "roofline.h"

const char *const bm_way_name[BM_WAYS] = { "read", "copy", "write", "update" };

static double rate_of(const struct bm_limits *l, enum bm_way way, enum bm_level level)
{
    return way == BM_READ   ? l->read_gbs[level]
           : way == BM_COPY  ? l->copy_gbs[level]
           : way == BM_WRITE ? l->write_gbs[level]
                             : l->update_gbs[level];
}

/* ---- what was disturbed ---- */

const char *bm_disturbed_name(size_t i, unsigned *bit, char name[static 24])
{
    if (i > BM_WAYS * BM_LEVEL_COUNT)
        return NULL;
    *bit = 1u << i;
    snprintf(name, 24, "%s%s%s", i ? bm_way_name[(i - 1) / BM_LEVEL_COUNT] : "FMA", i ? " " : "",
             i ? bm_level_name((enum bm_level)((i - 1) % BM_LEVEL_COUNT)) : "");
    return name;
}

static bool has_level(const struct bm_limits *l, enum bm_level level)
{
    return level == BM_MEMORY || l->capacity_bytes[level] > 0;
}

/* What is not a positive number does not. */
static bool keeps_up(double rate, double least) { return rate > 0 && rate >= least; }

static unsigned slower_than_outside(const struct bm_limits *l)
{
    unsigned disturbed = 0;
    for (int way = 0; way < BM_WAYS; way++) {
        double outside = 0;
        for (int level = BM_MEMORY; level >= BM_L1; level--) {
            const double rate = rate_of(l, way, level);
            if (!has_level(l, level))
                continue;
            if (!keeps_up(rate, 0.9 * outside))
                disturbed |= bm_disturbed_bit(way, level);
            outside = fmax(outside, rate);
        }
    }
    return disturbed;
}

/* How many times as fast as one thread a team is at least, which has so many times what that has. */
static double least_times(double has) { return has > 1 ? fmax(1.2, has / 2) : 0.9; }

static unsigned slower_than_one(const struct bm_limits *team, const struct bm_limits *alone)
{
    unsigned disturbed = 0;
    for (enum bm_level level = BM_L1; level < BM_LEVEL_COUNT; level++) {
        const double one = level < BM_MEMORY ? (double)alone->capacity_bytes[level] : 0,
                     times = least_times(one > 0 ? (double)team->capacity_bytes[level] / one : 1);
        for (int way = 0; way < BM_WAYS && has_level(team, level); way++)
            if (!keeps_up(rate_of(team, way, level), times * rate_of(alone, way, level)))
                disturbed |= bm_disturbed_bit(way, level);
    }
    if (!keeps_up(team->fma_gflops, least_times(team->threads) * alone->fma_gflops))
        disturbed |= BM_FMA_DISTURBED;
    return disturbed;
}

unsigned bm_limits_judge(const struct bm_limits *l, const struct bm_limits *alone)
{
    return slower_than_outside(l) | (keeps_up(l->fma_gflops, 0) ? 0 : BM_FMA_DISTURBED) |
           (alone && l->threads > 1 ? slower_than_one(l, alone) : 0);
}

bool bm_limits_in_cache(const struct bm_limits *l)
{
    const size_t set = l->working_set_bytes[BM_MEMORY] * (size_t)l->threads;
    size_t most = 0;
    for (enum bm_level level = BM_L1; level < BM_MEMORY; level++)
        most = l->capacity_bytes[level] > most ? l->capacity_bytes[level] : most;
    return set > 0 && set < 2 * most;
}

/* ---- the ceiling ---- */

/* A rate, and at memory the better of it and the one past the caches; 0 where that is not wanted. */
static double wanted_rate(const struct bm_limits *l, unsigned wanted, enum bm_way way, enum bm_level level)
{
    const double past = level < BM_MEMORY   ? 0
                        : way == BM_COPY    ? l->stream_copy_gbs
                        : way == BM_WRITE   ? l->stream_write_gbs
                                            : 0;
    return wanted & bm_disturbed_bit(way, level) ? fmax(rate_of(l, way, level), past) : 0;
}

/* Raises it to `times` what is `wanted` of a row's limits. */
static void raise_ceiling(struct bm_ceiling *c, const struct bm_limits *l, double times, enum bm_isa isa, unsigned wanted)
{
    if (bm_isa_extends(isa, l->isa) && wanted & BM_FMA_DISTURBED)
        bm_raise_to(&c->fma_gflops, times * l->fma_gflops);
    for (enum bm_level level = BM_L1; level < BM_LEVEL_COUNT; level++) {
        const double read = wanted_rate(l, wanted, BM_READ, level), copy = wanted_rate(l, wanted, BM_COPY, level),
                     write = wanted_rate(l, wanted, BM_WRITE, level), update = wanted_rate(l, wanted, BM_UPDATE, level);
        bm_raise_to(&c->read_gbs[level], times * fmax(read, copy / 2));
        bm_raise_to(&c->write_gbs[level], times * fmax(write, copy / 2));
        bm_raise_to(&c->total_gbs[level], times * fmax(fmax(read, write), fmax(copy, update)));
    }
}

/* What is not known is that of the level inside; then none is slower than those outside. */
static void level_out(double rate[BM_LEVEL_COUNT])
{
    for (int level = BM_L2; level < BM_LEVEL_COUNT; level++)
        if (!(rate[level] > 0))
            rate[level] = rate[level - 1];
    for (int level = BM_MEMORY - 1; level >= BM_L1; level--)
        bm_raise_to(&rate[level], rate[level + 1]);
}

bool bm_ceiling_of(const struct bm_limits rows[], size_t n, enum bm_isa isa, int threads, struct bm_ceiling *c)
{
    bool found = false;
    unsigned disturbed = 0;
    *c = (struct bm_ceiling){ .fma_gflops = 0 };
    for (size_t i = 0; i < n; i++) {
        if (rows[i].threads != threads)
            continue;
        raise_ceiling(c, &rows[i], 1, isa, ~rows[i].disturbed);
        found |= bm_isa_extends(isa, rows[i].isa);
        disturbed |= rows[i].disturbed;
        for (enum bm_level level = BM_L1; level < BM_MEMORY; level++)
            c->capacity_bytes[level] = (double)rows[i].capacity_bytes[level];
    }
    for (size_t i = 0; i < n; i++)
        if (rows[i].threads == 1)
            raise_ceiling(c, &rows[i], threads, isa, disturbed & ~rows[i].disturbed);
    level_out(c->read_gbs);
    level_out(c->write_gbs);
    level_out(c->total_gbs);
    return found && c->fma_gflops > 0 && c->read_gbs[BM_MEMORY] > 0 && c->write_gbs[BM_MEMORY] > 0;
}

/* ---- the limit of a call ---- */

/* In nanoseconds, for units of 1e9 a second. No work takes none. */
static double take(double work, double rate) { return work > 0 ? work / rate : 0; }

static double at_level(const struct bm_ceiling *c, enum bm_level level, double read, double write, double both)
{
    return fmax(take(both, c->total_gbs[level]),
                fmax(take(read, c->read_gbs[level]), take(write, c->write_gbs[level])));
}

struct bm_limit bm_limit(const struct bm_ceiling *c, const struct bm_demand *w)
{
    const double loads = w->read_bytes + w->again_bytes;
    double ns = at_level(c, BM_L1, loads, w->write_bytes, loads + w->write_bytes), kept = 0;
    struct bm_limit limit = { ns, bm_level_name(BM_L1) };
    for (enum bm_level level = BM_L2; level < BM_LEVEL_COUNT; level++) {
        kept += c->capacity_bytes[level - 1] / fmax(w->copies, 1);
        if (level < BM_MEMORY && !(c->capacity_bytes[level] > 0)) /* there is none */
            continue;
        const double saved = 2 * fmin(kept, w->update_bytes) + fmax(kept - w->update_bytes, 0);
        ns = at_level(c, level, w->read_bytes - kept, w->write_bytes - kept, w->read_bytes + w->write_bytes - saved);
        if (ns > limit.seconds)
            limit = (struct bm_limit){ ns, bm_level_name(level) };
    }
    ns = take(w->flops, c->fma_gflops);
    if (ns > limit.seconds)
        limit = (struct bm_limit){ ns, "FMA" };
    limit.seconds *= 1e-9;
    return limit;
}
