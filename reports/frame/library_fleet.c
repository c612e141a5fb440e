/* SPDX-License-Identifier: MIT */
#include "library_fleet.h"

#include <stdlib.h>
#include <string.h>

#include "outline.h"

/* What a file is: an empty one is no result of bench. */
struct peek {
    char *host, *date;
    json_t *fingerprint;
    size_t like; /* the first of equal fingerprint */
};

static char *copy_of(const char *text)
{
    char *copy = strdup(text);
    if (!copy)
        bm_die(BM_EXIT_INPUT, "out of memory");
    return copy;
}

static struct peek peek_at(const char *path)
{
    struct bm_outline o;
    struct bm_error error; /* who reads the file tells it */
    bool other_kind;
    struct peek p = { 0 };
    if (bm_outline_load(path, &o, &other_kind, &error)) {
        p = (struct peek){ copy_of(o.host), copy_of(o.date), json_incref(o.fingerprint), 0 };
        bm_outline_free(&o);
    }
    return p;
}

static size_t first_like(const struct peek *all, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (all[k].host && all[k].like == k && json_equal(all[k].fingerprint, all[i].fingerprint))
            return k;
    return i;
}

/* The hosts with results like number `like`: whether they are a fleet, and which has the newest. */
static bool is_fleet(const struct peek *all, size_t count, size_t like, const char **host)
{
    const char *date = "", *seen[BM_LEAST_HOSTS];
    size_t hosts = 0, k;
    for (size_t i = like; i < count; i++) {
        if (!all[i].host || all[i].like != like)
            continue;
        for (k = 0; k < hosts && strcmp(seen[k], all[i].host) != 0;)
            k++;
        if (k == hosts && hosts < BM_LEAST_HOSTS)
            seen[hosts++] = all[i].host;
        if (strcmp(all[i].date, date) >= 0) {
            date = all[i].date;
            *host = all[i].host;
        }
    }
    return hosts == BM_LEAST_HOSTS;
}

void bm_library_split(struct bm_files *files, struct bm_files *fleet)
{
    struct peek *all = bm_alloc((files->count + 1) * sizeof *all);
    const char **shown = bm_alloc((files->count + 1) * sizeof *shown); /* of each fleet, by its first result */
    size_t kept = 0;
    struct bm_error error;
    for (size_t i = 0; i < files->count; i++) {
        all[i] = peek_at(files->path[i]);
        all[i].like = all[i].host ? first_like(all, i) : i;
    }
    for (size_t i = 0; i < files->count; i++)
        if (all[i].host && all[i].like == i && !is_fleet(all, files->count, i, &shown[i]))
            shown[i] = NULL;
    for (size_t i = 0; i < files->count; i++) {
        const char *host = all[i].host ? shown[all[i].like] : NULL;
        if (host)
            bm_files_add(fleet, files->path[i], &error);
        if (host && strcmp(host, all[i].host) != 0)
            free(files->path[i]);
        else
            files->path[kept++] = files->path[i];
    }
    for (size_t i = 0; i < files->count; i++) {
        free(all[i].host), free(all[i].date);
        json_decref(all[i].fingerprint);
    }
    files->count = kept;
    free(shown);
    free(all);
}
