/*
 * document.h - a result file of any kind, read whole and its head checked; and access to members that says what is
 * wrong and where. The schema is in results/README.md.
 */
#ifndef BATCHMARK_DOCUMENT_H
#define BATCHMARK_DOCUMENT_H

#include <jansson.h>

#include "error.h"

struct bm_document {
    char *path;
    json_t *json;
    json_t *ours;     /* its member "batchmark" */
    const char *kind; /* bench, train, verify, noise or machine */
    bool complete;
    bool edited;      /* its checksum does not hold */
    bool other_schema; /* not loaded: it is of another schema; all other members are empty then */
};

/* Reads a file, plain or gzip. False, with the reason, for a file that cannot be read to its end, is no JSON object, or
 * has no schema, kind or fingerprint of ours; then there is nothing to free. Texts are made plain (bm_plain), since a
 * file may come from anywhere; the checksum is of what they were. */
bool bm_document_load(const char *path, struct bm_document *document, struct bm_error *error);

/* The same from memory; `path` is for messages. */
bool bm_document_parse(const char *text, size_t length, const char *path, struct bm_document *document,
                       struct bm_error *error);

void bm_document_free(struct bm_document *document);

/* Where a member is looked for. The first failure is kept. */
struct bm_reader {
    const char *where; /* "FILE: cases[3]", begins the message */
    struct bm_error *error;
    bool ok;
};

void bm_reader_fail(struct bm_reader *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A member of an object. Absent or of another type or out of range: failure, and "", `least` or NULL. */
const char *bm_text_of(struct bm_reader *r, const json_t *object, const char *key);
double bm_number_of(struct bm_reader *r, const json_t *object, const char *key, double least, double most);
int bm_count_of(struct bm_reader *r, const json_t *object, const char *key, int least, int most); /* whole */
json_t *bm_list_of(struct bm_reader *r, const json_t *object, const char *key);

/* Members of what no reader has checked: "" or NaN if there is no such text or number of a sane size. */
const char *bm_member_text(const json_t *object, const char *key);
double bm_member_number(const json_t *object, const char *key);

/* Equal but for the digits that a file does not keep? */
bool bm_same_figure(double a, double b);

#endif
