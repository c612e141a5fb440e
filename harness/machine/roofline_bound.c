/* roofline_bound.c - what measured limits allow at most, and the least time of a call under them. */
#include <math.h>
#include <stddef.h>

#include "roofline.h"

/* ---- limits that were measured several times ---- */

static void raise_to(double *best, double again) { *best = fmax(*best, again); }

void bm_limits_raise(struct bm_limits *best, const struct bm_limits *again)
{
    raise_to(&best->fma_gflops, again->fma_gflops);
    raise_to(&best->fma_median_gflops, again->fma_median_gflops);
    raise_to(&best->stream_copy_gbs, again->stream_copy_gbs);
    raise_to(&best->stream_copy_median_gbs, again->stream_copy_median_gbs);
    raise_to(&best->stream_write_gbs, again->stream_write_gbs);
    raise_to(&best->stream_write_median_gbs, again->stream_write_median_gbs);
    for (enum bm_level level = BM_L1; level < BM_LEVEL_COUNT; level++) {
        raise_to(&best->read_gbs[level], again->read_gbs[level]);
        raise_to(&best->read_median_gbs[level], again->read_median_gbs[level]);
        raise_to(&best->copy_gbs[level], again->copy_gbs[level]);
        raise_to(&best->copy_median_gbs[level], again->copy_median_gbs[level]);
        raise_to(&best->write_gbs[level], again->write_gbs[level]);
        raise_to(&best->write_median_gbs[level], again->write_median_gbs[level]);
        raise_to(&best->update_gbs[level], again->update_gbs[level]);
        raise_to(&best->update_median_gbs[level], again->update_median_gbs[level]);
    }
}

/* What is not a positive number is a flaw too. */
static bool keeps_up(double rate, double least) { return rate > 0 && rate >= least; }

static bool own_cache(const struct bm_limits *team, const struct bm_limits *alone, enum bm_level level)
{
    return level < BM_MEMORY && team->capacity_bytes[level] > alone->capacity_bytes[level];
}

const char *bm_limits_flaw(const struct bm_limits *l, const struct bm_limits *alone)
{
    const double *const rates[] = { l->read_gbs, l->copy_gbs, l->write_gbs, l->update_gbs };
    for (size_t kind = 0; kind < sizeof rates / sizeof *rates; kind++)
        for (enum bm_level level = BM_L1; level < BM_LEVEL_COUNT; level++)
            if (!keeps_up(rates[kind][level], level < BM_MEMORY ? 0.9 * rates[kind][level + 1] : 0))
                return "a level is slower than the next outer one";
    if (!keeps_up(l->fma_gflops, 0))
        return "the FMA peak is not known";
    if (!alone || l->threads < 2)
        return NULL;
    if (!keeps_up(l->fma_gflops, 1.2 * alone->fma_gflops))
        return "the team has no higher FMA peak than one thread, as if two threads shared a core";
    /* Where each thread has a cache of its own, the team must have more than one has. */
    const double *const single[] = { alone->read_gbs, alone->copy_gbs, alone->write_gbs, alone->update_gbs };
    for (size_t kind = 0; kind < sizeof rates / sizeof *rates; kind++)
        for (enum bm_level level = BM_L1; level < BM_LEVEL_COUNT; level++)
            if (!keeps_up(rates[kind][level], (own_cache(l, alone, level) ? 1.2 : 0.9) * single[kind][level]))
                return "the team moves less than one thread alone";
    return NULL;
}

/* ---- the ceiling ---- */

/* Raises it to `times` the limits of a row. */
static void raise_ceiling(struct bm_ceiling *c, const struct bm_limits *l, double times, enum bm_isa isa)
{
    if (l->isa <= isa)
        raise_to(&c->fma_gflops, times * l->fma_gflops);
    for (enum bm_level level = BM_L1; level < BM_LEVEL_COUNT; level++) {
        const double copy = fmax(l->copy_gbs[level], level == BM_MEMORY ? l->stream_copy_gbs : 0),
                     write = fmax(l->write_gbs[level], level == BM_MEMORY ? l->stream_write_gbs : 0);
        raise_to(&c->read_gbs[level], times * fmax(l->read_gbs[level], copy / 2));
        raise_to(&c->write_gbs[level], times * fmax(write, copy / 2));
        raise_to(&c->total_gbs[level], times * fmax(fmax(l->read_gbs[level], write), fmax(copy, l->update_gbs[level])));
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
        raise_to(&c->read_gbs[level], c->read_gbs[level + 1]);
        raise_to(&c->write_gbs[level], c->write_gbs[level + 1]);
        raise_to(&c->total_gbs[level], c->total_gbs[level + 1]);
    }
    return found;
}

/* ---- the bound ---- */

/* In nanoseconds, for units of 1e9 a second. No work takes none. */
static double take(double work, double rate) { return work > 0 ? work / rate : 0; }

static double at_level(const struct bm_ceiling *c, enum bm_level level, double read, double write, double both)
{
    return fmax(take(both, c->total_gbs[level]),
                fmax(take(read, c->read_gbs[level]), take(write, c->write_gbs[level])));
}

struct bm_bound bm_bound(const struct bm_ceiling *c, const struct bm_demand *w)
{
    const double loads = w->read_bytes + w->again_bytes;
    double ns = at_level(c, BM_L1, loads, w->write_bytes, loads + w->write_bytes), kept = 0;
    struct bm_bound bound = { ns, bm_level_name(BM_L1) };
    for (enum bm_level level = BM_L2; level < BM_LEVEL_COUNT; level++) {
        kept += c->capacity_bytes[level - 1] / fmax(w->copies, 1);
        const double saved = 2 * fmin(kept, w->update_bytes) + fmax(kept - w->update_bytes, 0);
        ns = at_level(c, level, w->read_bytes - kept, w->write_bytes - kept, w->read_bytes + w->write_bytes - saved);
        if (ns > bound.seconds)
            bound = (struct bm_bound){ ns, bm_level_name(level) };
    }
    ns = take(w->flops, c->fma_gflops);
    if (ns > bound.seconds)
        bound = (struct bm_bound){ ns, "FMA" };
    bound.seconds *= 1e-9;
    return bound;
}
