/* SPDX-License-Identifier: MIT */
/* max_pool_backward_autovec for aarch64, whose baseline is NEON. */
#include "max_pool_backward_autovec.c"
