/*
 * gemm_auto.h - the rule of gemm_auto, apart from its file so that the tests can ask it.
 *
 *   ISA      the highest that runs here.
 *   threads  a team only if each of two threads gets GEMM_LEAST_FLOPS: below, starting it costs more than it brings.
 *   copies   none (the _direct variants) if B is not transposed and few rows use it, up to GEMM_AUTO_ROWS, or B fits
 *            half of an L2 cache of 1 MiB; unless rows of A or B lie a multiple of 4 KiB apart and K is more
 *            than GEMM_AUTO_MANY, for then they share their cache sets. The threads do not count here: the variants
 *            that copy and those that do not sum the last columns in another order.
 */
#ifndef BATCHMARK_GEMM_AUTO_H
#define BATCHMARK_GEMM_AUTO_H

#include "batchmark.h"
#include "gemm_grid.h"
#include "gemm_parts.h"

enum { GEMM_AUTO_ROWS = 128, GEMM_AUTO_PAGE = 1024, GEMM_AUTO_MANY = 32 }; /* floats, rows */

static inline bool gemm_auto_direct(const struct bm_gemm *g)
{
    if (g->tb || (g->M > GEMM_AUTO_ROWS && g->K * g->N > GEMM_HALF_L2))
        return false;
    return g->K <= GEMM_AUTO_MANY || !(g->ldb % GEMM_AUTO_PAGE == 0 || g->lda % GEMM_AUTO_PAGE == 0);
}

extern const struct bm_kernel gemm_autovec, gemm_autovec_omp, gemm_avx2, gemm_avx2_direct, gemm_avx2_omp,
    gemm_avx2_omp_direct, gemm_avx512, gemm_avx512_direct, gemm_avx512_omp, gemm_avx512_omp_direct;

/* The variant for a product on a CPU with this ISA. */
static inline const struct bm_kernel *gemm_auto_pick(const struct bm_gemm *g, enum bm_isa isa)
{
    static const struct bm_kernel *const picks[3][2][2] = { /* [ISA][team][direct] */
        { { &gemm_autovec, &gemm_autovec }, { &gemm_autovec_omp, &gemm_autovec_omp } },
        { { &gemm_avx2, &gemm_avx2_direct }, { &gemm_avx2_omp, &gemm_avx2_omp_direct } },
        { { &gemm_avx512, &gemm_avx512_direct }, { &gemm_avx512_omp, &gemm_avx512_omp_direct } },
    };
    const int team = gemm_threads(g, GEMM_LEAST_FLOPS);
    return picks[isa < BM_AVX512 ? isa : BM_AVX512][team > 1][gemm_auto_direct(g)];
}

#endif
