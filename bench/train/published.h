/* SPDX-License-Identifier: MIT */
/*
 * published.h - published figures and claims beside ours.
 *
 * A published figure is reproduced if it lies in the range of ours over the seeds, widened by BM_WIDER_ACCURACY
 * (accuracies) or by BM_WIDER_LOSS of the bound (losses). Otherwise it is not, for the reason that the experiment file
 * gives.
 */
#ifndef BATCHMARK_PUBLISHED_H
#define BATCHMARK_PUBLISHED_H

#include <jansson.h>

#include "seeds.h"

#define BM_WIDER_ACCURACY 0.005
#define BM_WIDER_LOSS     0.05

struct bm_verdict {
    struct bm_stats ours; /* n = 0: not run so far, no verdict */
    bool reproduced;
};
struct bm_verdict bm_judge(const struct bm_seed_runs *runs, const struct bm_published *figure);

/* What the original claims, decided once from its figures and once from ours. -1: not enough figures. */
struct bm_claim_verdict {
    int published_by_accuracy, published_by_val_accuracy; /* BM_CLAIM_BEST: position in runs of the best */
    int ours_by_accuracy, ours_by_val_accuracy;
    int trained_as; /* BM_CLAIM_TRAINED_AS: the one that reproduces most of its figures, or none: -1 */
};
struct bm_claim_verdict bm_judge_claim(const struct bm_claim *claim, const struct bm_seed_runs *runs, size_t n);

/* The epoch of the fresh runs whose training loss is nearest to this one; 0: none. */
size_t bm_nearest_epoch(const struct bm_seed_runs *fresh, double loss);

/* Everything above for an experiment, printed, and as JSON lists "published" and "claims" of a result. */
void bm_published_report(const struct bm_experiment *e, const char *name, const struct bm_seed_runs *runs, size_t n,
                         json_t *result);

#endif
