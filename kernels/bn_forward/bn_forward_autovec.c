/* bn_forward_autovec - batch normalisation in training by the textbook loops, left to the compiler. The maths is
 * in bn.h; source, shapes, traffic, error and the rest in bn_loop.h. */
#include "bn_loop.h"

BN_LOOP_KERNEL(forward, ACT_NONE,
               .idea = "the textbook loops, sums in double, vectorised by the compiler as far as it may",
               .loses = "channels-first, where the order of the sums forbids vectors, and wherever x leaves the "
                        "cache between passes");
