/* SPDX-License-Identifier: MIT */
/* outline.h - a result of bench without its samples: what a case took, read fast and in little memory, of hundreds of
 * files one after the other. */
#ifndef BATCHMARK_OUTLINE_H
#define BATCHMARK_OUTLINE_H

#include "document.h"

struct bm_outline_case {
    const char *name;
    const char *op, *bound, *code;
    int threads;
    double median_s, floor_s; /* above 0 */
    double bound_s;
    double samples, disturbed;
};

/* Texts are plain and live as long as the outline. */
struct bm_outline {
    json_t *json; /* the document without samples */
    json_t *fingerprint;
    const char *host, *date, *commit, *checksum;
    struct bm_outline_case *cased;
    size_t cases;
};

/* Only a file whose checksum holds is read: what it says of its samples then is what was written. Of one as we write
 * them the samples are stepped over; any other file is read whole. False, with the reason: as bm_document_load() says,
 * or edited, or (`other_kind`) no result of bench. */
bool bm_outline_load(const char *path, struct bm_outline *outline, bool *other_kind, struct bm_error *error);
void bm_outline_free(struct bm_outline *outline);

#endif
