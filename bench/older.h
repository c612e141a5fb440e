/* SPDX-License-Identifier: MIT */
/* older.h - results of a machine from before a run, which keep kernels that can be timed beside its own. */
#ifndef BATCHMARK_OLDER_H
#define BATCHMARK_OLDER_H

#include <jansson.h>

#include "error.h"

struct bm_older {
    char *path;
    json_t *about;   /* "result", its file's name, "checksum", "commit", "date" */
    json_t *modules; /* its kernels, a hash an op (keep.h) */
    json_t *canary;  /* names (canary.h) */
};

/* Reads a result of bench. False, with the reason: it cannot be read, was edited, is not comparable with runs of this
 * fingerprint (NULL: not asked), or keeps no kernels. */
bool bm_older_read(const char *path, json_t *fingerprint, struct bm_older *older, struct bm_error *error);
void bm_older_free(struct bm_older *older);

/* Of the results in the folder of `path` whose names, which begin with the time, come before its own, and which can be
 * read so: the newest; and the oldest whose canary has one of these cases. False: there is none. */
bool bm_older_previous(const char *path, json_t *fingerprint, struct bm_older *older);
bool bm_older_reference(const char *path, json_t *fingerprint, const json_t *cases, struct bm_older *older);

#endif
