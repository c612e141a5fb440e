/* pictures.h - gnuplot as a child process; plot.h is what draws with it. */
#ifndef BATCHMARK_PICTURES_H
#define BATCHMARK_PICTURES_H

#include <stdio.h>

#include "error.h"

/* Is there a gnuplot that runs? To be asked before the work whose result is to be drawn. */
bool bm_gnuplot_there(struct bm_error *error);

/* Gives gnuplot the script, which draws to its standard output: the file `out`. */
bool bm_gnuplot_run(FILE *script, int out, struct bm_error *error);

#endif
