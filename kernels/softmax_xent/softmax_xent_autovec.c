/*
 * softmax_xent_autovec - softmax, its loss and gradient by plain loops, left to the compiler.
 *
 * Maths and shapes: training.h. Traffic: 4 B read and 4 B written an element while a row stays in L1; three passes
 * otherwise. Error: softmax_xent.c. Tail: the compiler's. Idea, source and when it loses: below.
 */
#include "training_loop.h"

BM_KERNEL(.idea = "three loops a row with libm's expf and logf; the compiler vectorises what it can",
          .source = "Bridle, \"Probabilistic interpretation of feedforward classification network outputs\", 1990",
          .loses = "to avx2 and avx512: the calls of expf stay scalar and the maximum is a chain of comparisons",
          .run = softmax_xent_run);
