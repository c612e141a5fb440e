/*
 * gemm_thread_range_off_by_one - gemm whose threads share the rows with gaps.
 *
 * Defect: every thread but the first starts one row late.
 * Caught by: every fill with at least two threads and two rows, C being poisoned; right with one thread.
 */
#include "gemm/gemm_loop.h"
#include "mutant.h"

static void rows(const struct bm_gemm *g, int me, int team)
{
    const struct bm_range part = bm_share(g->M, 1, me, team);
    const size_t begin = part.begin + (me > 0);
    union bm_args args = { .gemm = *g };
    if (begin >= part.end)
        return;
    args.gemm.M = part.end - begin;
    args.gemm.A += begin * (g->ta ? 1 : g->lda);
    args.gemm.C += begin * g->ldc;
    args.gemm.threads = 1;
    gemm_loop_run(&args);
}

static void run(const union bm_args *args) { BM_TEAM_RUN(args->gemm.threads, rows, &args->gemm); }

BM_MUTANT(.run = run);
