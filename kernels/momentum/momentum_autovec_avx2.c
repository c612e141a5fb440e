/* SPDX-License-Identifier: MIT */
/* momentum_autovec for x86-64-v3: the compiler may use AVX2, and FMA for a b + c. */
#include "momentum_autovec.c"
