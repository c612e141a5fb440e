/* SPDX-License-Identifier: MIT */
/* conv_keys.h - the keys of the shapes of convolutions and of pooling (op.h, struct bm_key). Height and width count by
 * themselves here; those of bn are factors, H and W. */
#ifndef BATCHMARK_CONV_KEYS_H
#define BATCHMARK_CONV_KEYS_H

#include "op.h"

/* The last of a value is what labels say. */
static const struct bm_word conv_layouts[] = {
    { "nc", BM_CHANNELS_LAST }, { "nhwc", BM_CHANNELS_LAST }, { "nchw", BM_CHANNELS_FIRST }, { NULL, 0 }
};
static const struct bm_word conv_filters[] = { { "1", 1 }, { "3", 3 }, { "5", 5 }, { "7", 7 }, { NULL, 0 } };

enum { CONV_KEY_LAYOUT = 5, POOL_KEY_LAYOUT = 4 };

// clang-format off
#define CONV_KEYS_OF_IMAGES \
    { "N", BM_KEY_SIZE, offsetof(struct bm_shape, N), .most = BM_MOST_SIZE, .drawn_most = 9, .meaning = "images" }, \
    { "height", BM_KEY_SIZE, offsetof(struct bm_shape, height), .most = BM_MOST_SIZE, .drawn_most = 20, \
      .meaning = "of an image, in pixels" }, \
    { "width", BM_KEY_SIZE, offsetof(struct bm_shape, width), .most = BM_MOST_SIZE, .drawn_most = 40, \
      .meaning = "of an image, in pixels" }
#define CONV_LAYOUT_OF_IMAGES \
    { "layout", BM_KEY_WORD, offsetof(struct bm_shape, layout), "nc", .words = conv_layouts, .shown = true, \
      .meaning = "nhwc: channels last; nchw: channels first, the default" }
#define CONV_KEY_PAD \
    { "pad", BM_KEY_SIZE, offsetof(struct bm_shape, pad), "0", .most = BM_MOST_SIZE, .drawn_most = 9, \
      .meaning = "elements added to every leading dimension" }

static const struct bm_key conv_keys[] = {
    CONV_KEYS_OF_IMAGES,
    { "C", BM_KEY_SIZE, offsetof(struct bm_shape, C), .most = BM_MOST_SIZE, .drawn_most = 40, .meaning = "input channels" },
    { "K", BM_KEY_SIZE, offsetof(struct bm_shape, K), .most = BM_MOST_SIZE, .drawn_most = 70, .meaning = "output channels" },
    [CONV_KEY_LAYOUT] = CONV_LAYOUT_OF_IMAGES,
    { "filter", BM_KEY_WORD, offsetof(struct bm_shape, filter), "3", .words = conv_filters,
      .meaning = "R of R x R filters, one pixel apart, padded to the size of the image" },
    CONV_KEY_PAD,
    { 0 },
};

static const struct bm_key pool_keys[] = {
    CONV_KEYS_OF_IMAGES,
    { "C", BM_KEY_SIZE, offsetof(struct bm_shape, C), .most = BM_MOST_SIZE, .drawn_most = 70, .meaning = "channels" },
    [POOL_KEY_LAYOUT] = CONV_LAYOUT_OF_IMAGES,
    CONV_KEY_PAD,
    { 0 },
};
// clang-format on

/* Images are PyTorch's NCHW unless told otherwise, as those of bn. */
static inline void conv_settle_layout(struct bm_shape *s, bool given)
{
    if (!given)
        s->layout = BM_CHANNELS_FIRST;
}
static inline void conv_settle(struct bm_shape *s, unsigned given) { conv_settle_layout(s, given >> CONV_KEY_LAYOUT & 1); }
static inline void pool_settle(struct bm_shape *s, unsigned given) { conv_settle_layout(s, given >> POOL_KEY_LAYOUT & 1); }

static const struct bm_family conv_family = { "conv", "convolutions of images", conv_keys, 12000, conv_settle };
static const struct bm_family pool_family = { "pool", "pooling of images, 2 x 2", pool_keys, 60000, pool_settle };

#endif
