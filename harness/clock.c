#include "clock.h"

#include <time.h>

double bm_now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

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
