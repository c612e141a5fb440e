/*
 * bound.h - the least time that a training step could take here.
 *
 *   products     FLOPs at the measured FMA peak: 2 x batch x inputs x outputs for each layer's output, for its weights'
 *                gradient and, where something before it learns, for its input's gradient
 *   optimiser    compulsory bytes: every parameter and every moment read and written once (SGD 8 B a parameter,
 *                momentum 16, Adam 24), the gradient being used where it arises
 *   BN           8 B an element forward, 12 backward
 *
 * Bytes go at the copy rate of the level of memory that holds parameters, moments, and three arrays of each layer's
 * output beside the batch. The three add up: an ideal step would overlap them only where one core computes while
 * another moves data.
 */
#ifndef BATCHMARK_BOUND_H
#define BATCHMARK_BOUND_H

#include "config.h"
#include "roofline.h"

struct bm_step_bound {
    double flops, optimizer_bytes, bn_bytes;
    enum bm_level level;
    double seconds;
};

struct bm_step_bound bm_step_bound(const struct bm_train_config *config, const struct bm_limits *limits);

#endif
