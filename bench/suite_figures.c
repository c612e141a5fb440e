/* SPDX-License-Identifier: MIT */
/* suite_figures.c - what a run's samples say, as the result has it. */
#include <math.h>

#include "result.h"
#include "suite.h"

static void set(json_t *about, const char *key, double value)
{
    json_object_set_new(about, key, bm_real_or_null(value));
}

static void set_figures(json_t *about, const struct bm_figures *f)
{
    set(about, "min_s", f->all.min);
    set(about, "p25_s", f->all.p25);
    set(about, "median_s", f->median_s_of_launches);
    set(about, "median_low_s", f->launches < BM_LEAST_INTERVAL ? NAN : f->interval.low);
    set(about, "median_high_s", f->interval.high);
    set(about, "p75_s", f->all.p75);
    set(about, "p95_s", f->p95);
    set(about, "max_s", f->all.max);
    json_object_del(about, "all_median_s"); /* of a run that an older build began */
    set(about, "floor_s", f->floor.s);
    json_object_set_new(about, "floor_samples", json_integer((json_int_t)f->floor.samples));
    json_object_set_new(about, "floor_launches", json_integer((json_int_t)f->floor.launches));
    json_object_set_new(about, "samples", json_integer((json_int_t)f->samples));
    json_object_set_new(about, "disturbed", json_integer((json_int_t)f->disturbed));
    json_object_set_new(about, "contended", json_boolean(f->contended));
}

void bm_suite_list_results(const struct bm_suite *s)
{
    json_t *cases = bm_result_list(s->result, "cases"), *benchmarks = json_object_get(s->result, "benchmarks");
    json_array_clear(cases);
    json_array_clear(benchmarks);
    for (size_t i = 0; i < s->cases; i++) {
        const struct bm_suite_case *c = &s->cased[i];
        if (c->out || !c->launches)
            continue;
        set_figures(c->about, &c->figures);
        json_array_append(cases, c->about);
        for (size_t l = 0; l < c->launches; l++) {
            const json_t *raw = json_array_get(json_object_get(c->about, "raw"), l);
            json_array_append_new(
                benchmarks, json_pack("{s:O, s:s, s:I, s:O, s:O, s:f, s:O, s:s}", "name",
                                      json_object_get(c->about, "name"), "run_type", "iteration", "repetition_index",
                                      (json_int_t)l, "threads", json_object_get(c->about, "threads"), "iterations",
                                      json_object_get(raw, "iterations"), "real_time", c->figures.median_s[l] * 1e9,
                                      "cpu_time", json_object_get(raw, "cpu_ns"), "time_unit", "ns"));
        }
    }
}
