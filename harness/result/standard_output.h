/* SPDX-License-Identifier: MIT */
/* standard_output.h - what cannot be shown is an error, and a result can go where tables do else (`--json -`). */
#ifndef BATCHMARK_STANDARD_OUTPUT_H
#define BATCHMARK_STANDARD_OUTPUT_H

#include <stdbool.h>

/* First of all. Ends the program if standard output is closed. From here on, text that cannot be written makes an exit
 * code of 0 or 1 into BM_EXIT_INPUT, with one line on stderr. */
void bm_stdout_begin(void);

/* Is the path "-", standard output? */
bool bm_is_stdout(const char *path);

/* The path for people. */
const char *bm_place_name(const char *path);

/* Standard output is for a result from now on: what is printed goes to stderr. */
void bm_stdout_is_for_result(void);

/* The result's text (taken), in place of the one before: the last is written when the program ends. */
void bm_stdout_put_result(char *text);
const char *bm_stdout_result(void);

#endif
