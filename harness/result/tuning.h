/* SPDX-License-Identifier: MIT */
/* tuning.h - thresholds of kernels that `batchmark tune` measured on this machine: the table of them, and the file that
 * keeps them. docs/blocking.md says what they are and why these. */
#ifndef BATCHMARK_TUNING_H
#define BATCHMARK_TUNING_H

#include <jansson.h>

#include "error.h"
#include "kernel.h"

struct bm_threshold {
    const char *name, *unit, *means;
    double (*built_in)(void);                     /* on this machine */
    double (*get)(const struct bm_thresholds *t); /* 0: not measured */
    void (*set)(struct bm_thresholds *t, double value);
};
enum { BM_THRESHOLDS = 3 };
extern const struct bm_threshold bm_threshold[BM_THRESHOLDS];

/* What every call is above, and none. */
#define BM_ALWAYS 1.0
#define BM_NEVER  1e15
/* A measured one is this many times the built-in one at most, or a share of it. */
enum { BM_MOST_TIMES = 16 };

/* {"gemm_flops": number, ...}, null: not measured; and back. */
json_t *bm_thresholds_json(const struct bm_thresholds *t);
struct bm_thresholds bm_thresholds_of_json(const json_t *json);

/* results/<machine>/tuning.json; free() it. */
char *bm_tuning_path(void);

/*
 * Reads such a file, a result of kind "tuning", into what results tell of it: "file", "date", "host", and the members
 * of bm_thresholds_json(). NULL, with the reason: it is damaged, edited or not finished, was made on another machine or
 * in other settings (instruction set, how threads wait), or holds what no machine has.
 */
json_t *bm_tuning_read(const char *path, struct bm_error *error);

/* Calls of this process use this machine's file from now on. False: there is none, or, with a message, it is not
 * used. */
bool bm_tuning_use(struct bm_error *error);
const json_t *bm_tuning_in_use(void); /* as read; NULL: none */

/* "results/x/tuning.json of DATE, from HOST: gemm_flops 125000 instead of 250000", of what is in use; free() it. */
char *bm_tuning_text(void);

/* The result tells what is in use, in batchmark.tuning, and in the fingerprint if it changes a threshold. */
void bm_result_set_tuning(json_t *result);

#endif
