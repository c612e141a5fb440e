/* SPDX-License-Identifier: MIT */
/* gemm_autovec for SVE: the compiler may use vectors of any length, and FMA for a b + c. */
#include "gemm_autovec.c"
