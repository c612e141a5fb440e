/* cmd_machine.c - batchmark machine: what this machine is, and its measured limits. */
#include <stdio.h>

#include "roofline.h"
#include "options.h"
#include "provenance.h"
#include "result.h"
#include "topology.h"

struct machine_options {
    struct bm_options common;
    double effort;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct machine_options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = state->child_inputs[1] = state->child_inputs[2] = &o->common; return 0;
    case 'e': o->effort = bm_read_double("--effort", arg, 0.1, 100); return 0;
    case ARGP_KEY_ARG: argp_error(state, "unexpected argument '%s'", arg); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

int bm_cmd_machine(int argc, char **argv)
{
    static const struct argp_option options[] = {
        { "effort", 'e', "X", 0, "1 (default) takes about 0.4 s for each ISA and thread count", 0 }, { 0 }
    };
    static const struct argp_child children[] = {
        { &bm_threads_argp, 0, NULL, 0 }, { &bm_json_argp, 0, NULL, 0 }, { &bm_peer_argp, 0, NULL, 0 }, { 0 }
    };
    static const struct argp argp = { options,
                                      parse,
                                      NULL,
                                      "Shows this machine and measures its limits: FMA peak, and bandwidth from each "
                                      "cache level and memory, for each ISA and "
                                      "thread count (default: 1 and all cores). Writes JSON only with --json.",
                                      children,
                                      NULL,
                                      NULL };
    struct machine_options o = { .effort = 1 };
    struct bm_limits limits[BM_ISA_COUNT * BM_MAX_THREAD_COUNTS];
    struct bm_error error;
    size_t n = 0;
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    if (!o.common.thread_counts) {
        o.common.threads[o.common.thread_counts++] = 1;
        if (bm_cores_available() > 1)
            o.common.threads[o.common.thread_counts++] = bm_cores_available();
    }
    bm_load_peers(&o.common);
    json_t *result = bm_result_new("machine", argc, argv, NULL);
    bm_print_machine(stdout);
    printf("\n");
    for (int isa = 0; isa <= (int)bm_isa_available(); isa++)
        for (int t = 0; t < o.common.thread_counts; t++, n++) {
            bm_progress(n, (size_t)((int)bm_isa_available() + 1) * (size_t)o.common.thread_counts, "measuring limits");
            if (!bm_measure_limits((enum bm_isa)isa, o.common.threads[t], o.effort, &limits[n], &error))
                bm_die(BM_EXIT_FAILED, "%s", error.text);
            json_array_append_new(bm_result_list(result, "limits"), bm_limits_json(&limits[n]));
        }
    bm_progress(0, 0, NULL);
    json_object_set_new(json_object_get(result, "batchmark"), "complete", json_true());
    bm_print_limits(stdout, limits, n);
    if (o.common.json && !bm_result_write(result, o.common.json, &error))
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    json_decref(result);
    return BM_EXIT_OK;
}
