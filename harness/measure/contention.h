/* SPDX-License-Identifier: MIT */
/*
 * contention.h - does something else use this core right now?
 *
 * On shared machines two hardware threads share a core's issue slots, and the other one may belong to somebody else:
 * neither context switches, nor stolen time, nor the clock show it, and kernels run up to a third slower while it
 * works. A loop that fills every slot, six independent instructions a cycle that wait for nothing, takes more cycles by
 * exactly what the other takes. Cycles, not time, or a lower clock would pass for a neighbour: ticks of the time stamp
 * counter, which do not change, times the core's clock of late.
 *
 * Tried and lost: chains that wait (one addition a cycle leaves slots free, and notices nothing), FMA chains (they
 * notice only those who use the same ports), loops of less than a microsecond; ticks as they are, against the least ever
 * seen (the clock falls, and everything is disturbed); the clock of one reading (now and then it is half of the truth,
 * and the least is wrong ever after).
 */
#ifndef BATCHMARK_CONTENTION_H
#define BATCHMARK_CONTENTION_H

#include <stddef.h>

/* Ticks that the loop took on the calling thread, about 3 microseconds; NaN where there is no such counter. */
double bm_contention_ticks(void);

/* The same on each thread of the pinned team at once; and, unless NULL, the clock of each (bm_clock_ratio()). */
void bm_contention_team(int threads, double ticks[], double clock[]);

/* What is known of a core; all 0 at first. */
enum { BM_RECENT_CLOCKS = 8 };
struct bm_core_watch {
    double clock[BM_RECENT_CLOCKS]; /* the last readings; the truth is their largest: nothing makes one too high */
    size_t readings;
    double least; /* cycles of the loop so far: those on the free core */
};

/* How much longer the loop took than on the free core, 1 and more, from its ticks and a new reading of the clock; NaN
 * until there are so many readings. */
double bm_contention(struct bm_core_watch *core, double ticks, double clock);

#endif
