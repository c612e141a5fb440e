/*
 * bn_forward_dropped_tail - bn_forward in vectors of 8 channels without their tail.
 *
 * Defect: channels from the last multiple of 8 on are not computed.
 * Caught by: every fill, the outputs being poisoned, in a shape whose C is no multiple of 8.
 */
#include "mutant.h"

static void run(const union bm_args *args) { correct_forward(&args->bn, 0, args->bn.C / 8 * 8); }

BN_MUTANT(forward);
