/*
 * gemm_bf16_loop.h - the textbook loop of gemm_bf16_naive, gemm_bf16_autovec and their _omp files: gemm's, on bf16
 * elements, in f32.
 */
#ifndef BATCHMARK_GEMM_BF16_LOOP_H
#define BATCHMARK_GEMM_BF16_LOOP_H

#include "bf16.h"
#include "gemm_bf16_sizes.h"

#define GEMM_ELEMENT uint16_t
#define GEMM_VALUE(x) bm_bf16_value(x)
#include "gemm_loop.h"

static void gemm_bf16_loop_run(const void *args)
{
    const struct bm_gemm f32 = gemm_bf16_sizes(args);
    gemm_loop_run(&f32);
}

#endif
