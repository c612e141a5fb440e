/* relu_bn_backward_autovec_omp - the gradients of batch normalisation with an activation before it by the
 * textbook loops, left to the compiler, on several threads. The maths is in bn.h; source, shapes, traffic, error
 * and the rest in bn_loop.h. */
#include "bn_loop.h"

BN_LOOP_KERNEL(backward, ACT_BEFORE,
               .idea = "the textbook loops, sums in double, vectorised by the compiler as far as it may; rows "
                       "(channels-first: channels) shared between the threads",
               .loses = "channels-first, where the order of the sums forbids vectors, and wherever x leaves the "
                        "cache between passes; one thread works below 16,384 elements");
