/*
 * relu_forward_avx2_omp - the activation in AVX2 vectors of 8 floats, on several threads.
 *
 * Maths and shapes: training.h. Traffic: 4 B read and 4 B written an element. Error: relu_forward.c. Tail: one masked
 * vector. The same bits for any number of threads. Idea, source and when it loses: below.
 */
#include "training_simd.h"

BM_KERNEL(.idea = "max with zero, or a blend with the product where there is a slope, 8 lanes; elements shared in "
                  "blocks of 1024",
          .source = "Nair & Hinton, ICML 2010; the slope: Maas, Hannun & Ng, ICML 2013 workshop",
          .loses = "below BM_SERIAL_ELEMENTS (training_team.h), where it runs on one thread",
          .run = relu_forward_run);
