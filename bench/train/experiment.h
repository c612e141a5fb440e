/* SPDX-License-Identifier: MIT */
/*
 * experiment.h - a named experiment: a text file of settings with one section for each variation.
 *
 *   # a comment
 *   about = one line for people
 *   lr = 0.01                                  any key of config.h, for all variants
 *   [bn]                                       a variant: what stands above the first section, and then its own
 *   bn = after
 *   published.epoch1.val_accuracy = 0.9570     what the original printed, to stand beside ours
 *   published.test_accuracy = 0.97             after training
 *   why = one line                             the reason, should ours not reproduce them; several lines are joined
 *   fresh = no-bn                              where the original trained an already trained model: the variant that
 *                                              starts afresh, whose epochs are searched for the published loss
 *
 * Above the first section, what the original claimed, to be judged by numbers (published.h):
 *
 *   claim.best = bn, bn-16, bn-64: text        the first of the variants has the highest accuracy
 *   claim.trained_as = a, b: text              the variants are readings of one original: which has its figures?
 *
 * Published figures: loss, loss100 (of an epoch's first 100 steps), accuracy, val_loss, val_accuracy, test_loss,
 * test_accuracy. A file without sections is one variant named "default".
 */
#ifndef BATCHMARK_EXPERIMENT_H
#define BATCHMARK_EXPERIMENT_H

#include <stdio.h>

#include "config.h"

enum { BM_MAX_VARIANTS = 24, BM_MAX_PUBLISHED = 64, BM_MAX_CLAIMS = 8, BM_VARIANT_NAME = 32 };

enum bm_figure {
    BM_LOSS, BM_ACCURACY, BM_VAL_LOSS, BM_VAL_ACCURACY, BM_LOSS100, BM_TEST_LOSS, BM_TEST_ACCURACY, BM_FIGURE_COUNT
};
extern const char *const bm_figure_names[BM_FIGURE_COUNT];

struct bm_published {
    size_t epoch; /* 0: after training */
    enum bm_figure figure;
    double value;
};

struct bm_variant {
    char name[BM_VARIANT_NAME], about[256];
    struct bm_train_config config;
    unsigned published_count;
    struct bm_published published[BM_MAX_PUBLISHED];
    char why[1024], fresh[BM_VARIANT_NAME]; /* empty: not said */
};

struct bm_claim {
    enum bm_claim_kind { BM_CLAIM_BEST, BM_CLAIM_TRAINED_AS } kind;
    unsigned variants;
    char variant[BM_MAX_VARIANTS][BM_VARIANT_NAME];
    char text[256];
};

struct bm_experiment {
    char about[256];
    unsigned variants;
    struct bm_variant variant[BM_MAX_VARIANTS];
    unsigned claims;
    struct bm_claim claim[BM_MAX_CLAIMS];
};

/* `name` begins the messages: "name:12: ...". */
bool bm_experiment_parse(struct bm_experiment *experiment, const char *name, const char *text, struct bm_error *error);

/* NULL if there is none of that name. */
const struct bm_variant *bm_experiment_variant(const struct bm_experiment *experiment, const char *name);

/* The built-in experiments with their variants, one line each. */
void bm_experiments_print(FILE *out);

#endif
