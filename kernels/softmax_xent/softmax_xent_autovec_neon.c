/* SPDX-License-Identifier: MIT */
/* softmax_xent_autovec for aarch64, whose baseline is NEON: the compiler may use FMA for a b + c. */
#include "softmax_xent_autovec.c"
