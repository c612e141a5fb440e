/*
 * pictures.h - pictures of results, as SVG, drawn by gnuplot. Everything that they show is read from a result file
 * (results/README.md: "summaries" and "samples"), so that a result is enough to draw them again.
 *
 * Each function writes the whole file or leaves what was there; on false the error says what to do.
 */
#ifndef BATCHMARK_PICTURES_H
#define BATCHMARK_PICTURES_H

#include <jansson.h>
#include <stdio.h>

#include "error.h"

/* Is there a gnuplot that runs? To be asked before the work whose result is to be drawn. */
bool bm_gnuplot_there(struct bm_error *error);

/* Gives gnuplot the script, which draws to its standard output: the file `out`. */
bool bm_gnuplot_run(FILE *script, int out, struct bm_error *error);

/* Gives gnuplot the script, which draws to its standard output, and puts what it drew at `path`. Closes the script, a
 * tmpfile(). */
bool bm_gnuplot_draw(FILE *script, const char *path, struct bm_error *error);

/* Loss and accuracy per epoch, training and validation, of all variants of an experiment: medians over the seeds, with
 * the range as a band; dashed lines are variants without BN. */
bool bm_draw_curves(const json_t *result, const char *experiment, const char *path, struct bm_error *error);

/* One image of each class under its name. */
bool bm_draw_samples(const json_t *result, const char *experiment, const char *path, struct bm_error *error);

#endif
