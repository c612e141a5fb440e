/* SPDX-License-Identifier: MIT */
/* conv_config.h - the settings of convolutions before the dense layers (config.h): as text, their sizes, and what
 * does not go with them. */
#ifndef BATCHMARK_CONV_CONFIG_H
#define BATCHMARK_CONV_CONFIG_H

#include "bn.h"
#include "config.h"

enum { BM_CONV_FILTER = 3 }; /* height and width */

/* Of what convolution l (from 0) reads. Pooling halves height and width, and leaves an odd row or column out. */
struct bm_conv_size {
    size_t height, width, channels;
};
struct bm_conv_size bm_conv_size(const struct bm_train_config *c, size_t l);

/* Values of an image behind the last of them, which the first dense layer reads; without any: of an image. */
size_t bm_conv_features(const struct bm_train_config *c);

enum bm_layout bm_conv_layout(const struct bm_train_config *c);

/* `conv` and `image` from text and back; false: it is none. */
bool bm_conv_set(struct bm_train_config *c, const char *value);
bool bm_conv_set_image(struct bm_train_config *c, const char *value);
void bm_conv_get(const struct bm_train_config *c, char value[static BM_TRAIN_VALUE]);
void bm_conv_get_image(const struct bm_train_config *c, char value[static BM_TRAIN_VALUE]);

bool bm_conv_check(const struct bm_train_config *c, struct bm_error *error);

#endif
