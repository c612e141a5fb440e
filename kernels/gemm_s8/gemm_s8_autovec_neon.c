/* SPDX-License-Identifier: MIT */
/* gemm_s8_autovec for aarch64, whose baseline is NEON: the compiler may use FMA for a b + c. */
#include "gemm_s8_autovec.c"
