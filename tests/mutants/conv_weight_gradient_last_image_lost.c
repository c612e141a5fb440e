/* SPDX-License-Identifier: MIT */
/*
 * conv_weight_gradient_last_image_lost - conv_weight_gradient that leaves out the last image of a group of 32.
 *
 * Defect: sums end an image too early where there are more images than groups.
 * Caught by: more than 32 images.
 */
#include "mutant.h"

static void run(const void *args)
{
    struct bm_conv fewer = *(const struct bm_conv *)args;
    fewer.N -= fewer.N > 32;
    conv_weight_gradient_naive.run(&fewer);
}

BM_MUTANT_OF(conv_weight_gradient_naive);
