/* SPDX-License-Identifier: MIT */
/*
 * bn_forward_no_op - bn_forward that returns at once.
 *
 * Defect: nothing is written, so a benchmark of it would win.
 * Caught by: every fill, the outputs being poisoned.
 */
#include "mutant.h"

static void run(const void *args) { (void)args; }

BM_MUTANT(.run = run);
