/* SPDX-License-Identifier: MIT */
#include "document.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "old_names.h"
#include "result.h"
#include "shorten.h"

/* Unpacked. A run of hours has some 50 MB; a few times that in memory. */
enum { MOST_BYTES = 1 << 28 };

/* ---- the head ---- */

static void check_schema(struct bm_reader *r, struct bm_document *d)
{
    const json_t *schema = json_object_get(d->ours, "schema");
    if (!json_is_integer(schema))
        bm_reader_fail(r, "\"schema\" is not a whole number");
    const long long version = json_integer_value(schema);
    d->other_schema = r->ok && (version < BM_RESULT_OLDEST_SCHEMA || version > BM_RESULT_SCHEMA);
    if (d->other_schema)
        bm_reader_fail(r, "its schema is %lld, this program reads %d and %d; run it again with this build", version,
                       BM_RESULT_OLDEST_SCHEMA, BM_RESULT_SCHEMA);
}

static void check_fingerprint(struct bm_reader *r, json_t *fingerprint)
{
    const char *key;
    json_t *value;
    if (!json_is_object(fingerprint))
        bm_reader_fail(r, "\"fingerprint\" is not an object");
    json_object_foreach(fingerprint, key, value)
        if (json_is_object(value) || json_is_array(value))
            bm_reader_fail(r, "fingerprint.%s is a list or an object", key);
    bm_text_of(r, fingerprint, "machine");
}

const char *bm_document_must(const char *kind)
{
    static const char *const must[][2] = { { "bench", "cases" },
                                           { "train", "runs" },
                                           { "claim", "seed_runs" },
                                           { "verify", "verification" },
                                           { "noise", "margins" },
                                           { "machine", "limits" },
                                           { "tuning", "thresholds" } };
    for (size_t i = 0; i < sizeof must / sizeof *must; i++)
        if (strcmp(must[i][0], kind) == 0)
            return must[i][1];
    return NULL;
}

static void check_head(struct bm_reader *r, struct bm_document *d)
{
    d->ours = json_object_get(d->json, "batchmark");
    if (!json_is_object(d->ours))
        bm_reader_fail(r, "no result of batchmark: it has no object \"batchmark\"");
    check_schema(r, d);
    d->kind = bm_text_of(r, d->ours, "kind");
    if (!bm_document_must(d->kind))
        bm_reader_fail(r, "its kind is \"%.20s\", not bench, train, claim, verify, noise, machine or tuning", d->kind);
    const json_t *complete = json_object_get(d->ours, "complete");
    if (complete && !json_is_boolean(complete))
        bm_reader_fail(r, "\"complete\" is neither true nor false");
    d->complete = json_is_true(complete);
    check_fingerprint(r, json_object_get(d->ours, "fingerprint"));
}

static bool is_edited(json_t *json)
{
    const char *said = json_string_value(json_object_get(json_object_get(json, "batchmark"), "checksum"));
    char *sum = said ? bm_result_checksum(json) : NULL;
    const bool edited = !said || strcmp(said, sum) != 0;
    free(sum);
    return edited;
}

static void make_plain(json_t *json)
{
    const char *key;
    json_t *value;
    size_t i;
    if (json_is_string(json)) {
        char *text = strdup(json_string_value(json));
        if (!text)
            bm_die(BM_EXIT_INPUT, "out of memory");
        bm_plain(text);
        if (strcmp(text, json_string_value(json)) != 0)
            json_string_set(json, text);
        free(text);
    }
    json_array_foreach(json, i, value) make_plain(value);
    json_object_foreach(json, key, value) make_plain(value);
}

/* A result from before some kernels got the names that they have now. */
static void rename_kernels(json_t *json)
{
    const char *key;
    json_t *value;
    size_t i;
    char now[512];
    if (json_is_string(json) && json_string_length(json) < sizeof now / 2 &&
        bm_name_now(json_string_value(json), now, sizeof now))
        json_string_set(json, now);
    json_array_foreach(json, i, value) rename_kernels(value);
    json_object_foreach(json, key, value) {
        if (strcmp(key, "kernels") == 0 && json_is_string(value) && json_string_length(value) < sizeof now / 2 &&
            bm_set_now(json_string_value(value), now, sizeof now))
            json_string_set(value, now);
        if (strcmp(key, "command") != 0)
            rename_kernels(value);
    }
}

/* `unedited`: the checksum is known to hold. */
static bool parse(const char *text, size_t length, const char *path, bool unedited, struct bm_document *document,
                  struct bm_error *error)
{
    json_error_t at;
    struct bm_reader r = { path, error, true };
    *document = (struct bm_document){ 0 };
    if (length == 0)
        return bm_failed(error, "%.240s: the file is empty", path);
    json_t *json = json_loadb(text, length, JSON_REJECT_DUPLICATES, &at);
    if (!json)
        return bm_failed(error, "%.240s:%d: not a whole JSON document: %s", path, at.line, at.text);
    *document = (struct bm_document){ .path = strdup(path), .json = json, .edited = !unedited && is_edited(json) };
    make_plain(json);
    check_head(&r, document);
    if (r.ok && json_integer_value(json_object_get(document->ours, "schema")) < BM_RESULT_SCHEMA)
        rename_kernels(json);
    if (!r.ok) {
        const bool other_schema = document->other_schema;
        bm_document_free(document);
        document->other_schema = other_schema;
    }
    return r.ok;
}

bool bm_document_parse(const char *text, size_t length, const char *path, struct bm_document *document,
                       struct bm_error *error)
{
    return parse(text, length, path, false, document, error);
}

/* ---- the file ---- */

/* Unpacked, to its end; NULL with a message. */
static char *read_file(const char *path, size_t *length, struct bm_error *error)
{
    gzFile file = gzopen(path, "rb");
    if (!file) {
        bm_failed(error, "cannot open %.240s; is the path right?", path);
        return NULL;
    }
    size_t room = 1 << 16;
    char *text = malloc(room);
    int got = 0;
    for (*length = 0; text && *length < MOST_BYTES; *length += (size_t)got) {
        if (*length == room) {
            char *grown = realloc(text, room *= 2);
            if (!grown)
                free(text);
            text = grown;
        }
        if (!text || (got = gzread(file, text + *length, (unsigned)(room - *length))) <= 0)
            break;
    }
    const bool whole = gzclose_r(file) == Z_OK && got == 0;
    if (!text)
        bm_failed(error, "out of memory for %.240s", path);
    else if (*length >= MOST_BYTES)
        bm_failed(error, "%.240s: larger than any result (%d MiB)", path, MOST_BYTES >> 20);
    else if (whole)
        return text;
    else
        bm_failed(error, "%.240s: cannot be read to its end: truncated, damaged or a folder", path);
    free(text);
    return NULL;
}

bool bm_document_load_short(const char *path, const char *const *without, struct bm_document *document,
                            struct bm_error *error)
{
    size_t length;
    char *text = read_file(path, &length, error);
    *document = (struct bm_document){ 0 };
    const bool shortened = text && *without && bm_shorten(text, &length, without);
    const bool ok = text && parse(text, length, path, shortened, document, error);
    free(text);
    return ok;
}

bool bm_document_load(const char *path, struct bm_document *document, struct bm_error *error)
{
    static const char *const nothing[] = { NULL };
    return bm_document_load_short(path, nothing, document, error);
}

void bm_document_free(struct bm_document *document)
{
    free(document->path);
    json_decref(document->json);
    *document = (struct bm_document){ 0 };
}
