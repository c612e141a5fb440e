/* SPDX-License-Identifier: MIT */
/*
 * gemm_s8_auto - the kernel that suits the CPU, and a team if there is work for one.
 *
 * Source:  none: VNNI has an instruction for this product, and nothing else comes near.
 * Shapes:  all.
 * Traffic: of the kernel that it picks.
 * Idea:    VNNI, else AVX2, else what the compiler makes; they begin no more threads than there is work for.
 * Error:   of the kernel that it picks; the same bits for every number of threads.
 * Tail:    of the kernel.
 * Loses:   nothing that another of our kernels would win, but few rows.
 */
#include "kernel.h"

#if defined(__x86_64__)
extern const struct bm_kernel gemm_s8_avx512vnni_omp_tuned, gemm_s8_avx2_omp;
#endif
extern const struct bm_kernel gemm_s8_autovec_omp;

/* Asked once, for the answer takes as long as a small call. */
static const struct bm_kernel *pick(void)
{
    static const struct bm_kernel *_Atomic picked;
    const struct bm_kernel *k = picked;
    if (k)
        return k;
    k = &gemm_s8_autovec_omp;
#if defined(__x86_64__)
    if (bm_isa_runs(BM_AVX512VNNI))
        k = &gemm_s8_avx512vnni_omp_tuned;
    else if (bm_isa_runs(BM_AVX2))
        k = &gemm_s8_avx2_omp;
#endif
    picked = k;
    return k;
}

static size_t scratch_bytes(const void *args) { return bm_scratch_bytes(pick(), args); }
static void run(const void *args) { pick()->run(args); }

BM_KERNEL(.idea = "VNNI, AVX2 or what the compiler makes, whichever the CPU has",
          .source = "kernels/gemm_s8/gemm_s8_auto.c",
          .loses = "on few rows",
          .scratch_bytes = scratch_bytes,
          .run = run);
