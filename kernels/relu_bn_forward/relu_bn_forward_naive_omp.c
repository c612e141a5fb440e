/* relu_bn_forward_naive_omp - the activation, then batch normalisation, by the textbook loops, vectorisation off,
 * on several threads. The maths is in bn.h; source, shapes, traffic, error and the rest in bn_loop.h. */
#include "bn_loop.h"

BN_LOOP_KERNEL(forward, ACT_BEFORE,
               .idea = "the textbook loops, sums in double, vectorisation off; rows (channels-first: channels) "
                       "shared between the threads",
               .loses = "always, to the vectorised variants: it is the yardstick; one thread works below 16,384 "
                        "elements");
