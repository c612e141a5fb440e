/* SPDX-License-Identifier: MIT */
/* args.h - room for the arguments of any op, for callers who learn at run time which op it is, or who use several. */
#ifndef BATCHMARK_ARGS_H
#define BATCHMARK_ARGS_H

#include "bn.h"
#include "bn_bf16.h"
#include "conv.h"
#include "gemm.h"
#include "gemm_s8.h"
#include "kernel.h"
#include "norm.h"
#include "training.h"
#include "training_bf16.h"

/* Ops whose structure is not named here fit `room` (op->args_bytes; a test asks every op). */
union bm_args {
    struct bm_means means;
    struct bm_bn bn;
    struct bm_bn_bf16 bn_bf16;
    struct bm_layer_norm layer_norm;
    struct bm_group_norm group_norm;
    struct bm_gemm gemm;
    struct bm_gemm_bf16 gemm_bf16;
    struct bm_gemm_s8 gemm_s8;
    struct bm_relu relu;
    struct bm_activation activation;
    struct bm_dropout dropout;
    struct bm_weight_decay weight_decay;
    struct bm_relu_bf16 relu_bf16;
    struct bm_round_bf16 round_bf16;
    struct bm_bias_grad bias_grad;
    struct bm_bn_input bn_input;
    struct bm_softmax_xent softmax_xent;
    struct bm_optimizer optimizer;
    struct bm_conv conv;
    struct bm_pool pool;
    unsigned char room[256];
};

#endif
