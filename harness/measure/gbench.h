/* SPDX-License-Identifier: MIT */
/* gbench.h - Google Benchmark for C: the one way that kernels are timed. gbench.cc is the only C++ file.
 *
 * The library registers, interleaves and reports; the time is ours: bm_now_s() (clock.h) is read directly around the
 * calls of a sample and handed to the library. No variable of its own (BENCHMARK_*, V) reaches it. */
#ifndef BATCHMARK_GBENCH_H
#define BATCHMARK_GBENCH_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A thing to time. A sample is a batch of so many calls of run(); setup() and finish() run before and after it, outside
 * the timed region. */
struct bm_timed {
    void (*setup)(void *context);
    void (*run)(void *context);
    void (*finish)(void *context);
    void *context;
    int64_t calls;
    int samples;
};

/* One sample of timed[index]: wall time and the calling thread's CPU time, seconds a call. */
typedef void bm_timed_report(void *user, int index, double real_s, double cpu_s);

/* Takes all samples of all cases in random interleaved order; reports those of one case in their order. */
void bm_time_all(const struct bm_timed *timed, int count, bm_timed_report *report, void *user);

/* "1.7.1", as the library's headers or its package say; "unknown" otherwise. */
const char *bm_gbench_version(void);

#ifdef __cplusplus
}
#endif
#endif
