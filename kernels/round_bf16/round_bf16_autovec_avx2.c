/* SPDX-License-Identifier: MIT */
/* round_bf16_autovec for x86-64-v3: the compiler may use AVX2, and FMA for a b + c. */
#include "round_bf16_autovec.c"
