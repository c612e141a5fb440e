/* SPDX-License-Identifier: MIT */
/*
 * bn_forward_blocks_of_8 - bn_forward that takes each block of 16 channels for two blocks of 8.
 *
 * Defect: nchw16c is read and written as nchw8c, so that pixels and channels are mixed up.
 * Caught by: the mean in the random fill, in nchw16c with more than one pixel; no other layout notices.
 */
#include "mutant.h"

static void run(const void *args)
{
    struct bm_bn b = *(const struct bm_bn *)args;
    if (b.layout == BM_CHANNELS_BY_16)
        b.layout = BM_CHANNELS_BY_8;
    bn_forward_naive.run(&b);
}

BM_MUTANT_OF(bn_forward_naive);
