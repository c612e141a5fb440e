/* SPDX-License-Identifier: MIT */
/*
 * page.h - a report: parts with sentences, tables and pictures, as HTML (a page that needs nothing else, and sheets
 * beside it with all that not every reader wants), Markdown (with the pictures beside it), CSV (every number, a row
 * each) or for a terminal (no pictures).
 *
 * Every number is a `struct bm_value`, which knows where it came from: the page links it to the file, and says from
 * which of its members it follows, so that a program can check it (data-from). Running text is made by small templates:
 *
 *     %v  struct bm_value       a number with its unit, linked
 *     %i  struct bm_range_value the 95 % interval of the number before: " (95 %: 1.2x to 1.4x)"; nothing where there is none
 *     %s  const char *          words, from files or not: escaped
 *     %w  const char *          the same, shortened to about 40 letters
 *     %d  int                   a number that belongs to the report, not to a result
 *     %l  struct bm_place_link        words that lead to another place of the report
 *     %+  (nothing)             the plural's "s", unless the number before it is 1
 *     %%
 *
 * and in tables also
 *
 *     |                         the next cell
 *     %r  struct bm_range_value the ends of an interval, a cell each
 *     %b  double                a bar for a share, before the cell's text, on a terminal
 */
#ifndef BATCHMARK_PAGE_H
#define BATCHMARK_PAGE_H

#include <stdio.h>

#include "library.h"

/* BM_TEXT: for a terminal. BM_JSON is no page: commands that have it write their own. */
enum bm_page_format { BM_TEXT, BM_MARKDOWN, BM_JSON, BM_HTML, BM_CSV };

enum bm_unit {
    BM_UNIT_PLAIN,    /* three digits */
    BM_UNIT_COUNT,    /* whole */
    BM_UNIT_SECONDS,  /* "1.23 ms" */
    BM_UNIT_PERCENT,  /* x is 92 for "92 %" */
    BM_UNIT_TIMES,    /* "3.2x" */
    BM_UNIT_GFLOPS,   /* x is in GFLOP/s */
    BM_UNIT_GBS,      /* x is in GB/s */
    BM_UNIT_BYTES,    /* "32 KiB" */
    BM_UNIT_HERTZ,    /* "3.69 GHz" */
    BM_UNIT_FRACTION, /* four digits after the point: accuracy, loss */
    BM_UNIT_CHANGE,   /* "1.024x": of what is almost the same */
    BM_UNIT_MORE,     /* x is 6.1 for "+6.1 %" */
};

struct bm_value {
    double x; /* not finite: shown as "-" */
    enum bm_unit unit;
    const struct bm_source *source; /* NULL: not from a file, no link */
    char from[200];                 /* see bm_value_of() */
    const char *none;               /* shown instead of "-" */
};

struct bm_value bm_value_or(struct bm_value value, const char *none);

/* A number that follows from a file in more ways than bm_value.from can say, or (NULL, NAN) one that is not known. */
struct bm_value bm_derived(double x, enum bm_unit unit, const struct bm_source *source);

/* `from`, as printf: how x follows from the source's file: paths below its member "batchmark" ("cases[17].median_s"),
 * below the root with a leading "/" ("/context.date"); products, quotients and plain numbers
 * ("1e-9*cases[2].flops/cases[2].median_s"); min(), max(), sum(), median(), count() of paths separated by commas in
 * which [*] is each of a list; typical() of a case's raw; "@3:" before a path or bracket: of source number 3. "": it
 * follows from the file in another way. */
struct bm_value bm_value_of(double x, enum bm_unit unit, const struct bm_source *source, const char *from, ...)
    __attribute__((format(printf, 4, 5)));

/* The same with x worked out from the file, for what has nothing but numbers, paths, *, /, sum() and count() in it. NaN
 * if one of the members is no number. */
struct bm_value bm_value_from(enum bm_unit unit, const struct bm_source *source, const char *from, ...)
    __attribute__((format(printf, 3, 4)));

struct bm_range_value {
    struct bm_value low, high;
};

/* To a picture or part with that id on a sheet; "": nowhere. */
struct bm_place_link {
    const char *sheet, *id, *text;
};

/* Three digits with a unit: "1.23 ms". */
const char *bm_seconds_text(double s, char text[static 16]);

/* As it is shown. */
const char *bm_value_text(const struct bm_value *value, char text[static 32]);

struct bm_page;

/* `path`: where the page will be; pictures of Markdown are put beside it when they are drawn. `only`: nothing is
 * written but the pictures with these ids (separated by commas), as files <id>.svg into the folder `path`; NULL: a
 * page. */
struct bm_page *bm_page_new(enum bm_page_format format, const struct bm_library *library, const char *path,
                            const char *only);

/* Writes the page and its sheets, all or none, and frees it. False, with the reason: it could not be written, or a picture could not be
 * drawn (the first that failed). `only`: also for a name that no picture has. */
bool bm_page_end(struct bm_page *page, struct bm_error *error);

