/* SPDX-License-Identifier: MIT */
/* dropout_autovec for SVE: the compiler may use vectors of any length, and FMA for a b + c. */
#include "dropout_autovec.c"
