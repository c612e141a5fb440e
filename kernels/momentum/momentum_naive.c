/*
 * momentum_naive - gradient descent with momentum by the plain loop, vectorisation off.
 *
 * Maths and shapes: training.h. Traffic: 12 B read and 8 B written a parameter. Error: momentum.c. Tail: none. Idea,
 * source and when it loses: below.
 */
#include "training_loop.h"

BM_KERNEL(.idea = "one loop, both arrays updated together; vectorisation off",
          .source = "Sutskever, Martens, Dahl & Hinton, ICML 2013",
          .loses = "always, to the vector variants: it is the yardstick",
          .run = momentum_run);
