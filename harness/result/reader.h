/* SPDX-License-Identifier: MIT */
/* reader.h - members of a result, and what is said of those that are wrong: what it is and where. */
#ifndef BATCHMARK_READER_H
#define BATCHMARK_READER_H

#include <jansson.h>

#include "error.h"

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
