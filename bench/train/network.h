/* SPDX-License-Identifier: MIT */
/*
 * network.h - a multilayer perceptron with batch normalisation, perhaps behind convolutions, as a list of kernel calls.
 *
 * For every number of rows that a run meets (a whole batch, the last one, evaluation) there is one plan: the calls of a
 * step in their order, each with its kernel, its shape and its arguments bound before training starts. Running a step
 * is running down the list; what the list holds is what is timed, counted and predicted. All memory, scratch included,
 * is one allocation.
 *
 * Most kernel sets run each call as its kernel is, the _omp ones with a team of their own. The set `region` runs a whole
 * step in one parallel region, with the kernels of `auto` on one thread each:
 *   - A thread owns columns of every layer, in whole cache lines: of z, a, d, the weights and all that belongs to a
 *     channel. It makes them, and it alone writes them, so that they stay in its core's cache; its weights are a matrix
 *     of their own, because of neighbouring ones one thread would fetch ahead what the other writes (Adam on 784 x 128,
 *     two threads: 140 to 330 us against 20). Threads wait for each other where one reads another's columns: before a
 *     product of the layer's input, around the loss, and before the weights change.
 *   - SGD is the product itself, w = -lr x^T d + w. Other optimisers, and SGD after BN on the input, follow the product
 *     of some rows of weights while that gradient is in the second-level cache; the whole gradient is never stored.
 * The same number of threads gives the same bits; another one rounds differently, since the kernels of `auto` then meet
 * other shapes.
 *
 * Over several ranks (ranks.h) a step has exchanges among its calls (exchange.h), and no parallel region: the gradient
 * must be there to be summed. `region` is `auto` then.
 *
 * The set of a peer (openblas, blis, onednn) has its gemm, with bias and activation as calls of their own, and all else of
 * `auto`.
 *
 *   input's BN     bn_forward without gamma and beta: xhat; then by these bn_inference: y
 *                                                              evaluation: bn_inference
 *   hidden layer   BN none     gemm + bias + act
 *                  BN before   gemm + bias + statistics, bn_relu_forward by these
 *                                                              evaluation: gemm + bias, bn_inference, relu_forward
 *                  BN after    gemm + bias, relu_bn_forward    evaluation: gemm + bias + act, bn_inference
 *                  with sigmoid or tanh: activation_forward, with bn_forward before or after it, each a call of its own;
 *                  so it is with relu_forward if layer, RMS or group norm stand in BN's place, or fuse = off
 *                  at its end, in training, dropout; backward it is the first
 *   last layer     gemm + bias, softmax_xent
 *   backward       relu_backward, bn_relu_backward or relu_bn_backward in place in the gradient, bias_grad, gemm NT for
 *                  the layer's input (of the first layer never); after the last of these gemm TN for the weights, and
 *                  the optimiser
 *   input's BN     gemm TN of the first layer by xhat, D = xhat^T dz, and of that bn_input_gradient: the gradients of
 *                  gamma and beta, and in place that of the weights
 *
 * Convolutions (config.h, conv) come before the dense layers, in f32, and never in one region:
 *
 *   convolution    conv_forward, bn_relu_forward (BN none: relu_forward), max_pool_forward
 *                                                              evaluation: conv_forward, bn_inference, relu_forward, max_pool_forward
 *   backward       max_pool_backward, bn_relu_backward (relu_backward) in place, conv_input_gradient (of the first never); after
 *                  the last of these conv_weight_gradient, which makes the gradient of the bias, too, and the optimiser
 *
 * Their BN is over images and pixels. In channels-last these are rows of a matrix, in channels-first it is that of NCHW; the last
 * pooling's result is a row of the first dense layer, in the order of the layout.
 *
 * BN on the input needs no gradient by its result, dy = dz W^T, a product as large as the first layer's: what gamma and
 * beta need of it are sums over rows, and sum_n dy_nj xhat_nj = sum_k W_jk D_jk, sum_n dy_nj = sum_k W_jk db_k. By
 * y^T dz, the gradient of weights itself, it would be a division by gamma, which may be 0. So xhat is kept, and that
 * gradient is gamma_j D_jk + beta_j db_k. To fold gamma into the weights instead, z = xhat (gamma W) + ..., would be a
 * pass over the weights a step, which are many more than the elements of y.
 *
 * A dense layer keeps its bias before BN, as the originals do. Weights are inputs x outputs.
 *
 * With precision = bf16 (Micikevicius et al., "Mixed Precision Training", ICLR 2018; Kalamkar et al., "A Study of BFLOAT16 for
 * Deep Learning Training", 2019) a training step has its products on bf16, and stores the batch, z, a and d as bf16. In f32 are
 * the weights and what the optimiser keeps, all gradients of parameters, biases, gammas, betas and statistics, BN on the input,
 * the last layer's sums, and the loss with its gradient: these sums are few, and their differences are what is learnt. The
 * gradient by them is rounded for the products. Weights are rounded once a step, behind their update; in `region` while the
 * block is in the cache, in one piece that all threads read, so that no thread sums over others' columns. Since gradients
 * have the exponents of f32, the loss is not scaled. Evaluation is in f32, by the weights in f32.
 *
 *   batch          round_bf16; of BN on the input after bn_forward and bn_inference in f32, of xhat and of y
 *   hidden layer   BN none     gemm_bf16 + bias + act
 *                  BN before   gemm_bf16 + bias + statistics of the sums in f32, bn_relu_forward_bf16 by these
 *                  BN after    gemm_bf16 + bias + act, bn_forward_bf16 of what that stored
 *   last layer     gemm_bf16 + bias to f32, softmax_xent, round_bf16 of the gradient
 *   backward       bn_relu_backward_bf16, or bn_backward_bf16 and relu_backward_bf16, or the latter alone; gradients of biases
 *                  as the product of a row of ones, the last one's by bias_grad in f32; gemm_bf16 NT to bf16, TN to f32;
 *                  the optimiser, and round_bf16 of the weights
 *
 * The sets avx512 and neon are those of avx512bf16 and neonbf16 for the ops on bf16. One process only, and no peers.
 */
#ifndef BATCHMARK_NETWORK_H
#define BATCHMARK_NETWORK_H

#include "calls.h"

/* Puts rows first to end - 1 of a batch into net->x and net->label; threads do it side by side. */
typedef void bm_fill(void *context, size_t first, size_t end);

/* Binds the plans (each with training and rows set, over ranks those of all as well; no rows: left empty), allocates, and sets initial parameters from
 * config->seed. Fails, with nothing to free, where a kernel does not exist, does not run here or refuses its arguments.
 * config must outlive it. */
bool bm_network_create(struct bm_network *net, const struct bm_train_config *config, struct bm_plan *plan,
                       unsigned plans, struct bm_error *error);
void bm_network_free(struct bm_network *net);

/* Which elements dropout draws in a step (from 1) after a layer (from 1): dropout_mask.h. */
uint32_t bm_dropout_key(const struct bm_train_config *config, uint64_t step, unsigned layer);

/* One pass over the rows that fill(context, ...) brings, or that are in net->x and net->label if fill is NULL; a
 * training plan takes one optimiser step. */
void bm_network_run(struct bm_network *net, struct bm_plan *plan, bm_fill *fill, void *context);

/* Call i of a pass alone; in a network with a team: thread me's share, to be called by all of them. A product with rows
 * takes the optimiser along. */
void bm_network_run_call(struct bm_network *net, struct bm_plan *plan, unsigned i, int me);

#endif
