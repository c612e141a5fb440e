/*
 * momentum_avx512 - gradient descent with momentum in AVX-512 vectors of 16 floats.
 *
 * Maths and shapes: training.h. Traffic: 12 B read and 8 B written a parameter. Error: momentum.c. Tail: one masked
 * vector. Idea, source and when it loses: below.
 */
#include "training_simd.h"

BM_KERNEL(.idea = "two fused multiply-adds a vector, 16 lanes",
          .source = "Sutskever, Martens, Dahl & Hinton, ICML 2013",
          .loses = "out of cache, where memory decides and autovec is as fast",
          .run = momentum_run);
