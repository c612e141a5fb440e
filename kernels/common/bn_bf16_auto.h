/* SPDX-License-Identifier: MIT */
/*
 * bn_bf16_auto.h - the rule of bn_*_bf16_auto, apart from their files so that the tests can ask it.
 *
 *   ISA      avx512bf16 (tuned) or neonbf16 (plain) where it runs; else autovec for the best that does.
 *   threads  of those two the _omp kernel only where it starts a team: with more than one thread, from BN_SMALL elements on
 *            (bn_threads.h); else its serial sibling, which gives the same bits. autovec's does not: it is _omp from
 *            BN_LOOP_SMALL elements on, whatever the number of threads.
 */
#ifndef BATCHMARK_BN_BF16_AUTO_H
#define BATCHMARK_BN_BF16_AUTO_H

#include "auto.h"
#include "bn_bf16_as_bn.h"
#include "bn_threads.h"

static inline bool bn_bf16_auto_team(const struct bm_bn *bn, enum bm_isa isa)
{
    return isa == BM_AVX512BF16 || isa == BM_NEONBF16 ? bn_threads(bn, BN_SMALL) > 1 : bn_large(bn, BN_LOOP_SMALL);
}

/* The kernels of the platform: X(OP, ISA, serial, _omp). */
#if defined(__x86_64__)
#define BN_BF16_AUTO_ISAS(OP, X)                                                                                       \
    X(OP, AVX2, autovec_avx2, autovec_avx2_omp) X(OP, AVX512, autovec_avx512, autovec_avx512_omp)                      \
    X(OP, AVX512BF16, avx512bf16_tuned, avx512bf16_omp_tuned)
#elif defined(__aarch64__)
#define BN_BF16_AUTO_ISAS(OP, X)                                                                                       \
    X(OP, NEON, autovec_neon, autovec_neon_omp) X(OP, NEONBF16, neonbf16, neonbf16_omp)                                \
    X(OP, SVE, autovec_sve, autovec_sve_omp)
#else
#define BN_BF16_AUTO_ISAS(OP, X)
#endif
#define BN_BF16_AUTO_DECLARE(OP, ISA, serial, omp) extern const struct bm_kernel OP##_##serial, OP##_##omp;
#define BN_BF16_AUTO_KERNELS(OP, ISA, serial, omp) [BM_##ISA] = { &OP##_##serial, &OP##_##omp },

/* Defines OP_auto_pick(bn, isa): the kernel for a call on a CPU with this ISA. */
#define BN_BF16_AUTO_PICK(OP)                                                                                          \
    extern const struct bm_kernel OP##_autovec, OP##_autovec_omp;                                                      \
    BN_BF16_AUTO_ISAS(OP, BN_BF16_AUTO_DECLARE)                                                                        \
    static const struct bm_kernel *OP##_auto_pick(const struct bm_bn *bn, enum bm_isa isa)                             \
    {                                                                                                                  \
        static const struct bm_kernel *const picks[BM_ISA_COUNT][2] = { /* [ISA][team] */                              \
            [BM_BASELINE] = { &OP##_autovec, &OP##_autovec_omp },                                                      \
            BN_BF16_AUTO_ISAS(OP, BN_BF16_AUTO_KERNELS)                                                                \
        };                                                                                                             \
        return picks[isa][bn_bf16_auto_team(bn, isa)];                                                                 \
    }

/* The best ISA here; a CPU with SVE has BF16 or not. */
static inline enum bm_isa bn_bf16_auto_isa(void)
{
    static _Atomic int bf16 = -1;
    if (bf16 < 0)
        bf16 = bm_isa_runs(BM_NEONBF16);
    return bf16 ? BM_NEONBF16 : bm_auto_isa();
}

/* The whole of <op>_auto.c: BN_BF16_AUTO_KERNEL(bn_forward_bf16); */
#define BN_BF16_AUTO_KERNEL(OP)                                                                                        \
    BN_BF16_AUTO_PICK(OP)                                                                                              \
    static const struct bm_kernel *pick(const void *args)                                                              \
    {                                                                                                                  \
        const struct bm_bn bn = bn_bf16_as_bn(args);                                                                   \
        return OP##_auto_pick(&bn, bn_bf16_auto_isa());                                                                \
    }                                                                                                                  \
    BM_AUTO_KERNEL(.idea = "the ISA that runs here, and a team of threads where the shape is worth one",               \
                   .source = "kernels/common/bn_bf16_auto.h",                                                          \
                   .loses = "near the limit of its rule, where starting a team costs more or less than it does here")

#endif
