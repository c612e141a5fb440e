/* SPDX-License-Identifier: MIT */
/* moments.h - what the activations of the first and of the last hidden layer read, at some moments of a training, which
 * recorder.h records. */
#ifndef BATCHMARK_MOMENTS_H
#define BATCHMARK_MOMENTS_H

#include "recorder.h"

/* Is it time for one, when there are so many already? They are spread evenly over the steps. Never where the seed is not
 * the first. */
bool bm_moment_is_due(const struct bm_network *net, size_t moments);

/* By a batch that has just gone through the network with its parameters as they are. Returns how many were taken: one a
 * layer, at most 2. */
size_t bm_moments_take(const struct bm_network *net, size_t rows, struct bm_moment *moment);

#endif
