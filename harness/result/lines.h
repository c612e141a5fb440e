/* SPDX-License-Identifier: MIT */
/* lines.h - text for people: no line longer than the terminal is wide, broken between words. */
#ifndef BATCHMARK_LINES_H
#define BATCHMARK_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { BM_COLUMNS = 80, BM_LEAST_COLUMNS = 30 };

/* $COLUMNS if it is set; else the terminal's width, or 80 where standard output is none. BM_LEAST_COLUMNS at least. */
int bm_columns(void);

/* How many columns a text takes: of its UTF-8, wide characters two, combining ones none. Colours take none. */
int bm_text_columns(const char *text, size_t bytes);

/* How many of its bytes fit into so many columns; no character is cut. */
size_t bm_text_fit(const char *text, size_t bytes, int columns);

/* From here on lines of standard output that are too long are broken: between words, under the first word of their text.
 * A command ("  batchmark ...") goes on behind a backslash, so that it can be copied. A word that is longer than a line
 * is broken behind a '/' if there is one. Not for output that programs read. */
void bm_lines_begin(void);

/* "auto" (a terminal, without $NO_COLOR), "always" or "never"; false: it is another word. Coloured are, where lines are
 * broken, what is slower or wrong (red), faster (green), and warnings (yellow). */
bool bm_colours_choose(const char *when);

/* What is left of the last line; false: it could not be written. */
bool bm_lines_end(void);

/* One line, without its end, so broken. */
void bm_put_wrapped(FILE *out, const char *line, size_t bytes, int columns);

#endif
