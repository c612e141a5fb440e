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
           above(json_object_get(launch, "contention"), i, BM_CONTENTION_MOST);
}

/* Seconds of a launch's samples, all or the undisturbed ones; returns how many. */
static size_t take(const json_t *launch, bool all, double *seconds)
{
    const json_t *ns = json_object_get(launch, "ns");
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(ns); i++)
        if (all || !is_disturbed(launch, i))
            seconds[n++] = json_number_value(json_array_get(ns, i)) * 1e-9;
    return n;
}

/* Medians of the launches; returns how many count. */
static size_t find_medians(const json_t *raw, bool all, double *scratch, double *median)
{
    size_t counted = 0, l;
    const json_t *launch;
    json_array_foreach(raw, l, launch)
    {
        const size_t n = take(launch, all, scratch);
        median[l] = n ? bm_summarise(scratch, n).median : NAN;
        counted += n > 0;
    }
    return counted;
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
    double *all = bm_alloc((f.samples + launches + 1) * sizeof *all);
    f.median_s = bm_alloc((launches + 1) * sizeof *f.median_s);
    size_t n = 0;
    json_array_foreach(raw, l, launch) n += take(launch, false, all + n);
    f.disturbed = f.samples - n;
    f.launches = find_medians(raw, false, all, f.median_s);
    f.contended = 2 * f.launches < launches;
    if (f.contended)
        f.launches = find_medians(raw, true, all, f.median_s);
    n = 0;
    json_array_foreach(raw, l, launch) n += take(launch, true, all + n);
    f.all = bm_summarise(all, n);
    f.p95 = n ? bm_quantile(all, n, 0.95) : NAN;
    json_t *both = json_array();
    json_array_extend(both, (json_t *)(size_t)raw);
    if (more)
        json_array_extend(both, (json_t *)(size_t)more);
    f.floor = bm_floor_of(both);
    json_decref(both);
    n = 0;
    for (l = 0; l < launches; l++)
        if (!isnan(f.median_s[l]))
            all[n++] = f.median_s[l];
    f.median_s_of_launches = bm_summarise(all, n).median;
    f.interval = bm_median_interval(all, n);
    free(all);
    return f;
}

double bm_figures_half_width(const struct bm_figures *f)
{
    return (f->interval.high - f->interval.low) / 2 / f->median_s_of_launches;
}
