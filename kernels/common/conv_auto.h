/* SPDX-License-Identifier: MIT */
/*
 * conv_auto.h - the rule of conv_*_auto: by products (conv_gemm.h) on the best ISA that runs here and has them; autovec where
 * that is the baseline. Always the _omp file, which itself starts no team for little work: so one code makes all results.
 */
#ifndef BATCHMARK_CONV_AUTO_H
#define BATCHMARK_CONV_AUTO_H

#include "auto.h"

#if defined(__x86_64__)
#define CONV_AUTO_ISAS(OP, X) X(OP, AVX2, avx2) X(OP, AVX512, avx512)
#elif defined(__aarch64__)
#define CONV_AUTO_ISAS(OP, X) X(OP, NEON, neon)
#else
#define CONV_AUTO_ISAS(OP, X)
#endif
#define CONV_AUTO_DECLARE(OP, ISA, isa) extern const struct bm_kernel OP##_##isa##_omp_tuned;
#define CONV_AUTO_OF(OP, ISA, isa)      [BM_##ISA] = &OP##_##isa##_omp_tuned,

/* The whole of <op>_auto.c. */
#define CONV_AUTO_KERNEL(OP)                                                                                           \
    extern const struct bm_kernel OP##_autovec_omp;                                                                    \
    CONV_AUTO_ISAS(OP, CONV_AUTO_DECLARE)                                                                              \
    static const struct bm_kernel *pick(const void *args)                                                              \
    {                                                                                                                  \
        static const struct bm_kernel *const picks[BM_ISA_COUNT] = { [BM_BASELINE] = &OP##_autovec_omp,                \
                                                                     CONV_AUTO_ISAS(OP, CONV_AUTO_OF) };               \
        enum bm_isa isa = bm_auto_isa();                                                                               \
        (void)args;                                                                                                    \
        while (!picks[isa])                                                                                            \
            isa = bm_isa_base(isa);                                                                                    \
        return picks[isa];                                                                                             \
    }                                                                                                                  \
    BM_AUTO_KERNEL(.idea = "by products, with the best ISA that runs here", .source = "kernels/common/conv_auto.h",   \
                   .loses = "to direct convolution where filters are few, for patches are copied")

#endif
