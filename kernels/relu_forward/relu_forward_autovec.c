/*
 * relu_forward_autovec - the activation by the plain loop, left to the compiler.
 *
 * Maths and shapes: training.h. Traffic: 4 B read and 4 B written an element. Error: relu_forward.c. Tail: the
 * compiler's. Idea, source and when it loses: below.
 */
#include "training_loop.h"

BM_KERNEL(.idea = "one loop over each row, or over the whole matrix where rows are dense; the compiler vectorises "
                  "what it can",
          .source = "Nair & Hinton, ICML 2010; the slope: Maas, Hannun & Ng, ICML 2013 workshop",
          .loses = "to avx2 and avx512, by the width of its vectors",
          .run = relu_forward_run);
