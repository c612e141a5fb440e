#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "code.h"
#include "interference.h"
#include "provenance.h"

/* ---- both ends ---- */

static bool tell(FILE *to, const json_t *document)
{
    return json_dumpf(document, to, JSON_COMPACT) == 0 && fputc('\n', to) != EOF && fflush(to) == 0;
}

static json_t *hear(FILE *from) { return json_loadf(from, JSON_DISABLE_EOF_CHECK, NULL); }

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

int bm_serve(const struct bm_bench_plan *plan)
{
    const int channel = plan->options->channel;
    FILE *from = fdopen(channel, "r"), *to = fdopen(dup(channel), "w");
    if (!from || !to)
        bm_die(BM_EXIT_USAGE, "--channel=%d is not open; it is for the program's own use", channel);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    dup2(STDERR_FILENO, STDOUT_FILENO);
    keep_memory();
    bm_interference_watch();
    bm_load_peers(&plan->options->common);
    struct bm_measurer *measurer = bm_measurer_start(plan);
    json_t *answer = hello(plan), *request;
    bool heard = tell(to, answer);
    json_decref(answer);
    while (heard && (request = hear(from))) {
        if (json_is_true(json_object_get(request, "limits_again")))
            answer = json_pack("{s:o}", "limits_at_end", bm_measure_limits_again(measurer));
        else
            answer = bm_measure(measurer, request, json_number_value(json_object_get(request, "began")));
        heard = tell(to, answer);
        json_decref(answer);
        json_decref(request);
    }
    _exit(BM_EXIT_OK); /* libraries' threads need no farewell */
}

/* ---- the process that asks ---- */

/* argv of the process: program bench ARGUMENTS --channel=N. */
static char **arguments(const struct bm_build *build, char *channel)
{
    char **list = bm_alloc(((size_t)build->argc + 4) * sizeof *list);
    int n = 0;
    list[n++] = strdup(build->program);
    list[n++] = strdup("bench");
    for (int i = 1; i < build->argc; i++)
        list[n++] = build->argv[i];
    list[n++] = channel;
    return list;
}

/* The build's variables before ours: the first of a name counts. */
static char **environment_of(const struct bm_build *build)
{
    size_t theirs = 0, ours = 0;
    while (build->environment && build->environment[theirs])
        theirs++;
    while (environ[ours])
        ours++;
    char **all = bm_alloc((theirs + ours + 1) * sizeof *all);
    if (theirs)
        memcpy(all, build->environment, theirs * sizeof *all);
    memcpy(all + theirs, environ, ours * sizeof *all);
    return all;
}

static int wait_for(struct bm_launch *launch)
{
    int status = 0;
    while (launch->pid > 0 && waitpid(launch->pid, &status, 0) < 0 && errno == EINTR)
        ;
    launch->pid = 0;
    return status;
}

bool bm_launch_start(struct bm_launch *launch, const struct bm_build *build, int *status, struct bm_error *error)
{
    const char *program = build->program;
    int ends[2];
    char channel[32];
    *launch = (struct bm_launch){ .pid = 0 };
    *status = 0;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return bm_failed(error, "cannot make a socket: %s", strerror(errno));
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    snprintf(channel, sizeof channel, "--channel=%d", ends[1]);
    char **list = arguments(build, channel), **environment = environment_of(build);
    const int failed = posix_spawn(&launch->pid, program, NULL, NULL, list, environment);
    free(environment);
    free(list[0]);
    free(list[1]);
    free(list);
    close(ends[1]);
    if (failed) {
        close(ends[0]);
        return bm_failed(error, "cannot start %s: %s", program, strerror(failed));
    }
    launch->from = fdopen(ends[0], "r");
    launch->to = fdopen(fcntl(ends[0], F_DUPFD_CLOEXEC, 0), "w");
    launch->hello = hear(launch->from);
    if (!launch->hello) {
        fclose(launch->from);
        fclose(launch->to);
        const int ended = wait_for(launch);
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
    json_t *answer = tell(launch->to, request) ? hear(launch->from) : NULL;
    json_decref(request);
    if (answer)
        return answer;
    const int ended = wait_for(launch);
    if (WIFSIGNALED(ended))
        bm_failed(error, "the measuring process died of signal %d (%s)", WTERMSIG(ended), strsignal(WTERMSIG(ended)));
    else
        bm_failed(error, "the measuring process ended with exit code %d", WEXITSTATUS(ended));
    return NULL;
}

void bm_launch_stop(struct bm_launch *launch)
{
    if (launch->from)
        fclose(launch->from);
    if (launch->to)
        fclose(launch->to);
    wait_for(launch);
    json_decref(launch->hello);
    *launch = (struct bm_launch){ .pid = 0 };
}
