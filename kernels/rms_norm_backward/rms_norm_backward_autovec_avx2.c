/* SPDX-License-Identifier: MIT */
/* rms_norm_backward_autovec for x86-64-v3: the compiler may use AVX2, and FMA for a b + c. */
#include "rms_norm_backward_autovec.c"
