/* SPDX-License-Identifier: MIT */
/* roofline_limit.c - what measured limits allow at most, and the least time of a call under them. */
#include <math.h>
#include <stddef.h>

#include "roofline.h"

/* ---- the ceiling ---- */

/* Raises it to `times` the limits of a row. */
static void raise_ceiling(struct bm_ceiling *c, const struct bm_limits *l, double times, enum bm_isa isa)
{
    if (l->isa <= isa)
        bm_raise_to(&c->fma_gflops, times * l->fma_gflops);
    for (enum bm_level level = BM_L1; level < BM_LEVEL_COUNT; level++) {
        const double copy = fmax(l->copy_gbs[level], level == BM_MEMORY ? l->stream_copy_gbs : 0),
                     write = fmax(l->write_gbs[level], level == BM_MEMORY ? l->stream_write_gbs : 0);
        bm_raise_to(&c->read_gbs[level], times * fmax(l->read_gbs[level], copy / 2));
        bm_raise_to(&c->write_gbs[level], times * fmax(write, copy / 2));
        bm_raise_to(&c->total_gbs[level],
                    times * fmax(fmax(l->read_gbs[level], write), fmax(copy, l->update_gbs[level])));
    }
}

bool bm_ceiling_of(const struct bm_limits rows[], size_t n, enum bm_isa isa, int threads, struct bm_ceiling *c)
{
    bool valid = true;
    *c = (struct bm_ceiling){ .fma_gflops = 0 };
    for (size_t i = 0; i < n; i++) {
        if (rows[i].threads != threads)
            continue;
        raise_ceiling(c, &rows[i], 1, isa);
        valid &= rows[i].valid;
        for (enum bm_level level = BM_L1; level < BM_MEMORY; level++)
            c->capacity_bytes[level] = (double)rows[i].capacity_bytes[level];
    }
    const bool found = c->fma_gflops > 0;
    for (size_t i = 0; i < n && !valid; i++)
        if (rows[i].threads == 1)
            raise_ceiling(c, &rows[i], threads, isa);
    for (int level = BM_MEMORY - 1; level >= BM_L1; level--) {
        bm_raise_to(&c->read_gbs[level], c->read_gbs[level + 1]);
        bm_raise_to(&c->write_gbs[level], c->write_gbs[level + 1]);
        bm_raise_to(&c->total_gbs[level], c->total_gbs[level + 1]);
    }
    return found;
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
