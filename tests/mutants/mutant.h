/* SPDX-License-Identifier: MIT */
/* mutant.h - what the mutants of tests/mutants/ share. A mutant is a kernel with one planted defect that `batchmark
 * verify` must reject; its header says which check has to notice. Most call the naive kernel of their op, and spoil
 * what it is given or what it made. */
#ifndef BATCHMARK_MUTANT_H
#define BATCHMARK_MUTANT_H

#include <math.h>
#include <string.h>

#include "bn.h"
#include "bn_bf16.h"
#include "conv.h"
#include "gemm.h"
#include "gemm_s8.h"
#include "kernel.h"
#include "norm.h"
#include "training.h"
#include "training_bf16.h"

/* Defines the kernel; the fields that only a report needs say that it is none. */
#define BM_MUTANT(...) \
    BM_KERNEL(.idea = "a planted defect", .source = "none", .loses = "verification", __VA_ARGS__)

/* The same for a mutant that calls a naive kernel, and lends it its scratch. */
#define BM_MUTANT_OF(CORRECT)                                                                            \
    static size_t scratch_bytes(const void *args) { return bm_scratch_bytes(&CORRECT, args); }           \
    BM_MUTANT(.scratch_bytes = scratch_bytes, .run = run)

extern const struct bm_kernel adam_naive, bn_backward_bf16_naive, bn_backward_naive, bn_forward_bf16_naive, bn_forward_naive,
    bn_inference_naive, bn_input_gradient_naive, conv_forward_naive, conv_weight_gradient_naive, gemm_bf16_naive, gemm_naive,
    gemm_s8_naive, group_norm_backward_naive, group_norm_forward_naive, layer_norm_backward_naive, layer_norm_forward_naive,
    max_pool_backward_naive, relu_forward_naive, rms_norm_backward_naive, softmax_xent_naive;

#endif
