/*
 * momentum_naive_omp - gradient descent with momentum by the plain loop, vectorisation off, on several threads.
 *
 * Maths and shapes: training.h. Traffic: 12 B read and 8 B written a parameter. Error: momentum.c. Tail: none. The
 * same bits for any number of threads. Idea, source and when it loses: below.
 */
#include "training_loop.h"

BM_KERNEL(.idea = "one loop, both arrays updated together; vectorisation off; parameters shared in blocks of 1024",
          .source = "Sutskever, Martens, Dahl & Hinton, ICML 2013",
          .loses = "always, to the vector variants; below BM_SERIAL_ELEMENTS (training_team.h) it runs on one thread",
          .run = momentum_run);
