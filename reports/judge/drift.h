/* SPDX-License-Identifier: MIT */
/* drift.h - how the machine changed from result to result, as kernels tell whose code did not change. */
#ifndef BATCHMARK_DRIFT_H
#define BATCHMARK_DRIFT_H

#include <stdbool.h>
#include <stddef.h>

#include "canaries.h"
#include "pairs.h"

/*
 * A canary is a kernel of equal code (by its hash) in two results or more. What canaries share is the machine's doing:
 *
 *     log floor of a case in a result = level of the case's code + level of the machine in the result + scatter
 *
 * The first levels are those that canaries predict from where they were last seen; then a fit of both, in turns, each
 * by trimmed means (Tukey's median polish, with means that use more of the values), so that errors do not add up from
 * result to result. What a result timed beside its own kernels (struct bm_beside) are canaries as well.
 *
 * A class (one thread or more x cache level) with BM_DRIFT_LEAST canaries in a result has a level of its own there.
 * Elsewhere it goes with all classes since it was last known. Below BM_DRIFT_FEW canaries in all, the machine is
 * unknown: then all cases tell, whatever their code, if they are BM_DRIFT_LEAST, else it is taken not to have changed.
 */
enum { BM_DRIFT_CLASSES = BM_PAIRS_CLASSES, BM_DRIFT_LEAST = 5, BM_DRIFT_FEW = 3 };

/* A lasting change of the machine in one class or more (moves.h). */
struct bm_move {
    size_t from, to;  /* the last result before it, the first after it */
    size_t steps;     /* between them; 0: little by little */
    unsigned classes; /* a bit each; 0: all classes, as none has a level of its own */
    double change;    /* a log, the mean of the classes; above 0: slower */
    double low, high; /* of all their 95 % intervals; infinite if `unknown` */
    size_t told_by;   /* canaries in the result `to` */
    bool unknown;     /* no canary spans it: it may be the code of all */
};

struct bm_drift {
    double *level[BM_DRIFT_CLASSES];   /* of each class in each result: a log; 0 in the first result */
    double *all;                       /* of all classes */
    size_t *told_by[BM_DRIFT_CLASSES]; /* so many canaries */
    struct bm_canaries *canaries;
    bool own[BM_DRIFT_CLASSES]; /* has a level of its own in most results that have cases of the class */
    bool *unknown;              /* of each result: no canary joins it to those before it */
    struct bm_move *move;       /* in the order of time */
    size_t moves;
};

/* From results in the order of time. Moves are found later (moves.h). */
void bm_drift_find(struct bm_drift *drift, const struct bm_history_run *run, size_t runs);
void bm_drift_free(struct bm_drift *drift);

/* How well the machine's levels of a class hold between the results from `from` to before `at`, and those to before
 * `to`: the change that its canaries still show there. */
struct bm_canary_fit bm_drift_fit(const struct bm_drift *drift, int class, size_t from, size_t at, size_t to);

#endif
