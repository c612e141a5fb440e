/* SPDX-License-Identifier: MIT */
/*
 * fold.h - batch normalisation folded into dense layers, for inference: by its running statistics it is s x + t, channel by
 * channel, s = gamma / sqrt(var + eps), t = beta - s mean, and a dense layer takes that in (Jacob et al., "Quantization and
 * Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", CVPR 2018, section 3.2).
 *
 *   before the activation   s (x W + b) + t = x (W diag(s)) + (s b + t)      into the layer that it follows
 *   after it, or of input   (s x + t) W + b = x (diag(s) W) + (t W + b)      into the layer that reads it
 *
 * A product with bias and activation is left of each hidden layer, and no pass over its result.
 */
#ifndef BATCHMARK_FOLD_H
#define BATCHMARK_FOLD_H

#include "network.h"

/* The parameters of `plain` become those of `trained` with its BN folded in. plain has the same widths and no BN. Computed in
 * double and rounded once. */
void bm_fold_bn(const struct bm_network *trained, struct bm_network *plain);

#endif
