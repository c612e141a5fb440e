/* SPDX-License-Identifier: MIT */
/* activation_backward_autovec for x86-64-v3: the compiler may use AVX2, and FMA for a b + c. */
#include "activation_backward_autovec.c"
