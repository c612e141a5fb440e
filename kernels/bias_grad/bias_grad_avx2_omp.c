/*
 * bias_grad_avx2_omp - column sums in AVX2 vectors of 8 floats, on several threads.
 *
 * Maths and shapes: training.h. Traffic: 4 B read an element, and 1/64 of that written and read again if N > 64.
 * Error: bias_grad.c. Tail: one masked vector. The same bits for any number of threads. Idea, source and when it
 * loses: below.
 */
#include "training_simd.h"

BM_KERNEL(.idea = "strips of 64 channels summed down 64 rows in registers, other sums in double, 8 lanes; blocks "
                  "of 64 rows x 64 channels shared, then the channels",
          .source = "Rumelhart, Hinton & Williams, Nature 323, 1986; blocked sums: Higham, SIAM J. Sci. Comput. "
                    "14, 1993",
          .loses = "below BM_SERIAL_ELEMENTS (training_team.h), where it runs on one thread",
          .scratch_bytes = bias_grad_scratch_bytes, .run = bias_grad_run);
