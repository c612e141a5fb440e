/* markup.h - text for HTML, SVG and Markdown, whatever it holds. */
#ifndef BATCHMARK_MARKUP_H
#define BATCHMARK_MARKUP_H

#include <stdio.h>

/* With &, <, > and quotes as entities: for content and for attributes in quotes. */
void bm_put_html(FILE *file, const char *text);

/* With what Markdown would take for markup escaped; also for cells of tables. */
void bm_put_markdown(FILE *file, const char *text);

#endif
