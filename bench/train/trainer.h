/* SPDX-License-Identifier: MIT */
/*
 * trainer.h - runs a training and keeps what it cost.
 *
 * Conventions. Loss and accuracy of a training epoch are means over its images while training, as Keras has them
 * (weighted by the size of the batch, which differs for the last one only). The last, smaller batch is trained too;
 * only if it is a single image and the network has BN is it left out, since one image has no variance. Evaluation uses
 * running statistics. An epoch's train_seconds are wall time from shuffling to its last step; evaluation is counted
 * apart. Neither includes reading files or setting up, nor the earlier epochs that config->earlier_epochs asks for: the
 * parameters, the optimiser's state and the order of the images go on from there. With optimizer_of = another the
 * optimiser's steps are taken on a second network of the same layers, which no gradient ever reaches.
 *
 * Over ranks (config->ranks) every rank has the images of all in the same order, and takes an equal share of the rows of
 * each batch, to within one. Loss and accuracy are those of all. Where BN is local, a last batch is left out that would
 * leave a rank less than two images. Rank 0 writes
 * checkpoints, and all read them; a dump is to be asked of it only.
 *
 * Same configuration, ranks, threads, kernels and data: the same bits, also with interruptions: a run that goes on from a
 * checkpoint ends like one that was never stopped. Another kernel set changes rounding only.
 */
#ifndef BATCHMARK_TRAINER_H
#define BATCHMARK_TRAINER_H

#include <math.h>
#include <signal.h>

#include "dataset.h"
#include "recorder.h"

struct bm_split; /* images.h */

struct bm_train_epoch {
    size_t epoch;           /* from 1; 0: one of the earlier epochs */
    size_t steps;           /* fewer than a whole epoch's where max_steps cut it; then it was not evaluated */
    double loss, accuracy;
    double loss100;         /* mean over the first 100 steps; NaN if there were fewer */
    double val_loss, val_accuracy; /* NaN: not evaluated */
    double train_seconds, eval_seconds;
    double phase_seconds[BM_PHASE_COUNT]; /* of train_seconds, adding up to it */
    size_t suspended; /* times that the process was suspended within train_seconds, which hold the pause */
};

/* NaN: they hold a pause. */
static inline double bm_known_seconds(const struct bm_train_epoch *e) { return e->suspended ? NAN : e->train_seconds; }

/* One call of the training step. */
struct bm_train_call {
    enum bm_phase phase;
    unsigned layer; /* 1: the first dense layer; 0: the input's BN */
    const struct bm_op *op;
    const struct bm_kernel *kernel;
    struct bm_shape shape;
    enum bm_exchange exchange; /* over ranks: one of them, and no op, kernel and shape */
    size_t bytes;              /* of this rank's, in an exchange that adds up */
    double seconds; /* over all steps with a whole batch */
};

struct bm_train_result {
    enum bm_exit status; /* BM_EXIT_OK, or else finished epochs are kept: BM_EXIT_FAILED (it diverged), BM_EXIT_INTERRUPTED,
                          * BM_EXIT_INPUT (a file of a dump or a checkpoint) */
    char reason[512];    /* why it stopped early; empty if it did not */
    size_t epochs;
    struct bm_train_epoch *epoch;
    size_t steps_per_epoch, train_images, validation_images, test_images;
    size_t left_out;     /* of the training images, each epoch: a last batch that BN cannot train with */
    double test_loss, test_accuracy, test_seconds; /* NaN: not evaluated */
    size_t target_epoch;      /* first epoch to reach config->target in validation; 0: none did */
    double target_seconds;    /* sum of train_seconds up to and including it; NaN: none did, or it was suspended */
    struct bm_recorded recorded; /* with config->record */
    size_t calls, full_steps; /* calls of a step; steps that their seconds were summed over */
    struct bm_train_call *call;
};

/* Where a run comes from and what it leaves behind; NULL: nothing. */
struct bm_train_files {
    const char *load, *dump;  /* folders: dump.h */
    const char *checkpoint;   /* file, written before the first epoch and after every one: checkpoint.h */
    bool resume;              /* go on from the checkpoint if it is there */
};

/* Any member may be NULL. */
struct bm_train_hooks {
    void *context;
    void (*epoch)(void *context, const struct bm_train_epoch *done); /* also for those from a checkpoint */
    /* Steps count from 1 in every epoch. Its time is in train_seconds. */
    void (*step)(void *context, size_t epoch, size_t step, size_t steps_per_epoch);
    /* Looked at before every step and every batch of an evaluation. */
    const volatile sig_atomic_t *interrupted;
    struct bm_train_files files;
    /* After the test images were classified: the trained network and the images. */
    void (*tested)(void *context, const struct bm_network *net, const struct bm_split *data);
};

/* False: it could not start (configuration, data, kernels or files), and result holds nothing. Otherwise free the
 * result. */
bool bm_train(const struct bm_train_config *config, const struct bm_dataset *data, const struct bm_train_hooks *hooks,
              struct bm_train_result *result, struct bm_error *error);
/* Median seconds that it takes to fill a batch with shuffled images; NaN where training could not start. */
double bm_train_fill_seconds(const struct bm_train_config *config, const struct bm_dataset *data);

void bm_train_result_free(struct bm_train_result *result);

#endif
