/* SPDX-License-Identifier: MIT */
/* clock.h - time. Wall time is CLOCK_MONOTONIC: it never jumps, is read without a system call on every kernel (the RAW clock
 * only since Linux 5.3), and costs some 30 ns. */
#ifndef BATCHMARK_CLOCK_H
#define BATCHMARK_CLOCK_H

#ifdef __cplusplus
extern "C" {
#endif

/* Seconds since some point in the past. */
double bm_now_s(void);
/* CPU time of the calling thread; a system call. */
double bm_thread_s(void);

/* Measured here: the least step between two readings that differ, and the mean cost of one reading. */
double bm_clock_resolution_s(void);
double bm_clock_overhead_s(void);

/* The time stamp counter (ARM: the virtual counter), after all earlier instructions; NaN where there is none, or, as that
 * of RISC-V, none of more than some MHz, by which a few microseconds cannot be told. */
double bm_ticks(void);

/* 20 additions a round that wait for each other: a cycle each. Operands are registers, for newer CPUs fold constants. */
static inline void bm_add_in_turn(int rounds)
{
    unsigned long sum = 1, one = 1;
    for (int i = 0; i < rounds; i++) {
#if defined(__x86_64__)
        __asm__ volatile(".rept 20\n\tadd %1, %0\n\t.endr" : "+r"(sum) : "r"(one) : "cc");
#else /* of ARM and RISC-V */
        __asm__ volatile(".rept 20\n\tadd %0, %0, %1\n\t.endr" : "+r"(sum) : "r"(one));
#endif
    }
}

/* The core's clock over that of its time stamp counter, which does not change: from additions that wait for each other, one
 * a cycle; a few microseconds. NaN where there is no such counter. */
double bm_clock_ratio(void);

#ifdef __cplusplus
}
#endif
#endif
