/* SPDX-License-Identifier: MIT */
/* plan.h - what a run of bench measures: its options, and the groups and cases that they ask for. A group is an op on a
 * shape; its cases are kernels, each with a number of threads and a cache state, that share arrays and alternate. */
#ifndef BATCHMARK_PLAN_H
#define BATCHMARK_PLAN_H

#include <jansson.h>

#include "options.h"

enum { BM_WARM, BM_COLD, BM_CACHE_STATES };
extern const char *const bm_cache_names[];

struct bm_bench_options {
    struct bm_options common;
    bool cache[BM_CACHE_STATES];
    double sample_s, launch_s, max_call;
    int launches;               /* that figures are made of */
    bool exact_launches;        /* and there are no others */
    bool quick;                 /* a first look: few kernels on few shapes */
    bool shapes_chosen, caches_chosen;
    double precision, time_cap; /* of the stop rule */
    bool dry_run, resume;
    bool ideas;            /* time kernels without single ideas (ideas.h), and nothing else */
    int format;            /* of bm_compare_formats, for ideas */
    int versus;            /* BM_VERSUS_... */
    const char *resumed;   /* NULL: the newest */
    const char *reference; /* an older result (beside.h); NULL: the oldest */
    int channel;         /* file descriptor of a worker; -1: not one */
    int argc;            /* the command line, for workers */
    char **argv;
};

/* Reads the command line of bench and fills in the defaults. */
void bm_bench_parse(struct bm_bench_options *options, int argc, char **argv);

/* Does the command line choose among what a whole run has? Then it is not stored unless that is asked for. */
bool bm_bench_is_part(const struct bm_bench_options *options);

struct bm_case_plan {
    const struct bm_kernel *kernel;
    int threads, cache;
};

struct bm_group {
    const struct bm_op *op;
    const struct bm_shape_line *line;
    char label[BM_LABEL];
    size_t cases;
    struct bm_case_plan *planned;
};

struct bm_bench_plan {
    const struct bm_bench_options *options;
    int threads[BM_MAX_THREAD_COUNTS], thread_counts; /* threads[0] is 1: the serial kernels' */
    size_t groups;
    struct bm_group *group;
};

/* Everything that the options ask for, whether it can run here or not. The same in every launch. */
void bm_bench_plan(const struct bm_bench_options *options, struct bm_bench_plan *plan);
void bm_bench_plan_free(struct bm_bench_plan *plan);

/* How many samples of `seconds` each a case gets in one launch: as many as launch_s holds, within these. Settled before
 * the first of them, from the time of a call; the same in every launch. */
enum { BM_LEAST_SAMPLES = 2, BM_MOST_SAMPLES = 40 };
int bm_samples_of_launch(double seconds, double launch_s);

/* Description of a case for the result: all of results/README.md that is known before it is measured. */
json_t *bm_case_json(const struct bm_group *group, const struct bm_case_plan *planned);

#endif
