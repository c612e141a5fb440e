/* SPDX-License-Identifier: MIT */
/* completion.h - what shells complete, made from the commands' option tables. */
#ifndef BATCHMARK_COMPLETION_H
#define BATCHMARK_COMPLETION_H

#include <stdbool.h>
#include <stddef.h>

struct bm_command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
    bool people; /* standard output is for them alone; other commands say when it is */
};

/* Prints the completion of a shell, bash, zsh or fish; returns the exit code. */
int bm_completion(const struct bm_command *commands, size_t count, int argc, char **argv);

#endif
