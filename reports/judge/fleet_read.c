/* SPDX-License-Identifier: MIT */
/* fleet_read.c - what a fleet keeps of a result. */
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "fleet_cells.h"
#include "outline.h"

/* Each holds a file; a page of results must not take what a login node has. */
enum { THREADS = 4 };

/* Ops of one kind of work, in as few words as a table has columns for. */
static const char *family_of(const char *op)
{
    return strncmp(op, "gemm", 4) == 0 ? "gemm" : strstr(op, "bn_") ? "bn" : "others";
}

/* By the names of roofs (roofline.h); L1, its ports and L2 run at the core's clock. */
static enum bm_fleet_limit limit_of(const char *bound)
{
    return strcmp(bound, "memory") == 0 ? BM_LIMIT_MEMORY : strcmp(bound, "L3") == 0 ? BM_LIMIT_L3 : BM_LIMIT_CORE;
}

static size_t case_named(struct bm_fleet *f, const struct bm_outline_case *c)
{
    const json_t *known = json_object_get(f->index, c->name);
    if (known)
        return (size_t)json_integer_value(known);
    f->cased = bm_grown(f->cased, f->cases, sizeof *f->cased);
    f->cased[f->cases] =
        (struct bm_fleet_case){ .name = bm_printable(c->name), .family = family_of(c->op), .team = c->threads > 1 };
    json_object_set_new(f->index, c->name, json_integer((json_int_t)f->cases));
    return f->cases++;
}

static void take_cases(struct bm_fleet *f, const struct bm_outline *from, struct bm_fleet_result *to)
{
    to->cell = bm_alloc((from->cases + 1) * sizeof *to->cell);
    to->cells = from->cases;
    for (size_t i = 0; i < from->cases; i++) {
        const struct bm_outline_case *c = &from->cased[i];
        to->cell[i] = (struct bm_fleet_cell){ .number = case_named(f, c),
                                              .s = { [BM_BY_FLOOR] = c->floor_s, [BM_BY_MEDIAN] = c->median_s },
                                              .bound_s = c->bound_s,
                                              .code = strtoull(c->code, NULL, 16),
                                              .limit = limit_of(c->bound) };
        to->samples += c->samples;
        to->disturbed += c->disturbed;
    }
}

static void result_free(struct bm_fleet_result *r)
{
    free(r->path), free(r->host), free(r->date), free(r->commit), free(r->sum), free(r->cell);
    json_decref(r->fingerprint);
}

/* Takes the outline, which was read from `path`. */
static enum bm_added take(struct bm_fleet *f, const char *path, struct bm_outline *outline, struct bm_error *error)
{
    const char *machine = bm_member_text(outline->fingerprint, "machine");
    enum bm_added added = BM_ADDED;
    if (f->machine && strcmp(f->machine, machine) != 0) {
        bm_failed(error, "%s: a result of %s, not of %s", path, machine, f->machine);
        added = BM_OTHER_KIND;
    }
    for (size_t i = 0; i < f->results && added == BM_ADDED; i++)
        if (strcmp(f->result[i].sum, outline->checksum) == 0) {
            bm_failed(error, "%s: the same result as %s", path, f->result[i].path);
            added = BM_UNREADABLE;
        }
    if (added == BM_ADDED) {
        struct bm_fleet_result one = { .path = bm_printable(path),
                                       .host = bm_printable(outline->host),
                                       .date = bm_printable(outline->date),
                                       .commit = bm_printable(outline->commit),
                                       .sum = bm_printable(outline->checksum),
                                       .fingerprint = json_incref(outline->fingerprint) };
        take_cases(f, outline, &one);
        f->result = bm_grown(f->result, f->results, sizeof *f->result);
        f->result[f->results++] = one;
    }
    bm_outline_free(outline);
    return added;
}

void bm_fleet_add(struct bm_fleet *f, char *const *path, size_t count, bm_fleet_told *tell, void *context)
{
    if (!f->index)
        f->index = json_object(); /* before jansson is called by threads: it seeds its hashes */
#pragma omp parallel for ordered schedule(dynamic)                                                                     \
    num_threads(omp_get_max_threads() < THREADS ? omp_get_max_threads() : THREADS)
    for (size_t i = 0; i < count; i++) {
        struct bm_outline outline;
        struct bm_error error = { "" };
        bool other_kind;
        const bool read = bm_outline_load(path[i], &outline, &other_kind, &error);
#pragma omp ordered
        tell(context, path[i],
             read         ? take(f, path[i], &outline, &error)
             : other_kind ? BM_OTHER_KIND
                          : BM_UNREADABLE,
             &error);
    }
}

void bm_fleet_set_aside(struct bm_fleet *f, struct bm_fleet_result *result, const char *why)
{
    f->aside = bm_grown(f->aside, f->asides, sizeof *f->aside);
    f->aside[f->asides++] =
        (struct bm_fleet_aside){ bm_printable(result->path), bm_printable(result->host), bm_printable(why) };
    result_free(result);
}

void bm_fleet_free(struct bm_fleet *f)
{
    for (size_t i = 0; i < f->results; i++)
        result_free(&f->result[i]);
    for (size_t i = 0; i < f->asides; i++)
        free(f->aside[i].path), free(f->aside[i].host), free(f->aside[i].why);
    for (size_t i = 0; i < f->cases; i++)
        free(f->cased[i].name);
    for (size_t i = 0; i < f->nodes; i++)
        free(f->node[i].change[BM_BY_FLOOR]), free(f->node[i].change[BM_BY_MEDIAN]);
    free(f->result), free(f->aside), free(f->cased), free(f->node), free(f->group);
    json_decref(f->index);
    *f = (struct bm_fleet){ 0 };
}
