/* SPDX-License-Identifier: MIT */
#include "channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "result.h"
#include "signals.h"

bool bm_channel_tell(FILE *to, const json_t *document)
{
    return json_dumpf(document, to, JSON_COMPACT) == 0 && fputc('\n', to) != EOF && fflush(to) == 0;
}

json_t *bm_channel_hear(FILE *from) { return json_loadf(from, JSON_DISABLE_EOF_CHECK, NULL); }

bool bm_channel_serve(int descriptor, FILE **from, FILE **to)
{
    *from = fdopen(descriptor, "r");
    *to = fdopen(dup(descriptor), "w");
    if (!*from || !*to)
        return false;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    bm_leave_interrupts_to_parent();
    signal(SIGPIPE, SIG_IGN);
    return dup2(STDERR_FILENO, STDOUT_FILENO) >= 0;
}

static size_t length_of(char *const list[])
{
    size_t n = 0;
    while (list && list[n])
        n++;
    return n;
}

/* Two lists in one; free() it. Of a variable that is in both, the first counts. */
static char **joined(char *const first[], char *const second[])
{
    const size_t n = length_of(first), m = length_of(second);
    char **all = bm_alloc((n + m + 1) * sizeof *all);
    if (n)
        memcpy(all, first, n * sizeof *all);
    if (m)
        memcpy(all + n, second, m * sizeof *all);
    return all;
}

const char *bm_own_program(void)
{
    static const char self[] = "/proc/self/exe";
    const char *started_as = (const char *)getauxval(AT_EXECFN);
    return access(self, X_OK) == 0 || !started_as ? self : started_as;
}

bool bm_channel_start(struct bm_channel *channel, const char *program, char *const arguments[], char *const environment[],
                      struct bm_error *error)
{
    int ends[2];
    char option[32];
    *channel = (struct bm_channel){ .pid = 0 };
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return bm_failed(error, "cannot make a socket: %s", strerror(errno));
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    snprintf(option, sizeof option, "--channel=%d", ends[1]);
    char **all = joined(arguments, (char *[]){ option, NULL }), **variables = joined(environment, environ);
    char **list = joined((char *[]){ (char *)(size_t)program, NULL }, all);
    const int failed = posix_spawn(&channel->pid, program, NULL, NULL, list, variables);
    free(variables);
    free(list);
    free(all);
    close(ends[1]);
    if (failed) {
        close(ends[0]);
        channel->pid = 0;
        return bm_failed(error, "cannot start %s: %s%s", program, strerror(failed),
                         access("/proc/self", F_OK) == 0 ? "" : " (/proc is not mounted)");
    }
    channel->from = fdopen(ends[0], "r");
    channel->to = fdopen(fcntl(ends[0], F_DUPFD_CLOEXEC, 0), "w");
    return true;
}

int bm_channel_stop(struct bm_channel *channel)
{
    int status = 0;
    if (channel->from)
        fclose(channel->from);
    if (channel->to)
        fclose(channel->to);
    while (channel->pid > 0 && waitpid(channel->pid, &status, 0) < 0 && errno == EINTR)
        ;
    *channel = (struct bm_channel){ .pid = 0 };
    return status;
}

/* Signals that the code of a kernel or library brings upon its process. */
static bool is_crash(int signal)
{
    static const int crashes[] = { SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP };
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++)
        if (signal == crashes[i])
            return true;
    return false;
}

/* Until the answer begins. */
static void await(const struct bm_channel *channel)
{
    struct pollfd from = { .fd = fileno(channel->from), .events = POLLIN };
    double interrupted = 0;
    while (poll(&from, 1, 200) <= 0) {
        const double now = bm_now_s();
        if (bm_interrupted && interrupted == 0)
            interrupted = now;
        if (bm_interrupted && now - interrupted > BM_PATIENCE)
            kill(channel->pid, SIGKILL);
    }
}

static json_t *hear(const struct bm_channel *channel)
{
    await(channel);
    return bm_channel_hear(channel->from);
}

json_t *bm_channel_ask(struct bm_channel *channel, json_t *request, struct bm_error *error)
{
    json_t *answer = bm_channel_tell(channel->to, request) ? hear(channel) : NULL;
    json_decref(request);
    if (answer)
        return answer;
    const int ended = bm_channel_stop(channel);
    channel->ended_from_outside = WIFSIGNALED(ended) ? !is_crash(WTERMSIG(ended)) : WEXITSTATUS(ended) == BM_EXIT_INPUT;
    if (channel->ended_from_outside)
        bm_result_keep(); /* its plan is right, and can be gone on from */
    if (WIFSIGNALED(ended) && channel->ended_from_outside)
        bm_failed(error, "the measuring process was killed by signal %d (%s)%s", WTERMSIG(ended), strsignal(WTERMSIG(ended)),
                  WTERMSIG(ended) == SIGKILL ? ": out of memory, or by the batch system or a person" : "");
    else if (WIFSIGNALED(ended))
        bm_failed(error, "the measuring process died of signal %d (%s)", WTERMSIG(ended), strsignal(WTERMSIG(ended)));
    else
        bm_failed(error, "the measuring process ended with exit code %d", WEXITSTATUS(ended));
    return NULL;
}
