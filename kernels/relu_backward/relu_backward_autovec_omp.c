/*
 * relu_backward_autovec_omp - the activation's gradient by the plain loop, left to the compiler, on several threads.
 *
 * Maths and shapes: training.h. Traffic: 8 B read and 4 B written an element. Error: relu_backward.c. Tail: the
 * compiler's. The same bits for any number of threads. Idea, source and when it loses: below.
 */
#include "training_loop.h"

BM_KERNEL(.idea = "one loop over each row, or over the whole matrix where rows are dense; the compiler vectorises "
                  "what it can; elements shared in blocks of 1024",
          .source = "Nair & Hinton, ICML 2010; the slope: Maas, Hannun & Ng, ICML 2013 workshop",
          .loses = "below BM_SERIAL_ELEMENTS (training_team.h), where it runs on one thread",
          .run = relu_backward_run);
