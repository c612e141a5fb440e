/*
 * network.h - a multilayer perceptron with batch normalisation as a list of kernel calls.
 *
 * For every number of rows that a run meets (a whole batch, the last one, evaluation) there is one plan: the calls of a
 * step in their order, each with its kernel, its shape and its arguments bound before training starts. Running a step
 * is running down the list; what the list holds is what is timed, counted and predicted. All memory, scratch included,
 * is one allocation.
 *
 * Most kernel sets run each call as its kernel is, the _omp ones with a team of their own. The set `fused` runs a whole
 * step in one parallel region, with the kernels of `auto` on one thread each:
 *   - A thread owns columns of every layer, in whole cache lines: of z, a, d, the weights and all that belongs to a
 *     channel. It makes them, and it alone writes them, so that they stay in its core's cache; its weights are a matrix
 *     of their own, because of neighbouring ones one thread would fetch ahead what the other writes (Adam on 784 x 128,
 *     two threads: 140 to 330 us against 20). Threads wait for each other where one reads another's columns: before a
 *     product of the layer's input, around the loss, and before the weights change.
 *   - SGD is the product itself, w = -lr x^T d + w. Other optimisers follow the product of some rows of weights while
 *     that gradient is in the second-level cache; the whole gradient is never stored.
 * The same number of threads gives the same bits; another one rounds differently, since the kernels of `auto` then meet
 * other shapes.
 *
 * The set of a peer (openblas, blis, onednn) has its gemm, with bias and activation as calls of their own, and all else of
 * `auto`.
 *
 *   hidden layer   BN none     gemm + bias + act
 *                  BN before   gemm + bias + statistics, bn_relu_forward by these
 *                                                              evaluation: gemm + bias, bn_inference, relu_forward
 *                  BN after    gemm + bias, relu_bn_forward    evaluation: gemm + bias + act, bn_inference
 *   last layer     gemm + bias, softmax_xent
 *   backward       relu_backward, bn_relu_backward or relu_bn_backward in place in the gradient, bias_grad, gemm NT for
 *                  the layer's input (the first layer only if the input is normalised); after the last of these gemm TN
 *                  for the weights, and the optimiser
 *
 * A dense layer keeps its bias before BN, as the originals do. Weights are inputs x outputs.
 */
#ifndef BATCHMARK_NETWORK_H
#define BATCHMARK_NETWORK_H

#include "batchmark.h"
#include "config.h"

/* What a call is for; time is accounted by it. WAITING is for other threads, DATA gathering a batch, OTHER what is
 * left. */
enum bm_phase {
    BM_GEMM_FORWARD, BM_GEMM_INPUT_GRADIENT, BM_GEMM_WEIGHT_GRADIENT, BM_BN_FORWARD, BM_BN_BACKWARD, BM_ACTIVATION,
    BM_LOSS_GRADIENT, BM_BIAS_GRADIENT, BM_OPTIMIZER, BM_WAITING, BM_DATA, BM_OTHER, BM_PHASE_COUNT
};
extern const char *const bm_phase_names[BM_PHASE_COUNT];

struct bm_call {
    enum bm_phase phase;
    unsigned layer; /* 1: the first dense layer; 0: the input's BN */
    const struct bm_op *op;
    const struct bm_kernel *kernel;
    struct bm_shape shape; /* of the whole call, also if threads share it */
    union bm_args args;
    double seconds; /* since it was last set to 0; of the first thread */
    /* In one parallel region: */
    union bm_args *share; /* of each thread; one with nothing to do has a size of 0 */
    bool wait;            /* for all threads before it */
    size_t rows;          /* not 0: a product; so many rows at a time go through it and the optimiser after it */
};

enum { BM_MAX_CALLS = 11 * BM_MAX_WIDTHS }; /* 3 + 8 of a hidden layer with BN and a peer's products */

/* Puts rows first to end - 1 of a batch into net->x and net->label; threads do it side by side. */
typedef void bm_fill(void *context, size_t first, size_t end);

struct bm_plan {
    bool training; /* forward, backward and optimiser; else forward with running statistics, and the loss */
    size_t rows;
    unsigned calls;
    struct bm_call call[BM_MAX_CALLS];
    double wait_seconds, fill_seconds; /* like those of a call */
};

/* An array that the optimiser moves, with its gradient and, if the optimiser keeps them, moments. */
struct bm_parameter {
    size_t count;
    float *w, *g, *m, *v;
};

struct bm_norm {
    size_t width; /* 0: no BN here */
    struct bm_parameter gamma, beta;
    float *mean, *rstd, *running_mean, *running_var;
    float *given_mean, *given_var; /* of what is normalised, if a product makes them: BN before the activation */
};

struct bm_layer {
    size_t in, out, ld; /* of z, a and d: rows of out elements, ld apart; weights: bm_share_of() */
    int team;           /* threads that share it, at least 1 */
    struct bm_parameter weight, bias;
    struct bm_norm norm;
    float *z, *a; /* rows x out: the product, and what the next layer reads (NULL for the last) */
    float *d;     /* rows x out: gradient by a, then in place by z */
};

struct bm_network {
    const struct bm_train_config *config;
    const struct bm_kernel *peer; /* its product, if that is the kernel set; else NULL */
    int team;           /* threads of the parallel region of a step; 0: a call after the other, each as it is */
    unsigned layers;
    struct bm_layer layer[BM_MAX_WIDTHS];
    struct bm_norm input;
    float *x, *normal_x, *input_d; /* rows x features: a batch; normalised; the gradient by the latter */
    int32_t *label;
    float *loss, *hit;             /* rows each, from the last run */
    float *ones;                   /* with a peer's products: a column for each row of a batch */
    float *gradient;               /* fused: of a block of weights, gradient_floats for each thread */
    size_t gradient_floats;
    uint64_t step;                 /* optimiser steps taken */
    size_t scratch_bytes, bytes;   /* for scratch of one thread; in all */
    char *memory;
};

/* Binds the plans (each with training and rows set; no rows: left empty), allocates, and sets initial parameters from
 * config->seed. Fails, with nothing to free, where a kernel does not exist, does not run here or refuses its arguments.
 * config must outlive it. */
bool bm_network_create(struct bm_network *net, const struct bm_train_config *config, struct bm_plan *plan,
                       unsigned plans, struct bm_error *error);
void bm_network_free(struct bm_network *net);

/* Columns begin to end - 1 of a layer, which thread `me` owns. Its weights, an in x (end - begin) matrix with rows ld
 * apart, begin at weight.w + offset, and so do their gradient and moments. */
struct bm_share_of { size_t begin, end, ld, offset; };
struct bm_share_of bm_share_of(const struct bm_layer *layer, int me);

/* One pass over the rows that fill(context, ...) brings, or that are in net->x and net->label if fill is NULL; a
 * training plan takes one optimiser step. */
void bm_network_run(struct bm_network *net, struct bm_plan *plan, bm_fill *fill, void *context);

/* Call i of a pass alone; in a network with a team: thread me's share, to be called by all of them. A product with rows
 * takes the optimiser along. */
void bm_network_run_call(struct bm_network *net, struct bm_plan *plan, unsigned i, int me);

/* Starting values of all parameters (initialise.c). */
void bm_network_initialise(struct bm_network *net);

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
