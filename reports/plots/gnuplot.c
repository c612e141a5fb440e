/* gnuplot.c - gnuplot as a child process: script on its standard input, picture on its standard output. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pictures.h"

extern char **environ;

/* The last line of what gnuplot complained about: the command comes first, then what is wrong with it. */
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

static bool run(int in, int out, struct bm_error *error)
{
    char *argv[] = { "gnuplot", NULL }, line[160];
    FILE *complaints = tmpfile();
    posix_spawn_file_actions_t actions;
    pid_t child;
    int status;
    if (!complaints)
        return bm_failed(error, "no temporary file for gnuplot: %s; set TMPDIR or make room", strerror(errno));
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(complaints), STDERR_FILENO);
    int code = posix_spawnp(&child, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (code) {
        fclose(complaints);
        return bm_failed(error,
                         "gnuplot cannot be started (%s); install it (Debian: gnuplot-nox), or do without pictures",
                         strerror(code));
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    last_line(complaints, line);
    fclose(complaints);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    return bm_failed(error, "gnuplot failed (%s %d)%s%s; version 5.2 or newer is needed",
                     WIFEXITED(status) ? "exit" : "signal", WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status),
                     *line ? ": " : "", line);
}

bool bm_gnuplot_run(FILE *script, int out, struct bm_error *error)
{
    if (fflush(script) != 0 || lseek(fileno(script), 0, SEEK_SET) != 0)
        return bm_failed(error, "the script for gnuplot cannot be written: %s; set TMPDIR or make room", strerror(errno));
    return run(fileno(script), out, error);
}

bool bm_gnuplot_there(struct bm_error *error)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC); /* an empty script */
    bool ok = null >= 0 ? run(null, null, error) : bm_failed(error, "/dev/null: %s", strerror(errno));
    if (null >= 0)
        close(null);
    return ok;
}
