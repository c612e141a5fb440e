/* SPDX-License-Identifier: MIT */
/*
 * gemm_thread_range_off_by_one - gemm whose threads share the rows with gaps.
 *
 * Defect: every thread but the first starts one row late.
 * Caught by: every fill with at least two threads and two rows, C being poisoned; right with one thread.
 */
#include "mutant.h"
#include "team.h"

static void rows(const struct bm_gemm *g, int me, int team)
{
    const struct bm_range part = bm_share(g->M, 1, me, team);
    const size_t begin = part.begin + (me > 0);
    struct bm_gemm own = *g;
    if (begin >= part.end)
        return;
    own.M = part.end - begin;
    own.A += begin * (g->ta ? 1 : g->lda);
    own.C += begin * g->ldc;
    own.threads = 1;
    gemm_naive.run(&own);
}

static void run(const void *args)
{
    const struct bm_gemm *g = args;
    BM_TEAM_RUN(g->threads, rows, g);
}

BM_MUTANT_OF(gemm_naive);
