/* SPDX-License-Identifier: MIT */
/* max_pool_backward_autovec for SVE: the compiler may use vectors of any length. */
#include "max_pool_backward_autovec.c"