/* The same of what is no file of its own, to a stream, without a head and sources: nothing else is done about errors of
 * the stream. */
void bm_page_print(struct bm_page *page, FILE *out);

/* On a terminal: lines of tables may be longer than it is wide, so that names stay whole. Where such a page is no
 * report and stdout no terminal, sentences are one line each. */
void bm_page_wide(struct bm_page *page);

/* Has it room for numbers that no reader of a page would miss? CSV has. */
bool bm_page_takes_all(const struct bm_page *page);

bool bm_page_has_pictures(const struct bm_page *page);

/* What must be said of all figures from here on: it is put to each table, picture and answer, until another one. "": none. */
void bm_page_caveat(struct bm_page *page, const char *caveat);

/* ---- structure; ids are unique words of letters, digits and '-' ---- */

/* What this is a page of, in one line under its title. */
void bm_page_about(struct bm_page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* What follows is on a sheet of its own, the file "<page>-<id>.html"; in other formats it goes on. Both live on. */
void bm_page_sheet(struct bm_page *page, const char *id, const char *title);
void bm_page_part(struct bm_page *page, const char *id, const char *title);
void bm_page_heading(struct bm_page *page, const char *title);              /* within a part */
void bm_page_paragraph(struct bm_page *page, const char *format, ...);
/* The same as printf() makes it, without linked numbers; and as a line of its own behind a label ("machine"). */
void bm_page_text(struct bm_page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));
void bm_page_note(struct bm_page *page, const char *label, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* With a command behind it that can be copied. */
void bm_page_command(struct bm_page *page, const char *command, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* What is not there, and the command that makes it (NULL: nothing does). */
void bm_page_missing(struct bm_page *page, const char *command, const char *format, ...);
/* What a reader can open who wants more. */
void bm_page_more_begin(struct bm_page *page, const char *summary);
void bm_page_more_end(struct bm_page *page);
/* Pictures between these stand side by side where there is room. */
void bm_page_gallery_begin(struct bm_page *page);
void bm_page_gallery_end(struct bm_page *page);
/* A short answer at the top: a question, the answer's number with a word behind it ("slower", or ""), and a sentence. */
void bm_page_answer(struct bm_page *page, const char *question, struct bm_value answer, const char *word,
                    const char *format, ...);

/* ---- tables ---- */

struct bm_grid;

/* `id` names it in the CSV and the page. Columns' names, the first is that of the rows' names; the last NULL. */
struct bm_grid *bm_grid_new(struct bm_page *page, const char *id, const char *caption, ...) __attribute__((sentinel));
/* The same, with names that are made at run time; they are copied. */
struct bm_grid *bm_grid_of(struct bm_page *page, const char *id, const char *caption, const char *const *column,
                           size_t columns);
void bm_grid_row(struct bm_grid *grid, const char *format, ...);  /* its name, and cells behind it if there is a | */
void bm_grid_cell(struct bm_grid *grid, const char *format, ...); /* the next cell, or cells; "" for an empty one */
/* The next cell as printf() makes it, and a row that is one text. */
void bm_grid_text(struct bm_grid *grid, const char *format, ...) __attribute__((format(printf, 2, 3)));
void bm_grid_line(struct bm_grid *grid, const char *format, ...) __attribute__((format(printf, 2, 3)));
void bm_grid_left(struct bm_grid *grid, size_t columns); /* that stand left; the first does, others stand right */
/* The same for a heat map: shade 0 to 1 (darkest), and a mark for the best of its row. */
void bm_grid_heat(struct bm_grid *grid, double shade, bool best, const char *format, ...);
/* Columns, by their names, that a terminal does without if it is too narrow, the first before the second (fit.h); the
 * last NULL. BM_SPARE_BARS: the bars. */
#define BM_SPARE_BARS "(bars)"
void bm_grid_spare(struct bm_grid *grid, ...) __attribute__((sentinel));
size_t bm_grid_rows(const struct bm_grid *grid);
/* Takes the grid. A table of none rows is nothing. */
void bm_page_table(struct bm_page *page, struct bm_grid *grid);
/* A heat map: a picture made of a table, with a sentence under it. */
void bm_page_heat_map(struct bm_page *page, struct bm_grid *grid, const char *format, ...);

/* ---- pictures ---- */

/* Draws a script of bm_plot_begin() (taken), unless nothing needs the picture. NULL then, or if drawing failed, which
 * bm_page_end() tells. alt: what it shows, in words, for those who do not see it. */
char *bm_page_draw(struct bm_page *page, FILE *script, const char *id, const char *alt);

/* An SVG of bm_page_draw() or bm_svg_begin() (taken, or NULL), the numbers in it (taken; folded away in the page; their
 * id, if it is "", becomes that of the picture with "-numbers"; NULL: they are all in other tables), and the sentence
 * under it, computed from them, which says what to see. */
void bm_page_picture(struct bm_page *page, const char *id, const char *title, char *svg, struct bm_grid *numbers,
                     const char *format, ...);

#endif
