/* SPDX-License-Identifier: MIT */
/* weight_decay_autovec for x86-64-v3: the compiler may use AVX2, and FMA for a b + c. */
#include "weight_decay_autovec.c"
