/* SPDX-License-Identifier: MIT */
/*
 * plot.h - pictures drawn by gnuplot as SVG that follows the page: its colours are the page's (light or dark), its
 * width is the column's. NAME.gp in this folder draws them; C gives it the data: variables, and blocks of columns.
 */
#ifndef BATCHMARK_PLOT_H
#define BATCHMARK_PLOT_H

#include <stdbool.h>
#include <stdio.h>

#include "error.h"

enum { BM_PLOT_WIDTH = 420 }; /* at 390 pixels a picture is shown at about 0.85 of its size */

/* gnuplot's line types, as style.gp has them: how series look, what is compared with, and what cannot be passed. Types
 * of series with BM_HOLLOW added have the same colour and a hollow symbol. */
enum { BM_SERIES = 8, BM_BASE_LINE = 9, BM_LIMIT_LINE = 10, BM_HOLLOW = 10 };

/* That of a series: no two alike among the first 8. */
int bm_style(size_t series);

/* A kernel's, the same in every picture, by the part of its name behind the op ("avx512_omp", "openblas"). Variants
 * with OpenMP have the hollow symbol of those without. */
int bm_style_of_variant(const char *suffix);

/* The data of a picture; never NULL. */
FILE *bm_plot_begin(void);

/* A variable of the script: a number (NAN: not known), or a text. */
void bm_plot_set(FILE *data, const char *name, double value);
void bm_plot_set_text(FILE *data, const char *name, const char *text, int most);

/* A block of columns, "$name"; rows follow, until it ends. In a row, numbers (not finite: missing) and texts. */
void bm_plot_block(FILE *data, const char *name);
void bm_plot_block_end(FILE *data);
void bm_plot_numbers(FILE *data, const double *number, size_t count);
#define bm_plot_row(data, ...)                                                                                         \
    (bm_plot_numbers(data, (const double[]){ __VA_ARGS__ }, sizeof((const double[]){ __VA_ARGS__ }) / sizeof(double)), \
     fputc('\n', data))

/* A text as a column: in quotes, safe whatever it holds, shortened with an ellipsis to the width of `most` ordinary
 * letters. */
void bm_plot_text(FILE *data, const char *text, int most);

/* A row of the block "keys": a line type, its name, and what is shown of it: "point", "line" or "both". */
void bm_plot_key(FILE *data, int type, const char *name, int most, const char *shown);

/* Ends the data: `script`.gp draws them. Returns `data`. */
FILE *bm_plot_script(FILE *data, const char *script);

/* How many ordinary letters the character is about as wide as. */
double bm_glyph_width(const char *at);

/* Draws, and closes the data. Returns an SVG element for a page; free() it. NULL, with the reason. `alt`: what it
 * shows, in words, for those who do not see it. */
char *bm_plot_end(FILE *data, const char *alt, struct bm_error *error);

/* For what gnuplot does not draw: begins an SVG element, to be ended by "</svg>". Colours are "var(--ink)",
 * "var(--faint)", "var(--limit)", "var(--paper)" and "var(--s0)" to "var(--s7)". */
void bm_svg_begin(FILE *out, double width, double height, const char *alt);

/* Of an SVG element, in its own units. */
double bm_svg_width(const char *svg);

/* An SVG element (taken; NULL: NULL) with a line under it for each part of a note between "; ", and the note in its `alt`. */
char *bm_svg_noted(char *svg, const char *note);

/* An SVG element as a file of its own, with its colours for light and dark in it; free() it. */
char *bm_plot_file(const char *svg);

/* A file of this folder, as it was built in: "plots.css", what pictures need of a style sheet; "symbols.svg", what they
 * share, which must be once in a page. */
const char *bm_plot_part(const char *name);

#endif
