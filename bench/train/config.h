/* SPDX-License-Identifier: MIT */
/*
 * config.h - everything that defines a training run, and its text form.
 *
 * A setting is a key and a value, the same in an experiment file (experiment.h) and on the command line (--key value).
 * bm_train_key() lists the keys; conventions of frameworks are values of keys, never hidden in code.
 */
#ifndef BATCHMARK_CONFIG_H
#define BATCHMARK_CONFIG_H

#include <stdint.h>

#include "error.h"
#include "ranks.h"

enum { BM_MAX_WIDTHS = 64, BM_MAX_SEEDS = 64, BM_MAX_CONVS = 8 };

enum { BM_ACTIVATION_RELU, BM_ACTIVATION_LEAKY_RELU, BM_ACTIVATION_SIGMOID, BM_ACTIVATION_TANH };
enum { BM_BN_NONE = 0, BM_BN_INPUT = 1, BM_BN_BEFORE = 2, BM_BN_AFTER = 4 };
enum { BM_IMAGES_CHANNELS_LAST, BM_IMAGES_CHANNELS_FIRST };
enum { BM_NORM_BATCH, BM_NORM_LAYER, BM_NORM_RMS, BM_NORM_GROUP };
enum { BM_VARIANCE_BIASED, BM_VARIANCE_UNBIASED };
enum { BM_OPTIMIZER_SGD, BM_OPTIMIZER_MOMENTUM, BM_OPTIMIZER_ADAM };
enum { BM_ADAM_KERAS, BM_ADAM_TORCH };
enum { BM_OPTIMIZER_OF_THIS, BM_OPTIMIZER_OF_ANOTHER };
enum { BM_INIT_GLOROT_UNIFORM, BM_INIT_HE_NORMAL, BM_INIT_TORCH };
enum { BM_VALIDATION_FIRST, BM_VALIDATION_TEST, BM_VALIDATION_RANDOM };
enum { BM_SCALING_UNIT, BM_SCALING_SYMMETRIC };
enum { BM_RANKS_SYNC, BM_RANKS_LOCAL };
enum { BM_PRECISION_F32, BM_PRECISION_BF16 };
enum { BM_EVALUATION_RUNNING, BM_EVALUATION_BATCH, BM_EVALUATION_PRECISE };
enum { BM_SCHEDULE_CONSTANT, BM_SCHEDULE_COSINE, BM_SCHEDULE_STEP };

struct bm_train_config {
    char dataset[64];
    size_t widths, width[BM_MAX_WIDTHS]; /* input features, hidden layers, classes */
    size_t convs, conv[BM_MAX_CONVS]; /* before the dense layers: output channels of each convolution; conv_config.h */
    size_t image[3];         /* of these: height, width and channels of what the first reads */
    unsigned layout;         /* and how images lie in memory */
    unsigned activation;
    double slope;            /* of leaky_relu */
    unsigned bn;             /* BM_BN_INPUT with or without one of BM_BN_BEFORE and BM_BN_AFTER */
    unsigned norm;           /* what stands in BN's place */
    size_t groups;           /* of BM_NORM_GROUP */
    unsigned fuse;           /* BN and ReLU: one kernel for both, or one each */
    double bn_momentum;      /* PyTorch's sense: the share of the new batch */
    double bn_eps;
    unsigned bn_variance;    /* of the running statistics */
    unsigned optimizer;
    double lr, momentum, adam_beta1, adam_beta2, adam_eps;
    unsigned lr_schedule;    /* schedule.h */
    size_t lr_step_epochs;   /* step: after so many epochs lr is multiplied */
    double lr_step_factor;   /* by this */
    size_t lr_warmup;        /* steps */
    double dropout, weight_decay, clip_norm; /* 0: none */
    unsigned adam_convention;
    unsigned optimizer_of;   /* another: the steps move a second model's parameters, and this one's stay */
    size_t batch, epochs;
    size_t earlier_epochs;   /* trained before the first that counts */
    uint64_t seed;           /* of one run */
    size_t seeds;            /* runs to make */
    uint64_t seed_list[BM_MAX_SEEDS];
    unsigned init, shuffle;
    double init_scale;       /* of the initial weights */
    size_t train_images;     /* 0: all that are not held out */
    unsigned validation;
    size_t validation_rows;     /* first:ROWS */
    double validation_fraction; /* random:FRACTION */
    unsigned scaling;
    unsigned precision; /* of the products of a training step, and of what lies between them */
    char kernels[64];
    size_t threads;
    double target;           /* validation accuracy; 0: none */
    size_t max_steps;        /* 0: no limit */
    unsigned evaluation;     /* by which statistics of BN: evaluation.h */
    size_t record;           /* every so many steps: recorder.h; 0: never */
    unsigned bn_ranks;       /* over ranks: statistics of the whole batch, or of each rank's share */
    const struct bm_ranks *ranks; /* that train together; no key sets them */
};

/* The settings where nothing else is said: the network of mnist-sgd without BN, by the `auto` kernels on one thread. */
struct bm_train_config bm_train_defaults(void);

/* The slope that the kernels take. */
static inline float bm_train_slope(const struct bm_train_config *c)
{
    return c->activation == BM_ACTIVATION_LEAKY_RELU ? (float)c->slope : 0;
}

/* Sigmoid or tanh, which are calls of their own; ReLU is part of others, unless another norm stands in BN's place or it is to
 * be apart from BN. */
static inline bool bm_train_activates_apart(const struct bm_train_config *c)
{
    return c->activation >= BM_ACTIVATION_SIGMOID || (c->bn && c->norm != BM_NORM_BATCH) ||
           (!c->fuse && c->bn & (BM_BN_BEFORE | BM_BN_AFTER));
}

/* Whether a step is one parallel region (network.h); not with the mistake of optimizer_of = another, nor over ranks, nor
 * with what is a call between others: sigmoid and tanh, another norm, ReLU apart, dropout, weight decay, clipping; nor where gradients are recorded or
 * evaluation has BN's statistics of batches. */
bool bm_train_one_region(const struct bm_train_config *config);

/* Whether BN is over the rows of all ranks. */
static inline bool bm_train_synchronises(const struct bm_train_config *c)
{
    return c->ranks->count > 1 && c->bn && c->bn_ranks == BM_RANKS_SYNC;
}

/* Key number i with what it takes and what it means; NULL past the last. */
struct bm_train_key { const char *name, *values, *help; };
const struct bm_train_key *bm_train_key(size_t i);

/* Sets one key from text; unknown keys and bad values fail with a message that names both. */
bool bm_train_set(struct bm_train_config *config, const char *key, const char *value, struct bm_error *error);

enum { BM_TRAIN_VALUE = 512 };
/* The value of a key as bm_train_set() reads it back; false for what a run has no value of: bn_keep, which is
 * another way to say bn_momentum, and seeds, of which each run has one. */
bool bm_train_get(const struct bm_train_config *config, const char *key, char value[static BM_TRAIN_VALUE]);

/* What no single key can see: contradictions between keys. */
bool bm_train_check(const struct bm_train_config *config, struct bm_error *error);

#endif
