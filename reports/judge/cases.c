/* SPDX-License-Identifier: MIT */
#include "cases.h"

#include <math.h>
#include <string.h>

#include "peer.h"

const char *bm_variant_of(const char *op, const char *kernel)
{
    const size_t n = strlen(op);
    return strncmp(kernel, op, n) == 0 && kernel[n] == '_' ? kernel + n + 1 : kernel;
}

bool bm_variant_is_peer(const char *variant)
{
    const struct bm_peer *peer;
    for (size_t i = 0; (peer = bm_peer_at(i)); i++) {
        const size_t n = strlen(peer->name);
        if (strncmp(variant, peer->name, n) == 0 && (!variant[n] || variant[n] == '_'))
            return true;
    }
    return false;
}

const char *bm_case_variant(const struct bm_run_case *c) { return bm_variant_of(c->op, c->kernel); }
bool bm_case_is_peer(const struct bm_run_case *c) { return bm_variant_is_peer(bm_case_variant(c)); }

static bool ends_with(const char *text, const char *end)
{
    const size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

bool bm_case_competes(const struct bm_run_case *c, bool peers)
{
    return bm_case_is_peer(c) == peers && !(peers && ends_with(c->kernel, "_packed"));
}

/* oneDNN 2's only layer normalisation says ":any" and compiles its loops at run time like others. */
bool bm_case_on_slow_path(const struct bm_run_case *c)
{
    return c->implementation && strcmp(c->implementation, "simple_layer_normalization:any") != 0 &&
           (ends_with(c->implementation, ":any") || ends_with(c->implementation, ":sse41"));
}

int bm_op_rank(const char *op) { return strncmp(op, "gemm", 4) == 0 ? 0 : strstr(op, "bn_") ? 1 : 2; }

bool bm_same_work(const struct bm_run_case *a, const struct bm_run_case *b)
{
    return strcmp(a->op, b->op) == 0 && strcmp(a->shape, b->shape) == 0 && strcmp(a->origin, b->origin) == 0;
}

bool bm_counts_flops(const struct bm_run_case *c) { return c->flops > 2 * (c->read_bytes + c->write_bytes); }

size_t bm_case_group_end(const struct bm_run *run, size_t begin)
{
    size_t end = begin + 1;
    while (end < run->cases && bm_same_work(&run->cased[begin], &run->cased[end]))
        end++;
    return end;
}

bool bm_case_is_warm(const struct bm_run_case *c) { return strcmp(c->cache, "warm") == 0; }

const struct bm_run_case *bm_case_beside(const struct bm_run *run, const struct bm_run_case *c, const char *variant,
                                         int threads)
{
    for (size_t i = 0; i < run->cases; i++) {
        const struct bm_run_case *other = &run->cased[i];
        if ((!threads || other->threads == threads) && strcmp(bm_case_variant(other), variant) == 0 &&
            strcmp(other->cache, c->cache) == 0 && bm_same_work(other, c))
            return other;
    }
    return NULL;
}

const struct bm_run_case *bm_case_fastest(const struct bm_run *run, const struct bm_run_case *c, int threads,
                                          bool peers)
{
    const struct bm_run_case *fastest = NULL;
    for (size_t i = 0; i < run->cases; i++) {
        const struct bm_run_case *other = &run->cased[i];
        if (other->threads == threads && strcmp(other->cache, c->cache) == 0 && bm_same_work(other, c) &&
            bm_case_competes(other, peers) && (!fastest || other->stats.median < fastest->stats.median))
            fastest = other;
    }
    return fastest;
}

static size_t place(const struct bm_source *source, const struct bm_run_case *c)
{
    return (size_t)(c - source->run.cased);
}

const char *bm_case_median_from(const struct bm_source *source, const struct bm_run_case *c,
                                char from[static BM_FROM_ROOM])
{
    snprintf(from, BM_FROM_ROOM, c->older ? "typical(cases[%zu].raw)" : "cases[%zu].median_s", place(source, c));
    return from;
}

struct bm_value bm_case_median(const struct bm_source *source, const struct bm_run_case *c)
{
    char from[BM_FROM_ROOM];
    return bm_value_of(c->stats.median, BM_UNIT_SECONDS, source, "%s", bm_case_median_from(source, c, from));
}

struct bm_value bm_case_half(const struct bm_source *source, const struct bm_run_case *c)
{
    const size_t i = place(source, c);
    const bool known = c->launches >= BM_LEAST_INTERVAL && isfinite(c->stats.high);
    const double half = known ? 50 * (c->stats.high - c->stats.low) / c->stats.median : NAN;
    if (c->older)
        return bm_derived(half, BM_UNIT_PERCENT, source);
    return bm_value_of(half, BM_UNIT_PERCENT, source,
                       "50*(cases[%zu].median_high_s-cases[%zu].median_low_s)/cases[%zu].median_s", i, i, i);
}

struct bm_value bm_case_floor(const struct bm_source *source, const struct bm_run_case *c)
{
    const size_t i = place(source, c);
    const json_t *json = json_array_get(json_object_get(source->run.ours, "cases"), i);
    return bm_value_of(c->floor.s, BM_UNIT_SECONDS, source,
                       json_object_get(json, "floor_s") ? "cases[%zu].floor_s" : "cases[%zu].min_s", i);
}

struct bm_value bm_case_rate(const struct bm_source *source, const struct bm_run_case *c)
{
    const size_t i = place(source, c);
    char median[BM_FROM_ROOM];
    bm_case_median_from(source, c, median);
    const double work = bm_counts_flops(c) ? c->flops : c->read_bytes + c->write_bytes,
                 rate = 1e-9 * work / c->stats.median;
    if (bm_counts_flops(c))
        return bm_value_of(rate, BM_UNIT_GFLOPS, source, "1e-9*cases[%zu].flops/%s", i, median);
    return bm_value_of(rate, BM_UNIT_GBS, source, "1e-9*sum(cases[%zu].read_bytes,cases[%zu].write_bytes)/%s", i, i,
                       median);
}

struct bm_value bm_case_of_limit(const struct bm_source *source, const struct bm_run_case *c)
{
    char median[BM_FROM_ROOM];
    return bm_value_of(100 * c->bound_s / c->stats.median, BM_UNIT_PERCENT, source, "100*cases[%zu].bound_s/%s",
                       place(source, c), bm_case_median_from(source, c, median));
}

struct bm_value bm_case_percent(const struct bm_source *source, const struct bm_run_case *c,
                                const struct bm_run_case *base, enum bm_unit unit)
{
    struct bm_value times = bm_case_speedup(source, c, base);
    return bm_value_of(100 * times.x, unit, source, "100*%s", times.from);
}

struct bm_value bm_case_speedup(const struct bm_source *source, const struct bm_run_case *c,
                                const struct bm_run_case *base)
{
    char of[2][BM_FROM_ROOM];
    return bm_value_of(base->stats.median / c->stats.median, BM_UNIT_TIMES, source, "%s/%s",
                       bm_case_median_from(source, base, of[0]), bm_case_median_from(source, c, of[1]));
}
