/* SPDX-License-Identifier: MIT */
/* bn_input_gradient_autovec for SVE: the compiler may use vectors of any length, and FMA for a b + c. */
#include "bn_input_gradient_autovec.c"
