/* bn_relu_backward_naive_omp - the gradients of batch normalisation with an activation after it by the textbook
 * loops, vectorisation off, on several threads. The maths is in bn.h; source, shapes, traffic, error and the rest
 * in bn_loop.h. */
#include "bn_loop.h"

BN_LOOP_KERNEL(backward, ACT_AFTER,
               .idea = "the textbook loops, sums in double, vectorisation off; rows (channels-first: channels) "
                       "shared between the threads",
               .loses = "always, to the vectorised variants: it is the yardstick; one thread works below 16,384 "
                        "elements");
