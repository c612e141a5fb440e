/* bars.h - small bars of characters for tables, and texts cut to a number of columns. */
#ifndef BATCHMARK_BARS_H
#define BATCHMARK_BARS_H

#include <stdbool.h>

enum { BM_BAR_CELLS = 10, BM_BAR_ROOM = 3 * BM_BAR_CELLS + 1, BM_CUT_MOST = 60, BM_CUT_ROOM = 4 * BM_CUT_MOST + 4 };

/* Is the locale's codeset UTF-8? Before setlocale() it is not. */
bool bm_utf8(void);

/* A share of 1 as BM_BAR_CELLS characters: blocks in steps of an eighth where the locale is UTF-8, else # and '.'.
 * Beyond 1 it is full; NaN is an empty one. */
const char *bm_bar(double share, char text[static BM_BAR_ROOM]);

/* The text, or so much of it that it has `most` characters (up to BM_CUT_MOST) with the ".." at its end. */
const char *bm_cut(const char *text, int most, char cut[static BM_CUT_ROOM]);

#endif
