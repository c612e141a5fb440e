/*
 * reference_net.h - the network in plain double precision, written apart from the product: loss, gradients by
 * backpropagation, optimisers. For batches and layers of at most 64.
 */
#ifndef BATCHMARK_REFERENCE_NET_H
#define BATCHMARK_REFERENCE_NET_H

#include "network.h"

enum { REFERENCE_PARAMETERS = 4 * BM_MAX_WIDTHS };

/* A network's parameters in the order that all of this has them: gamma and beta of the input's BN, then of each layer
 * weight and bias, and its gamma and beta. */
unsigned reference_list(struct bm_network *net, struct bm_parameter *list[REFERENCE_PARAMETERS]);

/* Mean loss. net lends running statistics (NULL: those of the batch). *margin: the least distance of a hidden unit from
 * the kink of its activation. */
double reference_loss(const struct bm_train_config *c, double *const param[], const float *x, const int32_t *label,
                      size_t rows, const struct bm_network *net, double *margin);

struct reference {
    const struct bm_train_config *config;
    unsigned parameters, steps;
    size_t count[REFERENCE_PARAMETERS];
    double *w[REFERENCE_PARAMETERS], *g[REFERENCE_PARAMETERS], *m[REFERENCE_PARAMETERS], *v[REFERENCE_PARAMETERS];
};

/* Starts with the parameters of net. */
void reference_create(struct reference *r, struct bm_network *net);
void reference_free(struct reference *r);

/* One step of the optimiser; the loss is that before it. */
double reference_step(struct reference *r, const float *x, const int32_t *label, size_t rows, double *margin);

#endif
