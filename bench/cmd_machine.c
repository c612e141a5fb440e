/* SPDX-License-Identifier: MIT */
/* cmd_machine.c - batchmark machine: what this machine is, its measured limits, and its bandwidth by working set. */
#include <stdio.h>
#include <stdlib.h>

#include "cores_timed.h"
#include "progress.h"
#include "roofline.h"
#include "options.h"
#include "provenance.h"
#include "result.h"
#include "topology.h"

struct machine_options {
    struct bm_options common;
    double effort;
    bool asked; /* for thread counts */
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct machine_options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        for (int i = 0; i < 4; i++)
            state->child_inputs[i] = &o->common;
        return 0;
    case 'e': o->effort = bm_read_double("--effort", arg, 0.1, 100); return 0;
    case ARGP_KEY_ARG: bm_die(BM_EXIT_USAGE, "unexpected argument '%s'", arg);
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    { "effort", 'e', "X", 0,
      "How long to measure: 1 (default) takes about 0.4 s for each ISA and thread count, and 1 s for each thread count", 0 },
    { 0 }
};
static const struct argp_child children[] = { { &bm_threads_argp, 0, NULL, 0 },
                                              { &bm_json_argp, 0, NULL, 0 },
                                              { &bm_store_argp, 0, NULL, 0 },
                                              { &bm_peer_argp, 0, NULL, 0 },
                                              { 0 } };
static const struct argp argp = { options,
                                  parse,
                                  NULL,
                                  "Shows this machine and measures its limits: FMA peak, and bandwidth from each "
                                  "cache level and memory, for each ISA and "
                                  "thread count (default: 1 and all cores); and bandwidth by working set, for the "
                                  "widest ISA. Writes JSON only with --json or --store.",
                                  children,
                                  NULL,
                                  NULL };

static void measure(const struct machine_options *o, json_t *result)
{
    static struct bm_limits limits[BM_ISA_COUNT * BM_MAX_THREAD_COUNTS];
    static struct bm_stair stairs[BM_MAX_THREAD_COUNTS][BM_MAX_STAIRS];
    size_t n = 0, steps[BM_MAX_THREAD_COUNTS];
    struct bm_error error;
    const int counts = o->common.thread_counts;
    const enum bm_isa best = bm_isa_best();
    size_t isas = 0;
    for (enum bm_isa isa = BM_BASELINE; isa < BM_ISA_COUNT; isa++)
        isas += bm_isa_runs(isa);
    const size_t all = (isas + 1) * (size_t)counts;
    for (enum bm_isa isa = BM_BASELINE; isa < BM_ISA_COUNT; isa++)
        for (int t = 0; t < counts && bm_isa_runs(isa); t++, n++) {
            bm_progress(n, all, "measuring limits");
            const bool against_one = t > 0 && o->common.threads[0] == 1 && o->common.threads[t] <= bm_cores_available();
            if (!bm_measure_limits(isa, o->common.threads[t], o->effort,
                                   against_one ? &limits[n - (size_t)t] : NULL, &limits[n], &error))
                bm_die(BM_EXIT_INPUT, "%s", error.text);
            json_array_append_new(bm_result_list(result, "limits"), bm_limits_json(&limits[n]));
        }
    for (int t = 0; t < counts; t++) {
        bm_progress(n + (size_t)t, all, "measuring bandwidth by working set");
        steps[t] = bm_measure_staircase(best, o->common.threads[t], o->effort, stairs[t], &error);
        if (!steps[t])
            bm_die(BM_EXIT_INPUT, "%s", error.text);
        for (size_t i = 0; i < steps[t]; i++)
            json_array_append_new(bm_result_list(result, "staircase"), bm_stair_json(&stairs[t][i]));
    }
    bm_progress(0, 0, NULL);
    bm_print_limits(stdout, limits, n);
    for (int t = 0; t < counts; t++) {
        printf("\n");
        bm_print_staircase(stdout, stairs[t], steps[t]);
    }
    printf("\n");
    for (size_t i = 0; i < n; i++)
        if (limits[i].isa == best)
            bm_print_limits_short(stdout, &limits[i]);
}

/* More threads than cores share them. */
static void note_cores(const struct machine_options *o, json_t *result)
{
    const int cores = bm_cores_available();
    int most = 0;
    for (int t = 0; t < o->common.thread_counts; t++)
        most = o->common.threads[t] > most ? o->common.threads[t] : most;
    bm_note_cores(result, most < cores ? most : cores, o->asked, NULL);
}

int bm_cmd_machine(int argc, char **argv)
{
    struct machine_options o = { .effort = 1 };
    bm_parse(&argp, argc, argv, 0, &o);
    o.asked = o.common.thread_counts;
    if (!o.asked) {
        o.common.threads[o.common.thread_counts++] = 1;
        if (bm_default_threads() > 1)
            o.common.threads[o.common.thread_counts++] = bm_default_threads();
    }
    bm_load_peers(&o.common);
    char *path = bm_store_path(&o.common, "machine"), *xml = bm_topology_xml();
    json_t *result = bm_result_new("machine", argc, argv, NULL), *ours = json_object_get(result, "batchmark");
    json_object_set_new(ours, "topology_xml", json_string(xml));
    free(xml);
    bm_print_machine(stdout);
    printf("\n");
    measure(&o, result);
    note_cores(&o, result);
    json_object_set_new(ours, "complete", json_true());
    bm_store_result(&o.common, result, path);
    json_decref(result);
    free(path);
    return BM_EXIT_OK;
}
