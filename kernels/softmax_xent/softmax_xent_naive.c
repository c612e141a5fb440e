/*
 * softmax_xent_naive - softmax, its loss and gradient by plain loops, vectorisation off.
 *
 * Maths and shapes: training.h. Traffic: 4 B read and 4 B written an element while a row stays in L1; three passes
 * otherwise. Error: softmax_xent.c. Tail: none. Idea, source and when it loses: below.
 */
#include "training_loop.h"

BM_KERNEL(.idea = "three loops a row with libm's expf and logf; vectorisation off",
          .source = "Bridle, \"Probabilistic interpretation of feedforward classification network outputs\", 1990",
          .loses = "always, to the vector variants: it is the yardstick",
          .run = softmax_xent_run);
