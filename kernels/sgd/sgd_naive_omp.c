/*
 * sgd_naive_omp - gradient descent by the plain loop, vectorisation off, on several threads.
 *
 * Maths and shapes: training.h. Traffic: 8 B read and 4 B written a parameter. Error: sgd.c. Tail: none. The same bits
 * for any number of threads. Idea, source and when it loses: below.
 */
#include "training_loop.h"

BM_KERNEL(.idea = "one loop; vectorisation off; parameters shared in blocks of 1024",
          .source = "Robbins & Monro, Ann. Math. Statist. 22, 1951",
          .loses = "below 32768 parameters, where it runs on one thread and sgd_naive is the same without the "
                   "test; above, to the vector variants",
          .run = sgd_run);
