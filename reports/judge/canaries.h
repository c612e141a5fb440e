/* SPDX-License-Identifier: MIT */
/* canaries.h - kernels of equal code in several results: what they took, and what that says of a change. */
#ifndef BATCHMARK_CANARIES_H
#define BATCHMARK_CANARIES_H

#include <jansson.h>
#include <stdbool.h>

#include "history_result.h"

/* A case with one code, or a kernel that results timed beside others; if its code is not known, the case. */
struct bm_cell {
    int class;
    bool known;  /* its code */
    size_t seen; /* results */
    size_t last; /* its newest observation */
    double level;
};

struct bm_seen {
    size_t run, cell;
    double x; /* log of its time */
};

struct bm_canaries {
    const struct bm_history_run *run;
    size_t runs;
    const bool *unknown; /* of each result, as drift.h has it; NULL: not known yet */
    struct bm_cell *cell;
    size_t cells;
    struct bm_seen *seen; /* in the order of results */
    size_t count;
    size_t *first;   /* of each result, in seen[]; first[runs] = count */
    size_t *by_cell; /* indices into seen[], cell by cell */
    json_t *index;   /* of cells, by name */
    double *room;    /* for as many numbers as there are observations */
};

struct bm_canaries *bm_canaries_of(const struct bm_history_run *run, size_t runs);
void bm_canaries_free(struct bm_canaries *canaries);

/* How much times change with z, which is given for each result: by least squares within each cell of a class (-1: of
 * all), in the results from `from` to before `to`; with the standard error by how cells differ (the cell is the
 * independent unit). `level` (NULL: none) is taken off first. Infinite error: too few cells tell. */
struct bm_canary_fit {
    double change, error, df;
    size_t cells; /* that tell */
};
struct bm_canary_fit bm_canaries_fit(const struct bm_canaries *canaries, int class, const double *z,
                                     const double *level, size_t from, size_t to);

#endif
