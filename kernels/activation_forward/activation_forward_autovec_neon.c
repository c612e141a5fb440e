/* SPDX-License-Identifier: MIT */
/* activation_forward_autovec for aarch64, whose baseline is NEON: the compiler may use FMA for a b + c. */
#include "activation_forward_autovec.c"
