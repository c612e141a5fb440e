/* SPDX-License-Identifier: MIT */
#include "contention.h"

#include <math.h>
#include <omp.h>

#include "clock.h"

#if defined(__x86_64__)
double bm_contention_ticks(void)
{
    static const long memory[2];
    unsigned long sum[4] = { 0 }, one = 1, loaded[2], rounds = 1200;
    const double begin = bm_ticks();
    __asm__ volatile("1:\n\t"
                     ".rept 8\n\t"
                     "add %5, %0\n\t"
                     "mov (%8), %6\n\t"
                     "add %5, %1\n\t"
                     "add %5, %2\n\t"
                     "mov 8(%8), %7\n\t"
                     "add %5, %3\n\t"
                     ".endr\n\t"
                     "dec %4\n\t"
                     "jnz 1b"
                     : "+r"(sum[0]), "+r"(sum[1]), "+r"(sum[2]), "+r"(sum[3]), "+r"(rounds), "+r"(one),
                       "=&r"(loaded[0]), "=&r"(loaded[1])
                     : "r"(memory)
                     : "cc");
    return bm_ticks() - begin;
}
#elif defined(__aarch64__)
double bm_contention_ticks(void)
{
    static const long memory[2];
    unsigned long sum[4] = { 0 }, one = 1, loaded[2], rounds = 1200;
    const double begin = bm_ticks();
    __asm__ volatile("1:\n\t"
                     ".rept 8\n\t"
                     "add %0, %0, %5\n\t"
                     "ldr %6, [%8]\n\t"
                     "add %1, %1, %5\n\t"
                     "add %2, %2, %5\n\t"
                     "ldr %7, [%8, 8]\n\t"
                     "add %3, %3, %5\n\t"
                     ".endr\n\t"
                     "subs %4, %4, 1\n\t"
                     "b.ne 1b"
                     : "+r"(sum[0]), "+r"(sum[1]), "+r"(sum[2]), "+r"(sum[3]), "+r"(rounds), "+r"(one),
                       "=&r"(loaded[0]), "=&r"(loaded[1])
                     : "r"(memory)
                     : "cc");
    return bm_ticks() - begin;
}
#else
double bm_contention_ticks(void) { return NAN; }
#endif

void bm_contention_team(int threads, double ticks[], double clock[])
{
#pragma omp parallel num_threads(threads) if (threads > 1)
    {
        const int me = omp_get_thread_num();
        ticks[me] = bm_contention_ticks();
        if (clock)
            clock[me] = bm_clock_ratio();
    }
}

double bm_contention(struct bm_core_watch *core, double ticks, double clock)
{
    double recent = 0;
    core->clock[core->readings++ % BM_RECENT_CLOCKS] = clock;
    for (int i = 0; i < BM_RECENT_CLOCKS; i++)
        recent = fmax(recent, core->clock[i]);
    const double cycles = ticks * recent;
    if (core->readings < BM_RECENT_CLOCKS || !(cycles > 0))
        return NAN;
    if (core->least == 0 || cycles < core->least)
        core->least = cycles;
    return cycles / core->least;
}
