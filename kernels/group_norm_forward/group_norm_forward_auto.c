/* SPDX-License-Identifier: MIT */
/*
 * group_norm_forward_auto - group normalisation by the kernel and the number of threads that suit machine and shape.
 *
 * Maths: norm.h. The rule: norm_auto.h. Traffic, error and tail: of the kernel that it picks. When it loses: below.
 */
#include "norm_auto.h"

NORM_AUTO_KERNEL(group_norm_forward, bm_group_norm, norm_group_threads);
