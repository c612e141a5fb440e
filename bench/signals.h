/* SPDX-License-Identifier: MIT */
/* signals.h - how a run is ended early, by a person or a batch system. */
#ifndef BATCHMARK_SIGNALS_H
#define BATCHMARK_SIGNALS_H

#include <signal.h>

/*
 * Set by SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2 and SIGXCPU once bm_catch_interrupts() was called: finish what is begun,
 * keep it, exit with 128 + the signal. A second SIGINT or SIGTERM kills; the others may come several times, as SIGXCPU
 * does every second. Under nohup SIGHUP stays without effect.
 */
extern volatile sig_atomic_t bm_interrupted, bm_signal; /* whether, and the last signal */
void bm_catch_interrupts(void);

/* The exit code of a command that was interrupted. */
int bm_interrupted_code(void);

/* Of the process that measures: it ends when the one that asks it says so. A limit of CPU time is its own, since it does
 * the work: the one that asks hears of it. */
void bm_leave_interrupts_to_parent(void);

#endif
