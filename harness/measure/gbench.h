/* SPDX-License-Identifier: MIT */
/* gbench.h - Google Benchmark for C: the one way that kernels are timed. gbench.cc is the only C++ file.
 *
 * The library registers and interleaves; the time is ours: bm_now_s() (clock.h) is read directly around the calls of a
 * sample, and handed to the library and, as soon as the sample is taken, to the case. No variable of its own (BENCHMARK_*, V) reaches it. */
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
    bool (*setup)(void *context); /* false: this sample is not taken, and finish() not called */
    void (*run)(void *context);
    /* The sample, seconds a call: wall time, and CPU time of the calling thread. */
    void (*finish)(void *context, double real_s, double cpu_s);
    void *context;
    int64_t calls;
    int samples;
};

/* Takes all samples of all cases in random interleaved order. */
void bm_time_all(const struct bm_timed *timed, int count);

/* "1.7.1", as the library's headers or its package say; "unknown" otherwise. */
const char *bm_gbench_version(void);

#ifdef __cplusplus
}
#endif
#endif
