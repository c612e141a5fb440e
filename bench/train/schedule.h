/* SPDX-License-Identifier: MIT */
/*
 * schedule.h - the learning rate of a step.
 *
 * Warm-up (Goyal et al., "Accurate, Large Minibatch SGD", 2017): of its W steps, step t has t / W of the rate. Cosine
 * (Loshchilov & Hutter, ICLR 2017): (1 + cos(pi t / T)) / 2 after t of T steps, warm-up included. Step: times a factor after
 * every N epochs. Earlier epochs (config.h) count as epochs.
 */
#ifndef BATCHMARK_SCHEDULE_H
#define BATCHMARK_SCHEDULE_H

#include "config.h"

/* Of step number `step`, from 1. */
double bm_lr_of_step(const struct bm_train_config *config, size_t step, size_t steps_per_epoch);

/* Is it the same for all steps? */
static inline bool bm_lr_is_constant(const struct bm_train_config *c)
{
    return c->lr_schedule == BM_SCHEDULE_CONSTANT && c->lr_warmup == 0;
}

#endif
