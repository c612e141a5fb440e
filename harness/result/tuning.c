/* SPDX-License-Identifier: MIT */
#include "tuning.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bn_threads.h"
#include "cache_sizes.h"
#include "call_caches.h"
#include "document.h"
#include "gemm_grid.h"
#include "members.h"
#include "provenance.h"
#include "result.h"
#include "run.h"

/* ---- the table ---- */

static double built_in_gemm(void) { return GEMM_LEAST_FLOPS; }
static double built_in_bn(void) { return BN_SMALL; }
static double built_in_stream(void) { return (double)bn_stream_bytes(bm_call_caches()); }

static double get_gemm(const struct bm_thresholds *t) { return t->gemm_flops; }
static double get_bn(const struct bm_thresholds *t) { return (double)t->bn_elements; }
static double get_stream(const struct bm_thresholds *t) { return (double)t->stream_bytes; }

static void set_gemm(struct bm_thresholds *t, double value) { t->gemm_flops = value; }
static void set_bn(struct bm_thresholds *t, double value) { t->bn_elements = (size_t)value; }
static void set_stream(struct bm_thresholds *t, double value) { t->stream_bytes = (size_t)value; }

const struct bm_threshold bm_threshold[BM_THRESHOLDS] = {
    { "gemm_flops", "FLOPs", "GEMM: the work that pays for one more thread", built_in_gemm, get_gemm, set_gemm },
    { "bn_elements", "elements", "BN: from how many elements on a team works", built_in_bn, get_bn, set_bn },
    { "stream_bytes", "bytes", "BN: from how many bytes of matrices on it writes past a last level", built_in_stream,
      get_stream, set_stream },
};

json_t *bm_thresholds_json(const struct bm_thresholds *t)
{
    json_t *json = json_object();
    for (size_t i = 0; i < BM_THRESHOLDS; i++) {
        const double value = bm_threshold[i].get(t);
        json_object_set_new(json, bm_threshold[i].name, value > 0 ? json_real(value) : json_null());
    }
    return json;
}

struct bm_thresholds bm_thresholds_of_json(const json_t *json)
{
    struct bm_thresholds t = { .gemm_flops = 0 };
    for (size_t i = 0; i < BM_THRESHOLDS; i++)
        bm_threshold[i].set(&t, json_number_value(json_object_get(json, bm_threshold[i].name)));
    return t;
}

/* ---- the file ---- */

