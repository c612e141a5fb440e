/* SPDX-License-Identifier: MIT */
/* inference_table.h - what folding BN buys (inference.h), on the terminal and in a result. */
#ifndef BATCHMARK_INFERENCE_TABLE_H
#define BATCHMARK_INFERENCE_TABLE_H

#include <jansson.h>

#include "inference.h"

/* config: of the run, with its seed. `data` is what must be said of its data, or empty. */
void bm_inference_print(const struct bm_inference *inference, const struct bm_train_config *config, const char *data);

/* Into "inference", an element a form. */
void bm_inference_record(const struct bm_inference *inference, const struct bm_train_config *config, const char *experiment,
                         const char *variant, json_t *result);

#endif
