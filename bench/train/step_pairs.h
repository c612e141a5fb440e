/* SPDX-License-Identifier: MIT */
/*
 * step_pairs.h - how long a step of training takes with one configuration and with another: in turns, in one process.
 *
 * A round makes the networks of all of them anew, from the same seed and at other addresses, and takes some steps to warm
 * up. Then networks take turns, A B C C B A: what drifts meets all alike. A visit is one step that is not timed, which
 * brings the network's arrays back into the caches, and then as many as take a millisecond, at least one, on shuffled
 * images as in training. Steps of one round share their pages and addresses, so that the round is the independent unit, as
 * a launch is in pairs.h.
 *
 * A visit is disturbed as a sample of bench is (samples.h): its threads lost a core, or something else used one. That is
 * counted, and leaves no visit out but one in which the process was suspended.
 */
#ifndef BATCHMARK_STEP_PAIRS_H
#define BATCHMARK_STEP_PAIRS_H

#include <signal.h>

#include "dataset.h"
#include "network.h"

struct bm_step_time {
    double seconds; /* of a step: median of the visits */
    double ratio;   /* to the step of the last configuration: trimmed mean, of logs, over neighbouring visits */
};

struct bm_step_visits {
    size_t visits, disturbed;
};

/* One round; adds to `visits`. NaN where it was interrupted. False, with the reason: a network cannot be made of these images
 * with these kernels. */
bool bm_pair_steps(const struct bm_train_config *config, unsigned count, const struct bm_dataset *data,
                   const volatile sig_atomic_t *interrupted, struct bm_step_time *time, struct bm_step_visits *visits,
                   struct bm_error *error);

#endif
