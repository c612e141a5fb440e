/* SPDX-License-Identifier: MIT */
#include "history_result.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pairs.h"
#include "result.h"
#include "run.h"

char *bm_printable(const char *text)
{
    json_t *string = json_string(text); /* NULL if it is no UTF-8 */
    const bool utf8 = string != NULL;
    json_decref(string);
    char *copy = strdup(text), *to = copy;
    if (!copy)
        bm_die(BM_EXIT_INPUT, "out of memory");
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        const bool two = c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0;
        *to++ = two || *c < 0x20 || *c == 0x7f || (*c >= 0x80 && !utf8) ? '?' : (char)*c;
        c += two;
    }
    *to = '\0';
    return copy;
}

void *bm_grown(void *list, size_t items, size_t size)
{
    void *more = items & (items - 1) ? list : realloc(list, (items ? 2 * items : 1) * size);
    if (!more)
        bm_die(BM_EXIT_INPUT, "out of memory for %zu items", 2 * items);
    return more;
}

static void take_cases(const struct bm_run *from, struct bm_history_run *run)
{
    run->cases = from->cases;
    run->cased = bm_alloc((from->cases + 1) * sizeof *run->cased);
    for (size_t i = 0; i < from->cases; i++) {
        const struct bm_run_case *c = &from->cased[i];
        run->cased[i] = (struct bm_history_case){ bm_printable(c->name),
                                                  bm_printable(c->kernel),
                                                  bm_printable(c->op),
                                                  bm_printable(c->shape),
                                                  bm_printable(c->cache),
                                                  bm_printable(c->level),
                                                  bm_printable(c->code),
                                                  c->threads,
                                                  c->stats.median,
                                                  c->stats.low,
                                                  c->stats.high,
                                                  c->stats.min,
                                                  c->floor.s };
    }
}

/* Launches of pairs to their degrees of freedom (pairs.c). */
static double freedom(int launches) { return launches - 2 * (launches / 5) - 1 + BM_PAIRS_PRIOR; }

static bool read_beside(struct bm_reader *r, const json_t *from, struct bm_beside *to)
{
    const json_t *code = bm_list_of(r, from, "code"), *call_s = bm_list_of(r, from, "call_s");
    const char *name = bm_text_of(r, from, "name");
    *to = (struct bm_beside){ .change = bm_number_of(r, from, "change", -100, 100),
                              .error = bm_number_of(r, from, "error", 0, 100),
                              .df = freedom(bm_count_of(r, from, "launches", 2, INT_MAX)) };
    for (size_t i = 0; i < 2; i++) {
        to->call_s[i] = json_number_value(json_array_get(call_s, i));
        if (!json_is_string(json_array_get(code, i)) || !*json_string_value(json_array_get(code, i)))
            bm_reader_fail(r, "\"code\" is not two hashes");
        if (!(to->call_s[i] > 0))
            bm_reader_fail(r, "\"call_s\" is not two times");
    }
    if (!r->ok)
        return false;
    to->name = bm_printable(name);
    for (size_t i = 0; i < 2; i++)
        to->code[i] = bm_printable(json_string_value(json_array_get(code, i)));
    return true;
}

/* Results that timed nothing beside their own kernels have no such member. */
static bool take_beside(const struct bm_run *from, struct bm_history_run *run, struct bm_error *error)
{
    const json_t *all = json_object_get(from->ours, "beside"), *older, *one;
    char where[300];
    snprintf(where, sizeof where, "%.240s: beside[]", from->path);
    struct bm_reader r = { where, error, true };
    size_t i, k;
    json_array_foreach(all, i, older) json_array_foreach(bm_list_of(&r, older, "cases"), k, one)
    {
        run->beside = bm_grown(run->beside, run->besides, sizeof *run->beside);
        if (!read_beside(&r, one, &run->beside[run->besides]))
            return false;
        run->besides++;
    }
    return r.ok;
}

/* The reader does not ask that a time is above 0, as logarithms do. */
static bool check(const struct bm_run *run, struct bm_error *error)
{
    struct tm utc;
    const char *end = strptime(run->date, "%Y-%m-%dT%H:%M:%SZ", &utc);
    if (run->edited)
        return bm_failed(error, "%s: edited since it was written: its checksum does not hold", run->path);
    if (!end || *end)
        return bm_failed(error, "%s: its date \"%.40s\" is not of the form 2026-01-31T12:00:00Z", run->path, run->date);
    for (size_t i = 0; i < run->cases; i++)
        if (!(run->cased[i].stats.median > 0))
            return bm_failed(error, "%s: the case %.200s took no time", run->path, run->cased[i].name);
    return true;
}

void bm_history_run_free(struct bm_history_run *run)
{
    for (size_t i = 0; i < run->cases; i++) {
        struct bm_history_case *c = &run->cased[i];
        free(c->name), free(c->kernel), free(c->op), free(c->shape), free(c->cache), free(c->level), free(c->code);
    }
    for (size_t i = 0; i < run->besides; i++)
        free(run->beside[i].name), free(run->beside[i].code[0]), free(run->beside[i].code[1]);
    free(run->cased);
    free(run->beside);
    free(run->path), free(run->host), free(run->commit), free(run->date), free(run->sum);
    json_decref(run->fingerprint);
}

enum bm_added bm_history_run_read(const char *path, struct bm_history_run *one, struct bm_error *error)
{
    struct bm_document document;
    struct bm_run run;
    if (!bm_document_load(path, &document, error))
        return BM_UNREADABLE;
    const bool other = strcmp(document.kind, "bench") != 0, read = bm_run_read(&document, &run, error);
    bm_document_free(&document);
    if (!read)
        return other ? BM_OTHER_KIND : BM_UNREADABLE;
    bool ok = check(&run, error);
    if (ok) {
        const json_t *context = json_object_get(run.json, "context"),
                     *build = json_object_get(json_object_get(context, "batchmark"), "build");
        *one = (struct bm_history_run){ .path = bm_printable(path),
                                        .host = bm_printable(bm_member_text(context, "host_name")),
                                        .commit = bm_printable(run.commit),
                                        .date = bm_printable(run.date),
                                        .sum = bm_printable(json_string_value(json_object_get(run.ours, "checksum"))),
                                        .dirty = json_is_true(json_object_get(build, "dirty")),
                                        .fingerprint = json_incref(run.fingerprint) };
        take_cases(&run, one);
        ok = take_beside(&run, one, error);
        if (!ok)
            bm_history_run_free(one);
    }
    bm_run_free(&run);
    return ok ? BM_ADDED : BM_UNREADABLE;
}

const struct bm_history_case *bm_history_case_named(const struct bm_history_run *run, const char *name)
{
    for (size_t i = 0; i < run->cases; i++)
        if (strcmp(run->cased[i].name, name) == 0)
            return &run->cased[i];
    return NULL;
}
