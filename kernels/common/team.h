/* SPDX-License-Identifier: MIT */
/* team.h - how an _omp kernel shares its work. The serial and the parallel file of an algorithm include the same
 * body, written for "thread `me` of `team`"; without OpenMP the team is one and the barrier is nothing. */
#ifndef BATCHMARK_TEAM_H
#define BATCHMARK_TEAM_H

#include <stdbool.h>
#include <stddef.h>

#ifdef _OPENMP
#include <omp.h>
#define BM_TEAM_RUN(threads, body, args)                                                                               \
    do {                                                                                                               \
        const int team_size_ = (threads);                                                                              \
        if (team_size_ <= 1)                                                                                           \
            body((args), 0, 1);                                                                                        \
        else {                                                                                                         \
            _Pragma("omp parallel num_threads(team_size_)") body((args), omp_get_thread_num(), omp_get_num_threads()); \
        }                                                                                                              \
    } while (0)
/* Every thread of the team must meet it. A team of one does not wait: it may be inside its caller's parallel region,
 * whose barrier this would be. */
#define BM_TEAM_BARRIER(team)                                                                                          \
    do {                                                                                                               \
        if ((team) > 1) {                                                                                              \
            _Pragma("omp barrier")                                                                                     \
        }                                                                                                              \
    } while (0)
#else
#define BM_TEAM_RUN(threads, body, args) ((void)(threads), body((args), 0, 1))
#define BM_TEAM_BARRIER(team)            ((void)(team))
#endif

struct bm_range {
    size_t begin, end;
};

/* The part of [0, n) that thread `me` of `team` takes: contiguous, in multiples of `grain` but for the end. */
static inline struct bm_range bm_share(size_t n, size_t grain, int me, int team)
{
    size_t blocks = (n + grain - 1) / grain;
    size_t begin = blocks * (size_t)me / (size_t)team * grain, end = blocks * (size_t)(me + 1) / (size_t)team * grain;
    return (struct bm_range){ begin < n ? begin : n, end < n ? end : n };
}

/* Whether equal parts of work divide well among a team. */
static inline bool bm_balanced(size_t parts, size_t team) { return parts % team == 0 || parts >= 4 * team; }

#endif
