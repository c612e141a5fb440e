/* bn_inference_autovec_omp - batch normalisation by running statistics by the textbook loop, left to the
 * compiler, on several threads. The maths is in bn.h; source, shapes, traffic, error and the rest in bn_loop.h. */
#include "bn_loop.h"

BN_LOOP_KERNEL(inference, ACT_NONE,
               .idea = "the textbook loop, vectorised by the compiler as far as it may; rows (channels-first: "
                       "channels) shared between the threads",
               .loses = "everywhere to wider vectors: it has those of the baseline ISA; one thread works below "
                        "16,384 elements");
