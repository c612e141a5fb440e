/* SPDX-License-Identifier: MIT */
/* parse.h - a command line by its option table. */
#ifndef BATCHMARK_PARSE_H
#define BATCHMARK_PARSE_H

#include <argp.h>
#include <stdbool.h>

/* argp_parse(), but -h is --help, and an option that is unknown or lacks its argument is one line that says what is meant. */
void bm_parse(const struct argp *argp, int argc, char **argv, unsigned flags, void *input);

/* Each option of the table and of its children, hidden ones as well. */
void bm_each_option(const struct argp *argp, void (*take)(void *user, const struct argp_option *option), void *user);

/* Gives the command's table to `take` instead of running it; false: the command read no command line. */
bool bm_options_of(int (*command)(int argc, char **argv), void (*take)(void *user, const struct argp *argp),
                   void *user);

#endif
