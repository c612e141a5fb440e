#include "run_fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "result.h"
#include "samples.h"
#include "stats.h"

double uniform(unsigned long long *state)
{
    *state = *state * 6364136223846793005ull + 1442695040888963407ull;
    return ((double)(*state >> 11) + 0.5) / 9007199254740992.0;
}

double normal(unsigned long long *state)
{
    const double u = uniform(state), v = uniform(state);
    return sqrt(-2 * log(u)) * cos(2 * M_PI * v);
}

json_t *made_up_run(const char *commit, const char *date)
{
    json_t *limits = json_array();
    for (int t = 1; t <= 2; t++)
        json_array_append_new(
            limits, json_pack("{s:s, s:i, s:f, s:f, s:{s:f}, s:{s:f}, s:{s:f}, s:f, s:f}", "isa", "avx512", "threads",
                              t, "fma_gflops", 100.0 * t, "fma_median_gflops", 99.0 * t, "read_gbs", "L1", 90.0 * t,
                              "copy_gbs", "L1", 50.0 * t, "write_gbs", "L1", 40.0 * t, "stream_copy_gbs", 8.0,
                              "stream_write_gbs", 6.0));
    json_t *build = json_pack("{s:s, s:s, s:b, s:{s:s}}", "commit", commit, "compiler", "gcc 0", "dirty", 0,
                              "libraries", "glibc", "2.0");
    json_t *context = json_pack("{s:s, s:o, s:{s:s}, s:{s:f}, s:{}, s:{}, s:{}, s:[], s:{}, s:[]}", "date", date,
                                "build", build, "openmp", "runtime", "libgomp", "clock", "running_hz", 3.7e9, "cpu",
                                "topology", "system", "peers", "slurm", "warnings");
    return json_pack(
        "{s:{s:s, s:s, s:i, s:i, s:[], s:[], s:o}, s:[],"
        " s:{s:i, s:s, s:b, s:[s], s:{s:s, s:s, s:s, s:n, s:i, s:i, s:b, s:s}, s:[], s:o, s:[]}}",
        "context", "date", date, "host_name", "made-up", "num_cpus", 2, "mhz_per_cpu", 3700, "caches", "load_avg",
        "batchmark", context, "benchmarks", "batchmark", "schema", BM_RESULT_SCHEMA, "kind", "bench", "complete", 1,
        "command", "batchmark bench", "fingerprint", "machine", "made-up-f1m2s3-2c", "cpu", "Made Up 9000", "isa",
        "avx512", "isa_cap", "cores", 2, "cores_available", 2, "smt", 0, "threads", "1,2", "launches", "limits", limits,
        "cases");
}

