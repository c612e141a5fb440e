/* SPDX-License-Identifier: MIT */
/* bn_bf16_backward.h - bn_backward_bf16 and bn_relu_backward_bf16: the engine of bn_simd_backward.h on matrices in bf16. */
#ifndef BATCHMARK_BN_BF16_BACKWARD_H
#define BATCHMARK_BN_BF16_BACKWARD_H

#define BN_BF16
#include "bn_bf16_as_bn.h"
#include "bn_simd_backward.h"

static inline size_t bn_bf16_scratch_bytes(const void *args)
{
    const struct bm_bn bn = bn_bf16_as_bn(args);
    return bn_scratch_bytes(&bn);
}

static inline void bn_bf16_backward(const void *args)
{
    const struct bm_bn bn = bn_bf16_as_bn(args);
    bn_simd_backward(&bn);
}

#endif
