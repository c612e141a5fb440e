/* SPDX-License-Identifier: MIT */
/*
 * gemm_auto.h - the rule of gemm_auto, apart from its file so that the tests can ask it.
 *
 *   ISA      the best that runs here and has tuned kernels.
 *   threads  a team only if each of two threads gets gemm_least_flops(): below, starting it costs more than it brings.
 *   copies   none (the _direct kernels) if B is not transposed and small, or of middling size with few rows to use it:
 *            with AVX-512 and NEON, 1 MiB, or four with up to 128 rows; with AVX2, whose 6 rows a tile read B
 *            twice as often, an eighth of that, or four with up to 48 rows. But copies if rows of A lie a multiple of
 *            4 KiB apart and K is more than 32, for then they share their cache sets; and if C is one vector of 16 wide
 *            and more than half of it, for then nearly every row of B lies across two cache lines.
 *   rows     few rows of C (the _rows kernels): of B transposed up to 16, with a K of half a vector or more for each, so that
 *            adding up the lanes at the end costs little; else one if B is 512 KiB or more, or seven from 4 MiB on, or from 1 MiB
 *            on if rows of B lie a multiple of 4 KiB apart.
 *   columns  A transposed and few columns of C (the _columns kernels), if its last vector of columns would be empty for an
 *            eighth of all or more, and rows of C fill vectors well: a multiple of one, or more than two. A not transposed:
 *            one or two columns, of B transposed up to four, with a K of three vectors or more for each.
 *   outer    6 steps of K or less, with AVX2 and its fewer registers 2 (the _outer kernels), but for up to four columns of C
 *            that the _columns kernels take.
 *   The threads do not count for the last four: these kernels sum in other orders.
 */
#ifndef BATCHMARK_GEMM_AUTO_H
#define BATCHMARK_GEMM_AUTO_H

#include "gemm.h"
#include "kernel.h"
#include "gemm_grid.h"

static inline bool gemm_auto_direct(const struct bm_gemm *g, enum bm_isa isa)
{
    /* Floats, steps, floats. The sizes are those of a Zen 4 on every CPU, because they decide bits. */
    enum { PAGE = 1024, MANY = 32, VECTOR = 16, L2 = 1 << 18 };
    const bool tall = isa == BM_AVX512 || isa == BM_NEON; /* tiles of 14 rows */
    const size_t l2 = L2, small = tall ? l2 : l2 / 8, few = tall ? 128 : 48;
    if (g->tb || g->K * g->N > (g->M > few ? small : 4 * l2) || (g->N <= VECTOR && 2 * g->N > VECTOR))
        return false;
    return g->ta || g->lda % PAGE != 0 || g->K <= MANY;
}

static inline size_t gemm_auto_lanes(enum bm_isa isa) { return isa == BM_AVX512 ? 16 : isa == BM_NEON ? 4 : 8; }

static inline bool gemm_auto_rows(const struct bm_gemm *g, enum bm_isa isa)
{
    enum { PAGE = 1024, LEAST_COLUMNS = 256, MOST = 16 };
    const size_t b = g->K * g->N, kilobyte = 256;
    if (g->tb)
        return g->M <= MOST && 2 * g->K >= gemm_auto_lanes(isa) * g->M;
    const bool collide = g->ldb % PAGE == 0 && b >= 1024 * kilobyte;
    return g->N >= LEAST_COLUMNS && g->M <= (b >= 4096 * kilobyte || collide ? 7 : b >= 512 * kilobyte ? 1 : 0);
}

static inline bool gemm_auto_columns(const struct bm_gemm *g, enum bm_isa isa)
{
    enum { MOST = 64 };
    if (!g->ta)
        return g->N <= (g->tb ? 4 : 2) && g->M > 1 && g->K >= 3 * gemm_auto_lanes(isa) * g->N;
    const size_t lanes = gemm_auto_lanes(isa), lost = (lanes - g->N % lanes) % lanes;
    return g->ta && g->N <= MOST && 8 * lost >= g->N && g->M >= lanes && (g->M % lanes == 0 || 2 * g->M >= 5 * lanes);
}

static inline bool gemm_auto_outer(const struct bm_gemm *g, enum bm_isa isa) { return g->K <= (isa == BM_AVX2 ? 2 : 6); }

enum gemm_way { GEMM_PACKED, GEMM_DIRECT, GEMM_ROWS, GEMM_COLUMNS, GEMM_OUTER, GEMM_WAYS };
static inline enum gemm_way gemm_auto_way(const struct bm_gemm *g, enum bm_isa isa)
{
    const bool narrow = g->N <= 4 && gemm_auto_columns(g, isa);
    return gemm_auto_outer(g, isa) && !narrow ? GEMM_OUTER
           : gemm_auto_rows(g, isa)           ? GEMM_ROWS
           : gemm_auto_columns(g, isa)        ? GEMM_COLUMNS
           : gemm_auto_direct(g, isa)         ? GEMM_DIRECT
                                              : GEMM_PACKED;
}

/* The tuned kernels of the platform: X(ISA's name in C, name). */
#if defined(__x86_64__)
#define GEMM_AUTO_ISAS(X) X(AVX2, avx2) X(AVX512, avx512)
#elif defined(__aarch64__)
#define GEMM_AUTO_ISAS(X) X(NEON, neon)
#else
#define GEMM_AUTO_ISAS(X)
#endif
#define GEMM_AUTO_DECLARE(ISA, isa)                                                                                    \
    extern const struct bm_kernel gemm_##isa##_tuned, gemm_##isa##_direct, gemm_##isa##_rows, gemm_##isa##_columns,     \
        gemm_##isa##_outer, gemm_##isa##_omp_tuned, gemm_##isa##_omp_direct, gemm_##isa##_omp_rows,                    \
        gemm_##isa##_omp_columns, gemm_##isa##_omp_outer;
#define GEMM_AUTO_TUNED(ISA, isa)                                                                                      \
    [BM_##ISA] = { { &gemm_##isa##_tuned, &gemm_##isa##_direct, &gemm_##isa##_rows, &gemm_##isa##_columns,             \
                     &gemm_##isa##_outer },                                                                            \
                   { &gemm_##isa##_omp_tuned, &gemm_##isa##_omp_direct, &gemm_##isa##_omp_rows,                        \
                     &gemm_##isa##_omp_columns, &gemm_##isa##_omp_outer } },
extern const struct bm_kernel gemm_autovec, gemm_autovec_omp;
GEMM_AUTO_ISAS(GEMM_AUTO_DECLARE)

/* The kernel for a product on a CPU with this ISA. */
static inline const struct bm_kernel *gemm_auto_pick(const struct bm_gemm *g, enum bm_isa isa)
{
    static const struct bm_kernel *const picks[BM_ISA_COUNT][2][GEMM_WAYS] = { /* [ISA][team][way] */
        [BM_BASELINE] = { { [0 ... GEMM_WAYS - 1] = &gemm_autovec }, { [0 ... GEMM_WAYS - 1] = &gemm_autovec_omp } },
        GEMM_AUTO_ISAS(GEMM_AUTO_TUNED)
    };
    const int team = gemm_threads(g, gemm_least_flops(g->caches));
    while (!picks[isa][0][0])
        isa = bm_isa_base(isa);
    return picks[isa][team > 1][gemm_auto_way(g, isa)];
}

#endif
