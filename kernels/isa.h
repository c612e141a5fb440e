/* SPDX-License-Identifier: MIT */
/*
 * isa.h - the instruction sets (ISAs) that kernels are written for, in one table, which make reads, too (mk/kernels.mk). A
 * line adds an ISA: its name is then a token of kernels' file names, a value of BATCHMARK_MAX_ISA, and a name in results.
 *
 *   ID, name  BM_<ID> in C, <name> elsewhere
 *   base      the ISA that it extends: it has all features and flags of that one, and a CPU that runs it runs that one
 *   platform  ANY, X86 (x86-64), ARM (aarch64) or RISCV (riscv64). Kernels for another platform than the compiler's are listed
 *             and not compiled
 *   title     for people
 *   needs     the CPU's features beyond the base's, by their names in /proc/cpuinfo: of x86 those that __builtin_cpu_supports() has, which
 *             lack '_'; of ARM those in kernels/library/arm.h
 *   flags     the compiler's, beyond the base's, for code with intrinsics
 *   target    the compiler's for its own vectors: kernels named autovec_<name>
 *   features  the same, for people
 *
 * The order is not one of strength. Of the ISAs that a CPU runs, `auto` takes the last.
 */
#ifndef BATCHMARK_ISA_H
#define BATCHMARK_ISA_H

/* clang-format off: make reads a line an ISA */
#define BM_ISAS(ISA) \
    ISA(BASELINE,   baseline,   BASELINE, ANY, "baseline", true, "", "", "") \
    ISA(AVX2,       avx2,       BASELINE, X86, "AVX2", HAS(avx2) && HAS(fma) && HAS(bmi2), "-mavx2 -mfma", "-march=x86-64-v3", "AVX2 and FMA") \
    ISA(AVX512,     avx512,     AVX2,     X86, "AVX-512", HAS(avx512f) && HAS(avx512bw) && HAS(avx512cd) && HAS(avx512dq) && HAS(avx512vl), "-mavx512f -mavx512bw -mavx512dq -mavx512vl", "-march=x86-64-v4 -mprefer-vector-width=512", "AVX-512 (F, BW, DQ, VL)") \
    ISA(AVX512VNNI, avx512vnni, AVX512,   X86, "VNNI", HAS(avx512vnni), "-mavx512vnni", "-march=x86-64-v4 -mavx512vnni -mprefer-vector-width=512", "AVX512-VNNI") \
    ISA(AVX512BF16, avx512bf16, AVX512,   X86, "BF16", HAS(avx512bf16), "-mavx512bf16", "-march=x86-64-v4 -mavx512bf16 -mprefer-vector-width=512", "AVX512-BF16") \
    ISA(NEON,       neon,       BASELINE, ARM, "NEON", HAS(asimd), "", "", "NEON (Advanced SIMD)") \
    ISA(NEONBF16,   neonbf16,   NEON,     ARM, "NEON BF16", HAS(bf16), "-march=armv8.2-a+bf16", "-march=armv8.2-a+bf16", "BF16 (BFMMLA)") \
    ISA(SVE,        sve,        NEON,     ARM, "SVE", HAS(sve), "-march=armv8.2-a+sve", "-march=armv8.2-a+sve", "SVE")
/* clang-format on */

#define BM_ISA_ID(ID, ...) BM_##ID,
enum bm_isa { BM_ISAS(BM_ISA_ID) BM_ISA_COUNT };

/* "baseline" is its own. */
static inline enum bm_isa bm_isa_base(enum bm_isa isa)
{
#define BM_ISA_BASE(ID, name, BASE, ...) BM_##BASE,
    static const enum bm_isa base[] = { BM_ISAS(BM_ISA_BASE) };
    return base[isa];
}

#endif
