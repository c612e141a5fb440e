/* SPDX-License-Identifier: MIT */
/* gemm_s8_autovec for x86-64-v3: the compiler may use AVX2, and FMA for a b + c. */
#include "gemm_s8_autovec.c"
