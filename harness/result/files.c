/* SPDX-License-Identifier: MIT */
#include "files.h"

#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void add(struct bm_files *files, const char *path)
{
    files->path = realloc(files->path, (files->count + 1) * sizeof *files->path);
    if (!files->path || !(files->path[files->count++] = strdup(path)))
        bm_die(BM_EXIT_INPUT, "out of memory");
}

static bool ends_with(const char *text, const char *end)
{
    const size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

static struct bm_files *found; /* nftw() has no argument for it */

static int visit(const char *path, const struct stat *there, int type, struct FTW *at)
{
    (void)there;
    (void)at;
    if (type == FTW_F && (ends_with(path, ".json") || ends_with(path, ".json.gz")))
        add(found, path);
    return 0;
}

bool bm_files_add(struct bm_files *files, const char *path, struct bm_error *error)
{
    struct stat there;
    if (stat(path, &there) != 0)
        return bm_failed(error, "%s: %s", path, strerror(errno));
    if (!S_ISDIR(there.st_mode)) {
        add(files, path);
        return true;
    }
    found = files;
    return nftw(path, visit, 16, FTW_PHYS) == 0 ||
           bm_failed(error, "%s: the folder cannot be read: %s", path, strerror(errno));
}

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

void bm_files_sort(struct bm_files *files)
{
    size_t kept = 0;
    if (files->count)
        qsort(files->path, files->count, sizeof *files->path, by_text);
    for (size_t i = 0; i < files->count; i++)
        if (kept && strcmp(files->path[kept - 1], files->path[i]) == 0)
            free(files->path[i]);
        else
            files->path[kept++] = files->path[i];
    files->count = kept;
}

void bm_files_free(struct bm_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        free(files->path[i]);
    free(files->path);
    *files = (struct bm_files){ 0 };
}
