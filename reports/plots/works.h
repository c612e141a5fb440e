/* SPDX-License-Identifier: MIT */
/* works.h - the works of a run in the order in which reports show them, and texts that fit beside a picture. */
#ifndef BATCHMARK_WORKS_H
#define BATCHMARK_WORKS_H

#include "page.h"

/* The longest name of a row that has room beside an axis and two notes. */
enum { BM_ROW_NAME = 23 };

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
