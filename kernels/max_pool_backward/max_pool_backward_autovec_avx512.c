/* SPDX-License-Identifier: MIT */
/* max_pool_backward_autovec for x86-64-v4: the compiler may use AVX-512. */
#include "max_pool_backward_autovec.c"
