/*
 * sgd_autovec_omp - gradient descent by the plain loop, left to the compiler, on several threads.
 *
 * Maths and shapes: training.h. Traffic: 8 B read and 4 B written a parameter. Error: sgd.c. Tail: the compiler's. The
 * same bits for any number of threads. Idea, source and when it loses: below.
 */
#include "training_loop.h"

BM_KERNEL(.idea = "one loop; the compiler vectorises what it can; parameters shared in blocks of 1024",
          .source = "Robbins & Monro, Ann. Math. Statist. 22, 1951",
          .loses = "below BM_SERIAL_ELEMENTS (training_team.h), where it runs on one thread",
          .run = sgd_run);
