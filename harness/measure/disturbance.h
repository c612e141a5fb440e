/* SPDX-License-Identifier: MIT */
/* disturbance.h - what the system did to this process while it measured. */
#ifndef BATCHMARK_DISTURBANCE_H
#define BATCHMARK_DISTURBANCE_H

/* Counts since the process began, over all its threads. */
struct bm_disturbance {
    long switches;   /* involuntary context switches (getrusage) */
    long migrations; /* of threads between CPUs (perf_event_open, a software counter); -1: the system does not tell */
    long throttled;  /* stops because the control group's CPU time was used up; 0 where that is not limited */
    long suspended;  /* times that it went on after SIGSTOP, SIGTSTP or the like */
};

/* Counts suspensions from now on: `suspended` above. */
void bm_suspensions_watch(void);
long bm_suspensions(void);

/* The same, and all else. Before threads are started, or theirs are not counted. */
void bm_disturbance_watch(void);
struct bm_disturbance bm_disturbance_now(void);

/* Seconds that a hypervisor kept all CPUs of this machine waiting since it was started (/proc/stat); -1: unknown. */
double bm_stolen_s(void);

#endif
