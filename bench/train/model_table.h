/* SPDX-License-Identifier: MIT */
/* model_table.h - the network as a table: layers, shapes and parameter counts, as Keras' summary has them. */
#ifndef BATCHMARK_MODEL_TABLE_H
#define BATCHMARK_MODEL_TABLE_H

#include <stdio.h>

#include "config.h"

struct bm_model_row {
    const char *layer; /* "dense", "dense + relu", "batch norm", ... */
    size_t width;      /* the output is batch x width */
    size_t trainable;  /* weights and biases, or gamma and beta */
    size_t fixed;      /* running mean and variance */
};

enum { BM_MODEL_ROWS = 2 * BM_MAX_WIDTHS + BM_MAX_CONVS };

unsigned bm_model_rows(const struct bm_train_config *config, struct bm_model_row row[BM_MODEL_ROWS]);

/* Sums over all rows. */
struct bm_model_row bm_model_total(const struct bm_train_config *config);

void bm_model_print(FILE *out, const struct bm_train_config *config);

#endif
