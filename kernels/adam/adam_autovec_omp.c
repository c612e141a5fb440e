/*
 * adam_autovec_omp - the Adam step by the plain loop, left to the compiler, on several threads.
 *
 * Maths and shapes: training.h. Traffic: 16 B read and 12 B written a parameter. Error: adam.c. Tail: the compiler's.
 * The same bits for any number of threads. Idea, source and when it loses: below.
 */
#include "training_loop.h"

BM_KERNEL(.idea = "one loop, all three arrays updated together; the compiler vectorises what it can; parameters "
                  "shared in blocks of 1024",
          .source = "Kingma & Ba, ICLR 2015, algorithm 1 in the order of section 2",
          .loses = "below BM_SERIAL_ADAM (training_team.h), where it runs on one thread",
          .run = adam_run);
