/* SPDX-License-Identifier: MIT */
/* round_bf16_autovec for SVE: the compiler may use vectors of any length, and FMA for a b + c. */
#include "round_bf16_autovec.c"
