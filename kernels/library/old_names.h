/* SPDX-License-Identifier: MIT */
/*
 * old_names.h - kernels that had another name before. What was bn_forward_avx512 and gemm_avx2_omp is _tuned since
 * plain intrinsics have these names (results of schema 2 and interfaces of version 1 are from before): so for all ops
 * of batch normalisation, and for gemm and gemm_bf16.
 */
#ifndef BATCHMARK_OLD_NAMES_H
#define BATCHMARK_OLD_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* A text that begins with a kernel's old name ("bn_forward_avx512/N:32/...", "gemm_avx2.c"): with the present one.
 * False: it begins with none. */
bool bm_name_now(const char *then, char *now, size_t room);

/* The same for a set of kernels: "avx512_omp" was what "avx512_omp_tuned" is, and "fused" what "region" is. */
bool bm_set_now(const char *then, char *now, size_t room);

/* What a kernel of today was called before; NULL: there was none of its kind. `then` holds at least its name. */
const char *bm_name_then(const char *now, char *then);

#endif
