/* SPDX-License-Identifier: MIT */
/* system_files.h - small readers of what the system tells in files; null, or false, for what is not there. */
#ifndef BATCHMARK_SYSTEM_FILES_H
#define BATCHMARK_SYSTEM_FILES_H

#include <jansson.h>
#include <stdbool.h>

/* The first line of a file, without its end. */
bool bm_file_line(const char *path, char line[256]);

/* The value behind "key" and a separator (':' or '=') in a file of such lines; quotes and blanks around it are dropped. */
bool bm_file_key(const char *path, const char *key, char value[256]);

json_t *bm_file_text(const char *path);    /* its first line */
json_t *bm_file_integer(const char *path); /* which that begins with */

/* What is not UTF-8 becomes '?'; NULL: null. */
json_t *bm_text_or_null(const char *text);
json_t *bm_integer_or_null(long long n); /* negative: null */

#endif
