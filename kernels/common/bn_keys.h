/* SPDX-License-Identifier: MIT */
/* bn_keys.h - the keys of a batch normalisation's shape (op.h, struct bm_key). */
#ifndef BATCHMARK_BN_KEYS_H
#define BATCHMARK_BN_KEYS_H

#include <float.h>

#include "op.h"

static const struct bm_word bn_layouts[] = {
    { "nc", BM_CHANNELS_LAST },
    { "nhwc", BM_CHANNELS_LAST },
    { "nchw", BM_CHANNELS_FIRST },
    { "nchw8c", BM_CHANNELS_BY_8 },
    { "nchw16c", BM_CHANNELS_BY_16 },
    { NULL, 0 },
};

enum { BN_KEY_LAYOUT = 5 };

// clang-format off
static const struct bm_key bn_keys[] = {
    { "N", BM_KEY_SIZE, offsetof(struct bm_shape, N), .most = BM_MOST_SIZE, .drawn_most = 500,
      .meaning = "rows (batch)" },
    { "C", BM_KEY_SIZE, offsetof(struct bm_shape, C), .most = BM_MOST_SIZE, .drawn_most = 300,
      .meaning = "channels" },
    { "H", BM_KEY_FACTOR, offsetof(struct bm_shape, S), .most = BM_MOST_SIZE, .meaning = "height: S = H x W" },
    { "W", BM_KEY_FACTOR, offsetof(struct bm_shape, S), .most = BM_MOST_SIZE, .meaning = "width: S = H x W" },
    { "S", BM_KEY_SIZE, offsetof(struct bm_shape, S), "1", .most = BM_MOST_SIZE, .shown_with_next = true,
      .drawn_most = 300, .meaning = "spatial size" },
    [BN_KEY_LAYOUT] = { "layout", BM_KEY_WORD, offsetof(struct bm_shape, layout), "nc", .words = bn_layouts,
      .meaning = "nc, nhwc: channels last, a matrix of N x H x W rows; nchw: channels first, the default if S > 1; "
                 "nchw8c, nchw16c: blocks of 8 or 16 channels, of which C is rounded up to whole ones" },
    { "eps", BM_KEY_NUMBER, offsetof(struct bm_shape, eps), "1e-5", .most = FLT_MAX, .drawn = "1e-5 1e-3 1e-12",
      .meaning = "added to the variance" },
    { "momentum", BM_KEY_NUMBER, offsetof(struct bm_shape, momentum), "0.1", -FLT_MAX, FLT_MAX, .drawn = "0 0.01 0.1 1",
      .meaning = "share of the new in the running statistics" },
    { "unbiased", BM_KEY_FLAG, offsetof(struct bm_shape, unbiased), "1",
      .meaning = "1: the running variance divides by N S - 1; 0: by N S" },
    { "given", BM_KEY_FLAG, offsetof(struct bm_shape, given), "0",
      .meaning = "1: the forward ops get the statistics, as a gemm's epilogue makes them, and do not sum" },
    { "pad", BM_KEY_SIZE, offsetof(struct bm_shape, pad), "0", .most = BM_MOST_SIZE, .drawn_most = 9,
      .meaning = "elements added to every leading dimension" },
    { "slope", BM_KEY_NUMBER, offsetof(struct bm_shape, slope), "0", -FLT_MAX, FLT_MAX, .drawn = "0.01 0.3 1",
      .meaning = "of the activation's negative side; 0 is ReLU" },
    { 0 },
};
// clang-format on

/* Images are PyTorch's NCHW unless told otherwise, and NHWC is a matrix of N * H * W rows. Blocks of channels are whole, as
 * in frameworks, which fill the last one up with zeros. */
static inline void bn_settle(struct bm_shape *s, unsigned given)
{
    if (!(given >> BN_KEY_LAYOUT & 1) && s->S != 1)
        s->layout = BM_CHANNELS_FIRST;
    if (s->layout == BM_CHANNELS_LAST) {
        s->N *= s->S;
        s->S = 1;
    }
    if (s->layout > BM_CHANNELS_FIRST)
        s->C = (s->C + (size_t)s->layout - 1) / (size_t)s->layout * (size_t)s->layout;
}

static const struct bm_family bn_family = { "bn", "batch normalisation", bn_keys, 240000, bn_settle };

#endif
