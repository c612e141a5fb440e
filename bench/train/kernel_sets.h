/* SPDX-License-Identifier: MIT */
/*
 * kernel_sets.h - the table that ties kernel speed to training: kernel set, seconds per epoch, seconds to the target.
 *
 * The learning curve is the same for every set but for rounding, so epochs to the target are those of a run that was
 * made before, and only the seconds differ. Sets take turns, so that a slow moment of the machine does not fall on one
 * of them.
 */
#ifndef BATCHMARK_KERNEL_SETS_H
#define BATCHMARK_KERNEL_SETS_H

#include <jansson.h>

#include "trainer.h"

enum { BM_MAX_COMPARED = 2 }; /* variants side by side */

struct bm_compared {
    const char *variant;
    struct bm_train_config config;
    size_t target_epoch; /* of the run before; 0: not reached */
    double accuracy;     /* its best in validation */
};

/* Prints the table and adds it to the result's "kernel_sets", and each timed run to "runs". */
void bm_compare_sets(const struct bm_compared *run, int runs, const struct bm_dataset *data, json_t *result,
                     const char *experiment);

#endif
