/* SPDX-License-Identifier: MIT */
/* pictures.c - a script or a result on the program's standard input, the picture on its standard output. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
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

/* ---- gnuplot ---- */

/* One process draws all pictures: to start it takes fifty times as long as to draw one. Scripts go to its standard input,
 * each picture into `drawn`, and a line on its standard output says that it is there. */
static struct {
    FILE *scripts, *answers, *drawn, *complaints;
    pid_t child;
} gnuplot;

static void close_all(void)
{
    FILE **const file[] = { &gnuplot.scripts, &gnuplot.answers, &gnuplot.drawn, &gnuplot.complaints };
    for (size_t i = 0; i < sizeof file / sizeof *file; i++) {
        if (*file[i])
            fclose(*file[i]);
        *file[i] = NULL;
    }
}

/* Two ends of a pipe: ours, and gnuplot's, which is inherited as `descriptor`. */
static FILE *open_pipe(bool writes, int *theirs)
{
    int end[2];
    if (pipe2(end, O_CLOEXEC) != 0)
        return NULL;
    *theirs = end[!writes ? 1 : 0];
    return fdopen(end[writes ? 1 : 0], writes ? "w" : "r");
}

static bool start(struct bm_error *error)
{
    static char *argv[] = { "gnuplot", NULL };
    posix_spawn_file_actions_t actions;
    int in = -1, out = -1;
    signal(SIGPIPE, SIG_IGN); /* a gnuplot that died is told by what it did not answer */
    gnuplot.scripts = open_pipe(true, &in);
    gnuplot.answers = open_pipe(false, &out);
    gnuplot.drawn = tmpfile();
    gnuplot.complaints = tmpfile();
    if (!gnuplot.scripts || !gnuplot.answers || !gnuplot.drawn || !gnuplot.complaints) {
        close_all();
        return bm_failed(error, "no temporary file or pipe for gnuplot: %s; set TMPDIR or make room", strerror(errno));
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(gnuplot.complaints), STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(gnuplot.drawn), 3);
    const int code = posix_spawnp(&gnuplot.child, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(in);
    close(out);
    if (!code)
        return true;
    close_all();
    return bm_failed(error, "gnuplot cannot be started (%s); install it (Debian: gnuplot-nox), or do without pictures",
                     strerror(code));
}

/* Ends the child; false, with its reason, if it failed. */
static bool end(struct bm_error *error)
{
    char line[160];
    int status;
    fclose(gnuplot.scripts);
    gnuplot.scripts = NULL;
    while (waitpid(gnuplot.child, &status, 0) < 0 && errno == EINTR)
        ;
    last_line(gnuplot.complaints, line);
    close_all();
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    return bm_failed(error, "gnuplot failed (%s %d)%s%s", WIFEXITED(status) ? "exit" : "signal",
                     WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status), *line ? ": " : "", line);
}

char *bm_gnuplot_draws(FILE *script, struct bm_error *error)
{
    char answer[16] = "";
    if (!gnuplot.scripts && !start(error))
        return NULL;
    char *text = contents(script);
    if (!text) {
        bm_failed(error, "gnuplot's script cannot be read back: %s", strerror(errno));
        return NULL;
    }
    fprintf(gnuplot.scripts, "reset session\nset output '/dev/fd/3'\n%s\nunset output\nset print '-'\nprint 'drawn'\n", text);
    fflush(gnuplot.scripts);
    free(text);
    if (fgets(answer, sizeof answer, gnuplot.answers) && strcmp(answer, "drawn\n") == 0)
        return contents(gnuplot.drawn);
    if (end(error))
        bm_failed(error, "gnuplot ended before a picture was drawn");
    return NULL;
}

void bm_gnuplot_end(void)
{
    struct bm_error none;
    if (gnuplot.scripts)
        end(&none);
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
