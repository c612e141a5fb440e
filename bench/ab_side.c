/* SPDX-License-Identifier: MIT */
/* ab_side.c - what A and B are: this build, a program, a library, a result, a git revision or a kernel. */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ab.h"
#include "keep.h"
#include "known.h"
#include "run.h"

static bool ends_with(const char *text, const char *end)
{
    const size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

static bool is_kernel(const char *glob)
{
    for (const struct bm_kernel *const *k = bm_kernels; *k; k++)
        if (fnmatch(glob, (*k)->name, 0) == 0)
            return true;
    return false;
}

/* The first line that a shell command prints; the word is its "$REVISION". free() it; NULL: the command failed. */
static char *ask_shell(const char *command, const char *word)
{
    char *line = NULL;
    size_t room = 0;
    setenv("REVISION", word, 1);
    FILE *pipe = popen(command, "r");
    const ssize_t n = pipe ? getline(&line, &room, pipe) : -1;
    const int status = pipe ? pclose(pipe) : -1;
    unsetenv("REVISION");
    if (n > 0 && line[n - 1] == '\n')
        line[n - 1] = '\0';
    if (status == 0 && n > 1)
        return line;
    free(line);
    return NULL;
}

static bool is_revision(const char *word)
{
    char *commit = ask_shell("git rev-parse --verify --quiet \"$REVISION^{commit}\" 2>/dev/null", word);
    const bool found = commit;
    free(commit);
    return found;
}

enum bm_ab_kind bm_ab_kind_of(const char *word)
{
    struct stat about;
    if (!word)
        return BM_AB_THIS;
    if (stat(word, &about) == 0 && S_ISREG(about.st_mode))
        return ends_with(word, ".json") || ends_with(word, ".json.gz") ? BM_AB_RESULT
               : strstr(word, ".so")                                  ? BM_AB_LIBRARY
                                                                      : BM_AB_PROGRAM;
    if (is_kernel(word))
        return BM_AB_KERNEL;
    if (is_revision(word))
        return BM_AB_REVISION;
    struct bm_names kernels = bm_kernel_names();
    const char *nearest = bm_nearest(word, &kernels);
    bm_die(BM_EXIT_USAGE, "%s is no file, no kernel (`batchmark list`) and no git revision of the folder you are in%s%s%s", word,
           nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
}

static void add_module(struct bm_pair_side *side, const char *path)
{
    struct bm_error error;
    if (!bm_pair_side_add(side, path, &error))
        bm_die(BM_EXIT_INPUT, "%s", error.text);
}

static void add_program(struct bm_pair_side *side, const char *program)
{
    struct bm_error error;
    char *path = bm_module_of_program(program, &error);
    if (!path)
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    add_module(side, path);
    free(path);
}

/* The modules that a result names, from the folder kernels/ beside it. */
static void add_result(struct bm_pair_side *side, const char *result)
{
    struct bm_error error;
    struct bm_run run;
    if (!bm_run_load(result, &run, &error))
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    const char *op;
    json_t *hash, *modules = json_object_get(run.ours, "modules");
    if (json_object_size(modules) == 0)
        bm_die(BM_EXIT_INPUT, "%s keeps no kernels; give the git revision that made it: %.12s", result, run.commit);
    json_object_foreach(modules, op, hash)
    {
        char *path = bm_kept_path(result, json_string_value(hash));
        if (access(path, R_OK) != 0)
            bm_die(BM_EXIT_INPUT, "%s, the kernels of %s that %s names, is not there: %s; or give its git revision: %.12s",
                   path, op, result, strerror(errno), run.commit);
        add_module(side, path);
        free(path);
    }
    bm_run_free(&run);
}

static void add_revision(struct bm_pair_side *side, const char *word)
{
    char *path = ask_shell("top=$(git rev-parse --show-toplevel) && exec \"$top/scripts/build-revision\" \"$REVISION\"", word);
    if (!path)
        bm_die(BM_EXIT_INPUT, "the git revision %s cannot be built; see above", word);
    add_module(side, path);
    free(path);
}

void bm_ab_load(struct bm_pair_side *side, const char *word, enum bm_ab_kind kind)
{
    switch (kind) {
    case BM_AB_THIS: add_program(side, "/proc/self/exe"); break;
    case BM_AB_PROGRAM: add_program(side, word); break;
    case BM_AB_LIBRARY: add_module(side, word); break;
    case BM_AB_RESULT: add_result(side, word); break;
    case BM_AB_REVISION: add_revision(side, word); break;
    case BM_AB_KERNEL: break;
    }
}
