/* SPDX-License-Identifier: MIT */
#include "clock.h"

#include <math.h>
#include <time.h>
#ifdef __x86_64__
#include <x86intrin.h>
#endif

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

double bm_now_s(void) { return seconds(CLOCK_MONOTONIC); }
double bm_thread_s(void) { return seconds(CLOCK_THREAD_CPUTIME_ID); }

double bm_clock_resolution_s(void)
{
    double least = 1;
    for (int i = 0; i < 200; i++) {
        double start = bm_now_s(), now = start;
        while (now == start)
            now = bm_now_s();
        if (now - start < least)
            least = now - start;
    }
    return least;
}

double bm_clock_overhead_s(void)
{
    enum { READINGS = 2000 };
    double start = bm_now_s(), now = start;
    for (int i = 0; i < READINGS; i++)
        now = bm_now_s();
    return (now - start) / READINGS;
}

#if defined(__x86_64__)
static unsigned long long ticks(void)
{
    unsigned core;
    return __rdtscp(&core);
}
#elif defined(__aarch64__)
static unsigned long long ticks(void)
{
    unsigned long long count;
    __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(count) : : "memory");
    return count;
}
#endif

#if defined(__x86_64__) || defined(__aarch64__)
double bm_ticks(void) { return (double)ticks(); }

double bm_clock_ratio(void)
{
    enum { ROUNDS = 250, ADDS = 20, TRIES = 3 };
    double best = 0;
    for (int i = 0; i < TRIES; i++) { /* an interrupt makes a try too long */
        const unsigned long long begin = ticks();
        bm_add_in_turn(ROUNDS);
        best = fmax(best, (double)ROUNDS * ADDS / (double)(ticks() - begin));
    }
    return best;
}
#else
double bm_ticks(void) { return NAN; }
double bm_clock_ratio(void) { return NAN; }
#endif
