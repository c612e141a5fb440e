/* SPDX-License-Identifier: MIT */
/* conv_input_gradient_autovec for x86-64-v4: the compiler may use AVX-512, and FMA for a b + c. */
#include "conv_input_gradient_autovec.c"
