/* SPDX-License-Identifier: MIT */
/* weight_decay_autovec for x86-64-v4: the compiler may use AVX-512, and FMA for a b + c. */
#include "weight_decay_autovec.c"
