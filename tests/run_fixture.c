#include "run_fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "result.h"
#include "stats.h"

double normal(unsigned long long *state)
{
    double u[2];
    for (int i = 0; i < 2; i++) {
        *state = *state * 6364136223846793005ull + 1442695040888963407ull;
        u[i] = ((double)(*state >> 11) + 0.5) / 9007199254740992.0;
    }
    return sqrt(-2 * log(u[0])) * cos(2 * M_PI * u[1]);
}

json_t *made_up_run(const char *commit, const char *date)
{
    return json_pack(
        "{s:{s:s, s:s, s:i, s:{s:s, s:{s:s}, s:{s:f}}}, s:[], s:{s:i, s:s, s:b, s:[s], s:{s:s, s:s, s:s, s:n, s:i, s:i, s:b, s:s},"
        " s:[], s:[], s:[]}}",
        "context", "date", date, "host_name", "made-up", "num_cpus", 2, "batchmark", "date", date, "build", "commit", commit,
        "clock", "running_hz", 3.7e9, "benchmarks", "batchmark", "schema", BM_RESULT_SCHEMA, "kind", "bench", "complete", 1,
        "command", "batchmark bench", "fingerprint", "machine", "made-up-f1m2s3-2c", "cpu", "Made Up 9000", "isa", "avx512",
        "isa_cap", "cores", 2, "cores_available", 2, "smt", 0, "threads", "1,2", "launches", "limits", "cases");
}

void add_made_up_case(json_t *run, const char *kernel, const char *shape, int threads, const double *seconds,
                      size_t launches, size_t samples)
{
    json_t *ours = json_object_get(run, "batchmark"), *all = json_object_get(ours, "launches"), *raw = json_array();
    double *sorted = bm_alloc(launches * samples * sizeof *sorted), *median = bm_alloc(launches * sizeof *median);
    char name[256], op[64];
    snprintf(name, sizeof name, "%s/%s/threads:%d/warm/real_time", kernel, shape, threads);
    for (char *c = name; *c; c++)
        *c = *c == ' ' ? '/' : *c == '=' ? ':' : *c;
    snprintf(op, sizeof op, "%s", kernel);
    if (strrchr(op, '_'))
        *strrchr(op, '_') = '\0';
    while (json_array_size(all) < launches)
        json_array_append_new(all, json_pack("{s:i, s:f, s:f, s:f}", "launch", (int)json_array_size(all), "began_s",
                                             (double)json_array_size(all), "seconds", 1.0, "running_hz", 3.7e9));
    for (size_t l = 0; l < launches; l++) {
        json_t *ns = json_array(), *at = json_array();
        for (size_t i = 0; i < samples; i++) {
            json_array_append_new(ns, json_real(seconds[l * samples + i] * 1e9));
            json_array_append_new(at, json_real((double)l + 1e-3 * (double)i));
        }
        json_array_append_new(raw, json_pack("{s:i, s:i, s:[i], s:o, s:o}", "launch", (int)l, "iterations", 10, "cpus", 0,
                                             "ns", ns, "at_s", at));
        memcpy(sorted, seconds + l * samples, samples * sizeof *sorted);
        median[l] = bm_summarise(sorted, samples).median;
        json_array_append_new(json_object_get(run, "benchmarks"),
                              json_pack("{s:s, s:s, s:i, s:i, s:i, s:f, s:f, s:s}", "name", name, "run_type", "iteration",
                                        "repetition_index", (int)l, "threads", threads, "iterations", 10, "real_time",
                                        median[l] * 1e9, "cpu_time", median[l] * 1e9, "time_unit", "ns"));
    }
    memcpy(sorted, seconds, launches * samples * sizeof *sorted);
    struct bm_stats s = bm_summarise(sorted, launches * samples);
    const double p95 = bm_quantile(sorted, launches * samples, 0.95);
    struct bm_stats m = bm_summarise(median, launches);
    struct bm_interval interval = bm_median_interval(median, launches);
    json_array_append_new(
        json_object_get(ours, "cases"),
        json_pack("{s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:i, s:f, s:f, s:f, s:f, s:s, s:s, s:s, s:s, s:f, s:f, s:o, s:o, s:f, s:f, s:f,"
                  " s:I, s:i, s:o}",
                  "name", name, "kernel", kernel, "op", op, "shape", shape, "threads", threads, "cache", "warm", "origin",
                  "made-up", "weight", 1, "flops", 1e6, "read_bytes", 1e5, "write_bytes", 1e5, "bound_s", s.min / 2, "bound",
                  "FMA", "level", "L1", "stop", "interval", "code", "0123456789abcdef", "min_s", s.min, "median_s", m.median,
                  "median_low_s", launches < 6 ? json_null() : json_real(interval.low), "median_high_s",
                  launches < 6 ? json_null() : json_real(interval.high), "p25_s", s.p25, "p75_s", s.p75, "p95_s", p95,
                  "samples", (json_int_t)(launches * samples), "disturbed", 0, "raw", raw));
    json_object_set_new(json_array_get(json_object_get(ours, "cases"), json_array_size(json_object_get(ours, "cases")) - 1),
                        "max_s", json_real(s.max));
    free(sorted);
    free(median);
}

void add_noisy_case(json_t *run, const char *kernel, const char *shape, int threads, double median, double noise,
                    size_t launches, size_t samples, unsigned seed)
{
    double *seconds = bm_alloc(launches * samples * sizeof *seconds);
    unsigned long long state = seed * 2654435761ull + 88172645463325252ull;
    for (size_t i = 0; i < launches * samples; i++)
        seconds[i] = median * exp(noise * normal(&state));
    add_made_up_case(run, kernel, shape, threads, seconds, launches, samples);
    free(seconds);
}
