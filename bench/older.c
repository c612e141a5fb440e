/* SPDX-License-Identifier: MIT */
#include "older.h"

#include <dirent.h>
#include <fnmatch.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include "canary.h"
#include "document.h"
#include "run.h"

/* ---- one ---- */

static const char *name_in(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void take(const struct bm_document *d, struct bm_older *older)
{
    const json_t *context = json_object_get(json_object_get(d->json, "context"), "batchmark");
    *older = (struct bm_older){
        .path = strdup(d->path),
        .about = json_pack("{s:s, s:s, s:s, s:s}", "result", name_in(d->path), "checksum",
                           bm_member_text(d->ours, "checksum"), "commit",
                           bm_member_text(json_object_get(context, "build"), "commit"), "date",
                           bm_member_text(context, "date")),
        .modules = json_incref(json_object_get(d->ours, "modules")),
        .canary = bm_canary(json_object_get(d->ours, "cases")),
    };
}

bool bm_older_read(const char *path, json_t *fingerprint, struct bm_older *older, struct bm_error *error)
{
    struct bm_document d;
    char why[256];
    if (!bm_document_load(path, &d, error))
        return false;
    bool good = false;
    if (strcmp(d.kind, "bench") != 0)
        bm_failed(error, "%s is a result of %s, not of bench", path, d.kind);
    else if (d.edited)
        bm_failed(error, "%s was edited after it was written: its checksum does not hold", path);
    else if (json_object_size(json_object_get(d.ours, "modules")) == 0)
        bm_failed(error, "%s keeps no kernels", path);
    else if (fingerprint && bm_fingerprints_differ(json_object_get(d.ours, "fingerprint"), fingerprint, why))
        bm_failed(error, "%s is not comparable with this run: %s", path, why);
    else
        good = true;
    if (good)
        take(&d, older);
    bm_document_free(&d);
    return good;
}

void bm_older_free(struct bm_older *older)
{
    free(older->path);
    json_decref(older->about);
    json_decref(older->modules);
    json_decref(older->canary);
    *older = (struct bm_older){ 0 };
}

/* ---- those of a folder ---- */

static int is_bench(const struct dirent *entry)
{
    return fnmatch("*-bench.json", entry->d_name, 0) == 0 || fnmatch("*-bench.json.gz", entry->d_name, 0) == 0;
}

struct folder {
    char *copy, *path; /* copy: what path lies in */
    struct dirent **entry;
    size_t entries; /* that come before the run, the oldest first */
};

static struct folder open_folder(const char *path)
{
    struct folder f = { .copy = strdup(path) };
    if (!f.copy)
        bm_die(BM_EXIT_INPUT, "out of memory");
    f.path = dirname(f.copy);
    const int found = scandir(f.path, &f.entry, is_bench, alphasort);
    for (int i = 0; i < found; i++)
        if (strcmp(f.entry[i]->d_name, name_in(path)) < 0)
            f.entries++;
        else
            free(f.entry[i]);
    return f;
}

static void close_folder(struct folder *f)
{
    for (size_t i = 0; i < f->entries; i++)
        free(f->entry[i]);
    free(f->entry);
    free(f->copy);
}

static bool read_entry(const struct folder *f, size_t i, json_t *fingerprint, struct bm_older *older)
{
    struct bm_error error;
    char *path;
    if (asprintf(&path, "%s/%s", f->path, f->entry[i]->d_name) < 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    const bool good = bm_older_read(path, fingerprint, older, &error);
    free(path);
    return good;
}

bool bm_older_previous(const char *path, json_t *fingerprint, struct bm_older *older)
{
    struct folder f = open_folder(path);
    bool found = false;
    for (size_t i = f.entries; i-- > 0 && !found;)
        found = read_entry(&f, i, fingerprint, older);
    close_folder(&f);
    return found;
}

static bool has_case(const json_t *canary, const json_t *cases)
{
    const json_t *c;
    size_t i;
    json_array_foreach(cases, i, c) if (bm_in_canary(canary, c)) return true;
    return false;
}

bool bm_older_reference(const char *path, json_t *fingerprint, const json_t *cases, struct bm_older *older)
{
    struct folder f = open_folder(path);
    bool found = false;
    for (size_t i = 0; i < f.entries && !found; i++) {
        if (!read_entry(&f, i, fingerprint, older))
            continue;
        found = has_case(older->canary, cases);
        if (!found)
            bm_older_free(older);
    }
    close_folder(&f);
    return found;
}
