/* SPDX-License-Identifier: MIT */
/* canary.h - the few kernels of an old result that every later run times beside its own. */
#ifndef BATCHMARK_CANARY_H
#define BATCHMARK_CANARY_H

#include <jansson.h>
#include <stdbool.h>

enum { BM_CANARIES = 12 };

/*
 * The names of at most so many of a result's cases (batchmark.cases[]): of bn_forward, bn_backward, gemm, an optimiser
 * and softmax, on one thread and on all, in the near caches, L3 and memory. Nothing that was measured has a say, and
 * neither has the order of the cases, so that every run takes the same ones. Free by json_decref().
 */
json_t *bm_canary(const json_t *cases);

/* Is a case, of any result, one of these? */
bool bm_in_canary(const json_t *canary, const json_t *c);

#endif
