/* SPDX-License-Identifier: MIT */
/* gemm_after.h - the epilogue of a product as a second pass over C: what the idea EPILOGUE saves. */
#ifndef BATCHMARK_GEMM_AFTER_H
#define BATCHMARK_GEMM_AFTER_H

#include "gemm_grid.h"
#include "gemm_stats.h"
#include "simd.h"

/* Adds a row's distances from C's first row, and their squares, to the sums of the columns. The first row's own are 0, or NaN. */
static inline void gemm_add_row(const struct bm_gemm *g, size_t i, struct bm_range cols)
{
    const struct gemm_stats s = gemm_stats_at(g, i, 0);
    const float *c = g->C + i * g->ldc;
    for (size_t j = cols.begin; j < cols.end; j++) {
        const double apart = (double)c[j] - s.origin[j];
        s.sum[j] = s.fresh ? apart : s.sum[j] + apart;
        s.square[j] = s.fresh ? apart * apart : s.square[j] + apart * apart;
    }
}

/* Of a thread's tile of C, after all of K. */
static inline void gemm_epilogue(const struct bm_gemm *g, struct gemm_part part)
{
    const bool bias = bm_epilogue_bias(g->epilogue), act = g->epilogue == BM_EPILOGUE_BIAS_RELU;
    for (size_t i = part.rows.begin; i < part.rows.end && g->epilogue != BM_EPILOGUE_NONE; i++) {
        float *c = g->C + i * g->ldc;
        for (size_t j = part.cols.begin; bias && j < part.cols.end; j += VF) {
            const vmask some = vf_first(part.cols.end - j < VF ? part.cols.end - j : VF);
            const vf v = vf_add(vf_load_first(c + j, some), vf_load_first(g->bias + j, some));
            vf_store_first(c + j, some, act ? vf_act(v, g->slope) : v);
        }
        if (bm_epilogue_stats(g->epilogue))
            gemm_add_row(g, i, part.cols);
    }
}

#endif
