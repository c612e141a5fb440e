/* SPDX-License-Identifier: MIT */
#include "samples.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

static bool above(const json_t *list, size_t i, double most)
{
    return json_number_value(json_array_get(list, i)) > most;
}

static bool is_disturbed(const json_t *launch, size_t i)
{
    return above(json_object_get(launch, "switches"), i, 0) || above(json_object_get(launch, "migrations"), i, 0) ||
           above(json_object_get(launch, "throttled"), i, 0) || above(json_object_get(launch, "suspended"), i, 0) ||
           above(json_object_get(launch, "contention"), i, BM_CONTENTION_MOST);
}

static size_t count_disturbed(const json_t *launch)
{
    size_t disturbed = 0;
    for (size_t i = 0; i < json_array_size(json_object_get(launch, "ns")); i++)
        disturbed += is_disturbed(launch, i);
    return disturbed;
}

/* Seconds of a launch's samples; returns how many. */
static size_t take(const json_t *launch, double *seconds)
{
    const json_t *ns = json_object_get(launch, "ns"), *one;
    size_t i;
    json_array_foreach(ns, i, one) seconds[i] = json_number_value(one) * 1e-9;
    return json_array_size(ns);
}

static size_t count_within(const json_t *ns, double most)
{
    size_t n = 0, i;
    const json_t *one;
    json_array_foreach(ns, i, one) n += json_number_value(one) * 1e-9 <= most;
    return n;
}

struct bm_floor bm_floor_of(const json_t *raw)
{
    struct bm_floor f = { .s = NAN };
    const json_t *launch, *one;
    size_t l, i;
    json_array_foreach(raw, l, launch) json_array_foreach(json_object_get(launch, "ns"), i, one) f.s =
        fmin(f.s, json_number_value(one) * 1e-9);
    json_array_foreach(raw, l, launch)
    {
        const size_t near = count_within(json_object_get(launch, "ns"), f.s * (1 + BM_FLOOR_NEAR));
        f.samples += near;
        f.launches += near > 0;
    }
    return f;
}

bool bm_floor_stands(const struct bm_floor *f)
{
    return f->samples >= BM_FLOOR_SAMPLES && f->launches >= BM_FLOOR_LAUNCHES;
}

struct bm_figures bm_figures_of(const json_t *raw, const json_t *more)
{
    struct bm_figures f = { .samples = 0 };
    const size_t launches = json_array_size(raw);
    const json_t *launch;
    size_t l;
    json_array_foreach(raw, l, launch) f.samples += json_array_size(json_object_get(launch, "ns"));
    double *all = bm_alloc((f.samples + 1) * sizeof *all), *median = bm_alloc((launches + 1) * sizeof *median);
    f.median_s = bm_alloc((launches + 1) * sizeof *f.median_s);
    size_t n = 0, quiet = 0; /* launches with an undisturbed sample */
    json_array_foreach(raw, l, launch)
    {
        const size_t count = take(launch, all + n), disturbed = count_disturbed(launch);
        f.median_s[l] = bm_summarise(all + n, count).median;
        if (count)
            median[f.launches++] = f.median_s[l];
        f.disturbed += disturbed;
        quiet += disturbed < count;
        n += count;
    }
    f.contended = 2 * quiet < launches;
    f.all = bm_summarise(all, n);
    f.p95 = n ? bm_quantile(all, n, 0.95) : NAN;
    f.median_s_of_launches = bm_summarise(median, f.launches).median;
    f.interval = bm_median_interval(median, f.launches);
    free(median);
    free(all);
    json_t *both = json_array();
    json_array_extend(both, (json_t *)(size_t)raw);
    if (more)
        json_array_extend(both, (json_t *)(size_t)more);
    f.floor = bm_floor_of(both);
    json_decref(both);
    return f;
}
