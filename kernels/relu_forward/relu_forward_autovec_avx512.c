/* SPDX-License-Identifier: MIT */
/* relu_forward_autovec for x86-64-v4: the compiler may use AVX-512, and FMA for a b + c. */
#include "relu_forward_autovec.c"
