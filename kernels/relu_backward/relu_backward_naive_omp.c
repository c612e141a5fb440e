/*
 * relu_backward_naive_omp - the activation's gradient by the plain loop, vectorisation off, on several threads.
 *
 * Maths and shapes: training.h. Traffic: 8 B read and 4 B written an element. Error: relu_backward.c. Tail: none. The
 * same bits for any number of threads. Idea, source and when it loses: below.
 */
#include "training_loop.h"

BM_KERNEL(.idea = "one loop over each row, or over the whole matrix where rows are dense; vectorisation off; "
                  "elements shared in blocks of 1024",
          .source = "Nair & Hinton, ICML 2010; the slope: Maas, Hannun & Ng, ICML 2013 workshop",
          .loses = "always, to the vector variants; below BM_SERIAL_ELEMENTS (training_team.h) it runs on one thread",
          .run = relu_backward_run);
