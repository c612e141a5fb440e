/* SPDX-License-Identifier: MIT */
/*
 * bn_relu_forward_bf16_auto - batch normalisation of bf16 in training, then the activation, by the kernel and the number
 * of threads that suit machine and shape. The maths is in bn.h.
 *
 * Source:  the rule is in bn_bf16_auto.h.
 * Shapes:  all.
 * Traffic: of the kernel that it picks.
 * Idea:    the ISA with bf16 instructions if it runs here, else autovec; a team only where it pays, else no parallel
 *          region is entered.
 * Error:   of the kernel that it picks; the same bits for every number of threads.
 * Tail:    of the kernel.
 * Loses:   near the limit of its rule, a number of elements, where starting a team costs more or less than here.
 */
#include "bn_bf16_auto.h"

BN_BF16_AUTO_KERNEL(bn_relu_forward_bf16);
