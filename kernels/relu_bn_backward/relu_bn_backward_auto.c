/* SPDX-License-Identifier: MIT */
/*
 * relu_bn_backward_auto - the gradients of the activation followed by batch normalisation, by the kernel and the
 * number of threads that suit machine and shape. The maths is in bn.h.
 *
 * Source:  the rule is in bn_auto.h.
 * Shapes:  all.
 * Traffic: of the kernel that it picks.
 * Idea:    the highest ISA that runs here; a team only where it pays, else no parallel region is entered.
 * Error:   of the kernel that it picks; the same bits for every number of threads.
 * Tail:    of the kernel.
 * Loses:   near the limit of its rule, a number of elements, where starting a team costs more or less than here.
 */
#include "bn_auto.h"

BN_AUTO_KERNEL(relu_bn_backward);
