/* SPDX-License-Identifier: MIT */
/* tune.h - how `batchmark tune` measures a threshold (tuning.h): in pairs, on a ladder of sizes around the built-in
 * one, the kernel that never does what the threshold begins against the kernel that always does. Then the found ones are
 * tried against the built-in ones, on more kernels and with other pairs. docs/blocking.md explains it. */
#ifndef BATCHMARK_TUNE_H
#define BATCHMARK_TUNE_H

#include "pairs_run.h"
#include "shape.h"
#include "tuning.h"

/* From an eighth to eight times the built-in one, in steps of 2; each on so many kernels, of which the first is
 * measured. */
enum { BM_RUNGS = 7, BM_TUNE_KERNELS = 2 };

struct bm_rung {
    double size; /* in the threshold's unit: a threshold up to this reaches it */
    char shape[BM_TUNE_KERNELS][BM_LABEL];
    struct bm_paired paired; /* of the first kernel: B always, A never */
};

struct bm_tuned {
    const struct bm_threshold *threshold;
    const struct bm_kernel *kernel[BM_TUNE_KERNELS];
    int threads; /* of the ladder */
    size_t rungs;
    struct bm_rung rung[BM_RUNGS];
    double value; /* 0: stays as built in */
    char why[BM_LABEL + 64];
};

/* Plans a ladder: as many rungs, from the least on, as `seconds` have time for; value 0 and the reason if those are too
 * few to tell, or there are too few cores. */
void bm_tune_plan(struct bm_tuned *tuned, size_t threshold, double seconds);

/* Measures its rungs. False, with the reason: the process that measures was killed. */
bool bm_tune_ladder(struct bm_tuned *tuned, double seconds, uint64_t seed, struct bm_error *error);

/* The value of a measured ladder: the least size from which on every rung is faster for certain, by its whole
 * interval. */
void bm_tune_conclude(struct bm_tuned *tuned);

/* The found values against the built-in ones, on rungs between both: as many cases as `seconds` have time for into run,
 * whose sides it sets. */
void bm_tune_plan_trials(const struct bm_tuned *all, double seconds, struct bm_pairs_run *run);

/* Drops values that are slower for certain (by the whole interval) in a trial, or faster in none. */
void bm_tune_judge_trials(struct bm_tuned *all, const struct bm_pairs_run *run);

/* The threshold that a trial is of. */
const struct bm_tuned *bm_tune_of_trial(const struct bm_tuned *all, const struct bm_paired *trial);

#endif