json_t *last_made_up_case(json_t *run)
{
    json_t *cases = json_object_get(json_object_get(run, "batchmark"), "cases");
    return json_array_get(cases, json_array_size(cases) - 1);
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
        json_array_append_new(all, json_pack("{s:i, s:f, s:f, s:f, s:f, s:n}", "launch", (int)json_array_size(all),
                                             "began_s", (double)json_array_size(all), "seconds", 1.0, "running_hz",
                                             3.7e9, "load_average", 0.5, "stolen_s"));
    for (size_t l = 0; l < launches; l++) {
        json_t *ns = json_array(), *at = json_array();
        memcpy(sorted, seconds + l * samples, samples * sizeof *sorted);
        median[l] = bm_summarise(sorted, samples).median;
        for (size_t i = 0; i < samples; i++) {
            json_array_append_new(ns, json_real(seconds[l * samples + i] * 1e9));
            json_array_append_new(at, json_real((double)l + 1e-3 * (double)i));
        }
        json_array_append_new(raw, json_pack("{s:i, s:i, s:[i], s:o, s:o, s:f}", "launch", (int)l, "iterations", 10,
                                             "cpus", 0, "ns", ns, "at_s", at, "cpu_ns", median[l] * 1e9));
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
    const struct bm_floor floor = bm_floor_of(raw);
    json_object_update_new(last_made_up_case(run), json_pack("{s:I, s:I}", "floor_samples", (json_int_t)floor.samples,
                                                             "floor_launches", (json_int_t)floor.launches));
    json_object_update_new(last_made_up_case(run),
                           json_pack("{s:f, s:f, s:f, s:i, s:s, s:b}", "max_s", s.max, "again_bytes", 0.0,
                                     "worst_error", 0.5, "copies", 1, "outputs", "00000000000000ff", "contended", 0));
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

static const char train[] =
    "{'runs':[{'name':'train/x','experiment':'x','variant':'bn','data':'made up','config':{'seed':'1'},'alone':true,"
    "'stopped':'','train_images':9,'validation_images':2,'test_images':3,'steps_per_epoch':4,"
    "'epochs':[{'epoch':1,'steps':4,'loss':0.5,'accuracy':0.9,'loss100':null,'val_loss':0.6,'val_accuracy':0.8,'train_seconds':0.1,'eval_seconds':0.1,"
    "'phase_seconds':{'bn_forward':0.1}}],'calls':[{'phase':'bn_forward','layer':1,'kernel':'bn_forward_naive',"
    "'shape':'bn N=2 C=3','seconds_per_step':1e-6}],'test_loss':0.5,'test_accuracy':0.9,'target_epoch':0,"
    "'target_seconds':null}],"
    "'summaries':[{'experiment':'x','variant':'bn','about':'','config':{},'seeds':[1],"
    "'epochs':[{'epoch':1,'loss':RANGE,'accuracy':RANGE,'val_loss':RANGE,'val_accuracy':RANGE}],'test_loss':RANGE,'test_accuracy':RANGE,"
    "'epoch_seconds':RANGE,'target':0.9,'reached':0,'runs':1,'target_epochs':RANGE,'target_seconds':null}],"
    "'published':[{'experiment':'x','variant':'bn','epoch':1,'figure':'loss','published':0.5,'ours':RANGE,"
    "'reproduced':null,'why':''}],"
    "'claims':[{'experiment':'x','claim':'BN helps'}],'reading':[{'experiment':'x','line':'it does'}],"
    "'samples':[{'data':'made up','label':0,'name':'zero','h':1,'w':2,'c':1,'pixels':'00ff'}],"
    "'step_bounds':[{'variant':'bn','threads':1,'kernels':'auto','fma_gflops':99.0,'flops':1e6,'optimizer_bytes':1e3,"
    "'bn_bytes':1e3,'level':'L1','bound_s':1e-6,'step_s':2e-6}],"
    "'predictions':[{'variant':'bn','kernels':'auto','threads':1,'predicted_epoch_seconds':1.0,"
    "'measured_epoch_seconds':null,'phase_seconds_per_step':{}}],"
    "'kernel_sets':[{'variant':'bn','kernels':'auto','threads':1,'epoch_seconds':1.0,'epoch_seconds_min':1.0,"
    "'epoch_seconds_max':1.0,'scaled':false,'target_epoch':0,'target_seconds':null}]}";
static const char verify[] =
    "{'verification':[{'kernel':'sgd_naive','op':'sgd','passed':9,'failed':0,'refused':0,'skipped':null,"
    "'fills':{'random':{'cases':9,'missed':0,'worst_error':0.5}}}]}";
static const char noise[] =
    "{'margins':[{'threads':1,'level':'L1','changes':20,'margin':0.01},"
    "{'threads':1,'level':'L2','changes':0,'margin':null}],"
    "'of':[{'date':'2024-05-06T07:08:09Z','checksum':'01234567'}]}";
#define RATES \
    "'read_gbs':9.5,'copy_gbs':9.0,'write_gbs':5.0,'read_median_gbs':9.5,'copy_median_gbs':8.0,'write_median_gbs':4.5}"
static const char machine[] =
    "{'topology_xml':'<topology></topology>','staircase':[{'isa':'avx2','threads':1,'bytes':4096," RATES
    ",{'isa':'avx2','threads':1,'bytes':5120," RATES ",{'isa':'avx2','threads':2,'bytes':4096," RATES "]}";

json_t *made_up_result(const char *kind)
{
    const char *from = strcmp(kind, "train") == 0    ? train
                       : strcmp(kind, "verify") == 0 ? verify
                       : strcmp(kind, "noise") == 0  ? noise
                                                     : machine;
    char *text = bm_alloc(8192), *to = text;
    for (; *from; from++)
        if (strncmp(from, "RANGE", 5) == 0) {
            to = stpcpy(to, "{\"n\":1,\"median\":0.5,\"min\":0.5,\"max\":null}");
            from += 4;
        } else
            *to++ = *from == '\'' ? '"' : *from;
    json_t *result = made_up_run("0123456", "2024-05-06T07:08:09Z"), *ours = json_object_get(result, "batchmark");
    json_object_del(ours, "cases");
    json_object_del(ours, "launches");
    if (strcmp(kind, "machine") != 0)
        json_object_del(ours, "limits");
    json_object_set_new(ours, "kind", json_string(kind));
    json_object_update_new(ours, json_loads(text, 0, NULL));
    free(text);
    return result;
}

char *made_up_text(json_t *result)
{
    char *sum = bm_result_checksum(result);
    json_object_set_new(json_object_get(result, "batchmark"), "checksum", json_string(sum));
    free(sum);
    return json_dumps(result, JSON_COMPACT | JSON_REAL_PRECISION(12));
}
