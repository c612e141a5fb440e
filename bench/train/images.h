/* SPDX-License-Identifier: MIT */
/* images.h - the images of a data set as training reads them: which are trained on and which are held out, in which
 * order, and their pixels as f32. */
#ifndef BATCHMARK_IMAGES_H
#define BATCHMARK_IMAGES_H

#include "config.h"
#include "dataset.h"
#include "dump.h"

/* Images of one set in the order in which they are read. */
struct bm_images {
    const uint8_t *pixels, *labels;
    uint32_t *row; /* NULL: as they lie */
    size_t count;
};

struct bm_split {
    struct bm_images train, validation, test;
    struct bm_rows rows; /* of the training file: those of train, those left out, then those of validation; to be freed */
};

/* False if the network's first and last layer do not fit the images and classes, or if a label is out of range. */
bool bm_images_check(const struct bm_train_config *config, const struct bm_dataset *data, struct bm_error *error);

/* Holds out images for validation (none: the test images serve). False if too few are left. */
bool bm_images_split(const struct bm_train_config *config, const struct bm_dataset *data, struct bm_split *split,
                     struct bm_error *error);

/* Images of a set, from number `image` on, into rows first to end - 1 of x and label. */
void bm_images_gather(const struct bm_images *from, const struct bm_train_config *config, size_t image, size_t first,
                      size_t end, float *x, int32_t *label);

#endif
