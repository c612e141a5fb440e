/*
 * adam_avx2_omp - the Adam step in AVX2 vectors of 8 floats, on several threads.
 *
 * Maths and shapes: training.h. Traffic: 16 B read and 12 B written a parameter. Error: adam.c. Tail: one masked
 * vector. The same bits for any number of threads. Idea, source and when it loses: below.
 */
#include "training_simd.h"

BM_KERNEL(.idea = "one pass with fused multiply-adds, square root and division in vectors, 8 lanes; parameters "
                  "shared in blocks of 1024",
          .source = "Kingma & Ba, ICLR 2015, algorithm 1 in the order of section 2",
          .loses = "below BM_SERIAL_ADAM (training_team.h), where it runs on one thread",
          .run = adam_run);
