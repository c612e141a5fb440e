/* SPDX-License-Identifier: MIT */
/*
 * gemm_auto - the kernel, and the number of threads, that suit the shape.
 *
 * Source:  the rule is in gemm_auto.h.
 * Shapes:  all.
 * Traffic: of the kernel that it picks.
 * Idea:    a rule of few numbers (sizes of C, of K and of B, distance of rows, FLOPs), not a table of shapes.
 * Error:   of the kernel that it picks; the same bits for every number of threads, since the rules for rows and copies do
 *          not look at them.
 * Tail:    of the kernel.
 * Loses:   a few per cent where the rule errs, near its limits and on caches of other sizes.
 */
#include "auto.h"
#include "gemm_auto.h"

static const struct bm_kernel *pick(const void *args) { return gemm_auto_pick(args, bm_auto_isa()); }

BM_AUTO_KERNEL(.idea = "the kernel and the number of threads by a rule of the shape",
               .source = "kernels/gemm/gemm_auto.h",
               .loses = "near the limits of its rule, and on caches of other sizes");
