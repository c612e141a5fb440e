/* SPDX-License-Identifier: MIT */
/*
 * step_limit.h - the least time that a training step could take here: bm_limit() (roofline.h) of its compulsory work.
 *
 *   products     FLOPs: 2 x batch x inputs x outputs for each layer's output, for its weights'
 *                gradient and, of all but the first layer, for its input's gradient
 *   optimiser    every parameter and every moment read and written in place once (SGD 8 B a parameter, momentum 16,
 *                Adam 24), the gradient being used where it arises
 *   BN           8 B an element forward, 12 backward. They need not leave L1, since what is read was made in the same
 *                step; the 12 B that are loads count there. On the network's input forward only: the gradients of its
 *                parameters follow from the weights'
 *
 * The largest of them is the limit, not their sum: nothing forbids that a step computes and moves data at a time.
 */
#ifndef BATCHMARK_STEP_LIMIT_H
#define BATCHMARK_STEP_LIMIT_H

#include "config.h"
#include "roofline.h"

struct bm_step_limit {
    double flops, optimizer_bytes, bn_bytes;
    const char *name; /* what sets it: "FMA" or a level */
    double seconds;
};

/* What this machine can do at most with so many threads, measured at the first question; NULL: it cannot be told. */
const struct bm_ceiling *bm_train_ceiling(int threads);

struct bm_step_limit bm_step_limit(const struct bm_train_config *config, const struct bm_ceiling *ceiling);

#endif
