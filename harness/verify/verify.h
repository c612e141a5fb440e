/* SPDX-License-Identifier: MIT */
/* verify.h - one kernel against one problem, in every placement and with every number of threads. Wrong is never
 * timed. */
#ifndef BATCHMARK_VERIFY_H
#define BATCHMARK_VERIFY_H

#include "buffers.h"
#include "problem.h"

/* Where the arrays of a call lie: 64-byte aligned between guard zones; each a different number of elements off that
 * alignment, likewise guarded; each ending flush at an unreadable page. */
enum bm_placement { BM_ALIGNED, BM_UNALIGNED, BM_FENCED, BM_PLACEMENTS };

/* The arrays of a problem in the placements that are asked for, made once for all kernels. */
struct bm_stage {
    const struct bm_problem *problem;
    int placements;             /* the first so many */
    bool loaded[BM_PLACEMENTS]; /* the inputs are there, untouched */
    struct bm_buffer buffer[BM_PLACEMENTS][BM_MAX_OPERANDS];
    struct bm_buffer scratch;   /* of the last call */
};
void bm_stage_make(struct bm_stage *stage, const struct bm_problem *problem, int placements);
void bm_stage_free(struct bm_stage *stage);

enum bm_verdict { BM_PASSED, BM_INACCURATE /* a peer that misses bounds, no more */, BM_WRONG, BM_REFUSED };

struct bm_verification {
    enum bm_verdict verdict;
    double worst;      /* largest error in units of the bound, over all runs */
    double seconds;    /* of the last call, its checks not included: what one call costs, roughly */
    char text[512];    /* what is wrong or inaccurate, or the reason of a refusal */
    char command[512]; /* repeats it */
};

/*
 * Runs the kernel in the first `placements` placements; in the first one with each of the thread counts (a serial
 * kernel: once), whose results must be equal to the last bit. Checks results, inputs, padding, guard zones and scratch.
 * Two things are not asked of peers, which do not promise them: equal bits for different numbers of threads, and to
 * read nothing past the end of an array (they are not run in the fenced placement). Numbers of threads at the list's end
 * that this process has no CPUs for are left out for peers.
 */
struct bm_verification bm_verify(struct bm_stage *stage, const struct bm_kernel *kernel, const int *threads,
                                 int thread_counts, int placements);

/*
 * Values outside their bounds need not mean that a peer is called wrongly: its accuracy is its makers' choice. It must
 * get exact data right, and random data to within BM_PEER_SLACK bounds (plain f32 sums of many terms may miss ours).
 * What it misses elsewhere, and within that slack, is reported, and is no failure of ours.
 */
enum { BM_PEER_SLACK = 100 };
bool bm_only_inaccurate(const struct bm_kernel *kernel, enum bm_fill fill, const struct bm_difference *difference);

/* A bound that lets everything pass is a defect of the oracle: the random fill's bounds must be small beside the data.
 * NULL if they are, else what is wrong. */
const char *bm_bounds_too_wide(const struct bm_problem *problem, char text[static 256]);

#endif
