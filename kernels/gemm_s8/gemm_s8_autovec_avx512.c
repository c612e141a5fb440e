/* SPDX-License-Identifier: MIT */
/* gemm_s8_autovec for x86-64-v4: the compiler may use AVX-512, and FMA for a b + c. */
#include "gemm_s8_autovec.c"
