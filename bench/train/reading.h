/* SPDX-License-Identifier: MIT */
/* reading.h - what the numbers say, in short sentences that are computed from them. Variants are set side by side where
 * they differ in BN only (and, as the originals do, in what BN made them change in activation and initial weights). */
#ifndef BATCHMARK_READING_H
#define BATCHMARK_READING_H

#include "seeds.h"

/* The variant without BN that has the same batch, epochs, learning rate, precision and history as this one with BN; NULL: none. */
const struct bm_seed_runs *bm_counterpart(const struct bm_seed_runs *with, const struct bm_seed_runs *runs, size_t n);

/* The epoch of the least median validation loss; 0: none. */
size_t bm_least_val_loss(const struct bm_seed_runs *runs);

/* One sentence a line; lines that begin a group of them stand further left. */
void bm_reading_print(FILE *out, const struct bm_seed_runs *runs, size_t n);

#endif
