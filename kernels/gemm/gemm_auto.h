/* SPDX-License-Identifier: MIT */
/*
 * gemm_auto.h - the rule of gemm_auto, apart from its file so that the tests can ask it.
 *
 *   ISA      the best that runs here and has tuned kernels.
 *   threads  a team only if each of two threads gets GEMM_LEAST_FLOPS: below, starting it costs more than it brings.
 *   copies   none (the _direct kernels) if B is not transposed and small, or of middling size with few rows to use it:
 *            with AVX-512 and NEON, 1 MiB, or four with up to 128 rows; with AVX2, whose 6 rows a tile read B
 *            twice as often, an eighth of that, or four with up to 48 rows. But copies if rows of A lie a multiple of
 *            4 KiB apart and K is more than 32, for then they share their cache sets; and if C is one vector of 16 wide
 *            and more than half of it, for then nearly every row of B lies across two cache lines.
 *            The threads do not count here: the kernels that copy and those that do not sum the last columns in
 *            another order.
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

/* The tuned kernels of the platform: X(ISA's name in C, name). */
#if defined(__x86_64__)
#define GEMM_AUTO_ISAS(X) X(AVX2, avx2) X(AVX512, avx512)
#elif defined(__aarch64__)
#define GEMM_AUTO_ISAS(X) X(NEON, neon)
#else
#define GEMM_AUTO_ISAS(X)
#endif
#define GEMM_AUTO_DECLARE(ISA, isa)                                                                                    \
    extern const struct bm_kernel gemm_##isa##_tuned, gemm_##isa##_direct, gemm_##isa##_omp_tuned,                     \
        gemm_##isa##_omp_direct;
#define GEMM_AUTO_TUNED(ISA, isa)                                                                                      \
    [BM_##ISA] = { { &gemm_##isa##_tuned, &gemm_##isa##_direct }, { &gemm_##isa##_omp_tuned, &gemm_##isa##_omp_direct } },
extern const struct bm_kernel gemm_autovec, gemm_autovec_omp;
GEMM_AUTO_ISAS(GEMM_AUTO_DECLARE)

/* The kernel for a product on a CPU with this ISA. */
static inline const struct bm_kernel *gemm_auto_pick(const struct bm_gemm *g, enum bm_isa isa)
{
    static const struct bm_kernel *const picks[BM_ISA_COUNT][2][2] = { /* [ISA][team][direct] */
        [BM_BASELINE] = { { &gemm_autovec, &gemm_autovec }, { &gemm_autovec_omp, &gemm_autovec_omp } },
        GEMM_AUTO_ISAS(GEMM_AUTO_TUNED)
    };
    const int team = gemm_threads(g, GEMM_LEAST_FLOPS);
    while (!picks[isa][0][0])
        isa = bm_isa_base(isa);
    return picks[isa][team > 1][gemm_auto_direct(g, isa)];
}

#endif
