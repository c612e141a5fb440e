/* SPDX-License-Identifier: MIT */
/* claims.h - `batchmark train --claim`: all runs of a claim, its verdict, result and picture. */
#ifndef BATCHMARK_CLAIMS_H
#define BATCHMARK_CLAIMS_H

#include <stdio.h>

#include "error.h"

/* A key of config.h and its value. */
struct bm_setting {
    const char *key, *value;
};

struct bm_claim_order {
    const char *name;     /* a built-in claim or a file */
    const char *data;     /* folder of data sets, or NULL */
    const char *json;     /* where the result goes, or NULL: among this machine's */
    const char *resume;   /* an earlier result to go on with, which need not be there yet; or NULL */
    const char *pictures; /* a folder, which is there, or NULL */
    const struct bm_setting *set; /* put over those of the file */
    int sets, argc;
    char **argv;
};

enum bm_exit bm_claim_command(const struct bm_claim_order *order);

/* The built-in claims. */
void bm_claims_print(FILE *out);

#endif
