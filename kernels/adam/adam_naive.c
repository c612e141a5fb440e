/*
 * adam_naive - the Adam step by the plain loop, vectorisation off.
 *
 * Maths and shapes: training.h. Traffic: 16 B read and 12 B written a parameter. Error: adam.c. Tail: none. Idea,
 * source and when it loses: below.
 */
#include "training_loop.h"

BM_KERNEL(.idea = "one loop, all three arrays updated together; vectorisation off",
          .source = "Kingma & Ba, ICLR 2015, algorithm 1 in the order of section 2",
          .loses = "always, to the vector variants: it is the yardstick",
          .run = adam_run);
