/* SPDX-License-Identifier: MIT */
/*
 * scaling.h - a step by the number of ranks, measured, and predicted for more of them than there are.
 *
 * Measured are 1, 2, 4 ... and all ranks, with the same threads each: strong scaling shares out the experiment's batch,
 * weak scaling gives every rank as many images. Both are also run with local BN: what synchronising BN costs is the
 * difference of the two. Other ranks wait meanwhile.
 */
#ifndef BATCHMARK_SCALING_H
#define BATCHMARK_SCALING_H

#include <jansson.h>

#include "trainer.h"

/* Collective. Prints tables and adds them to the result's "scaling", "allreduce" and "scaling_predictions". */
void bm_scaling(const struct bm_train_config *config, const struct bm_dataset *data, const char *variant,
                json_t *result);

#endif
