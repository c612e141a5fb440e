/* SPDX-License-Identifier: MIT */
/*
 * norm_auto.h - the rule of layer_norm_*_auto, rms_norm_*_auto and group_norm_*_auto, apart from their files so that the tests
 * can ask it.
 *
 *   ISA      the best that runs here; autovec where that is the baseline.
 *   threads  the _omp kernel only where it starts a team: with more than one thread, from NORM_SMALL elements on
 *            (norm_threads.h); else its serial sibling, which gives the same bits. autovec's does not in backward: there the
 *            number of threads does not count, it is _omp from NORM_LOOP_SMALL elements on, which alone starts no team either.
 */
#ifndef BATCHMARK_NORM_AUTO_H
#define BATCHMARK_NORM_AUTO_H

#include "auto.h"
#include "norm_threads.h"

/* The kernels of the platform: X(OP, ISA's name in C, name). */
#if defined(__x86_64__)
#define NORM_AUTO_ISAS(OP, X) X(OP, AVX2, avx2) X(OP, AVX512, avx512)
#elif defined(__aarch64__)
#define NORM_AUTO_ISAS(OP, X) X(OP, NEON, neon) X(OP, SVE, sve)
#else
#define NORM_AUTO_ISAS(OP, X)
#endif
#define NORM_AUTO_DECLARE(OP, ISA, isa) extern const struct bm_kernel OP##_##isa, OP##_##isa##_omp;
#define NORM_AUTO_OF(OP, ISA, isa)      [BM_##ISA] = { &OP##_##isa, &OP##_##isa##_omp },

/* Defines OP_auto_pick(a, isa): the kernel for a call on a CPU with this ISA. ARGS and THREADS: of norm.h and norm_threads.h. */
#define NORM_AUTO_PICK(OP, ARGS, THREADS)                                                                              \
    extern const struct bm_kernel OP##_autovec, OP##_autovec_omp;                                                      \
    NORM_AUTO_ISAS(OP, NORM_AUTO_DECLARE)                                                                              \
    static const struct bm_kernel *OP##_auto_pick(const struct ARGS *a, enum bm_isa isa)                               \
    {                                                                                                                  \
        static const struct bm_kernel *const picks[BM_ISA_COUNT][2] = { /* [ISA][team] */                              \
            [BM_BASELINE] = { &OP##_autovec, &OP##_autovec_omp },                                                      \
            NORM_AUTO_ISAS(OP, NORM_AUTO_OF)                                                                           \
        };                                                                                                             \
        while (!picks[isa][0])                                                                                         \
            isa = bm_isa_base(isa);                                                                                    \
        struct ARGS team = *a;                                                                                         \
        team.threads = isa == BM_BASELINE ? 2 : a->threads;                                                            \
        return picks[isa][THREADS(&team, isa == BM_BASELINE ? NORM_LOOP_SMALL : NORM_SMALL) > 1];                      \
    }

/* The whole of <op>_auto.c: NORM_AUTO_KERNEL(layer_norm_forward, bm_layer_norm, norm_threads); */
#define NORM_AUTO_KERNEL(OP, ARGS, THREADS)                                                                            \
    NORM_AUTO_PICK(OP, ARGS, THREADS)                                                                                  \
    static const struct bm_kernel *pick(const void *args) { return OP##_auto_pick(args, bm_auto_isa()); }              \
    BM_AUTO_KERNEL(.idea = "the ISA that runs here, and a team of threads where the shape is worth one",               \
                   .source = "kernels/common/norm_auto.h",                                                             \
                   .loses = "near the limit of its rule, where starting a team costs more or less than it does here")

#endif
