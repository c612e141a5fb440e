/*
 * sgd_avx512_omp - gradient descent in AVX-512 vectors of 16 floats, on several threads.
 *
 * Maths and shapes: training.h. Traffic: 8 B read and 4 B written a parameter. Error: sgd.c. Tail: one masked vector.
 * The same bits for any number of threads. Idea, source and when it loses: below.
 */
#include "training_simd.h"

BM_KERNEL(.idea = "one fused multiply-add a vector, 16 lanes; parameters shared in blocks of 1024",
          .source = "Robbins & Monro, Ann. Math. Statist. 22, 1951",
          .loses = "below BM_SERIAL_ELEMENTS (training_team.h), where it runs on one thread",
          .run = sgd_run);
