/* SPDX-License-Identifier: MIT */
/*
 * bn_forward_dropped_tail - bn_forward in vectors of 8 channels without their tail.
 *
 * Defect: channels from the last multiple of 8 on are not computed.
 * Caught by: every fill, the outputs being poisoned, in a shape whose C is no multiple of 8.
 */
#include "mutant.h"

static void run(const void *args)
{
    struct bm_bn b = *(const struct bm_bn *)args;
    b.C -= b.C % 8;
    bn_forward_naive.run(&b);
}

BM_MUTANT_OF(bn_forward_naive);
