/* SPDX-License-Identifier: MIT */
/*
 * conv_forward_auto - convolution by the kernel that suits the machine.
 *
 * Maths: conv.h. The rule: conv_auto.h. Traffic, error and tail: of the kernel that it picks. When it loses: below.
 */
#include "conv_auto.h"

CONV_AUTO_KERNEL(conv_forward);
