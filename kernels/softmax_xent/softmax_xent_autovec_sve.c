/* SPDX-License-Identifier: MIT */
/* softmax_xent_autovec for SVE: the compiler may use vectors of any length, and FMA for a b + c. */
#include "softmax_xent_autovec.c"
