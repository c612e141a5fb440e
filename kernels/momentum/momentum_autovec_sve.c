/* SPDX-License-Identifier: MIT */
/* momentum_autovec for SVE: the compiler may use vectors of any length, and FMA for a b + c. */
#include "momentum_autovec.c"
