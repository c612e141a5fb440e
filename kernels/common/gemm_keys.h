/* SPDX-License-Identifier: MIT */
/* gemm_keys.h - the keys of a product's shape (op.h, struct bm_key). */
#ifndef BATCHMARK_GEMM_KEYS_H
#define BATCHMARK_GEMM_KEYS_H

#include <float.h>

#include "op.h"

_Static_assert(offsetof(struct bm_shape, tb) == offsetof(struct bm_shape, ta) + sizeof(bool), "trans is a BM_KEY_PAIR");

static const struct bm_word gemm_trans[] = { { "NN", 0 }, { "NT", 1 }, { "TN", 2 }, { "TT", 3 }, { NULL, 0 } };
static const struct bm_word gemm_epilogues[] = {
    { "none", BM_EPILOGUE_NONE },
    { "bias", BM_EPILOGUE_BIAS },
    { "bias_relu", BM_EPILOGUE_BIAS_RELU },
    { "bn_stats", BM_EPILOGUE_BN_STATS },
    { "bias_bn_stats", BM_EPILOGUE_BIAS_BN_STATS },
    { NULL, 0 },
};
static const struct bm_word gemm_results[] = { { "f32", BM_RESULT_F32 }, { "bf16", BM_RESULT_BF16 }, { NULL, 0 } };

// clang-format off
static const struct bm_key gemm_keys[] = {
    { "M", BM_KEY_SIZE, offsetof(struct bm_shape, M), .most = BM_MOST_SIZE, .drawn_most = 200,
      .meaning = "rows of C, which is M x N" },
    { "N", BM_KEY_SIZE, offsetof(struct bm_shape, N), .most = BM_MOST_SIZE, .drawn_most = 200,
      .meaning = "columns of C" },
    { "K", BM_KEY_SIZE, offsetof(struct bm_shape, K), .most = BM_MOST_SIZE, .drawn_most = 400,
      .meaning = "inner size" },
    { "trans", BM_KEY_PAIR, offsetof(struct bm_shape, ta), "NN", .words = gemm_trans, .shown = true,
      .meaning = "which of A, B is transposed" },
    { "alpha", BM_KEY_NUMBER, offsetof(struct bm_shape, alpha), "1", -FLT_MAX, FLT_MAX, .drawn = "0 0.5 -2 0.3",
      .meaning = "C = alpha A B + beta C" },
    { "beta", BM_KEY_NUMBER, offsetof(struct bm_shape, beta), "0", -FLT_MAX, FLT_MAX, .drawn = "1 1 0.5 -2 0.3",
      .meaning = "C = alpha A B + beta C" },
    { "epilogue", BM_KEY_WORD, offsetof(struct bm_shape, epilogue), "none", .words = gemm_epilogues,
      .meaning = "what follows; bn_stats: mean and variance of C's columns" },
    { "pad", BM_KEY_SIZE, offsetof(struct bm_shape, pad), "0", .most = BM_MOST_SIZE, .drawn_most = 9,
      .meaning = "elements added to every leading dimension" },
    { "slope", BM_KEY_NUMBER, offsetof(struct bm_shape, slope), "0", -FLT_MAX, FLT_MAX, .drawn = "0.01 0.3 1",
      .meaning = "of the activation's negative side; 0 is ReLU" },
    { "result", BM_KEY_WORD, offsetof(struct bm_shape, result), "f32", .words = gemm_results,
      .meaning = "type of C, of gemm_bf16 alone" },
    { 0 },
};
// clang-format on

static const struct bm_family gemm_family = { "gemm", "matrix products", gemm_keys, 200. * 200 * 400, NULL };

#endif
