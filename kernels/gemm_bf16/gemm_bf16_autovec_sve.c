/* SPDX-License-Identifier: MIT */
/* gemm_bf16_autovec for SVE: the compiler may use vectors of any length, and FMA for a b + c. */
#include "gemm_bf16_autovec.c"
