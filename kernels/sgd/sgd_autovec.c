/*
 * sgd_autovec - gradient descent by the plain loop, left to the compiler.
 *
 * Maths and shapes: training.h. Traffic: 8 B read and 4 B written a parameter. Error: sgd.c. Tail: the compiler's.
 * Idea, source and when it loses: below.
 */
#include "training_loop.h"

BM_KERNEL(.idea = "one loop; the compiler vectorises what it can",
          .source = "Robbins & Monro, Ann. Math. Statist. 22, 1951",
          .loses = "to avx2 and avx512 while the arrays are in cache",
          .run = sgd_run);
