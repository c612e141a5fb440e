/*
 * sgd_avx512 - gradient descent in AVX-512 vectors of 16 floats.
 *
 * Maths and shapes: training.h. Traffic: 8 B read and 4 B written a parameter. Error: sgd.c. Tail: one masked vector.
 * Idea, source and when it loses: below.
 */
#include "training_simd.h"

BM_KERNEL(.idea = "one fused multiply-add a vector, 16 lanes",
          .source = "Robbins & Monro, Ann. Math. Statist. 22, 1951",
          .loses = "out of cache, where memory decides and autovec is as fast",
          .run = sgd_run);
