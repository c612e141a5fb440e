/* SPDX-License-Identifier: MIT */
/* timed_case.h - a case of bench while a launch times it, and its samples. */
#ifndef BATCHMARK_TIMED_CASE_H
#define BATCHMARK_TIMED_CASE_H

#include <jansson.h>

#include "arena.h"
#include "contention.h"
#include "disturbance.h"
#include "plan.h"
#include "verify.h"

enum { BM_MAX_TEAM = 1024 };

struct bm_timed_sample {
    double at_s, real_s, clock;
    double contention; /* of the worst thread (contention.h); 0: unknown */
    struct bm_disturbance before, after;
};

struct bm_timed_case {
    const struct bm_case_plan *planned;
    size_t index; /* in the group */
    struct bm_problem *problem;
    struct bm_arena *arena;
    struct bm_core_watch *core; /* of each thread */
    bool own_threads;           /* of a peer that brings its own instead of OpenMP's */
    bool warm_up;               /* before each sample: others used the caches in between */
    size_t next;                /* copy of the arena */
    union bm_args *args;        /* one a copy */
    struct bm_buffer scratch;
    double worst_error;
    int64_t iterations;
    double call_s; /* roughly */
    bool slow;     /* one call a sample, whose outputs are checked there and then rather than by a call more */
    bool checked, right;
    bool known;               /* the hash of right outputs */
    uint64_t right_hash;
    int samples, done; /* planned, taken */
    struct bm_timed_sample *sample;
    bool (*wanted)(void *user);  /* asked before each sample: is it to be taken? */
    void (*taken)(void *user);   /* told after each */
    void *user;
    double *ticks;            /* of the contention loop before a sample, of each thread */
    double cpu_s;
    int *cpus; /* where each thread was seen */
    json_t *about; /* what the first answer tells of it, or NULL */
    uint64_t hash;
    struct bm_difference difference;
};

/* Arguments, scratch and room for what is noted; bm_case_free() releases them, and the samples. */
void bm_case_prepare(struct bm_timed_case *c);
void bm_case_free(struct bm_timed_case *c);

/* Puts into the outputs of the next call what must be there before it. */
void bm_case_load_outputs(struct bm_timed_case *c);

/* Of the last call, whose outputs were loaded before it: is the kernel still right, in the very arrays that it was
 * timed in? A hash that was right before is enough, since our kernels have the same bits every time; of others, and
 * without one, the oracle decides. */
void bm_case_check_outputs(struct bm_timed_case *c);

/* How many calls make a sample long enough, and what one takes. */
void bm_case_find_iterations(struct bm_timed_case *c, double sample_s);

/* For gbench.h; the context is a struct bm_timed_case. */
void bm_case_run(void *context);
bool bm_case_setup(void *context);
void bm_case_finish(void *context, double real_s, double cpu_s);

/* What was sampled so far, as an element of raw[] (results/README.md) without its launch; times count from `began`
 * (bm_now_s()). */
json_t *bm_case_raw(const struct bm_timed_case *c, double began);

/* With so many significant digits as a clock has: files stay small. */
json_t *bm_rounded(double value, int digits);

/* Seconds within samples. */
double bm_case_sampled_s(const struct bm_timed_case *c);

#endif
