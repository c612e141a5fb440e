/* SPDX-License-Identifier: MIT */
/* training_data.h - the data of a run: found, or generated instead; what is doubtful about it is said and recorded. */
#ifndef BATCHMARK_TRAINING_DATA_H
#define BATCHMARK_TRAINING_DATA_H

#include <jansson.h>

#include "dataset.h"

/* The target of the generated images, which are harder than MNIST: reached with and without BN, well before the end. */
extern const double bm_generated_target;

/* Loads the set `name`, or generates images where it is nowhere; ends the program where it cannot be used. Warnings go to
 * stderr and into the result's; "data" and "samples" get the set. */
void bm_training_data(struct bm_dataset *data, const char *name, const char *dir, json_t *result);

/* What must be said beside figures, for the titles of tables: " (generated digits, not mnist)", or "". */
enum { BM_DATA_TITLE = 260 };
const char *bm_data_title(const json_t *result, char text[static BM_DATA_TITLE]);

#endif
