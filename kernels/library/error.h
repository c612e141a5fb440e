/* SPDX-License-Identifier: MIT */
/* error.h - one clear line on stderr with what, where and what to do; and the exit codes of all commands. */
#ifndef BATCHMARK_ERROR_H
#define BATCHMARK_ERROR_H

#include <stdbool.h>
#include <stddef.h>

enum bm_exit {
    BM_EXIT_OK = 0,
    BM_EXIT_FAILED = 1,       /* the answer is no: a kernel is wrong, something is slower, training diverged */
    BM_EXIT_USAGE = 2,        /* the command line makes no sense, or chooses nothing that could be done */
    BM_EXIT_INPUT = 3,        /* files or the environment: missing, unreadable, malformed, not comparable, full */
    BM_EXIT_INTERRUPTED = 130 /* 128 + the signal, here SIGINT; what was finished is kept */
};

struct bm_error {
    char text[512];
};

/* Replaces control characters, which could steer a terminal, by '?' in place: text may come from any file. */
void bm_plain(char *text);

/* Stores the message, made plain (error may be NULL), and returns false: `return bm_failed(error, ...)`. */
bool bm_failed(struct bm_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints "batchmark: <message>" on stderr and exits. */
_Noreturn void bm_die(enum bm_exit code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* 64-byte aligned, zeroed memory, never NULL (exits with a message when there is none); free() releases it. */
void *bm_alloc(size_t bytes);

#endif
