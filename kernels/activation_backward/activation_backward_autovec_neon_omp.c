/* SPDX-License-Identifier: MIT */
/* activation_backward_autovec_omp for aarch64, whose baseline is NEON: the compiler may use FMA for a b + c. */
#include "activation_backward_autovec_omp.c"
