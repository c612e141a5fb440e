/*
 * sgd_naive_omp - gradient descent by the plain loop, vectorisation off, on several threads.
 *
 * Maths and shapes: training.h. Traffic: 8 B read and 4 B written a parameter. Error: sgd.c. Tail: none. The same bits
 * for any number of threads. Idea, source and when it loses: below.
 */
#include "training_loop.h"

BM_KERNEL(.idea = "one loop; vectorisation off; parameters shared in blocks of 1024",
          .source = "Robbins & Monro, Ann. Math. Statist. 22, 1951",
          .loses = "always, to the vector variants; below BM_SERIAL_ELEMENTS (training_team.h) it runs on one thread",
          .run = sgd_run);
