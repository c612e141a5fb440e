/* SPDX-License-Identifier: MIT */
/* files.h - the result files that people name: files, and folders with what is in them. */
#ifndef BATCHMARK_FILES_H
#define BATCHMARK_FILES_H

#include <stddef.h>

#include "error.h"

struct bm_files {
    char **path;
    size_t count;
};

/* A file, or whatever is named *.json or *.json.gz in a folder and its folders. False: it is not there, or cannot be
 * read. */
bool bm_files_add(struct bm_files *files, const char *path, struct bm_error *error);

/* By name, each once. */
void bm_files_sort(struct bm_files *files);

void bm_files_free(struct bm_files *files);

#endif
