/* SPDX-License-Identifier: MIT */
/* claim_times.h - the times of a claim: a round of steps in turns (step_pairs.h) for each seed, point and panel. */
#ifndef BATCHMARK_CLAIM_TIMES_H
#define BATCHMARK_CLAIM_TIMES_H

#include "claim.h"
#include "step_pairs.h"

/* One round: the times of all variants into the figures. config: of each variant, with the seed. Ends the program where a
 * network cannot be made; what was interrupted has no times. */
void bm_claim_time_round(struct bm_claim_data *figures, const struct bm_train_config *config, unsigned panel,
                         unsigned point, unsigned seed, const struct bm_dataset *data, struct bm_step_visits *visits);

#endif
