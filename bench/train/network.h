/*
 * network.h - a multilayer perceptron with batch normalisation as a list of kernel calls.
 *
 * For every number of rows that a run meets (a whole batch, the last one, evaluation) there is one plan: the calls of a
 * step in their order, each with its kernel, its shape and its arguments bound before training starts. Running a step
 * is running down the list; what the list holds is what is timed, counted and predicted. All memory, scratch included,
 * is one allocation.
 *
 *   hidden layer   BN none     gemm + bias + act
 *                  BN before   gemm + bias + statistics, bn_relu_forward by these
 *                                                              evaluation: gemm + bias, bn_inference, relu_forward
 *                  BN after    gemm + bias, relu_bn_forward    evaluation: gemm + bias + act, bn_inference
 *   last layer     gemm + bias, softmax_xent
 *   backward       relu_backward, bn_relu_backward or relu_bn_backward in place in the gradient, bias_grad, gemm TN for
 *                  the weights, gemm NT for the layer's input (the first layer only if the input is normalised), and
 *                  the optimiser
 *
 * A dense layer keeps its bias before BN, as the originals do. Weights are inputs x outputs.
 */
#ifndef BATCHMARK_NETWORK_H
#define BATCHMARK_NETWORK_H

#include "batchmark.h"
#include "config.h"

/* What a call is for; time is accounted by it. DATA (gathering a batch) and OTHER are the trainer's. */
enum bm_phase {
    BM_GEMM_FORWARD, BM_GEMM_INPUT_GRADIENT, BM_GEMM_WEIGHT_GRADIENT, BM_BN_FORWARD, BM_BN_BACKWARD, BM_ACTIVATION,
    BM_LOSS_GRADIENT, BM_BIAS_GRADIENT, BM_OPTIMIZER, BM_DATA, BM_OTHER, BM_PHASE_COUNT
};
extern const char *const bm_phase_names[BM_PHASE_COUNT];

struct bm_call {
    enum bm_phase phase;
    unsigned layer; /* 1: the first dense layer; 0: the input's BN */
    const struct bm_op *op;
    const struct bm_kernel *kernel;
    struct bm_shape shape;
    union bm_args args;
    double seconds; /* since it was last set to 0 */
};

enum { BM_MAX_CALLS = 10 * BM_MAX_WIDTHS };

struct bm_plan {
    bool training; /* forward, backward and optimiser; else forward with running statistics, and the loss */
    size_t rows;
    unsigned calls;
    struct bm_call call[BM_MAX_CALLS];
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
    size_t in, out;
    struct bm_parameter weight, bias;
    struct bm_norm norm;
    float *z, *a; /* rows x out: the product, and what the next layer reads (NULL for the last) */
    float *d;     /* rows x out: gradient by a, then in place by z */
};

struct bm_network {
    const struct bm_train_config *config;
    unsigned layers;
    struct bm_layer layer[BM_MAX_WIDTHS];
    struct bm_norm input;
    float *x, *normal_x, *input_d; /* rows x features: a batch; normalised; the gradient by the latter */
    int32_t *label;
    float *loss, *hit;             /* rows each, from the last run */
    uint64_t step;                 /* optimiser steps taken */
    size_t scratch_bytes, bytes;   /* for scratch; in all */
    char *memory;
};

/* Binds the plans (each with training and rows set; no rows: left empty), allocates, and sets initial parameters from
 * config->seed. Fails, with nothing to free, where a kernel does not exist, does not run here or refuses its arguments.
 * config must outlive it. */
bool bm_network_create(struct bm_network *net, const struct bm_train_config *config, struct bm_plan *plan,
                       unsigned plans, struct bm_error *error);
void bm_network_free(struct bm_network *net);

/* One pass over the rows in net->x and net->label; a training plan takes one optimiser step. */
void bm_network_run(struct bm_network *net, struct bm_plan *plan);

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
