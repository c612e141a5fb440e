/* SPDX-License-Identifier: MIT */
/* conv_threads.h - how many threads a convolution or a pooling is worth, and how its kernels start them. */
#ifndef BATCHMARK_CONV_THREADS_H
#define BATCHMARK_CONV_THREADS_H

#include "conv.h"
#include "kernel.h"
#include "team.h"

/* FLOPs, and elements of pooling, that pay for one more thread. */
#define CONV_LEAST_FLOPS    2.5e5
#define POOL_LEAST_ELEMENTS 3e4

static inline int conv_worth(double worth, int threads)
{
    return worth < 2 ? 1 : worth < threads ? (int)worth : threads;
}

static inline int conv_threads(const struct bm_conv *a)
{
    const double flops = 2.0 * (double)(a->N * a->H * a->W) * (double)(a->R * a->R * a->C) * (double)a->K;
    return conv_worth(flops / CONV_LEAST_FLOPS, a->threads);
}
static inline int pool_threads(const struct bm_pool *a)
{
    return conv_worth((double)(a->N * a->H * a->W) * (double)a->C / POOL_LEAST_ELEMENTS, a->threads);
}

/* Defines run() from body(a, me, team). Bodies are not inlined: one copy of the code serves every team, so that not even a
 * NaN's sign depends on it. */
#define CONV_RUN(body)                                                                                                 \
    static void run(const void *args)                                                                                  \
    {                                                                                                                  \
        const struct bm_conv *a = args;                                                                                \
        BM_TEAM_RUN(BM_OMP ? conv_threads(a) : 1, body, a);                                                            \
    }
#define CONV_BODY static __attribute__((noinline, unused)) void

#endif
