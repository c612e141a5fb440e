/* SPDX-License-Identifier: MIT */
/*
 * gemm_avx512_outer - product with a short K in AVX-512: a sum of outer products.
 *
 * C = epilogue(alpha op(A) op(B) + beta C).
 *
 * Source:  Dongarra, Du Croz, Hammarling & Hanson, "An Extended Set of FORTRAN Basic Linear Algebra Subprograms", ACM TOMS
 *          14(1), 1988: ger.
 * Shapes:  up to 8 steps of K.
 * Traffic: C once; B from a near cache for each four rows of C.
 * Idea:    writing C takes the time. So rows of C are written from end to end, up to four side by side; their elements of
 *          A are in registers.
 * Error:   (K + 4) u sum_k |alpha a_ik b_kj|, with one rounding a step (FMA).
 * Tail:    the last vector of a row is masked; rows beyond a multiple of four go alone.
 * Loses:   to tuned at 7 and 8 steps of K, where loads of B cost more than a tile's ends.
 */
#include "gemm_outer.h"

BM_KERNEL(.idea = "short K: rows of C are written from end to end",
          .source = "Dongarra et al., TOMS 1988",
          .loses = "a longer K, where loads of B cost more than a tile's ends",
          .refuses = gemm_outer_refuses,
          .scratch_bytes = gemm_outer_scratch_bytes,
          .run = gemm_outer_run);
