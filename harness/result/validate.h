/* SPDX-License-Identifier: MIT */
/* validate.h - a result file held against results/README.md, whatever its kind. */
#ifndef BATCHMARK_VALIDATE_H
#define BATCHMARK_VALIDATE_H

#include "document.h"

/* True, with "bench, 986 cases, 8 launches, complete" in `about`; or false with what is wrong and where. A file that
 * was edited since it was written is not valid. */
bool bm_validate(const char *path, char about[static 128], struct bm_error *error);

/* The same of a document that was read. */
bool bm_validate_document(const struct bm_document *document, char about[static 128], struct bm_error *error);

#endif