char *bm_tuning_path(void)
{
    char *slug = bm_machine_slug(), *path;
    if (asprintf(&path, "results/%s/tuning.json", slug) < 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    free(slug);
    return path;
}

/* What a machine is, and not what state it is in; and how the threads of a team wait for each other. */
static json_t *identity_of(const json_t *result)
{
    static const char *const same[] = { "machine", "cpu",      "isa",      "cores",   "numa_nodes",
                                        "smt",     "l1_bytes", "l2_bytes", "l3_bytes" };
    static const char *const waiting[] = { "OMP_WAIT_POLICY", "GOMP_SPINCOUNT" };
    const json_t *print = json_object_get(json_object_get(result, "batchmark"), "fingerprint"),
                 *context = json_object_get(json_object_get(result, "context"), "batchmark"),
                 *environment = json_object_get(json_object_get(context, "openmp"), "environment");
    json_t *identity = json_object();
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        json_object_set(identity, same[i], json_object_get(print, same[i]));
    for (size_t i = 0; i < sizeof waiting / sizeof *waiting; i++)
        json_object_set(identity, waiting[i], json_object_get(environment, waiting[i]));
    return identity;
}

static bool is_of_this_machine(const struct bm_document *d, struct bm_error *error)
{
    char differ[256];
    json_t *now = bm_result_new("tuning", 0, NULL, NULL), *here = identity_of(now), *there = identity_of(d->json);
    const bool same = !bm_fingerprints_differ(there, here, differ);
    json_decref(now);
    json_decref(here);
    json_decref(there);
    return same || bm_failed(error, "%s: made on another machine or in other settings (%s)", d->path, differ);
}

/* Its value into the object; null stays null. */
static bool take_threshold(const json_t *one, const char *path, json_t *object, struct bm_error *error)
{
    const char *name = bm_member_text(one, "name");
    const json_t *value = json_object_get(one, "value");
    size_t i = 0;
    while (i < BM_THRESHOLDS && strcmp(bm_threshold[i].name, name) != 0)
        i++;
    if (i == BM_THRESHOLDS)
        return bm_failed(error, "%s: this build has no threshold \"%.40s\"", path, name);
    const double built_in = bm_threshold[i].built_in(), x = json_number_value(value);
    if (!json_is_null(value) && !(x >= built_in / BM_MOST_TIMES && x <= built_in * BM_MOST_TIMES))
        return bm_failed(error, "%s: %s is %g, not from %g to %g", path, name, x, built_in / BM_MOST_TIMES,
                         built_in * BM_MOST_TIMES);
    json_object_set_new(object, name, json_is_null(value) ? json_null() : json_real(x));
    return true;
}

static json_t *thresholds_of(const struct bm_document *d, struct bm_error *error)
{
    const json_t *context = json_object_get(d->json, "context"), *one;
    json_t *object = json_pack("{s:s, s:O, s:O}", "file", d->path, "date",
                               json_object_get(json_object_get(context, "batchmark"), "date"), "host",
                               json_object_get(context, "host_name"));
    bool good = true;
    size_t i;
    json_array_foreach(json_object_get(d->ours, "thresholds"), i, one) good =
        good && take_threshold(one, d->path, object, error);
    if (good)
        return object;
    json_decref(object);
    return NULL;
}

json_t *bm_tuning_read(const char *path, struct bm_error *error)
{
    struct bm_document d;
    if (!bm_document_load(path, &d, error))
        return NULL;
    const bool good =
        (strcmp(d.kind, "tuning") == 0 || bm_failed(error, "%s: no tuning, but a result of %s", path, d.kind)) &&
        (!d.edited || bm_failed(error, "%s: edited since it was written: its checksum does not hold", path)) &&
        (d.complete || bm_failed(error, "%s: not finished", path)) && bm_members_check(d.json, path, true, error) &&
        is_of_this_machine(&d, error);
    json_t *tuning = good ? thresholds_of(&d, error) : NULL;
    bm_document_free(&d);
    return tuning;
}

/* ---- in use ---- */

static json_t *in_use;

bool bm_tuning_use(struct bm_error *error)
{
    char *path = bm_tuning_path();
    *error->text = '\0';
    if (!in_use && access(path, F_OK) == 0 && (in_use = bm_tuning_read(path, error))) {
        const struct bm_thresholds t = bm_thresholds_of_json(in_use);
        bm_use_thresholds(&t);
    }
    free(path);
    return in_use;
}

const json_t *bm_tuning_in_use(void) { return in_use; }

/* "gemm_flops 125000, ..." of those that are not as built in; free() it. */
static char *values_text(const char *instead)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    const char *between = "";
    if (!out)
        bm_die(BM_EXIT_INPUT, "out of memory");
    for (size_t i = 0; i < BM_THRESHOLDS; i++) {
        const double value = json_number_value(json_object_get(in_use, bm_threshold[i].name));
        if (value == 0)
            continue;
        fprintf(out, "%s%s %.0f", between, bm_threshold[i].name, value);
        if (instead)
            fprintf(out, "%s%.0f", instead, bm_threshold[i].built_in());
        between = ", ";
    }
    fclose(out);
    return text;
}

char *bm_tuning_text(void)
{
    char *values = values_text(" instead of "), *text;
    if (asprintf(&text, "%s of %s, from %s: %s", bm_member_text(in_use, "file"), bm_member_text(in_use, "date"),
                 bm_member_text(in_use, "host"), *values ? values : "every threshold as it is built in") < 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    free(values);
    return text;
}

void bm_result_set_tuning(json_t *result)
{
    json_t *ours = json_object_get(result, "batchmark");
    json_object_set_new(ours, "tuning", in_use ? json_deep_copy(in_use) : json_null());
    char *values = values_text(NULL);
    if (*values)
        json_object_set_new(json_object_get(ours, "fingerprint"), "tuning", json_string(values));
    free(values);
}
