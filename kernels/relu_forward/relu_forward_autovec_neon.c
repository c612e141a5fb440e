/* SPDX-License-Identifier: MIT */
/* relu_forward_autovec for aarch64, whose baseline is NEON: the compiler may use FMA for a b + c. */
#include "relu_forward_autovec.c"
