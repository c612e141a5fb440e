/* SPDX-License-Identifier: MIT */
/* training_keys.h - the keys of the shapes of training.h's ops (op.h, struct bm_key). */
#ifndef BATCHMARK_TRAINING_KEYS_H
#define BATCHMARK_TRAINING_KEYS_H

#include <float.h>

#include "op.h"

// clang-format off
static const struct bm_key rows_keys[] = {
    { "N", BM_KEY_SIZE, offsetof(struct bm_shape, N), .most = BM_MOST_SIZE, .drawn_most = 500,
      .meaning = "rows (batch)" },
    { "C", BM_KEY_SIZE, offsetof(struct bm_shape, C), .most = BM_MOST_SIZE, .drawn_most = 300,
      .meaning = "columns" },
    { "pad", BM_KEY_SIZE, offsetof(struct bm_shape, pad), "0", .most = BM_MOST_SIZE, .drawn_most = 9,
      .meaning = "elements added to every leading dimension" },
    { "slope", BM_KEY_NUMBER, offsetof(struct bm_shape, slope), "0", -FLT_MAX, FLT_MAX, .drawn = "0.01 0.3 1",
      .meaning = "of the activation's negative side; 0 is ReLU" },
    { 0 },
};

static const struct bm_word activation_words[] = { { "sigmoid", BM_SIGMOID }, { "tanh", BM_TANH }, { NULL, 0 } };
static const struct bm_key activation_keys[] = {
    { "N", BM_KEY_SIZE, offsetof(struct bm_shape, N), .most = BM_MOST_SIZE, .drawn_most = 500,
      .meaning = "rows (batch)" },
    { "C", BM_KEY_SIZE, offsetof(struct bm_shape, C), .most = BM_MOST_SIZE, .drawn_most = 300,
      .meaning = "columns" },
    { "pad", BM_KEY_SIZE, offsetof(struct bm_shape, pad), "0", .most = BM_MOST_SIZE, .drawn_most = 9,
      .meaning = "elements added to every leading dimension" },
    { "act", BM_KEY_WORD, offsetof(struct bm_shape, act), "sigmoid", .words = activation_words,
      .meaning = "sigmoid or tanh" },
    { 0 },
};

static const struct bm_key dropout_keys[] = {
    { "N", BM_KEY_SIZE, offsetof(struct bm_shape, N), .most = BM_MOST_SIZE, .drawn_most = 500,
      .meaning = "rows (batch)" },
    { "C", BM_KEY_SIZE, offsetof(struct bm_shape, C), .most = BM_MOST_SIZE, .drawn_most = 300,
      .meaning = "columns" },
    { "pad", BM_KEY_SIZE, offsetof(struct bm_shape, pad), "0", .most = BM_MOST_SIZE, .drawn_most = 9,
      .meaning = "elements added to every leading dimension" },
    { "rate", BM_KEY_NUMBER, offsetof(struct bm_shape, rate), "0.5", 0, 0.99, .drawn = "0 0.1 0.5 0.9",
      .meaning = "share that dropout drops" },
    { 0 },
};

static const struct bm_key params_keys[] = {
    { "N", BM_KEY_SIZE, offsetof(struct bm_shape, N), .most = BM_MOST_SIZE, .drawn_most = 20000,
      .meaning = "parameters" },
    { 0 },
};
// clang-format on

static const struct bm_family rows_family = {
    "rows", "activations, gradients of biases and of BN on the input, loss, N x C", rows_keys, 150000, NULL
};
static const struct bm_family activation_family = {
    "activation", "sigmoid and tanh, N x C", activation_keys, 150000, NULL
};
static const struct bm_family dropout_family = { "dropout", "dropout, N x C", dropout_keys, 150000, NULL };
static const struct bm_family params_family = { "params", "optimisers, N parameters", params_keys, 20000, NULL };

#endif
