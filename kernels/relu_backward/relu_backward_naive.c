/*
 * relu_backward_naive - the activation's gradient by the plain loop, vectorisation off.
 *
 * Maths and shapes: training.h. Traffic: 8 B read and 4 B written an element. Error: relu_backward.c. Tail: none.
 * Idea, source and when it loses: below.
 */
#include "training_loop.h"

BM_KERNEL(.idea = "one loop over each row, or over the whole matrix where rows are dense; vectorisation off",
          .source = "Nair & Hinton, ICML 2010; the slope: Maas, Hannun & Ng, ICML 2013 workshop",
          .loses = "always, to the vector variants: it is the yardstick",
          .run = relu_backward_run);
