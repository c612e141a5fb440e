/* SPDX-License-Identifier: MIT */
#include "outline.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_SECONDS 1e-12
#define MOST_SECONDS  1e9

/* What is large, and what is in every case and not looked at here. */
static const char *const without[] = { "\"raw\"",
                                       "\"floor_raw\"",
                                       "\"benchmarks\"",
                                       "\"kernels\"",
                                       "\"beside\"",
                                       "\"counters\"",
                                       "\"again_bytes\"",
                                       "\"cache\"",
                                       "\"contended\"",
                                       "\"copies\"",
                                       "\"floor_launches\"",
                                       "\"floor_samples\"",
                                       "\"flops\"",
                                       "\"level\"",
                                       "\"max_s\"",
                                       "\"median_high_s\"",
                                       "\"median_low_s\"",
                                       "\"origin\"",
                                       "\"outputs\"",
                                       "\"p25_s\"",
                                       "\"p75_s\"",
                                       "\"p95_s\"",
                                       "\"peak_isa\"",
                                       "\"read_bytes\"",
                                       "\"shape\"",
                                       "\"stop\"",
                                       "\"update_bytes\"",
                                       "\"weight\"",
                                       "\"worst_error\"",
                                       "\"write_bytes\"",
                                       NULL };

/* ---- the cases ---- */

static void read_case(struct bm_reader *r, const json_t *json, struct bm_outline_case *c)
{
    /* Older results have no floor_s, and a median_s of other samples. */
    const char *floor = json_object_get(json, "floor_s") ? "floor_s" : "min_s";
    const char *median = json_object_get(json, "all_median_s") ? "all_median_s" : "median_s";
    c->name = bm_text_of(r, json, "name");
    c->op = bm_text_of(r, json, "op");
    c->bound = bm_text_of(r, json, "bound");
    c->code = bm_text_of(r, json, "code");
    c->threads = bm_count_of(r, json, "threads", 1, 1 << 20);
    c->median_s = bm_number_of(r, json, median, LEAST_SECONDS, MOST_SECONDS);
    c->floor_s = bm_number_of(r, json, floor, LEAST_SECONDS, MOST_SECONDS);
    c->bound_s = bm_number_of(r, json, "bound_s", 0, MOST_SECONDS);
    c->samples = bm_count_of(r, json, "samples", 1, INT_MAX);
    c->disturbed = bm_count_of(r, json, "disturbed", 0, INT_MAX);
}

static bool read_cases(struct bm_outline *o, const json_t *cases, const char *path, struct bm_error *error)
{
    const json_t *one;
    size_t i;
    o->cased = bm_alloc((json_array_size(cases) + 1) * sizeof *o->cased);
    json_array_foreach(cases, i, one)
    {
        char where[300];
        snprintf(where, sizeof where, "%.240s: cases[%zu]", path, i);
        struct bm_reader r = { where, error, true };
        read_case(&r, one, &o->cased[o->cases++]);
        if (!r.ok)
            return false;
    }
    return true;
}

/* ---- the whole ---- */

static bool outline_of(const struct bm_document *d, struct bm_outline *o, bool *other_kind, struct bm_error *error)
{
    struct bm_reader r = { d->path, error, true };
    json_t *context = json_object_get(d->json, "context"), *ours = json_object_get(context, "batchmark");
    *other_kind = strcmp(d->kind, "bench") != 0;
    if (*other_kind)
        return bm_failed(error, "%s: a result of %s, not of bench", d->path, d->kind);
    if (d->edited)
        return bm_failed(error, "%s: edited since it was written: its checksum does not hold", d->path);
    *o = (struct bm_outline){ .json = json_incref(d->json), .fingerprint = json_object_get(d->ours, "fingerprint") };
    o->host = bm_text_of(&r, context, "host_name");
    o->date = bm_text_of(&r, ours, "date");
    o->commit = bm_text_of(&r, json_object_get(ours, "build"), "commit");
    o->checksum = bm_text_of(&r, d->ours, "checksum");
    const json_t *cases = bm_list_of(&r, d->ours, "cases");
    if (r.ok && read_cases(o, cases, d->path, error))
        return true;
    bm_outline_free(o);
    return false;
}

bool bm_outline_load(const char *path, struct bm_outline *outline, bool *other_kind, struct bm_error *error)
{
    struct bm_document document;
    *outline = (struct bm_outline){ 0 };
    *other_kind = false;
    if (!bm_document_load_short(path, without, &document, error))
        return false;
    const bool ok = outline_of(&document, outline, other_kind, error);
    bm_document_free(&document);
    return ok;
}

void bm_outline_free(struct bm_outline *o)
{
    free(o->cased);
    json_decref(o->json);
    *o = (struct bm_outline){ 0 };
}
