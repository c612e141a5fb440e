/* SPDX-License-Identifier: MIT */
#include "library.h"

#include <stdlib.h>
#include <string.h>

#include "library_fleet.h"
#include "names.h"
#include "works.h"

static bool ends_with(const char *text, const char *end)
{
    const size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

static void __attribute__((format(printf, 2, 3))) problem(struct bm_library *l, const char *format, ...)
{
    va_list list;
    char *line;
    va_start(list, format);
    if (vasprintf(&line, format, list) < 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    va_end(list);
    bm_plain(line);
    l->problem = realloc(l->problem, (l->problems + 1) * sizeof *l->problem);
    if (!l->problem)
        bm_die(BM_EXIT_INPUT, "out of memory");
    l->problem[l->problems++] = line;
}

/* ---- links ---- */

/* Where a file that may not exist yet will be; free() it. */
static char *absolute(const char *path)
{
    char *folder = strdup(path), *slash = strrchr(folder, '/'), *whole = NULL;
    if (slash)
        slash[slash == folder] = '\0';
    char *real = realpath(slash ? folder : ".", NULL);
    if (asprintf(&whole, "%s/%s", real ? real : "", slash ? strrchr(path, '/') + 1 : path) < 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    free(real);
    free(folder);
    return whole;
}

char *bm_url_of(size_t up, const char *path)
{
    char *text = bm_alloc(3 * up + 3 * strlen(path) + 1), *at = text;
    while (up--)
        at = stpcpy(at, "../");
    for (; *path; path++)
        if (strchr("/-_.~", *path) || (*path >= '0' && *path <= '9') || (*path >= 'A' && *path <= 'Z') ||
            (*path >= 'a' && *path <= 'z'))
            *at++ = *path;
        else
            at += sprintf(at, "%%%02X", (unsigned char)*path);
    *at = '\0';
    return text;
}

/* From the folder of `page` to the file; both absolute. */
static char *link_of(const char *page, const char *file)
{
    size_t common = 0, up = 0;
    for (size_t i = 0; page[i] && page[i] == file[i]; i++)
        if (page[i] == '/')
            common = i + 1;
    for (const char *at = page + common; (at = strchr(at, '/')); at++)
        up++;
    return bm_url_of(up, file + common);
}

/* ---- reading ---- */

const char *bm_build_text(const struct bm_source *s, const char *member)
{
    const json_t *context = json_object_get(json_object_get(s->document.json, "context"), "batchmark");
    return bm_member_text(json_object_get(context, "build"), member);
}

bool bm_source_read(struct bm_source *s, struct bm_error *error)
{
    const json_t *context = json_object_get(json_object_get(s->document.json, "context"), "batchmark");
    s->machine = bm_member_text(json_object_get(s->document.ours, "fingerprint"), "machine");
    s->date = bm_member_text(context, "date");
    snprintf(s->commit, sizeof s->commit, "%.12s", bm_build_text(s, "commit"));
    bm_text_whole(s->commit);
    s->is_run = strcmp(s->document.kind, "bench") == 0 && bm_run_read(&s->document, &s->run, error);
    return s->is_run || strcmp(s->document.kind, "bench") != 0;
}

static void add_source(struct bm_library *l, const char *path, const char *page)
{
    struct bm_error error;
    struct bm_source s = { 0 };
    if (!bm_document_load(path, &s.document, &error)) {
        problem(l, "%s", error.text);
        return;
    }
    if (!bm_source_read(&s, &error)) {
        problem(l, "%s", error.text);
        bm_source_free(&s);
        return;
    }
    char *whole = absolute(path);
    s.reference = ends_with(path, ".gz");
    s.href = link_of(page, whole);
    free(whole);
    if (s.document.edited)
        problem(l, "%s: shown, but its checksum does not hold: it was edited after it was written", path);
    l->source = realloc(l->source, (l->sources + 1) * sizeof *l->source);
    if (!l->source)
        bm_die(BM_EXIT_INPUT, "out of memory");
    l->source[l->sources++] = s;
}

static bool same_document(const struct bm_source *a, const struct bm_source *b)
{
    const char *sum = bm_member_text(a->document.ours, "checksum");
    return *sum && strcmp(sum, bm_member_text(b->document.ours, "checksum")) == 0 && strcmp(a->date, b->date) == 0;
}

void bm_source_free(struct bm_source *s)
{
    if (s->is_run)
        bm_run_free(&s->run);
    bm_document_free(&s->document);
    free(s->href);
}

/* A result and its compressed copy are one: the copy is kept. */
static void drop_copies(struct bm_library *l)
{
    size_t kept = 0;
    for (size_t i = 0; i < l->sources; i++) {
        struct bm_source *s = &l->source[i], *last = kept ? &l->source[kept - 1] : NULL;
        if (!last || !same_document(last, s))
            l->source[kept++] = *s;
        else if (s->reference && !last->reference) {
            bm_source_free(last);
            *last = *s;
        } else
            bm_source_free(s);
    }
    l->sources = kept;
}

static int by_date(const void *a, const void *b)
{
    const struct bm_source *x = a, *y = b;
    const int order = strcmp(x->date, y->date);
    return order ? order
                 : strcmp(bm_member_text(x->document.ours, "checksum"), bm_member_text(y->document.ours, "checksum"));
}

/* That of the newest result that is no reference, or of the newest; or the wanted one. NULL: none. */
static const char *choose_machine(const struct bm_library *l, const char *wanted)
{
    const struct bm_source *newest = NULL;
    for (size_t i = l->sources; i-- > 0;) {
        const struct bm_source *s = &l->source[i];
        const bool claim = strcmp(s->document.kind, "claim") == 0; /* which says nothing of a machine */
        if (wanted ? strcmp(s->machine, wanted) == 0 : !s->reference && !claim)
            return s->machine;
        if (!newest || (!claim && strcmp(newest->document.kind, "claim") == 0))
            newest = s;
    }
    return wanted || !newest ? NULL : newest->machine;
}

bool bm_library_load(struct bm_library *l, char **path, size_t paths, const char *page, const char *machine,
                     struct bm_error *error)
{
    struct bm_files files = { 0 };
    struct bm_error why;
    char *whole = absolute(page);
    *l = (struct bm_library){ 0 };
    for (size_t i = 0; i < paths; i++)
        if (!bm_files_add(&files, path[i], &why))
            problem(l, "%s", why.text);
    bm_files_sort(&files);
    bm_library_split(&files, &l->fleet);
    for (size_t i = 0; i < files.count; i++)
        add_source(l, files.path[i], whole);
    bm_files_free(&files);
    free(whole);
    if (l->sources)
        qsort(l->source, l->sources, sizeof *l->source, by_date);
    drop_copies(l);
    for (size_t i = 0; i < l->sources; i++)
        l->source[i].number = (int)i + 1;
    l->machine = choose_machine(l, machine);
    if (l->machine || !machine)
        return true;
    struct bm_names known = { NULL, 0 };
    for (size_t i = 0; i < l->sources; i++)
        bm_names_add(&known, l->source[i].machine);
    char *text = bm_unknown("machine", machine, &known, NULL);
    bm_names_free(&known);
    bm_library_free(l);
    bm_failed(error, "--machine: %s", text);
    free(text);
    return false;
}

void bm_library_free(struct bm_library *l)
{
    for (size_t i = 0; i < l->sources; i++)
        bm_source_free(&l->source[i]);
    for (size_t i = 0; i < l->problems; i++)
        free(l->problem[i]);
    bm_files_free(&l->fleet);
    free(l->source);
    free(l->problem);
    *l = (struct bm_library){ 0 };
}

/* ---- choosing ---- */

static bool is_ours(const struct bm_library *l, const struct bm_source *s)
{
    return strcmp(s->machine, l->machine) == 0;
}

const struct bm_source *bm_library_newest(const struct bm_library *l, const char *kind,
                                          bool (*fits)(const struct bm_source *))
{
    const struct bm_source *newest = NULL;
    for (size_t i = 0; i < l->sources; i++) {
        const struct bm_source *s = &l->source[i];
        if (is_ours(l, s) && strcmp(s->document.kind, kind) == 0 && (!fits || fits(s)) &&
            (s->document.complete || !newest || !newest->document.complete))
            newest = s;
    }
    return newest;
}

static size_t most_cases(const struct bm_library *l)
{
    size_t most = 0;
    for (size_t i = 0; i < l->sources; i++)
        if (l->source[i].is_run && is_ours(l, &l->source[i]) && l->source[i].run.cases > most)
            most = l->source[i].run.cases;
    return most;
}

const struct bm_source *bm_library_bench(const struct bm_library *l)
{
    const size_t most = most_cases(l);
    const struct bm_source *newest = NULL;
    for (size_t i = 0; i < l->sources && most; i++)
        if (l->source[i].is_run && is_ours(l, &l->source[i]) && 2 * l->source[i].run.cases >= most)
            newest = &l->source[i];
    return newest;
}

const struct bm_source *bm_library_beside(const struct bm_library *l)
{
    const struct bm_source *shown = bm_library_bench(l), *own = NULL, *other = NULL;
    for (size_t i = 0; i < l->sources && shown; i++) {
        const struct bm_source *s = &l->source[i];
        if (s->is_run && s->reference && s != shown && 2 * s->run.cases >= (is_ours(l, s) ? shown->run.cases : 0))
            *(is_ours(l, s) ? &own : &other) = s;
    }
    return own ? own : other;
}

/* Of how many of a's cases does b have one of the same name? */
static size_t common_cases(const struct bm_run *a, const struct bm_run *b)
{
    size_t common = 0;
    for (size_t i = 0; i < a->cases; i++)
        common += bm_run_find(b, a->cased[i].name) != NULL;
    return common;
}

static bool is_same_host(const struct bm_source *a, const struct bm_source *b)
{
    return json_equal(json_object_get(json_object_get(a->document.json, "context"), "host_name"),
                      json_object_get(json_object_get(b->document.json, "context"), "host_name"));
}

const struct bm_source *bm_library_before(const struct bm_library *l, const struct bm_source *source)
{
    char text[256];
    for (const struct bm_source *s = source; s-- > l->source;)
        if (s->is_run && is_same_host(s, source) &&
            !bm_fingerprints_differ(s->run.fingerprint, source->run.fingerprint, text) &&
            2 * common_cases(&source->run, &s->run) >= source->run.cases && source->run.cases)
            return s;
    return NULL;
}
