/*
 * rows.h - pictures whose rows have names: one row a variant or a shape, a log axis along the bottom, columns of text
 * at the right end. And the works of a run in the order in which reports show them.
 */
#ifndef BATCHMARK_ROWS_H
#define BATCHMARK_ROWS_H

#include "page.h"

enum { BM_ROW = 20 }; /* a row's height, in units of the picture */

/* An axis' text at a value; returns `text`. */
typedef const char *bm_axis_text(double value, char text[static 32]);
bm_axis_text bm_axis_seconds; /* "20 us" */
bm_axis_text bm_axis_plain;   /* "0.01", "1e-9" */

/* Tics of an axis ('x' or 'y') that is logarithmic: as many of 1, 2, 5 and the like as have room of `apart` units each
 * on its `length` units. 0 < low < high. */
void bm_plot_log_tics(FILE *script, char axis, double low, double high, double length, double apart,
                      bm_axis_text *text);

/* A script for rows 1, 2, ... from the top; the longest name has `longest` characters. `notes`: columns of text at the
 * right end, 0 to 2. The x axis is logarithmic and goes from low to high, its title is `axis`; *length becomes its
 * length. */
FILE *bm_rows_begin(size_t rows, int longest, int notes, double low, double high, const char *axis, bm_axis_text *text,
                    double *length);

/* The longest name of a row that has room beside the axis and that many notes. */
enum { BM_ROW_NAME = 23 };

void bm_rows_name(FILE *script, size_t row, const char *name);             /* row 0: above the rows */
void bm_rows_note(FILE *script, size_t row, int column, const char *text); /* column 0: the last */

/* As much of a text as is as wide as `most` ordinary letters, with an ellipsis for the rest. */
const char *bm_shortened(const char *text, size_t most, char shown[static 128]);

/* Shown characters of UTF-8. */
int bm_text_width(const char *text);

/* Takes away the beginning of a character of UTF-8 at whose middle snprintf() ended; returns the text. */
const char *bm_text_whole(char *text);

/* A work of a run: an op on a shape. */
struct bm_work {
    const struct bm_run_case *first; /* its first warm case with the fewest threads */
};

/* The works that have warm cases: by op as in the file, the smaller levels and shapes first; free() the list. */
struct bm_work *bm_works(const struct bm_run *run, size_t *works);

/* The works that one section shows: of one op, or, of ops that have one work each, all together. Returns the end of the
 * section that begins at `begin`; *title is the op or "other ops". Sections of one work each come last in bm_works().
 */
size_t bm_works_section(const struct bm_work *work, size_t works, size_t begin, const char **title);

/* What a row is called in a section: its shape, in one of several ops the op before it. Returns `text`. */
enum { BM_WORK_NAME = 96 };
const char *bm_work_name(const struct bm_work *work, bool with_op, char text[static BM_WORK_NAME]);

/* The largest number of threads of its warm cases; the least is that of work->first. */
int bm_work_most(const struct bm_run *run, const struct bm_work *work);

/* A picture's or table's id: "<part>-<op's letters>-<number>". Returns `id`. */
const char *bm_work_id(const char *part, const char *op, size_t number, char id[static 64]);

#endif
