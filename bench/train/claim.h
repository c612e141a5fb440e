/* SPDX-License-Identifier: MIT */
/*
 * claim.h - is what is said of BN true here? Judged from a figure of every run, by stated rules, on intervals over seeds.
 *
 * A run is a variant at a point of the sweep, in a panel, with a seed. Of two variants a and b, what is compared is
 *
 *   higher, lower   the figure itself, at every point: a cell is a point of a panel
 *   wider           how many points of the sweep train, the figure being at least `trains`: a cell is a panel
 *   steadier        the range of the figure over the sweep, which is smaller: a cell is a panel
 *   peak            the highest figure of the sweep: a cell is a panel
 *   highest         the last point of the sweep that trains, by its number: a cell is a panel
 *   grows           the figure of a less that of b, at the last point of the sweep less the same at the first: a panel
 *
 * In each cell seeds are pairs: the same seed has the same order of images and, where widths are the same, the same initial
 * weights. A cell supports the claim if the 95 % interval of the mean difference, by Student's t over seeds, lies on the
 * claim's side of 0 and beyond `margin`, contradicts it if it lies so on the other side, and else shows no difference. The
 * intervals of a claim's n cells are of 1 - 0.05 / n each (Bonferroni), so that all of them hold together with 95 %: among many
 * cells some would show a difference by chance. The claim
 *
 *   holds           if no cell contradicts it and at least half of them support it
 *   holds in part   if some support it
 *   does not hold   if none supports it and one contradicts it
 *   is not shown    if no cell shows a difference
 *
 * A run that diverged has the worst figure: 0 of accuracies, and of epochs to the target one more than it has.
 *
 * Times are of steps in turns (step_pairs.h): a round of all variants for each seed, at every point of every panel. With n seeds
 * there are n pairs as well. step_us is a step in microseconds; step_ratio the step over that of the file's last variant;
 * added_share the share of a step that it has more than that one, 1 - 1 / step_ratio. seconds_to_target is
 * epochs_to_target, of a run that nobody timed, times the steps of an epoch, times the step of the round of its seed.
 */
#ifndef BATCHMARK_CLAIM_H
#define BATCHMARK_CLAIM_H

#include "experiment.h"
#include "stats.h"
#include "trainer.h"

/* What a run is judged by; from gradient_decades on, of runs with `record`: recorder.h; from step_us on, of steps in turns. */
enum bm_measured {
    BM_FINAL_ACCURACY, BM_FINAL_VAL_ACCURACY, BM_BEST_VAL_ACCURACY, BM_FINAL_TEST_ACCURACY, BM_GAP, BM_EPOCHS_TO_TARGET,
    BM_FINAL_LOSS, BM_GRADIENT_DECADES, BM_CONSTANT_UNITS, BM_INPUT_SHIFT, BM_GRADIENT_CHANGE, BM_UPHILL, BM_LOSS_RANGE,
    BM_STEP_US, BM_STEP_RATIO, BM_ADDED_SHARE, BM_SECONDS_TO_TARGET, BM_MEASURED_COUNT
};
extern const char *const bm_measured_names[BM_MEASURED_COUNT];
int bm_measured_named(const char *name); /* BM_MEASURED_COUNT: there is none */

/* Do its claims ask for figures of training, and for those of steps in turns? */
bool bm_claim_trains(const struct bm_experiment *experiment);
bool bm_claim_times(const struct bm_experiment *experiment);

/* Of a run; NaN: it has none (it was interrupted). Times of steps stay as they are. */
void bm_measure_run(const struct bm_train_config *config, const struct bm_train_result *result,
                    double measured[BM_MEASURED_COUNT]);

/* Figures by variant, panel, point of the sweep and seed; NaN: not run. Axes that are not there have one point. */
struct bm_claim_data {
    const struct bm_experiment *experiment;
    unsigned panels, points, seeds;
    double *figure; /* [variant][panel][point][seed][BM_MEASURED_COUNT] */
};
/* All figures NaN; free() .figure. False, with the reason: its variants have other seeds, or there is no claim to judge. */
bool bm_claim_data_make(struct bm_claim_data *data, const struct bm_experiment *experiment, struct bm_error *error);
size_t bm_claim_runs(const struct bm_claim_data *data);
double *bm_claim_figures(const struct bm_claim_data *data, unsigned variant, unsigned panel, unsigned point, unsigned seed);
bool bm_claim_is_trained(const double figure[BM_MEASURED_COUNT]);
bool bm_claim_is_timed(const double figure[BM_MEASURED_COUNT]);
/* Has it all that its claims ask for? */
bool bm_claim_is_run(const struct bm_claim_data *data, const double figure[BM_MEASURED_COUNT]);

/* The configuration of a run. It was checked with the file that it comes from. */
struct bm_train_config bm_claim_config(const struct bm_experiment *experiment, unsigned variant, unsigned panel, unsigned point,
                                       unsigned seed);

/* Of a figure, over the seeds that have it. */
struct bm_stats bm_claim_stats(const struct bm_claim_data *data, unsigned variant, unsigned panel, unsigned point, int measured);

enum bm_support { BM_NO_DIFFERENCE, BM_SUPPORTS, BM_CONTRADICTS, BM_NOT_RUN };
extern const char *const bm_support_names[];

struct bm_cell {
    unsigned panel, point;  /* point: of higher and lower only */
    size_t seeds;           /* pairs */
    double mean, low, high; /* difference a - b, and its interval */
    enum bm_support support;
};

enum bm_holds { BM_NOT_SHOWN, BM_HOLDS, BM_HOLDS_IN_PART, BM_DOES_NOT_HOLD };
extern const char *const bm_holds_names[];

/* Fills the cells and returns what follows from them. */
enum { BM_MAX_CELLS = BM_MAX_POINTS * BM_MAX_POINTS };
enum bm_holds bm_judge_general(const struct bm_claim_data *data, const struct bm_claim *claim,
                               struct bm_cell cell[static BM_MAX_CELLS], size_t *cells);

/* What all claims of an experiment say together. */
enum bm_holds bm_holds_together(const enum bm_holds *of, size_t n);

#endif
