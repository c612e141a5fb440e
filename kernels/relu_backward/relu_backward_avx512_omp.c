/*
 * relu_backward_avx512_omp - the activation's gradient in AVX-512 vectors of 16 floats, on several threads.
 *
 * Maths and shapes: training.h. Traffic: 8 B read and 4 B written an element. Error: relu_backward.c. Tail: one masked
 * vector. The same bits for any number of threads. Idea, source and when it loses: below.
 */
#include "training_simd.h"

BM_KERNEL(.idea = "the sign of x as a mask on dy, 16 lanes; elements shared in blocks of 1024",
          .source = "Nair & Hinton, ICML 2010; the slope: Maas, Hannun & Ng, ICML 2013 workshop",
          .loses = "below BM_SERIAL_ELEMENTS (training_team.h), where it runs on one thread",
          .run = relu_backward_run);
