/* SPDX-License-Identifier: MIT */
/* clock.h - time. Wall time is CLOCK_MONOTONIC: it never jumps, is read without a system call on every kernel (the RAW clock
 * only since Linux 5.3), and costs some 30 ns. */
#ifndef BATCHMARK_CLOCK_H
#define BATCHMARK_CLOCK_H

#ifdef __cplusplus
extern "C" {
#endif

/* Seconds since some point in the past. */
double bm_now_s(void);
/* CPU time of the calling thread; a system call. */
double bm_thread_s(void);

/* Measured here: the least step between two readings that differ, and the mean cost of one reading. */
double bm_clock_resolution_s(void);
double bm_clock_overhead_s(void);

/* The time stamp counter, after all earlier instructions; NaN where there is none. */
double bm_ticks(void);

/* The core's clock over that of its time stamp counter, which does not change: from additions that wait for each other, one
 * a cycle; a few microseconds. NaN where there is no such counter. */
double bm_clock_ratio(void);

#ifdef __cplusplus
}
#endif
#endif
