/* SPDX-License-Identifier: MIT */
/*
 * bn_auto.h - the rule of bn_*_auto, one for the seven bn ops, apart from their files so that the tests can ask it.
 *
 *   ISA      the best that runs here and has tuned kernels; autovec where that is the baseline.
 *   threads  the _omp kernel only where it starts a team: with more than one thread, from BN_SMALL elements on
 *            (bn_threads.h); else its serial sibling, which gives the same bits. autovec's does not: there the number
 *            of threads does not count, it is _omp from BN_LOOP_SMALL elements on, which alone starts no team either.
 */
#ifndef BATCHMARK_BN_AUTO_H
#define BATCHMARK_BN_AUTO_H

#include "auto.h"
#include "bn_threads.h"

static inline bool bn_auto_team(const struct bm_bn *bn, enum bm_isa isa)
{
    return isa != BM_BASELINE ? bn_threads(bn, BN_SMALL) > 1 : bn_large(bn, BN_LOOP_SMALL);
}

/* The tuned kernels of the platform: X(OP, ISA's name in C, name). */
#if defined(__x86_64__)
#define BN_AUTO_ISAS(OP, X) X(OP, AVX2, avx2) X(OP, AVX512, avx512)
#elif defined(__aarch64__)
#define BN_AUTO_ISAS(OP, X) X(OP, NEON, neon)
#else
#define BN_AUTO_ISAS(OP, X)
#endif
#define BN_AUTO_DECLARE(OP, ISA, isa) extern const struct bm_kernel OP##_##isa##_tuned, OP##_##isa##_omp_tuned;
#define BN_AUTO_TUNED(OP, ISA, isa)   [BM_##ISA] = { &OP##_##isa##_tuned, &OP##_##isa##_omp_tuned },

/* Defines OP_auto_pick(bn, isa): the kernel for a call on a CPU with this ISA. */
#define BN_AUTO_PICK(OP)                                                                                               \
    extern const struct bm_kernel OP##_autovec, OP##_autovec_omp;                                                      \
    BN_AUTO_ISAS(OP, BN_AUTO_DECLARE)                                                                                  \
    static const struct bm_kernel *OP##_auto_pick(const struct bm_bn *bn, enum bm_isa isa)                             \
    {                                                                                                                  \
        static const struct bm_kernel *const picks[BM_ISA_COUNT][2] = { /* [ISA][team] */                              \
            [BM_BASELINE] = { &OP##_autovec, &OP##_autovec_omp },                                                      \
            BN_AUTO_ISAS(OP, BN_AUTO_TUNED)                                                                            \
        };                                                                                                             \
        while (!picks[isa][0])                                                                                         \
            isa = bm_isa_base(isa);                                                                                    \
        return picks[isa][bn_auto_team(bn, isa)];                                                                      \
    }

/* The whole of <op>_auto.c: BN_AUTO_KERNEL(bn_forward); */
#define BN_AUTO_KERNEL(OP)                                                                                             \
    BN_AUTO_PICK(OP)                                                                                                   \
    static const struct bm_kernel *pick(const void *args)                                                     \
    {                                                                                                                  \
        return OP##_auto_pick(args, bm_auto_isa());                                                               \
    }                                                                                                                  \
    BM_AUTO_KERNEL(.idea = "the ISA that runs here, and a team of threads where the shape is worth one",               \
                   .source = "kernels/common/bn_auto.h",                                                                      \
                   .loses = "near the limit of its rule, where starting a team costs more or less than it does here")

#endif
