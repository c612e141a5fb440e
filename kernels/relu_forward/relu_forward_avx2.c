/*
 * relu_forward_avx2 - the activation in AVX2 vectors of 8 floats.
 *
 * Maths and shapes: training.h. Traffic: 4 B read and 4 B written an element. Error: relu_forward.c. Tail: one masked
 * vector. Idea, source and when it loses: below.
 */
#include "training_simd.h"

BM_KERNEL(.idea = "max with zero, or a blend with the product where there is a slope, 8 lanes",
          .source = "Nair & Hinton, ICML 2010; the slope: Maas, Hannun & Ng, ICML 2013 workshop",
          .loses = "as a pass of its own: fused into bn or a gemm it costs nothing",
          .run = relu_forward_run);
