/* SPDX-License-Identifier: MIT */
/*
 * evaluation.h - images through a network as it is: their loss and accuracy, by the statistics that config->evaluation asks
 * for in BN:
 *
 *   running   the running averages, which is what inference is
 *   batch     those of each batch itself, as in training; of images that fill no batch none is counted (a set of fewer: NaN)
 *   precise   averages made anew, with the weights as they are, over 200 batches of the training images ("PreciseBN": Wu &
 *             Johnson, "Rethinking 'Batch' in BatchNorm", 2021): variance and mean of all of them together
 *
 * The network's running averages are afterwards as they were.
 */
#ifndef BATCHMARK_EVALUATION_H
#define BATCHMARK_EVALUATION_H

#include <signal.h>

#include "images.h"
#include "network.h"

struct bm_sums { double loss, hits, stop; }; /* stop: the ranks that were interrupted */

/* One pass over images of a set, from number `first` on; a training plan takes a step. Adds to the sums. */
void bm_pass(struct bm_network *net, struct bm_plan *plan, const struct bm_images *set, size_t first, struct bm_sums *sums);

enum { BM_EVALUATION_ROWS = 500, BM_PRECISE_BATCHES = 200 };

struct bm_evaluator {
    struct bm_network *net;
    struct bm_plan *batch;         /* of training, with a whole batch */
    struct bm_plan *rows;          /* of evaluation, with BM_EVALUATION_ROWS */
    const struct bm_images *train;
    const volatile sig_atomic_t *interrupted; /* or NULL */
};

/* Means over the images of a set, and how long it took. rest: a plan of evaluation for what of this rank's images fills no
 * BM_EVALUATION_ROWS. False if it was interrupted. */
bool bm_evaluate(const struct bm_evaluator *e, const struct bm_images *set, struct bm_plan *rest, double *loss,
                 double *accuracy, double *seconds);

/* Running averages of all BNs, as many floats, out of the network or back into it. */
size_t bm_running_floats(const struct bm_network *net);
void bm_running_move(struct bm_network *net, float *at, bool back);

#endif
