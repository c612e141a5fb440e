/* SPDX-License-Identifier: MIT */
/* calls.h - the calls of a pass over a network in their order, each with its kernel, its shape and its arguments: what
 * network.h describes, bound to the network's arrays. */
#ifndef BATCHMARK_CALLS_H
#define BATCHMARK_CALLS_H

#include "layers.h"

/* What a call is for; time is accounted by it. COMMUNICATION is with other ranks, waiting for them included, WAITING
 * for other threads, DATA gathering a batch, OTHER what is left. */
enum bm_phase {
    BM_GEMM_FORWARD, BM_GEMM_INPUT_GRADIENT, BM_GEMM_WEIGHT_GRADIENT, BM_BN_FORWARD, BM_BN_BACKWARD, BM_ACTIVATION,
    BM_LOSS_GRADIENT, BM_BIAS_GRADIENT, BM_OPTIMIZER, BM_COMMUNICATION, BM_WAITING, BM_DATA, BM_OTHER, BM_PHASE_COUNT
};
extern const char *const bm_phase_names[BM_PHASE_COUNT];

/* What is no kernel's work, of a layer over several ranks: exchange.h. */
enum bm_exchange {
    BM_NO_EXCHANGE, BM_MAKE_MOMENTS, BM_MERGE_MOMENTS, BM_MAKE_NORM_SUMS, BM_ADD_NORM_SUMS, BM_NORM_GRADIENT,
    BM_BEGIN_GRADIENT_SUM, BM_FINISH_GRADIENT_SUM
};

struct bm_call {
    enum bm_phase phase;
    enum bm_exchange exchange; /* one of them: there is no op, no kernel, no shape and no arguments */
    unsigned layer; /* 1: the first dense layer; 0: the input's BN */
    const struct bm_op *op;
    const struct bm_kernel *kernel;
    struct bm_shape shape; /* of the whole call, also if threads share it */
    union bm_args args;
    bool round;     /* is round_bf16, whatever it is for */
    double seconds; /* since it was last set to 0; of the first thread */
    /* In one parallel region: */
    union bm_args *share; /* of each thread; one with nothing to do has a size of 0 */
    bool wait;            /* for all threads before it */
    size_t rows;          /* not 0: a product; so many rows at a time go through it and the calls that follow it */
    bool follows;         /* runs with the product before it */
};

/* The name of a set of kernels for an op: of one on bf16 avx512bf16 is meant by avx512, and neonbf16 by neon. */
enum { BM_SET_NAME = 96 };
const char *bm_set_of_op(const char *set, const char *op, char name[static BM_SET_NAME]);

/* Whether its op is one on bf16. */
bool bm_call_is_bf16(const struct bm_call *call);

enum { BM_MAX_CALLS = 18 * BM_MAX_WIDTHS }; /* of a hidden layer with BN and a peer's products 3 + 8, and 7 exchanges; of BN on the input 7 and 4 */

struct bm_plan {
    bool training; /* forward, backward and optimiser; else forward with running statistics, and the loss */
    size_t rows;     /* of this rank */
    size_t counted;  /* those of them that belong to the batch: all, or none where a batch has fewer rows than ranks */
    size_t all_rows; /* of all ranks; 0 is taken for: this one is alone, and all count */
    unsigned calls;
    struct bm_call call[BM_MAX_CALLS];
    double wait_seconds, fill_seconds; /* like those of a call */
    double progress_seconds;           /* of bm_ranks.progress() between calls */
};

/* Binds the calls of a plan whose rows and training are set; threads have their scratch from `scratch` on,
 * net->scratch_bytes apart. While arena->base is NULL it only counts: arrays are not looked at, and *scratch_bytes
 * grows to the most that a call, or a thread's share of it, needs. False: a kernel does not exist, does not run here or
 * refuses its arguments. */
bool bm_plan_bind(struct bm_plan *plan, struct bm_network *net, struct bm_arena *arena, char *scratch,
                  size_t *scratch_bytes, struct bm_error *error);

/*
 * Distinct problems of a plan and how often it solves each, with the first call of each: what bench/shapes must hold.
 *
 *   struct bm_plan step = { .training = true, .rows = config.batch };
 *   if (bm_network_create(&net, &config, &step, 1, &error))
 *       n = bm_plan_distinct(&step, distinct);
 */
struct bm_distinct {
    const struct bm_call *call;
    unsigned count;
};
unsigned bm_plan_distinct(const struct bm_plan *plan, struct bm_distinct distinct[BM_MAX_CALLS]);

#endif
