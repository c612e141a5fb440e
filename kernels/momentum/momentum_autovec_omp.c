/*
 * momentum_autovec_omp - gradient descent with momentum by the plain loop, left to the compiler, on several threads.
 *
 * Maths and shapes: training.h. Traffic: 12 B read and 8 B written a parameter. Error: momentum.c. Tail: the
 * compiler's. The same bits for any number of threads. Idea, source and when it loses: below.
 */
#include "training_loop.h"

BM_KERNEL(.idea = "one loop, both arrays updated together; the compiler vectorises what it can; parameters shared "
                  "in blocks of 1024",
          .source = "Sutskever, Martens, Dahl & Hinton, ICML 2013",
          .loses = "below BM_SERIAL_ELEMENTS (training_team.h), where it runs on one thread",
          .run = momentum_run);
