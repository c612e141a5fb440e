/* SPDX-License-Identifier: MIT */
/* markup.h - text for HTML, SVG, Markdown and CSV, whatever it holds. */
#ifndef BATCHMARK_MARKUP_H
#define BATCHMARK_MARKUP_H

#include <stdio.h>

/* A file that is written into *text, which is whole once it is closed; free() that. Never NULL. */
FILE *bm_text_file(char **text, size_t *size);

/* With &, <, > and quotes as entities: for content and for attributes in quotes. */
void bm_put_html(FILE *file, const char *text);

/* With what Markdown would take for markup escaped; also for cells of tables. */
void bm_put_markdown(FILE *file, const char *text);

/* A field of CSV (RFC 4180), always in quotes, so that no spreadsheet takes it for a number or a date, and what is
 * after it (0: nothing). */
void bm_put_csv(FILE *file, const char *text, char after);

#endif
