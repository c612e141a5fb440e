/* SPDX-License-Identifier: MIT */
/* crew.h - work that is side by side: a thread a core, pinned there. */
#ifndef BATCHMARK_CREW_H
#define BATCHMARK_CREW_H

#include <stddef.h>

/* Runs work(context) on each core, on at most `most` of them, and waits. Each takes what is next until there is nothing
 * left. advice: what to do where no thread can be started, which ends the program. */
void bm_crew(size_t most, void (*work)(void *context), void *context, const char *advice);

#endif
