/* SPDX-License-Identifier: MIT */
/* record.h - what training leaves in a result file; the schema is in results/README.md. */
#ifndef BATCHMARK_RECORD_H
#define BATCHMARK_RECORD_H

#include "result.h"
#include "seeds.h"

/* Number, median and range; what is not finite is null. */
json_t *bm_stats_json(const struct bm_stats *s);

/* Into "runs" and, if it was alone, as Google Benchmark entries, one an epoch. */
void bm_record_run(json_t *result, const char *experiment, const char *variant, const struct bm_dataset *data,
                   const struct bm_train_config *config, bool alone, const struct bm_train_result *r);

/* Into "summaries": median and range over the seeds, and the time to the target. */
void bm_record_summary(json_t *result, const char *experiment, const struct bm_seed_runs *runs);

/* Rank 0 writes the file, or ends the program with the reason. */
void bm_record_save(json_t *result, const char *path);

/* Into "data": the set that was asked for and what came; into "samples": one image of each class with its pixels, so that
 * pictures can be drawn from the result alone. */
void bm_record_data(json_t *result, const char *asked, const struct bm_dataset *data);

#endif
