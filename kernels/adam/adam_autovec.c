/*
 * adam_autovec - the Adam step by the plain loop, left to the compiler.
 *
 * Maths and shapes: training.h. Traffic: 16 B read and 12 B written a parameter. Error: adam.c. Tail: the compiler's.
 * Idea, source and when it loses: below.
 */
#include "training_loop.h"

BM_KERNEL(.idea = "one loop, all three arrays updated together; the compiler vectorises what it can",
          .source = "Kingma & Ba, ICLR 2015, algorithm 1 in the order of section 2",
          .loses = "to avx2 and avx512 in the caches: 4 lanes a square root and a division, and no fused multiply-add",
          .run = adam_run);
