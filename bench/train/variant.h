/* SPDX-License-Identifier: MIT */
/* variant.h - one variant of an experiment: its seeds run, shown as they go, and recorded. */
#ifndef BATCHMARK_VARIANT_H
#define BATCHMARK_VARIANT_H

#include <jansson.h>

#include "seeds.h"

/* runs->variant says what to run, runs->files and apart which files they use; the runs are added. Those after the first
 * go side by side if that is asked for. Each run is in the result, and in its file at `path`, before the next begins;
 * the summary at the end. Returns the worst status of the runs: one that diverges does not stop the others. */
enum bm_exit bm_run_variant(struct bm_seed_runs *runs, bool side_by_side, const char *experiment,
                            const struct bm_dataset *data, json_t *result, const char *path);

/* Was any rank interrupted? Then all are, from here on. To be asked by all ranks between runs. */
bool bm_training_stops(void);

#endif
