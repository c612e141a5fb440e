/* SPDX-License-Identifier: MIT */
/* keep.h - a stored result keeps the kernels that made it, so that they can be timed beside later ones. */
#ifndef BATCHMARK_KEEP_H
#define BATCHMARK_KEEP_H

#include <jansson.h>

/* Compresses the module of each op in the result into kernels/<hash>.so.xz beside `path`, unless it is there already, and
 * names them in batchmark.modules. What cannot be kept is said on stderr; the result is good without. */
void bm_keep_kernels(json_t *result, const char *path);

/* Where the result `path` keeps the module of that hash; free() it. */
char *bm_kept_path(const char *path, const char *hash);

#endif
