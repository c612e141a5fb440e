/* SPDX-License-Identifier: MIT */
/* history_result.h - what history keeps of one result. */
#ifndef BATCHMARK_HISTORY_RESULT_H
#define BATCHMARK_HISTORY_RESULT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "error.h"

/* A copy in which control characters, also those of two bytes (U+0080 to U+009F), are '?', and so is all but ASCII in
 * what is no UTF-8: files, and their names, come from others. All strings below are such copies. free() it. */
char *bm_printable(const char *text);

struct bm_history_case {
    char *name, *kernel, *op, *shape, *cache, *level;
    char *code; /* hash of the kernel's object code; "" where unknown */
    int threads;
    double median_s, low_s, high_s, min_s; /* high_s is infinite where there is no interval */
    double floor_s;                        /* samples.h: what history goes by */
};

/* An older kernel that a result timed beside its own, in pairs: beside[] of results/README.md. */
struct bm_beside {
    char *name;               /* of the case */
    char *code[2];            /* of the older kernel, and of the result's own */
    double change, error, df; /* log of own / older, and of that the standard error and its degrees of freedom */
    double call_s[2];         /* least of the calls of either */
};

struct bm_history_run {
    char *path, *host, *commit, *date, *sum;
    bool dirty; /* built from more than the commit */
    json_t *fingerprint;
    struct bm_history_case *cased;
    size_t cases;
    struct bm_beside *beside;
    size_t besides;
};

enum bm_added { BM_ADDED, BM_OTHER_KIND, BM_UNREADABLE };

/* As bm_history_add() says, but for what is there already. Nothing is to be freed unless it was BM_ADDED. */
enum bm_added bm_history_run_read(const char *path, struct bm_history_run *run, struct bm_error *error);
void bm_history_run_free(struct bm_history_run *run);

/* A list of so many items, with room for one more. */
void *bm_grown(void *list, size_t items, size_t size);

/* NULL: the result does not have it. */
const struct bm_history_case *bm_history_case_named(const struct bm_history_run *run, const char *name);

#endif
