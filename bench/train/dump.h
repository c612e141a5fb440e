/* SPDX-License-Identifier: MIT */
/*
 * dump.h - a training run as arrays in a folder, from which it can be repeated, here or by another program.
 *
 *   config.json             every key of config.h; dataset is what was really read
 *   initial/ARRAY.npy       f4, before the first step
 *   final/ARRAY.npy         f4, after the last
 *   held_out.npy            u4: rows of the training file that are for validation (none if these are the test images)
 *   order/epochN.npy        u4: rows of the training file in the order in which epoch N, counted from 1, read them
 *   loss/epochN.npy         f8: the mean loss of each step's batch, before its update
 *
 * Earlier epochs (config.h) are counted in N as well: N = 1 is the first that moved the initial weights.
 *
 * ARRAY is layerL.weight (inputs x outputs), layerL.bias, and where there is BN layerL.gamma, .beta, .running_mean,
 * .running_var; L counts dense layers from 1. BN on the input is input.gamma and so on. Batches are consecutive rows
 * of the order, the last one smaller.
 *
 * Loading needs all of initial/; held_out.npy and order/ are taken where they are there. Later epochs are shuffled as
 * ever, so that the same seed goes on as it would have.
 */
#ifndef BATCHMARK_DUMP_H
#define BATCHMARK_DUMP_H

#include <jansson.h>

#include "dataset.h"
#include "network.h"

/* Every key with its value, as texts. */
json_t *bm_train_config_json(const struct bm_train_config *config);

/* Rows of the training file: the first `train` are for training, all others are held out. */
struct bm_rows {
    uint32_t *row;
    size_t train, all;
};

/* Refuses a folder that holds a dump, unless the run goes on from a checkpoint. */
bool bm_dump_start(const char *folder, const struct bm_network *net, const struct bm_dataset *data,
                   const struct bm_rows *rows, bool resumed, struct bm_error *error);
bool bm_dump_epoch(const char *folder, size_t epoch, const struct bm_rows *rows, const double *loss, size_t steps,
                   struct bm_error *error);
bool bm_dump_end(const char *folder, const struct bm_network *net, struct bm_error *error);

/* Sets parameters, running statistics and, where it is there, the split. */
bool bm_load_start(const char *folder, const struct bm_network *net, struct bm_rows *rows, struct bm_error *error);

/* Puts the rows for training into the order of an epoch, if it is there. */
bool bm_load_epoch(const char *folder, size_t epoch, struct bm_rows *rows, struct bm_error *error);

#endif
