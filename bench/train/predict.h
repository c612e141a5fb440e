/* SPDX-License-Identifier: MIT */
/*
 * predict.h - the time of a training step from micro-benchmarks of its calls.
 *
 * Each call of the step is timed alone, on the arrays of a network of its own, in the state of the caches in which the
 * step has it: before every repetition each thread reads all parameters and moments that it owns, as the rest of a step
 * does, and then runs the three calls before it, which leave warm what they made. A call takes its median; a stretch
 * between two points where threads wait for each other takes what the slowest thread needs for its calls; a step is the
 * sum of its stretches and of filling the batch, measured in the same way. What the measured step takes beyond that, or
 * less, is the residual: waiting that is not due to uneven shares, the loop around the calls, and disturbances.
 */
#ifndef BATCHMARK_PREDICT_H
#define BATCHMARK_PREDICT_H

#include "trainer.h"

struct bm_prediction {
    double phase_seconds[BM_PHASE_COUNT]; /* of a step: the first thread's calls, waiting, filling the batch */
    double step_seconds;                  /* their sum */
    double unfused_seconds;               /* of auto: more, if BN and activation were apart; else 0 */
};

/* False: the network cannot be made with this kernel set here. */
bool bm_predict(const struct bm_train_config *config, const struct bm_dataset *data, struct bm_prediction *prediction,
                struct bm_error *error);

#endif
