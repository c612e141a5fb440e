/* SPDX-License-Identifier: MIT */
/* fit.h - a table as wide as the terminal: what does not fit is left out, in an order that the table's maker says. */
#ifndef BATCHMARK_FIT_H
#define BATCHMARK_FIT_H

#include "backend.h"

/*
 * Until the table fits into so many columns:
 *
 * 1. columns that bm_grid_spare() named go, the first named first;
 * 2. a long text in the last column goes on below, in rows of its own;
 * 3. a column of long names goes into lines of their own, above each row;
 * 4. the widest columns are cut, with ".." in their middle;
 * 5. columns go from the right.
 */
void bm_grid_fit(struct bm_grid *grid, int columns);

#endif
