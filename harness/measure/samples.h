/* SPDX-License-Identifier: MIT */
/* samples.h - what the samples of a case say: the one place where figures are made of raw[] (results/README.md). */
#ifndef BATCHMARK_SAMPLES_H
#define BATCHMARK_SAMPLES_H

#include <jansson.h>
#include <stdbool.h>

#include "stats.h"

/*
 * All samples count, on both sides of every comparison. The floor says how fast the kernel is, the median how fast it is
 * on the machine as it was: the median of the launches' medians, since launches, not samples, are independent. Quartiles,
 * p95 and maximum are of all samples as well.
 *
 * A sample is disturbed if its process was descheduled, throttled, suspended or moved meanwhile, or if something else used its core:
 * contention (contention.h) above BM_CONTENTION_MOST. That is counted and told, and leaves no sample out. A case is
 * `contended` if fewer than half of its launches have a sample that was not disturbed.
 */
#define BM_CONTENTION_MOST 1.05

/*
 * The floor is the least of all samples: what disturbs a sample adds to its time, so the least is nearest to the time
 * of the kernel alone. It may be an accident, or itself disturbed; so it stands on its support: how many samples, and
 * of how many launches, lie within BM_FLOOR_NEAR of it.
 */
#define BM_FLOOR_NEAR      0.01
enum { BM_FLOOR_SAMPLES = 5, BM_FLOOR_LAUNCHES = 2 };

struct bm_floor {
    double s;       /* NaN without samples */
    size_t samples; /* its support */
    size_t launches;
};

struct bm_floor bm_floor_of(const json_t *raw);

/* Has it the support that it takes to be compared with another? */
bool bm_floor_stands(const struct bm_floor *floor);

struct bm_figures {
    struct bm_stats all; /* of all samples; all.median is theirs, too */
    double p95;
    struct bm_floor floor; /* of all samples, those for the floor alone, too */
    size_t samples, disturbed;
    bool contended;
    size_t launches;  /* that have samples */
    double *median_s; /* of each launch in raw[], NaN without samples; free() it */
    double median_s_of_launches;
    struct bm_interval interval; /* of that; 0 to infinity below 6 launches */
};

/* The launches must be as the schema says (harness/result/run.c checks it): lists of numbers, all as long as "ns". `more`: floor_raw[], launches
 * that serve the floor alone, or NULL. */
struct bm_figures bm_figures_of(const json_t *raw, const json_t *more);

#endif
