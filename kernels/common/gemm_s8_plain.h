/* SPDX-License-Identifier: MIT */
/* gemm_s8_plain.h - what plain kernels of gemm_s8 share beside the product: what becomes of the sums of a row of C. */
#ifndef BATCHMARK_GEMM_S8_PLAIN_H
#define BATCHMARK_GEMM_S8_PLAIN_H

#include "gemm_plain.h"
#include "gemm_s8.h"

/* c_j = act(scale_j s_j + bias_j) of n columns from j on. */
static inline void gemm_s8_finish(const struct bm_gemm_s8 *g, float *restrict c, size_t j, size_t n, const int32_t *restrict sum)
{
    const float *restrict scale = g->scale + j, *restrict bias = g->bias ? g->bias + j : NULL;
    const float slope = g->slope;
    if (!bm_epilogue_bias(g->epilogue))
        for (size_t l = 0; l < n; l++)
            c[l] = scale[l] * (float)sum[l];
    else
        for (size_t l = 0; l < n; l++)
            c[l] = scale[l] * (float)sum[l] + bias[l];
    if (g->epilogue != BM_EPILOGUE_BIAS_RELU)
        return;
    if (slope == 0) /* apart, since 0 * -Inf is NaN */
        for (size_t l = 0; l < n; l++)
            c[l] = c[l] <= 0 ? 0 : c[l];
    else
        for (size_t l = 0; l < n; l++)
            c[l] = c[l] > 0 ? c[l] : slope * c[l];
}

#endif
