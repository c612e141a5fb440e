/*
 * contention.h - does something else use this core right now?
 *
 * On shared machines two hardware threads share a core's issue slots, and the other one may belong to somebody else:
 * neither context switches, nor stolen time, nor the clock show it, and kernels run up to a third slower while it
 * works. A loop that fills every slot, six independent instructions a cycle that wait for nothing, takes longer by
 * exactly what the other takes. It also shows a lower clock, since it is counted in ticks of the time stamp counter,
 * which do not change.
 *
 * Tried and lost: chains that wait (one addition a cycle leaves slots free, and notices nothing), FMA chains (they
 * notice only those who use the same ports), loops of less than a microsecond.
 */
#ifndef BATCHMARK_CONTENTION_H
#define BATCHMARK_CONTENTION_H

/* Ticks that the loop took on the calling thread, about 3 microseconds; NaN where there is no such counter. */
double bm_contention_ticks(void);

/* The same on each thread of the pinned team at once. */
void bm_contention_team(int threads, double ticks[]);

#endif
