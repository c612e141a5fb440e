/* relu_bn_forward_naive - the activation, then batch normalisation, by the textbook loops, vectorisation off. The
 * maths is in bn.h; source, shapes, traffic, error and the rest in bn_loop.h. */
#include "bn_loop.h"

BN_LOOP_KERNEL(forward, ACT_BEFORE,
               .idea = "the textbook loops, sums in double, vectorisation off",
               .loses = "always, to the vectorised variants: it is the yardstick");
