/* SPDX-License-Identifier: MIT */
/* dropout_autovec for aarch64, whose baseline is NEON: the compiler may use FMA for a b + c. */
#include "dropout_autovec.c"
