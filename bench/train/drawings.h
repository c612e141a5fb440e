/* SPDX-License-Identifier: MIT */
/* drawings.h - pictures of `train --pictures` as files of their own. A failure ends the program. */
#ifndef BATCHMARK_DRAWINGS_H
#define BATCHMARK_DRAWINGS_H

#include <jansson.h>
#include <stdio.h>

/* A folder that cannot be written shows now, not after the work. option: "--pictures". */
void bm_prepare_folder(const char *option, const char *folder);

/* The same for pictures, with a gnuplot that runs. */
void bm_prepare_pictures(const char *folder);

/* FOLDER/NAME<ending>.svg of a script (taken), or of an SVG element (taken); NAME is the last part of `name` without its own
 * ending, and `ours` says what must be said of the data. Prints the path. */
void bm_draw_file(FILE *script, const char *alt, const json_t *ours, const char *folder, const char *name, const char *ending);
void bm_put_drawing(char *svg, const json_t *ours, const char *folder, const char *name, const char *ending, const char *why);

/* The learning curves of an experiment, and one image of each class. */
void bm_draw_experiment(const json_t *result, const char *experiment, const char *folder);

#endif
