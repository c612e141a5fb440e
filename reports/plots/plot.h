/*
 * plot.h - pictures drawn by gnuplot as SVG that follows the page: its colours are the page's (light or dark), its
 * width is the column's. Draw for BM_PLOT_WIDTH x any height, with little text: at 390 pixels the picture is shown at
 * about 0.85 of its size.
 */
#ifndef BATCHMARK_PLOT_H
#define BATCHMARK_PLOT_H

#include <stdbool.h>
#include <stdio.h>

#include "error.h"

enum { BM_PLOT_WIDTH = 420 };

/* Colours, as gnuplot writes them ("#1a1a1a"); the page replaces them by its own for light and dark. */
#define BM_INK   "#1a1a1a" /* axes and text */
#define BM_FAINT "#c9c9c9" /* grids, and what stands behind */
#define BM_LIMIT "#b00020" /* what the machine could do at most */
#define BM_PAPER "#ffffff" /* the page's background */

/* How a series looks: no two alike among the first 8, in colour as well as in symbol and dash. */
struct bm_style {
    const char *colour;
    int point; /* gnuplot's pt */
    int dash;  /* gnuplot's dt */
};
struct bm_style bm_style(size_t series);

/* A kernel's, the same in every picture, by the part of its name behind the op ("avx512_omp", "openblas"). Variants
 * with OpenMP have the hollow symbol of those without. */
struct bm_style bm_style_of_variant(const char *suffix);

/* A script for gnuplot that begins with the terminal (width BM_PLOT_WIDTH), fonts, borders, tics and grid in the page's
 * style; never NULL. Then fprintf() to it what is to be drawn. Text only by bm_plot_text(). */
FILE *bm_plot_begin(int height);

/* How many ordinary letters the character is about as wide as. */
double bm_glyph_width(const char *at);

/* A string in gnuplot's quotes, safe whatever it holds, shortened with an ellipsis to the width of `most` ordinary
 * letters. */
void bm_plot_text(FILE *script, const char *text, int most);

/* Draws, and closes the script. Returns an SVG element for a page; free() it. NULL, with the reason. `id`: the
 * picture's name, which makes names within it unique. `alt`: what it shows, in words, for those who do not see it. */
char *bm_plot_end(FILE *script, const char *id, const char *alt, struct bm_error *error);

/* For what gnuplot cannot draw: begins an SVG element, to be ended by "</svg>". Colours are "var(--ink)",
 * "var(--faint)", "var(--limit)", "var(--paper)" and "var(--s0)" to "var(--s7)". */
void bm_svg_begin(FILE *out, double width, double height, const char *alt);

/* An SVG element as a file of its own, with its colours for light and dark in it; free() it. */
char *bm_plot_file(const char *svg);

/* CSS that pictures need, beside the colours. */
extern const char bm_plot_style[];

/* The colours as CSS variables. */
void bm_plot_put_colours(FILE *out, bool dark);

#endif
