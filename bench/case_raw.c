/* SPDX-License-Identifier: MIT */
/* case_raw.c - what was sampled of a case, as the result keeps it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "result.h"
#include "timed_case.h"

json_t *bm_rounded(double value, int digits)
{
    char text[40];
    snprintf(text, sizeof text, "%.*g", digits, value);
    return json_real(strtod(text, NULL));
}

/* Of a launch: a list beside its samples, left out if all are 0. */
static void add_counts(json_t *raw, const char *key, const struct bm_timed_case *c,
                       long (*count)(const struct bm_timed_sample *))
{
    json_t *list = json_array();
    long all = 0;
    for (int i = 0; i < c->done; i++) {
        const long n = count(&c->sample[i]);
        all += n;
        json_array_append_new(list, json_integer(n));
    }
    if (all > 0)
        json_object_set(raw, key, list);
    json_decref(list);
}

static long switches(const struct bm_timed_sample *s) { return s->after.switches - s->before.switches; }
static long throttled(const struct bm_timed_sample *s) { return s->after.throttled - s->before.throttled; }
static long suspended(const struct bm_timed_sample *s) { return s->after.suspended - s->before.suspended; }
static long migrations(const struct bm_timed_sample *s) { return s->after.migrations - s->before.migrations; }

json_t *bm_case_raw(const struct bm_timed_case *c, double began)
{
    json_t *ns = json_array(), *at = json_array(), *clock = json_array(), *cpus = json_array(),
           *contended = json_array();
    for (int i = 0; i < c->done; i++) {
        const struct bm_timed_sample *s = &c->sample[i];
        json_array_append_new(ns, bm_rounded(s->real_s * 1e9, 6));
        json_array_append_new(at, json_real(round((s->at_s - began) * 1e4) / 1e4));
        json_array_append_new(clock, isnan(s->clock) ? json_null() : bm_rounded(s->clock, 4));
        json_array_append_new(contended, s->contention > 0 ? bm_rounded(s->contention, 3) : json_null());
    }
    for (int i = 0; i < c->planned->threads; i++)
        json_array_append_new(cpus, json_integer(c->cpus[i]));
    json_t *raw = json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "iterations", (json_int_t)c->iterations, "cpus",
                            cpus, "ns", ns, "at_s", at, "clock", clock, "contention", contended, "cpu_ns",
                            bm_rounded(c->cpu_s / c->done * 1e9, 6));
    add_counts(raw, "switches", c, switches);
    add_counts(raw, "throttled", c, throttled);
    add_counts(raw, "migrations", c, migrations);
    add_counts(raw, "suspended", c, suspended);
    if (c->done < c->samples)
        json_object_set_new(raw, "planned", json_integer(c->samples));
    return raw;
}

double bm_case_sampled_s(const struct bm_timed_case *c)
{
    double sum = 0;
    for (int i = 0; i < c->done; i++)
        sum += c->sample[i].real_s * (double)c->iterations;
    return sum;
}
