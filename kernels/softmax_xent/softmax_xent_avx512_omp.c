/*
 * softmax_xent_avx512_omp - softmax, its loss and gradient in AVX-512 vectors of 16 floats, on several threads.
 *
 * Maths and shapes: training.h. Traffic: 4 B read and 4 B written an element where a row fits a register or L1; three
 * passes otherwise. Error: softmax_xent.c. Tail: the rest of a row is one masked vector. The same bits for any number
 * of threads. Idea, source and when it loses: below.
 */
#include "training_simd.h"

BM_KERNEL(.idea = "a row of at most 16 classes stays in one register; exp and log are polynomials, the logs of 16 "
                  "rows one vector; rows shared",
          .source = "Bridle 1990; exp and log: Cody & Waite 1980, Moshier's Cephes (simd_math.h)",
          .loses = "below BM_SERIAL_SOFTMAX (training_team.h), where it runs on one thread",
          .run = softmax_xent_run);
