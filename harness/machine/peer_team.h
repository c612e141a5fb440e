/* SPDX-License-Identifier: MIT */
/* peer_team.h - does a peer use the threads it is given, and where do they run? */
#ifndef BATCHMARK_PEER_TEAM_H
#define BATCHMARK_PEER_TEAM_H

#include "error.h"
#include "kernel.h"

struct bm_peer_team {
    const char *peer;
    int threads;
    int worked;       /* threads that took part in a large product; -1: cannot be told, idle ones do not sleep */
    int small_worked; /* the most that took part in products so small that a library may use fewer; -1 as above */
    int own;          /* threads that are not of our OpenMP team: libraries made them; now pinned */
};

/*
 * Outside any timing, for a peer's kernel of gemm that is runnable: gives the whole affinity mask back (bm_unpin),
 * calls it with that many threads, pins threads that libraries made for themselves to one core each (the main
 * thread has the first), waits until idle threads are asleep, and counts who works in small products and in a large
 * one, for a fraction of a second each. Takes about half a second. False, with the reason, if the threads that worked
 * are not as many as were given, or in small products more. The caller pins its team again.
 */
bool bm_peer_team(const struct bm_kernel *kernel, int threads, struct bm_peer_team *team, struct bm_error *error);

/* Idle workers of OpenMP and of thread pools spin for a while on their cores before they sleep: returns when they do.
 * False: they have not after a second or two. */
bool bm_let_idle_sleep(void);

#endif
