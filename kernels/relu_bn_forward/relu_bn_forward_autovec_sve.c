/* SPDX-License-Identifier: MIT */
/* relu_bn_forward_autovec for SVE: the compiler may use vectors of any length. */
#include "relu_bn_forward_autovec.c"
