/* SPDX-License-Identifier: MIT */
/* pictures.h - gnuplot and lstopo as child processes; plot.h and topology.h are what draws with them. */
#ifndef BATCHMARK_PICTURES_H
#define BATCHMARK_PICTURES_H

#include <stdio.h>

#include "error.h"

/* Is there a gnuplot that runs? To be asked before the work whose result is to be drawn. */
bool bm_gnuplot_there(struct bm_error *error);

/* What gnuplot (5.4 or newer) draws of a script; free() it. NULL, with the reason. One process draws all pictures of the
 * program, until bm_gnuplot_end(). */
char *bm_gnuplot_draws(FILE *script, struct bm_error *error);
void bm_gnuplot_end(void);

/* What the program of that Debian package writes to its standard output when it reads `input`; free() it. NULL, with
 * the reason. */
char *bm_child_draws(char *const argv[], const char *package, FILE *input, struct bm_error *error);

#endif
