/* bn_inference_naive - batch normalisation by running statistics by the textbook loop, vectorisation off. The
 * maths is in bn.h; source, shapes, traffic, error and the rest in bn_loop.h. */
#include "bn_loop.h"

BN_LOOP_KERNEL(inference, ACT_NONE,
               .idea = "the textbook loop, vectorisation off",
               .loses = "always, to the vectorised variants: it is the yardstick");
