/* gbench.h - Google Benchmark for C: the one way that kernels are timed. gbench.cc is the only C++ file. */
#ifndef BATCHMARK_GBENCH_H
#define BATCHMARK_GBENCH_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A thing to time. setup() runs before each repetition, outside the timed region; run() is one iteration. */
struct bm_timed {
    const char *name;
    void (*setup)(void *context);
    void (*run)(void *context);
    void *context;
    double min_seconds; /* least length of a repetition, which is a batch of iterations */
    int repetitions;
};

/* One repetition of timed[index]: wall time (never the main thread's CPU time) and CPU time, seconds an iteration. */
typedef void bm_timed_report(void *user, int index, int repetition, int64_t iterations, double real_s, double cpu_s);

/* Runs all repetitions of all cases in random interleaved order. Stops early, without a report for what has not run,
 * once *stop is set (stop may be NULL). */
void bm_time_all(const struct bm_timed *timed, int count, bm_timed_report *report, void *user,
                 const volatile int *stop);

/* "1.7.1", as the library's headers or its package say; "unknown" otherwise. */
const char *bm_gbench_version(void);

#ifdef __cplusplus
}
#endif
#endif
