/* SPDX-License-Identifier: MIT */
/* pictures.c - a script or a result on the program's standard input, the picture on its standard output. */
#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pictures.h"

extern char **environ;

/* The last line of complaints: gnuplot's command comes first, then what is wrong with it. */
static void last_line(FILE *complaints, char line[static 160])
{
    char next[160];
    line[0] = '\0';
    rewind(complaints);
    while (fgets(next, sizeof next, complaints)) {
        char *text = next + strspn(next, " \t");
        text[strcspn(text, "\r\n")] = '\0';
        if (*text)
            memmove(line, text, strlen(text) + 1);
    }
}

/* Text of a whole file from its beginning. */
static char *contents(FILE *file)
{
    char *text = NULL;
    const long size = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    rewind(file);
    if (size >= 0) {
        text = bm_alloc((size_t)size + 1);
        text[fread(text, 1, (size_t)size, file)] = '\0';
    }
    return text;
}

static bool run(char *const argv[], const char *package, FILE *in, FILE *out, FILE *complaints, struct bm_error *error)
{
    char line[160];
    posix_spawn_file_actions_t actions;
    pid_t child;
    int status;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fileno(in), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(out), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(complaints), STDERR_FILENO);
    const int code = posix_spawnp(&child, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (code)
        return bm_failed(error, "%s cannot be started (%s); install it (Debian: %s), or do without pictures", argv[0],
                         strerror(code), package);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    last_line(complaints, line);
    return bm_failed(error, "%s failed (%s %d)%s%s", argv[0], WIFEXITED(status) ? "exit" : "signal",
                     WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status), *line ? ": " : "", line);
}

char *bm_child_draws(char *const argv[], const char *package, FILE *input, struct bm_error *error)
{
    char *text = NULL;
    FILE *out = tmpfile(), *complaints = tmpfile();
    if (!out || !complaints || fflush(input) != 0 || lseek(fileno(input), 0, SEEK_SET) != 0)
        bm_failed(error, "no temporary file for %s: %s; set TMPDIR or make room", argv[0], strerror(errno));
    else if (run(argv, package, input, out, complaints, error))
        text = contents(out);
    if (out)
        fclose(out);
    if (complaints)
        fclose(complaints);
    return text;
}

bool bm_gnuplot_there(struct bm_error *error)
{
    FILE *nothing = tmpfile();
    char *drawn = nothing ? bm_child_draws((char *[]){ "gnuplot", NULL }, "gnuplot-nox", nothing, error) : NULL;
    const bool there = drawn || (!nothing && bm_failed(error, "no temporary file; set TMPDIR or make room"));
    if (nothing)
        fclose(nothing);
    free(drawn);
    return there;
}
