/* SPDX-License-Identifier: MIT */
/* max_pool_forward_autovec for x86-64-v4: the compiler may use AVX-512. */
#include "max_pool_forward_autovec.c"
