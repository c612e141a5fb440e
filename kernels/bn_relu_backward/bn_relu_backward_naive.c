/* bn_relu_backward_naive - the gradients of batch normalisation with an activation after it by the textbook
 * loops, vectorisation off. The maths is in bn.h; source, shapes, traffic, error and the rest in bn_loop.h. */
#include "bn_loop.h"

BN_LOOP_KERNEL(backward, ACT_AFTER,
               .idea = "the textbook loops, sums in double, vectorisation off",
               .loses = "always, to the vectorised variants: it is the yardstick");
