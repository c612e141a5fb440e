/* SPDX-License-Identifier: MIT */
/* norm_keys.h - the keys of the shapes of layer_norm, rms_norm (family norm) and group_norm (op.h, struct bm_key). */
#ifndef BATCHMARK_NORM_KEYS_H
#define BATCHMARK_NORM_KEYS_H

#include <float.h>

#include "op.h"

// clang-format off
#define NORM_KEY_N \
    { "N", BM_KEY_SIZE, offsetof(struct bm_shape, N), .most = BM_MOST_SIZE, .drawn_most = 500, .meaning = "rows (batch)" }
#define NORM_KEY_EPS \
    { "eps", BM_KEY_NUMBER, offsetof(struct bm_shape, eps), "1e-5", .most = FLT_MAX, .drawn = "1e-5 1e-3 1e-12", \
      .meaning = "added to the variance" }
#define NORM_KEY_PAD \
    { "pad", BM_KEY_SIZE, offsetof(struct bm_shape, pad), "0", .most = BM_MOST_SIZE, .drawn_most = 9, \
      .meaning = "elements added to every leading dimension" }

static const struct bm_key norm_keys[] = {
    NORM_KEY_N,
    { "C", BM_KEY_SIZE, offsetof(struct bm_shape, C), .most = BM_MOST_SIZE, .drawn_most = 300, .meaning = "columns" },
    NORM_KEY_EPS,
    NORM_KEY_PAD,
    { 0 },
};

/* The last of a value is what labels say. */
static const struct bm_word norm_layouts[] = {
    { "nc", BM_CHANNELS_LAST },
    { "nhwc", BM_CHANNELS_LAST },
    { "nchw", BM_CHANNELS_FIRST },
    { NULL, 0 },
};

enum { NORM_KEY_LAYOUT = 6 };

static const struct bm_key norm_group_keys[] = {
    NORM_KEY_N,
    { "C", BM_KEY_SIZE, offsetof(struct bm_shape, C), .most = BM_MOST_SIZE, .drawn_most = 300, .meaning = "channels" },
    { "G", BM_KEY_SIZE, offsetof(struct bm_shape, G), .most = BM_MOST_SIZE, .drawn_most = 8,
      .meaning = "groups of channels, of C / G each" },
    { "H", BM_KEY_FACTOR, offsetof(struct bm_shape, S), .most = BM_MOST_SIZE, .meaning = "height: S = H x W" },
    { "W", BM_KEY_FACTOR, offsetof(struct bm_shape, S), .most = BM_MOST_SIZE, .meaning = "width: S = H x W" },
    { "S", BM_KEY_SIZE, offsetof(struct bm_shape, S), "1", .most = BM_MOST_SIZE, .drawn_most = 300,
      .meaning = "spatial size" },
    [NORM_KEY_LAYOUT] = { "layout", BM_KEY_WORD, offsetof(struct bm_shape, layout), "nc", .words = norm_layouts,
      .shown = true,
      .meaning = "nc, nhwc: channels last, a row of C for each pixel; nchw: channels first, the default if S > 1" },
    NORM_KEY_EPS,
    NORM_KEY_PAD,
    { 0 },
};
// clang-format on

/* Images are PyTorch's NCHW unless told otherwise, as those of bn. */
static inline void norm_group_settle(struct bm_shape *s, unsigned given)
{
    if (!(given >> NORM_KEY_LAYOUT & 1) && s->S != 1)
        s->layout = BM_CHANNELS_FIRST;
}

static const struct bm_family norm_family = { "norm", "normalisation of rows, N x C", norm_keys, 150000, NULL };
static const struct bm_family norm_group_family = { "group", "normalisation of groups of channels", norm_group_keys, 150000,
                                                    norm_group_settle };

#endif
