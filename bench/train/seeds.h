/* SPDX-License-Identifier: MIT */
/*
 * seeds.h - the runs of one variant, one a seed, and what they have in common.
 *
 * Protocol of time to accuracy. The target is a validation accuracy, fixed for each data set; a run reaches it after
 * the first epoch whose validation has it. Epochs to the target and seconds per epoch are reported apart, as medians
 * with their range, and the medians are multiplied. At least BM_PROTOCOL_SEEDS seeds make a protocol run; with fewer
 * the summary says so. A run that never reaches the target (it diverged, or its epochs were too few) counts as infinity
 * in the median, so that with half of the runs or more the median is "not reached". A run that was interrupted before
 * it reached the target does not count. Seconds are those of training epochs, gathering
 * of batches included; evaluation, reading and splitting of data and earlier epochs are not counted. Only epochs of
 * runs that had the machine for themselves are timed.
 */
#ifndef BATCHMARK_SEEDS_H
#define BATCHMARK_SEEDS_H

#include "experiment.h"
#include "stats.h"
#include "trainer.h"

enum { BM_PROTOCOL_SEEDS = 5 };

struct bm_seed_run {
    uint64_t seed;
    bool alone; /* no other run beside it: its seconds count */
    struct bm_train_result result;
};

struct bm_seed_runs {
    struct bm_variant variant; /* as it was run, with the settings of the command line */
    struct bm_train_files files; /* folders of all runs */
    bool apart;                  /* there are other runs: each has a folder of its own in those of dumps */
    bool inference;              /* runs that are alone classify the test images in several forms, too: inference.h */
    size_t count;
    struct bm_seed_run run[BM_MAX_SEEDS];
};

/* Room for the paths of one run's files. */
struct bm_run_paths {
    char load[BM_PATH_SIZE], dump[BM_PATH_SIZE], checkpoint[BM_PATH_SIZE];
};

/* The files of a seed's run: of a dump its folder itself or, with other runs, <variant>-seed<N> in it, and always
 * <variant>-seed<N>.checkpoint. Valid as long as the paths. */
struct bm_train_files bm_run_files(const struct bm_seed_runs *runs, uint64_t seed, struct bm_run_paths *paths);

/* Runs the seeds of run[first] to run[first + count - 1] side by side, one a core, each on one thread; with the kernels
 * `region` that rounds differently from a run on more. */
void bm_run_side_by_side(struct bm_seed_runs *runs, size_t first, size_t count, const struct bm_dataset *data,
                         const volatile sig_atomic_t *interrupted);
void bm_seed_runs_free(struct bm_seed_runs *runs);

/* Epoch 0: after training. NaN: that epoch was not finished, or not evaluated. */
double bm_figure_of(const struct bm_train_result *result, size_t epoch, enum bm_figure figure);

/* Over the seeds that have the figure; n = 0, all NaN, if none has. */
struct bm_stats bm_figure_stats(const struct bm_seed_runs *runs, size_t epoch, enum bm_figure figure);

/* The last epoch that any run finished; 0: none. */
size_t bm_last_epoch(const struct bm_seed_runs *runs);

/* Over all whole epochs of the runs that were alone. */
struct bm_stats bm_epoch_seconds(const struct bm_seed_runs *runs);

struct bm_to_target {
    size_t reached, runs;
    struct bm_stats epochs; /* infinity: not reached */
    struct bm_stats epoch_seconds;
    double seconds; /* product of the medians; NaN or infinity: not known, not reached */
};
struct bm_to_target bm_to_target(const struct bm_seed_runs *runs);

#endif
