/* SPDX-License-Identifier: MIT */
/* claim_record.h - a claim in a result of kind "claim", and back; the schema is in results/README.md. */
#ifndef BATCHMARK_CLAIM_RECORD_H
#define BATCHMARK_CLAIM_RECORD_H

#include <jansson.h>

#include "claim.h"
#include "step_pairs.h"

/* Into a new result: what is claimed, the file's text, and the settings that were put over it ("key=value", a list; taken). */
void bm_claim_record_head(json_t *result, const char *name, const struct bm_experiment *experiment, const char *text,
                          json_t *settings);

/* A run's figures into "seed_runs", in the place of those that it has there. stopped: why it ended early, or "". recorded: its
 * moments are kept; or NULL. */
void bm_claim_record_run(json_t *result, const struct bm_claim_data *data, unsigned variant, unsigned panel, unsigned point,
                         unsigned seed, const char *stopped, const struct bm_recorded *recorded);

/* Into "timings": what this process timed, and how much of that was disturbed. stolen_s: by a hypervisor; NaN: unknown. */
void bm_claim_record_timing(json_t *result, size_t rounds, const struct bm_step_visits *visits, double stolen_s);

/* Medians and ranges over the seeds into "points", what follows into "verdicts" and "verdict". */
void bm_claim_record_end(json_t *result, const struct bm_claim_data *data);

/* The figures of a result's runs. False: a run is none of this claim. */
bool bm_claim_take_runs(const json_t *ours, struct bm_claim_data *data, struct bm_error *error);

/* What an earlier result of the same claim has, its runs and data sets, into a new one and the figures. False: it is of
 * another claim, text, settings or seeds, or damaged. */
bool bm_claim_take(json_t *result, const json_t *earlier, struct bm_claim_data *data, struct bm_error *error);

#endif
