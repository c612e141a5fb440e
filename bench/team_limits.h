/* SPDX-License-Identifier: MIT */
/* team_limits.h - the machine's limits for the cases of a launch: each ISA and number of threads once, when it is first
 * asked for. */
#ifndef BATCHMARK_TEAM_LIMITS_H
#define BATCHMARK_TEAM_LIMITS_H

#include "plan.h"
#include "roofline.h"

struct bm_team_limits {
    const struct bm_bench_plan *plan;
    bool measured[BM_ISA_COUNT][BM_MAX_THREAD_COUNTS];
    struct bm_limits limits[BM_ISA_COUNT][BM_MAX_THREAD_COUNTS];
};

/* Whose peak limits a kernel: that of its ISA; of one that chooses at run time, the best that our kernels of the op
 * use here. */
enum bm_isa bm_limiting_isa(const struct bm_kernel *kernel);

/* Appends to the list what is measured for them; a team is held against one thread. */
void bm_team_limits_need(struct bm_team_limits *t, enum bm_isa isa, int threads, json_t *list);

/* The limits of the ISAs and thread counts of a list of limits, once more. */
json_t *bm_measure_limits_again(const json_t *limits);

#endif
