/* SPDX-License-Identifier: MIT */
/* fleet_cells.h - what fleet.c and fleet_read.c share: the cases of a fleet, and what each result says of them. */
#ifndef BATCHMARK_FLEET_CELLS_H
#define BATCHMARK_FLEET_CELLS_H

#include <stdint.h>

#include "fleet.h"

/* A case of a result. */
struct bm_fleet_cell {
    size_t number;         /* of the case */
    double s[BM_FLEET_BY]; /* times */
    double bound_s;
    uint64_t code; /* the hash of its kernel; 0: not known */
    enum bm_fleet_limit limit;
};

/* A case of the fleet. */
struct bm_fleet_case {
    char *name;
    const char *family;
    bool team, compared;
    enum bm_fleet_limit limit;
    double s[BM_FLEET_BY]; /* the fleet's */
};

/* Takes the result, which is not in the fleet any more. */
void bm_fleet_set_aside(struct bm_fleet *fleet, struct bm_fleet_result *result, const char *why);

#endif
