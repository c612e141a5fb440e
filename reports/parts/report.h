/* SPDX-License-Identifier: MIT */
/* report.h - the report, all of its parts. */
#ifndef BATCHMARK_REPORT_H
#define BATCHMARK_REPORT_H

#include "page.h"

/* Writes it to `path`; with `only`, just those pictures into the folder `path` (bm_page_new()). `progress` is told what
 * is being drawn, and NULL at the end. */
bool bm_report(const struct bm_library *library, enum bm_page_format format, const char *path, const char *only,
               void (*progress)(size_t done, size_t all, const char *text), struct bm_error *error);

#endif
