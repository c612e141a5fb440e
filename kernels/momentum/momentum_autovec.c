/*
 * momentum_autovec - gradient descent with momentum by the plain loop, left to the compiler.
 *
 * Maths and shapes: training.h. Traffic: 12 B read and 8 B written a parameter. Error: momentum.c. Tail: the
 * compiler's. Idea, source and when it loses: below.
 */
#include "training_loop.h"

BM_KERNEL(.idea = "one loop, both arrays updated together; the compiler vectorises what it can",
          .source = "Sutskever, Martens, Dahl & Hinton, ICML 2013",
          .loses = "to avx2 and avx512 while the arrays are in cache",
          .run = momentum_run);
