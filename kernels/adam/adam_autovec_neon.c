/* SPDX-License-Identifier: MIT */
/* adam_autovec for aarch64, whose baseline is NEON: the compiler may use FMA for a b + c. */
#include "adam_autovec.c"
