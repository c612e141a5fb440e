/* SPDX-License-Identifier: MIT */
/* relu_bn_backward_autovec for x86-64-v4: the compiler may use AVX-512. */
#include "relu_bn_backward_autovec.c"
