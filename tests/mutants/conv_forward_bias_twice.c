/* SPDX-License-Identifier: MIT */
/*
 * conv_forward_bias_twice - conv_forward whose product adds to what begins as the bias, and then adds the bias.
 *
 * Defect: y has twice the bias.
 * Caught by: every output.
 */
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_conv *a = args;
    const struct bm_image_steps y = bm_image_steps(a->layout, a->H * a->W, a->ldy);
    conv_forward_naive.run(a);
    for (size_t i = 0; i < a->N * a->H * a->W * a->K; i++)
        a->y[i / a->K / (a->H * a->W) * y.image + i / a->K % (a->H * a->W) * y.pixel + i % a->K * y.channel] +=
            a->bias[i % a->K];
}

BM_MUTANT_OF(conv_forward_naive);
