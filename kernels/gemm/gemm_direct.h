/*
 * gemm_direct.h - the loop nest of gemm_avx2_direct, gemm_avx512_direct and their _omp files: nothing is copied.
 *
 *   for each thread's tile of C                                  gemm_grid.h
 *     for blocks of kc steps, for strips of columns
 *       for panels of mr rows, for panels of nv vectors          gemm_micro.h
 *
 * Every row panel reads the strip of B again. If a block of B fits half the L2 cache, there is one strip, and C is
 * written along its rows; else a strip is as wide as a panel (64 x 512 x 3072: 93 GFLOP/s with one strip). The blocks of
 * K depend on K alone, so that the bits of the result do not depend on the threads.
 */
#ifndef BATCHMARK_GEMM_DIRECT_H
#define BATCHMARK_GEMM_DIRECT_H

#include "gemm_grid.h"
#include "gemm_micro.h"
#include "gemm_parts.h"

/* Steps of k in a block, and the floats of B in half an L2 cache. */
enum { GEMM_DIRECT_KC = 1024, GEMM_DIRECT_B = 1 << 17 };

/* The tiles of rows x cols for steps [k, k + t.k). */
static void gemm_direct_strip(const struct bm_gemm *g, struct gemm_tile t, size_t k, struct bm_range rows,
                              struct bm_range cols)
{
    const size_t most = gemm_even(rows.end - rows.begin, GEMM_MR);
    const bool bias = t.bias != NULL;
    for (size_t i = rows.begin, mr; i < rows.end; i += mr) {
        mr = gemm_min(most, rows.end - i);
        const size_t wide = mr <= GEMM_WIDE_MR ? 4 : 2;
        t.a = g->ta ? g->A + k * g->lda + i : g->A + i * g->lda + k;
        for (size_t j = cols.begin; j < cols.end; j += t.cols) {
            const size_t left = cols.end - j, nv = left >= wide * VF ? wide : left > VF ? 2 : 1;
            t.cols = gemm_min(left, nv * VF);
            t.b = g->B + k * g->ldb + j;
            t.c = g->C + i * g->ldc + j;
            t.bias = bias ? g->bias + j : NULL;
            gemm_micros[t.cols < nv * VF][!g->ta][nv][mr](&t);
        }
    }
}

static void gemm_direct(const struct bm_gemm *g, int me, int team)
{
    const struct gemm_part part = gemm_part(g, VF, me, team);
    const size_t N = part.cols.end - part.cols.begin;
    struct bm_gemm none;
    if (part.rows.begin == part.rows.end || N == 0)
        return;
    g = gemm_valid(g, &none);
    const size_t K = g->K, kc = K ? gemm_even(K, GEMM_DIRECT_KC) : 1, strip = kc * N > GEMM_DIRECT_B ? 4 * VF : N;
    size_t pc = 0;
    do {
        const size_t pend = gemm_min(pc + kc, K);
        const struct gemm_tile t = gemm_tile_of(g, pend - pc, pc == 0, pend == K);
        for (size_t j = part.cols.begin; j < part.cols.end; j += strip)
            gemm_direct_strip(g, t, pc, part.rows, (struct bm_range){ j, gemm_min(j + strip, part.cols.end) });
        pc = pend;
    } while (pc < K);
}

static const char *gemm_direct_refuses(const union bm_args *args)
{
    return args->gemm.tb ? "B transposed is read across its rows: use a variant that packs it" : NULL;
}

static void gemm_direct_run(const union bm_args *args)
{
    BM_TEAM_RUN(gemm_threads(&args->gemm, GEMM_LEAST_FLOPS), gemm_direct, &args->gemm);
}

#endif
