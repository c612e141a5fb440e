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
 * Every variant may be run along a key, and for each value of a second one, to judge what is said in general:
 *
 *   sweep = batch: 2 | 8 epochs=2 | 64         each value may bring settings of its own
 *   sweep = (images): few train_images=1000 | all      where no one key says it: names, and the settings of each
 *   panels = optimizer: sgd | adam
 *   trains = 0.9                               the val_accuracy from which a run counts as trained
 *   margin = 0.002                             differences of a figure up to this are none
 *   claim.higher.val_accuracy = bn, no-bn: text    or lower, wider, ...: claim.h
 *
 * Published figures: loss, loss100 (of an epoch's first 100 steps), accuracy, val_loss, val_accuracy, test_loss,
 * test_accuracy. A file without sections is one variant named "default".
 */
#ifndef BATCHMARK_EXPERIMENT_H
#define BATCHMARK_EXPERIMENT_H

#include <stdio.h>

#include "config.h"

enum { BM_MAX_VARIANTS = 24, BM_MAX_PUBLISHED = 64, BM_MAX_CLAIMS = 8, BM_VARIANT_NAME = 32 };
enum { BM_MAX_POINTS = 24, BM_POINT_SIZE = 256, BM_AXIS_KEY = 32, BM_LINE = 2048 };

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

enum bm_claim_kind {
    BM_CLAIM_BEST, BM_CLAIM_TRAINED_AS,                                                   /* of the original: published.h */
    BM_CLAIM_HIGHER, BM_CLAIM_LOWER, BM_CLAIM_WIDER, BM_CLAIM_STEADIER, BM_CLAIM_PEAK, BM_CLAIM_HIGHEST,
    BM_CLAIM_GROWS /* claim.h */
};
const char *bm_claim_kind_name(enum bm_claim_kind kind); /* as in a file: "higher" */
static inline bool bm_claim_is_general(enum bm_claim_kind kind) { return kind >= BM_CLAIM_HIGHER; }

struct bm_claim {
    enum bm_claim_kind kind;
    char figure[BM_AXIS_KEY]; /* of a general claim */
    unsigned variants;
    char variant[BM_MAX_VARIANTS][BM_VARIANT_NAME];
    char text[256];
};

/* The values of a key, each with the settings that it brings: "8 epochs=2". points = 0: there is no such axis. */
struct bm_axis {
    char key[BM_AXIS_KEY];
    unsigned points;
    char point[BM_MAX_POINTS][BM_POINT_SIZE];
};

struct bm_experiment {
    char about[256];
    struct bm_axis sweep, panels;
    double trains, margin;
    unsigned variants;
    struct bm_variant variant[BM_MAX_VARIANTS];
    unsigned claims;
    struct bm_claim claim[BM_MAX_CLAIMS];
};

/* `name` begins the messages: "name:12: ...". */
bool bm_experiment_parse(struct bm_experiment *experiment, const char *name, const char *text, struct bm_error *error);

/* Does every variant make sense, at every value of the axes? bm_experiment_parse() asks it. */
bool bm_experiment_check(const struct bm_experiment *experiment, const char *name, struct bm_error *error);

/* The text of one that is built in (bm_builtin_experiments, bm_builtin_claims) or of the file of that name; free() it. */
struct bm_text;
char *bm_experiment_text(const struct bm_text *table, const char *name, struct bm_error *error);

/* Puts a value of an axis, and what it brings, into a configuration. */
bool bm_axis_set(const struct bm_axis *axis, unsigned point, struct bm_train_config *config, struct bm_error *error);

/* The value alone, and what the axis is called. */
const char *bm_axis_title(const struct bm_axis *axis, char title[static BM_AXIS_KEY]);
enum { BM_POINT_LABEL = 64 };
const char *bm_axis_label(const struct bm_axis *axis, unsigned point, char label[static BM_POINT_LABEL]);

/* NULL if there is none of that name. */
const struct bm_variant *bm_experiment_variant(const struct bm_experiment *experiment, const char *name);

/* The built-in experiments with their variants, one line each. */
void bm_experiments_print(FILE *out);

#endif
