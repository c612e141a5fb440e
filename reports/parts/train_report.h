/* SPDX-License-Identifier: MIT */
/*
 * train_report.h - what the report and `train --pictures` show of a result of `train`. `ours` is its member "batchmark"
 * (results/README.md). Members are read by bm_member_text() and bm_member_number(): results may come from anyone.
 */
#ifndef BATCHMARK_TRAIN_REPORT_H
#define BATCHMARK_TRAIN_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "page.h"
#include "plot.h"
#include "works.h"

/* Of a range (results/README.md): "median", "min" or "max" of a member. */
double bm_member_of_range(const json_t *object, const char *range, const char *which);

/* A variant with BN? By its configuration. */
bool bm_has_bn(const json_t *configured);

/* ---- variants ---- */

const json_t *bm_summaries(const struct bm_source *source);

/* A variant of a result, its entry in "summaries". */
struct bm_shown_variant {
    const struct bm_source *source;
    const json_t *summary;
    size_t number;
};
struct bm_shown_variant bm_shown_variant(const struct bm_source *source, size_t number);

/* "median", "min" or "max" over the seeds of a figure after the last epoch. */
struct bm_value bm_at_end(const struct bm_shown_variant *variant, const char *figure, const char *which);

/* ---- the data ---- */

enum { BM_DATA_NOTE = 256 };

/* What must be said beside each figure of the result, such as "generated digits, not mnist"; "" if nothing must. */
const char *bm_data_note(const json_t *ours, char note[static BM_DATA_NOTE]);

bool bm_data_is_generated(const json_t *ours);

/* A data set as people call it: "MNIST" for "mnist"; another name as it is, shortened. */
const char *bm_data_called(const char *name, char text[static 128]);

/* ---- learning curves ---- */

enum { BM_CURVES_MOST = 6, BM_CURVE_GROUPS = 5 };

/* Indices in "summaries" of the variants in a picture. */
struct bm_curves {
    size_t summary[BM_CURVES_MOST], count;
};

/* The pictures of an experiment: the first variant with BN and the first without, then the others. Only variants with a
 * finished epoch; returns how many pictures. */
size_t bm_curves_group(const json_t *ours, const char *experiment, struct bm_curves group[static BM_CURVE_GROUPS]);

/* Accuracy and loss of validation and training by epoch: every seed thin, the median thick, dashed without BN. */
FILE *bm_curves_script(const json_t *ours, const struct bm_curves *curves);

/* A variant's row of the key; `pair`: of one with BN and one without. */
void bm_put_curve_key(FILE *data, const json_t *summary, size_t place, bool pair, const char *name);

/* ---- sample images ---- */

/* One image of each class of a data set (NULL: of all) with its name under it, an SVG element; free() it. NULL, with
 * the reason: there are none, or pixels do not fit. */
char *bm_samples_svg(const json_t *ours, const char *data, const char *alt, struct bm_error *error);

/* ---- parts of the part ---- */

/* The run that a summary has of a seed, the `which`-th: NULL if there are no more. */
const json_t *bm_run_of_summary(const json_t *ours, const json_t *summary, size_t which);

/* What follows puts pictures, tables and sentences of a result into the page. `slug`: begins their ids. */

/* Variants that differ only in their batch, side by side. */
void bm_training_sweep(struct bm_page *page, const struct bm_source *source, const char *experiment, const char *slug);

/* Published figures beside ours, and why not where they differ. */
void bm_training_published(struct bm_page *page, const struct bm_source *source, const char *experiment,
                           const char *slug);
void bm_training_verdicts(struct bm_page *page, const struct bm_source *source, const char *experiment,
                          const char *slug);

/* Of a result with "kernel_sets": what kernels and BN buy, predictions, where a step's time goes. */
void bm_training_sets(struct bm_page *page, const struct bm_source *source);

/* Of a result with "inference": what folding BN buys. */
void bm_training_inference(struct bm_page *page, const struct bm_source *source);

/* Of a result with "communication": training over ranks. */
void bm_training_ranks(struct bm_page *page, const struct bm_source *source);

/* Where a step's time goes, a bar each kernel set of a variant or, if there is but one set, each variant. */
void bm_training_phases(struct bm_page *page, const struct bm_source *source);

/* Its layers and variants; and, of the variants in its first picture, loss and accuracy by epoch. */
struct bm_trained;
void bm_training_model(struct bm_page *page, const struct bm_trained *trained, const char *slug);
void bm_training_epochs(struct bm_page *page, const struct bm_trained *trained, const char *slug);

/* An experiment, and the result that is shown of it; there are so many at most. */
enum { BM_EXPERIMENTS = 16 };
struct bm_trained {
    const char *name;
    const struct bm_source *source;
    double epochs; /* of all its seeds */
    bool real;     /* some result of it is not of generated digits */
};

/* Of each experiment the newest result with at least half as many epochs as its largest; with generated digits only if
 * there is no other. That of time to accuracy first, then by data set and name; returns how many. */
size_t bm_experiments(const struct bm_library *library, struct bm_trained trained[static BM_EXPERIMENTS]);

/* For people: "MNIST, Adam (mnist-adam)". */
void bm_experiment_title(const struct bm_trained *trained, char title[static 256]);

/* What begins the ids of its pictures, "<id>-curves": its name in letters, digits and '-'; `number`, its place from 1,
 * keeps apart what looks alike then. */
void bm_experiment_id(const struct bm_trained *trained, size_t number, char id[static 64]);

/* The newest result of this machine with a list of that name; with generated digits only if there is no other. */
const struct bm_source *bm_trained_with(const struct bm_library *library, const char *list);

/* Time to accuracy by kernel set, of a result with "kernel_sets". */
void bm_training_sets_picture(struct bm_page *page, const struct bm_source *source);

/* One image of each class of each data set that was trained with. */
void bm_training_samples(struct bm_page *page, const struct bm_trained *trained, size_t n);

/* How near steps come to their limit. */
void bm_training_bounds(struct bm_page *page, const struct bm_trained *trained, size_t n);

#endif
