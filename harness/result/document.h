/* SPDX-License-Identifier: MIT */
/* document.h - a result file of any kind, read whole and its head checked. The schema is in results/README.md. */
#ifndef BATCHMARK_DOCUMENT_H
#define BATCHMARK_DOCUMENT_H

#include "reader.h"

struct bm_document {
    char *path;
    json_t *json;
    json_t *ours;     /* its member "batchmark" */
    const char *kind; /* bench, train, claim, verify, noise, machine or tuning */
    bool complete;
    bool edited;      /* its checksum does not hold */
    bool other_schema; /* not loaded: it is of another schema; all other members are empty then */
};

/* Reads a file, plain or gzip. False, with the reason, for a file that cannot be read to its end, is no JSON object, or
 * has no schema, kind or fingerprint of ours; then there is nothing to free. Texts are made plain (bm_plain), since a
 * file may come from anywhere; the checksum is of what they were. */
bool bm_document_load(const char *path, struct bm_document *document, struct bm_error *error);

/* The same for who reads many files and little of each: members of these names (shorten.h) may be missing. */
bool bm_document_load_short(const char *path, const char *const *without, struct bm_document *document,
                            struct bm_error *error);

/* The same from memory; `path` is for messages. */
bool bm_document_parse(const char *text, size_t length, const char *path, struct bm_document *document,
                       struct bm_error *error);

void bm_document_free(struct bm_document *document);

/* The list that a complete result of the kind has at least; NULL: no such kind. */
const char *bm_document_must(const char *kind);

#endif
