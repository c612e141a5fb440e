/* SPDX-License-Identifier: MIT */
/* softmax_xent_autovec for x86-64-v3: the compiler may use AVX2, and FMA for a b + c. */
#include "softmax_xent_autovec.c"
