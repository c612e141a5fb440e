/*
 * sgd_naive - gradient descent by the plain loop, vectorisation off.
 *
 * Maths and shapes: training.h. Traffic: 8 B read and 4 B written a parameter. Error: sgd.c. Tail: none. Idea, source
 * and when it loses: below.
 */
#include "training_loop.h"

BM_KERNEL(.idea = "one loop; vectorisation off",
          .source = "Robbins & Monro, Ann. Math. Statist. 22, 1951",
          .loses = "always, to the vector variants: it is the yardstick",
          .run = sgd_run);
