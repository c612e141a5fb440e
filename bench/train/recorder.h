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
 *   loss_range        how far the loss of the batch goes apart along its gradient: largest less least after 1/4, 1/2, 1, 2 and
 *                     4 times lr along it, by plain gradient descent from where the step has led (their figure 4a, "loss
 *                     landscape"). Losses above ten times that of guessing, and those that are none, count as that much
 *
 * Besides, what the activations of the first and of the last hidden layer read, at some moments of the training, by
 * quantiles over the batch and all channels: what the dense layer gives, and what BN before the activation makes of it. That is for a
 * picture, so only of the first of the seeds.
 *
 * To see that, the batch goes through the network once more after the step, forward and backward, without the optimiser, and
 * forward along the gradient. Weights and running statistics are put back, so that a run that is looked at has the same bits. Gradients must be there: the kernel
 * set `region` is `auto` then.
 */
#ifndef BATCHMARK_RECORDER_H
#define BATCHMARK_RECORDER_H

#include "network.h"

enum { BM_MOMENTS = 12, BM_QUANTILES = 5 };
extern const double bm_moment_quantiles[BM_QUANTILES]; /* which: 0.05 to 0.95 */

/* What the activation of a layer reads. */
struct bm_moment {
    size_t step;                 /* after it, from 1 */
    unsigned layer;              /* from 1 */
    double before[BM_QUANTILES]; /* BN: of the dense layer's outputs */
    double after[BM_QUANTILES];  /* NaN: there is no BN before the activation */
};

struct bm_recorded {
    size_t steps; /* that were looked at; 0: there are no figures */
    double gradient_decades, constant_units, input_shift, gradient_change, uphill, loss_range;
    size_t moments;
    struct bm_moment *moment; /* free() it */
};

struct bm_recorder;
struct bm_recorder *bm_recorder_new(const struct bm_network *net);
void bm_recorder_free(struct bm_recorder *recorder); /* NULL is nothing */

/* After a step with all rows of a batch, whose mean loss was `loss`. */
void bm_recorder_look(struct bm_recorder *recorder, struct bm_network *net, struct bm_plan *plan, double loss);

/* The means, and the moments, which the recorder has no more then. NULL: none. */
struct bm_recorded bm_recorder_take(struct bm_recorder *recorder);

#endif
