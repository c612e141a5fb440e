/* SPDX-License-Identifier: MIT */
/* activation_backward_autovec for SVE: the compiler may use vectors of any length, and FMA for a b + c. */
#include "activation_backward_autovec.c"
