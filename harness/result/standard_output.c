/* SPDX-License-Identifier: MIT */
#include "standard_output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "lines.h"

static int result_fd = -1; /* standard output, once it is for a result */
static char *result;

static bool write_result(void)
{
    FILE *out = fdopen(result_fd, "w");
    return out && fputs(result, out) >= 0 && fputc('\n', out) >= 0 && fclose(out) == 0;
}

/* At the end of the program, however it comes. Codes above 1 have had their line on stderr. */
static void end(int code, void *unused)
{
    (void)unused;
    const bool shown = fflush(stdout) == 0 && !ferror(stdout) && bm_lines_end();
    if ((!result || write_result()) && shown)
        return;
    if (code <= BM_EXIT_FAILED)
        fputs("batchmark: standard output cannot be written: the disk is full, or its reader has gone\n", stderr);
    _exit(code <= BM_EXIT_FAILED ? BM_EXIT_INPUT : code);
}

void bm_stdout_begin(void)
{
    bool closed[3];
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) { /* else the next file that is opened takes its place */
        closed[fd] = fcntl(fd, F_GETFD) < 0 && errno == EBADF;
        if (closed[fd] && open("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY) != fd)
            exit(BM_EXIT_INPUT);
    }
    signal(SIGPIPE, SIG_IGN); /* a reader that went is then an error of write() */
    on_exit(end, NULL);
    if (closed[STDOUT_FILENO])
        bm_die(BM_EXIT_INPUT, "standard output is closed; send it somewhere, for example to /dev/null");
}

bool bm_is_stdout(const char *path) { return strcmp(path, "-") == 0; }

const char *bm_place_name(const char *path) { return bm_is_stdout(path) ? "standard output" : path; }

void bm_stdout_is_for_result(void)
{
    if (result_fd >= 0)
        return;
    fflush(stdout);
    result_fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (result_fd < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
        bm_die(BM_EXIT_INPUT, "--json -: standard output cannot be kept for the result: %s", strerror(errno));
}

void bm_stdout_put_result(char *text)
{
    free(result);
    result = text;
}

const char *bm_stdout_result(void) { return result; }
