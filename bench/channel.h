/* SPDX-License-Identifier: MIT */
/* channel.h - a process that measures, and the one that asks it: JSON documents over a socket. */
#ifndef BATCHMARK_CHANNEL_H
#define BATCHMARK_CHANNEL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "error.h"

/* False if the other end is gone. */
bool bm_channel_tell(FILE *to, const json_t *document);
/* NULL at the end. */
json_t *bm_channel_hear(FILE *from);

/* The measuring process takes its end, --channel=N. From then on it leaves interrupts to the process that
 * started it (signals.h), dies with it, and what kernels' libraries print goes to stderr. False: the descriptor is not open. */
bool bm_channel_serve(int descriptor, FILE **from, FILE **to);

struct bm_channel {
    pid_t pid; /* 0: no process */
    FILE *to, *from;
    bool ended_from_outside; /* the last one: by a signal that no kernel raises (out of memory, a limit), or by its own
                              * word that the environment is at fault (exit code 3) */
};

/* The path of this very program, also where /proc is not mounted. */
const char *bm_own_program(void);

/* Starts `program ARGUMENTS --channel=N`. Both lists end with NULL; the environment's variables are set beside this
 * process's, NULL: none. */
bool bm_channel_start(struct bm_channel *channel, const char *program, char *const arguments[], char *const environment[],
                      struct bm_error *error);

/* NULL, with the reason, if the process died over it; then it is stopped, and ended_from_outside says whose fault that
 * was. If this process is interrupted (signals.h) it waits BM_PATIENCE seconds for the answer and then kills the other.
 * Takes the request. */
enum { BM_PATIENCE = 5 };
json_t *bm_channel_ask(struct bm_channel *channel, json_t *request, struct bm_error *error);

/* Closes, waits, and tells how it ended, as waitpid() does. */
int bm_channel_stop(struct bm_channel *channel);

#endif
