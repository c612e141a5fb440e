/* SPDX-License-Identifier: MIT */
/*
 * inference.h - what folding BN buys: the test images classified by a trained network in four forms of it.
 *
 *   as trained    f32: product with bias (and activation), bn_inference, activation, each a call
 *   folded f32    BN in the weights and biases of the layers (fold.h): a product with bias and activation a layer
 *   folded bf16   the same with products of bf16 (narrow.h)
 *   folded int8   the same with products of integers of 8 bits (narrow.h): weights quantised column by column, activations
 *                 channel by channel, by the least and the most that the folded f32 network shows on BM_CALIBRATION images
 *                 of training (quantise.h)
 *
 * A network without BN has nothing to fold: that form is left out. All forms begin with f32 pixels, end with f32 logits and
 * have the same kernel set and threads; the conversions are part of the time, the loss is not.
 *
 * Times. A sample is the mean of so many passes over one batch that it takes half a millisecond, or as long as one pass of the
 * slowest form, after one pass that is not timed: where a core is shared, long samples meet others more often. A round has a sample of every form, which are neighbours so: ratios are those of a round, and their median has an
 * interval over rounds (stats.h). It tells the noise of this process only: another run may have its arrays in other pages.
 * Rounds in which the process was suspended do not count.
 */
#ifndef BATCHMARK_INFERENCE_H
#define BATCHMARK_INFERENCE_H

#include <signal.h>

#include "images.h"
#include "network.h"

enum bm_form { BM_AS_TRAINED, BM_FOLDED_F32, BM_FOLDED_BF16, BM_FOLDED_INT8, BM_FORMS };
enum { BM_INFERENCE_BATCHES = 3, BM_CALIBRATION = 1024 };
extern const size_t bm_inference_batch[BM_INFERENCE_BATCHES]; /* images */

struct bm_form_time {
    size_t rounds, disturbed; /* disturbed: in which the process was descheduled */
    double image_s;          /* median seconds an image; NaN: not measured */
    double ratio, low, high; /* as-trained time over this one: median over the rounds, and its 95 % interval */
};

struct bm_form_result {
    bool done;         /* false: left out, or refused */
    struct bm_error refused; /* why; an empty text if it was not */
    size_t right, differ; /* of the test images; of these, classified otherwise than as trained */
    double loss;
    struct bm_form_time time[BM_INFERENCE_BATCHES];
};

struct bm_inference {
    size_t images, calibration;
    struct bm_form_result form[BM_FORMS];
};

/* "as trained"; without BN nothing is "folded". */
const char *bm_form_name(enum bm_form form, bool bn);

/* The set of the run's kernels; `region`, which is about training, is `auto`. */
const char *bm_inference_kernels(const struct bm_train_config *config);

/* False: the network cannot be made a second time. `interrupted` (or NULL) is looked at between batches and rounds; times that
 * were not measured then are NaN. */
bool bm_infer(const struct bm_network *trained, const struct bm_images *calibration, const struct bm_images *test,
              const volatile sig_atomic_t *interrupted, struct bm_inference *inference, struct bm_error *error);

#endif
