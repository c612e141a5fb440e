/* SPDX-License-Identifier: MIT */
/*
 * recorder.h - what a step does to gradients and to what layers read, every config->record steps (0: never, and nothing is
 * done). Means over the steps that were looked at:
 *
 *   gradient_decades  |log10| of the norm of the first layer's gradient over that of the last layer's: 0 if they are alike,
 *                     3 if one is a thousand times the other
 *   constant_units    share of hidden units whose output is the same for all images of the batch: dead for it
 *   input_shift       by how much the step moves what layers read: of each channel of a hidden layer's output the change of
 *                     its mean over the batch, in deviations that it had before; the mean over all channels. What Ioffe &
 *                     Szegedy (ICML 2015) call internal covariate shift, of one step
 *   gradient_change   by how much the step changes the gradient by the weights: |g' - g| / |g|. Small if the gradient
 *                     predicts what is a step further (Santurkar et al., "How Does Batch Normalization Help
 *                     Optimization?", NeurIPS 2018)
 *   uphill            share of steps after which the loss of their own batch is higher
 *
 * To see that, the batch goes through the network once more after the step, forward and backward, without the optimiser.
 * Running statistics are put back, so that a run that is looked at has the same bits. Gradients must be there: the kernel
 * set `region` is `auto` then.
 */
#ifndef BATCHMARK_RECORDER_H
#define BATCHMARK_RECORDER_H

#include "network.h"

struct bm_recorded {
    size_t steps; /* that were looked at; 0: there are no figures */
    double gradient_decades, constant_units, input_shift, gradient_change, uphill;
};

struct bm_recorder;
struct bm_recorder *bm_recorder_new(const struct bm_network *net);
void bm_recorder_free(struct bm_recorder *recorder); /* NULL is nothing */

/* After a step with all rows of a batch, whose mean loss was `loss`. */
void bm_recorder_look(struct bm_recorder *recorder, struct bm_network *net, struct bm_plan *plan, double loss);

struct bm_recorded bm_recorder_means(const struct bm_recorder *recorder); /* NULL: none */

#endif
