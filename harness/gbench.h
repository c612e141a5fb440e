/* gbench.h - Google Benchmark for C: the one way that kernels are timed. gbench.cc is the only C++ file. */
#ifndef BATCHMARK_GBENCH_H
#define BATCHMARK_GBENCH_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A thing to time. setup() and finish() run before and after each repetition, outside the timed region; run() is one
 * iteration. */
struct bm_timed {
    void (*setup)(void *context);
    void (*run)(void *context);
    void (*finish)(void *context);
    void *context;
    int64_t iterations; /* of a repetition */
    int repetitions;
};

/* One repetition of timed[index]: wall time (never the main thread's CPU time) and CPU time, seconds an iteration. */
typedef void bm_timed_report(void *user, int index, int repetition, int64_t iterations, double real_s, double cpu_s);

/* Runs all repetitions of all cases in random interleaved order, those of one case in their order. */
void bm_time_all(const struct bm_timed *timed, int count, bm_timed_report *report, void *user);

/* "1.7.1", as the library's headers or its package say; "unknown" otherwise. */
const char *bm_gbench_version(void);

#ifdef __cplusplus
}
#endif
#endif
