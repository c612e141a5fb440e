/*
 * momentum_avx512_omp - gradient descent with momentum in AVX-512 vectors of 16 floats, on several threads.
 *
 * Maths and shapes: training.h. Traffic: 12 B read and 8 B written a parameter. Error: momentum.c. Tail: one masked
 * vector. The same bits for any number of threads. Idea, source and when it loses: below.
 */
#include "training_simd.h"

BM_KERNEL(.idea = "two fused multiply-adds a vector, 16 lanes; parameters shared in blocks of 1024",
          .source = "Sutskever, Martens, Dahl & Hinton, ICML 2013",
          .loses = "below BM_SERIAL_ELEMENTS (training_team.h), where it runs on one thread",
          .run = momentum_run);
