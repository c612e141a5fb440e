/* SPDX-License-Identifier: MIT */
/* sgd_autovec for x86-64-v3: the compiler may use AVX2, and FMA for a b + c. */
#include "sgd_autovec.c"
