/* SPDX-License-Identifier: MIT */
/*
 * quantise.h - f32 as integers of 8 bits and as bf16, for inference (Jacob et al., "Quantization and Training of Neural Networks
 * for Efficient Integer-Arithmetic-Only Inference", CVPR 2018, section 2).
 *
 *   weights      w_kj = t_j b_kj         b_kj in -127 to 127, t_j = max_k |w_kj| / 127: symmetric, a scale a column
 *   activations  x_k = q_k (a_k - zero)  a_k in 0 to 255; what lies outside is clipped
 *
 *   sum_k x_k w_kj = t_j (sum_k a_k b_kj - zero sum_k b_kj)   where b and t are those of q_k w_kj
 *
 * The first sum is gemm_s8's and t_j its scale; what follows from zero is a constant of the column, and goes into the bias.
 * zero is 0 where no activation of the layer is negative, so that all 256 values serve, and else 128. A scale for each channel
 * costs nothing between layers, since act(c v) = c act(v) for c > 0: 1 / q_k goes into scale and bias of the layer that makes
 * channel k (Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", ICCV 2019, section 4.1). It
 * is needed where a folded BN makes rows of weights large whose activations are small. Pixels have one scale for all.
 */
#ifndef BATCHMARK_QUANTISE_H
#define BATCHMARK_QUANTISE_H

#include <stddef.h>
#include <stdint.h>

struct bm_quantum {
    float q;
    int zero;
};

/* For activations from `least` <= 0 to `most` >= 0, none of which is clipped. */
struct bm_quantum bm_quantum_of(float least, float most);

/* The least and the most, 0 included, of each channel that a layer reads. */
struct bm_channels {
    size_t count;
    float *least, *most;
};

/* Of all channels together. */
struct bm_quantum bm_quantum_of_all(const struct bm_channels *channels);
/* A q each, with the zero that is returned. Of a channel that never showed anything: the least of the others'. */
int bm_quantum_of_each(const struct bm_channels *channels, float *q);

/* w is in x out, and so is b; t has `out` elements. A column of zeros has t = 0. */
void bm_quantise_weights(const float *w, size_t in, size_t out, int8_t *b, float *t);

/* The bias of gemm_s8 for a layer whose own is `bias`: what x.zero makes of a column is taken off. */
void bm_quantise_bias(const float *bias, const int8_t *b, const float *t, size_t in, size_t out, struct bm_quantum x, float *to);

/* Passes over n numbers, plain loops that the compiler makes vectors of; a table an ISA, quantise_<isa>.c. All give the same
 * bits. */
struct bm_quantise_loops {
    /* Activations, to the nearest; NaN becomes 0. */
    void (*to_u8)(const float *x, size_t n, struct bm_quantum to, uint8_t *a);
    void (*to_bf16)(const float *x, size_t n, uint16_t *a);
    /* A row of a product with its bias and activation, act(v) = v > 0 ? v : slope v, rounded to bf16. */
    void (*act_to_bf16)(const float *z, const float *bias, float slope, size_t n, uint16_t *a);
};

/* Of the last ISA that runs here. */
const struct bm_quantise_loops *bm_quantise_loops(void);

#endif
