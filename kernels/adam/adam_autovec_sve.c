/* SPDX-License-Identifier: MIT */
/* adam_autovec for SVE: the compiler may use vectors of any length, and FMA for a b + c. */
#include "adam_autovec.c"
