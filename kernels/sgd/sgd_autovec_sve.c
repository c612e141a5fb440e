/* SPDX-License-Identifier: MIT */
/* sgd_autovec for SVE: the compiler may use vectors of any length, and FMA for a b + c. */
#include "sgd_autovec.c"
