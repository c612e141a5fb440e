/* report.h - the report, all of its parts. */
#ifndef BATCHMARK_REPORT_H
#define BATCHMARK_REPORT_H

#include "page.h"

/* Writes it to `path`; with `only`, just those pictures into the folder `path` (bm_page_new()). */
bool bm_report(const struct bm_library *library, enum bm_page_format format, const char *path, const char *only,
               struct bm_error *error);

#endif
