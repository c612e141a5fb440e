/* SPDX-License-Identifier: MIT */
#include "launch.h"

#include <limits.h>
#include <malloc.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "code.h"
#include "disturbance.h"
#include "provenance.h"
#include "team_limits.h"

/* ---- the process that measures ---- */

/* What is freed is kept for the next group: fresh pages cost as much as filling them. The arrays that are timed have
 * pages of their own (bm_pool). */
static void keep_memory(void)
{
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, INT_MAX);
}

static json_t *kernels_json(const struct bm_bench_plan *plan)
{
    json_t *list = json_array();
    for (const struct bm_kernel *const *k = bm_kernels; *k; k++) {
        bool planned = false;
        for (size_t g = 0; g < plan->groups && !planned; g++)
            for (size_t c = 0; c < plan->group[g].cases; c++)
                planned |= plan->group[g].planned[c].kernel == *k;
        if (planned)
            json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:s?, s:s}", "name", (*k)->name,
                                                  "file", (*k)->file, "compiler", (*k)->compiler, "flags", (*k)->flags,
                                                  "isa", bm_isa_name((*k)->isa), "omp", (*k)->omp, "peer", (*k)->peer,
                                                  "code", bm_code_of(*k)));
    }
    return list;
}

static json_t *hello(const struct bm_bench_plan *plan)
{
    json_t *groups = json_array(), *threads = json_array();
    for (int t = 0; t < plan->thread_counts; t++)
        json_array_append_new(threads, json_integer(plan->threads[t]));
    for (size_t g = 0; g < plan->groups; g++) {
        char title[BM_LABEL + 64];
        json_t *cases = json_array();
        snprintf(title, sizeof title, "%s %s", plan->group[g].op->name, plan->group[g].label);
        for (size_t c = 0; c < plan->group[g].cases; c++)
            json_array_append_new(cases, bm_case_json(&plan->group[g], &plan->group[g].planned[c]));
        json_array_append_new(groups, json_pack("{s:s, s:o}", "title", title, "cases", cases));
    }
    return json_pack("{s:i, s:o, s:o, s:o, s:o}", "protocol", BM_PROTOCOL, "context", bm_provenance(), "threads",
                     threads, "kernels", kernels_json(plan), "groups", groups);
}

struct ends {
    FILE *from, *to;
};

static bool tell_so_far(void *user, const json_t *so_far)
{
    const struct ends *e = user;
    json_t *word = bm_channel_tell(e->to, so_far) ? bm_channel_hear(e->from) : NULL;
    const bool go_on = json_is_true(json_object_get(word, "go_on"));
    json_decref(word);
    return go_on;
}

int bm_serve(const struct bm_bench_plan *plan)
{
    struct ends e;
    struct bm_listener listener = { .tell = tell_so_far, .user = &e };
    if (!bm_channel_serve(plan->options->channel, &e.from, &e.to))
        bm_die(BM_EXIT_USAGE, "--channel=%d is not open; it is for the program's own use", plan->options->channel);
    keep_memory();
    bm_disturbance_watch();
    bm_load_peers(&plan->options->common);
    struct bm_measurer *measurer = bm_measurer_start(plan);
    json_t *answer = hello(plan), *request;
    bool heard = bm_channel_tell(e.to, answer);
    json_decref(answer);
    while (heard && (request = bm_channel_hear(e.from))) {
        const json_t *limits = json_object_get(request, "limits_again");
        if (limits)
            answer = json_pack("{s:o}", "limits_at_end", bm_measure_limits_again(limits));
        else {
            listener.every_s = json_number_value(json_object_get(request, "progress_s"));
            answer = bm_measure(measurer, request, json_number_value(json_object_get(request, "began")), &listener);
        }
        heard = bm_channel_tell(e.to, answer);
        json_decref(answer);
        json_decref(request);
    }
    _exit(BM_EXIT_OK); /* libraries' threads need no farewell */
}

/* ---- the process that asks ---- */

/* What a process ends with that never became the program: emulators do not tell posix_spawn(). */
enum { CANNOT_START = 127 };

bool bm_launch_start(struct bm_launch *launch, const struct bm_build *build, int *status, struct bm_error *error)
{
    const char *program = build->program;
    char **list = bm_alloc(((size_t)build->argc + 2) * sizeof *list);
    list[0] = (char[]){ "bench" };
    for (int i = 1; i < build->argc; i++)
        list[i] = build->argv[i];
    *launch = (struct bm_launch){ .hello = NULL };
    *status = 0;
    const bool started = bm_channel_start(&launch->channel, program, list, build->environment, error);
    free(list);
    if (!started)
        return false;
    launch->hello = bm_channel_hear(launch->channel.from);
    if (!launch->hello) {
        const int ended = bm_channel_stop(&launch->channel);
        if (WIFEXITED(ended) && WEXITSTATUS(ended) == CANNOT_START) {
            *status = BM_EXIT_INPUT;
            return bm_failed(error, "%s cannot be started; in an emulator, that needs binfmt_misc (Debian: qemu-user-binfmt)",
                             program);
        }
        *status = WIFEXITED(ended) ? WEXITSTATUS(ended) : BM_EXIT_FAILED;
        if (WIFSIGNALED(ended))
            return bm_failed(error, "%s died of signal %d when it was started", program, WTERMSIG(ended));
        return bm_failed(error, *status ? "%.0s" : "%s ended without a word; is it a build of batchmark?", program);
    }
    const int protocol = (int)json_integer_value(json_object_get(launch->hello, "protocol"));
    if (protocol == BM_PROTOCOL)
        return true;
    bm_launch_stop(launch);
    return bm_failed(error,
                     "%s speaks version %d of the measuring protocol, this program %d: build both from commits "
                     "that share one",
                     program, protocol, BM_PROTOCOL);
}

json_t *bm_launch_ask(struct bm_launch *launch, json_t *request, struct bm_error *error)
{
    return bm_channel_ask(&launch->channel, request, error);
}

void bm_launch_stop(struct bm_launch *launch)
{
    bm_channel_stop(&launch->channel);
    json_decref(launch->hello);
    *launch = (struct bm_launch){ .hello = NULL };
}
