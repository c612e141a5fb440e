/* SPDX-License-Identifier: MIT */
/* quantise_baseline.c - the loops of quantise.h for what every CPU of the platform has. */
#define BM_LOOPS bm_quantise_loops_baseline
#include "quantise_loops.h"
