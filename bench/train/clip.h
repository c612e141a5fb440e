/* SPDX-License-Identifier: MIT */
/*
 * clip.h - gradients that are not longer than config->clip_norm.
 *
 * g *= min(1, clip_norm / (|g| + 1e-6)) with the norm over all parameters together (Pascanu, Mikolov & Bengio, ICML 2013,
 * in PyTorch's form, clip_grad_norm_), after the whole backward pass and before weight decay and the optimiser. The norm is
 * added up in double.
 */
#ifndef BATCHMARK_CLIP_H
#define BATCHMARK_CLIP_H

#include "layers.h"

/* The norm before clipping. */
double bm_clip_gradient(const struct bm_network *net);

#endif
