/*
 * softmax_xent_naive_omp - softmax, its loss and gradient by plain loops, vectorisation off, on several threads.
 *
 * Maths and shapes: training.h. Traffic: 4 B read and 4 B written an element while a row stays in L1; three passes
 * otherwise. Error: softmax_xent.c. Tail: none. The same bits for any number of threads. Idea, source and when it
 * loses: below.
 */
#include "training_loop.h"

BM_KERNEL(.idea = "three loops a row with libm's expf and logf; vectorisation off; rows shared",
          .source = "Bridle, \"Probabilistic interpretation of feedforward classification network outputs\", 1990",
          .loses = "always, to the vector variants; below BM_SERIAL_SOFTMAX (training_team.h) it runs on one thread",
          .run = softmax_xent_run);
