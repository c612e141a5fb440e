/* SPDX-License-Identifier: MIT */
/*
 * exchange.h - what a training step does beside calling kernels (enum bm_exchange, calls.h): clipping (clip.h), and over
 * several ranks all that follows.
 *
 * Each rank computes its rows of every batch with all parameters. The loss's gradient is over the rows of all ranks, so
 * that the sum of the ranks' gradients is the gradient of the batch, however unevenly its rows are shared out. The sum
 * of a layer's gradients begins as soon as the backward pass has them and ends before the optimiser moves the layer.
 *
 * Synchronised BN takes its statistics, and the sums of its backward pass, over the rows of all ranks (sync_bn.h). It
 * waits for them twice a layer and step, since what follows needs them. Local BN has those of the rank's own rows, and
 * so trains another network; before an evaluation its running statistics become their mean over the ranks.
 */
#ifndef BATCHMARK_EXCHANGE_H
#define BATCHMARK_EXCHANGE_H

#include "calls.h"

void bm_exchange(const struct bm_network *net, const struct bm_plan *plan, const struct bm_call *call);

/* Bytes that a rank gives to the sum of an exchange; 0: to none. */
size_t bm_exchange_bytes(const struct bm_network *net, const struct bm_call *call);

/* After an epoch. False: the ranks' parameters are not the same, bit by bit. Running statistics, which differ where BN is
 * local, become their mean over the ranks. */
bool bm_end_epoch(const struct bm_network *net, struct bm_error *error);

#endif
