/* SPDX-License-Identifier: MIT */
/* claim_report.h - what the report and `train --claim --pictures` show of a result of kind "claim" (results/README.md). */
#ifndef BATCHMARK_CLAIM_REPORT_H
#define BATCHMARK_CLAIM_REPORT_H

#include "train_report.h"

/* Of each claim the newest complete result, one of generated images only where there is no other; by name. */
enum { BM_CLAIMS = 24 };
size_t bm_claims(const struct bm_library *library, const struct bm_source *shown[static BM_CLAIMS]);

/* The id of a claim's first picture; number: its place among those of bm_claims(), from 1. */
void bm_claim_id(const struct bm_source *source, size_t number, char id[static 64]);

/* A figure of every variant along the sweep, medians and ranges over the seeds, a panel each value of the second axis. */
FILE *bm_claim_script(const json_t *ours, const char *figure);

/* Is there anything to draw of it? */
bool bm_claim_is_drawn(const json_t *ours, const char *figure);

/* What activations read, by quantiles over the training (recorder.h), at the middle of the sweep, in the first panel: of each
 * variant, before and after BN. Is there such a thing? */
extern const char bm_claim_inputs_title[];
bool bm_claim_has_inputs(const json_t *ours);
FILE *bm_claim_inputs_script(const json_t *ours);

/* Its panels: a variant's run, a layer, and which of its two lists. Returns how many, at most `most`. */
struct bm_claim_inputs {
    size_t run; /* number in "seed_runs" */
    int layer;
    const char *which; /* "before", "after" */
    char title[80];
};
size_t bm_claim_list_inputs(const json_t *ours, struct bm_claim_inputs *panel, size_t most);

/* Of an axis ("sweep", "panels"): how many points, 1 where there is none, and what one is called. */
size_t bm_claim_points(const json_t *axis);
const char *bm_claim_label(const json_t *axis, size_t point);

/* Is verdict i the first that is of its figure? */
bool bm_claim_is_first(const json_t *verdicts, size_t i);

/* What a figure is called in a picture. */
const char *bm_claim_figure_title(const char *figure);

/* Number in "points" of a variant at a point of the sweep in a panel; SIZE_MAX: there is none. */
size_t bm_claim_point(const json_t *ours, const char *variant, size_t panel, size_t point);

#endif
