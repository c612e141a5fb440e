/*
 * relu_backward_avx512 - the activation's gradient in AVX-512 vectors of 16 floats.
 *
 * Maths and shapes: training.h. Traffic: 8 B read and 4 B written an element. Error: relu_backward.c. Tail: one masked
 * vector. Idea, source and when it loses: below.
 */
#include "training_simd.h"

BM_KERNEL(.idea = "the sign of x as a mask on dy, 16 lanes",
          .source = "Nair & Hinton, ICML 2010; the slope: Maas, Hannun & Ng, ICML 2013 workshop",
          .loses = "as a pass of its own: fused into bn_relu_backward it costs nothing",
          .run = relu_backward_run);
