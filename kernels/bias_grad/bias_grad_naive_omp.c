/*
 * bias_grad_naive_omp - column sums by the plain loop, vectorisation off, on several threads.
 *
 * Maths and shapes: training.h. Traffic: 4 B read an element, and 1/64 of that written and read again if N > 64.
 * Error: bias_grad.c. Tail: none. The same bits for any number of threads. Idea, source and when it loses: below.
 */
#include "training_loop.h"

BM_KERNEL(.idea = "rows added to a row of sums, 64 rows at a time in f32 and the rest in double; vectorisation "
                  "off; blocks of 64 rows x 64 channels shared, then the channels",
          .source = "Rumelhart, Hinton & Williams, Nature 323, 1986; blocked sums: Higham, SIAM J. Sci. Comput. "
                    "14, 1993",
          .loses = "always, to the vector variants; below BM_SERIAL_ELEMENTS (training_team.h) it runs on one thread",
          .scratch_bytes = bias_grad_scratch_bytes, .run = bias_grad_run);
