/*
 * adam_avx512 - the Adam step in AVX-512 vectors of 16 floats.
 *
 * Maths and shapes: training.h. Traffic: 16 B read and 12 B written a parameter. Error: adam.c. Tail: one masked
 * vector. Idea, source and when it loses: below.
 */
#include "training_simd.h"

BM_KERNEL(.idea = "one pass with fused multiply-adds, square root and division in vectors, 16 lanes",
          .source = "Kingma & Ba, ICLR 2015, algorithm 1 in the order of section 2",
          .loses = "out of cache, where memory decides and avx2 is as fast",
          .run = adam_run);
