/* SPDX-License-Identifier: MIT */
/*
 * claim_run.h - all runs of a claim: every variant at every point of the sweep, in every panel, with every seed.
 *
 * Where the claim is about times, these come first, with nothing of ours beside them: claim_times.h, with the threads of the
 * configuration. Then runs are side by side, one a core and thread, and none is timed. Seeds come in order, so that what was
 * stopped has some seeds of all. The result is written every few seconds; what it holds already is not run again.
 */
#ifndef BATCHMARK_CLAIM_RUN_H
#define BATCHMARK_CLAIM_RUN_H

#include <jansson.h>

#include "claim.h"

/* data: the folder of data sets (NULL: the usual places). Figures go into `figures` (bm_claim_data_make() made it), and with
 * the data sets into `result`, which is written to `path`. Where a data set is nowhere, images are generated instead. Returns
 * BM_EXIT_INTERRUPTED where it was stopped; runs that diverge are figures like others. */
enum bm_exit bm_claim_run(struct bm_claim_data *figures, const char *data, json_t *result, const char *path);

#endif
