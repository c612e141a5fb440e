/* SPDX-License-Identifier: MIT */
/*
 * ladder.h - what each step of effort buys: from naive code by way of the compiler's vectors, plain intrinsics, tuned
 * kernels and threads to one kernel that does the work of two. Of the warm cases of one run, never a peer's.
 */
#ifndef BATCHMARK_LADDER_H
#define BATCHMARK_LADDER_H

#include "page.h"
#include "totals.h"

enum { BM_LADDERS = 3, BM_RUNGS = 15 }; /* at most */

struct bm_rung {
    const char *name;    /* "plain AVX2" */
    const char *variant; /* behind the op in the kernel's name, "avx2" */
    const char *below;   /* the rung that its step is from; NULL: it is the lowest */
    bool fused;
    int threads;
    size_t contended;      /* of its cases */
    struct bm_total naive; /* from: the naive variant on one thread; to: this one */
    struct bm_total step;  /* from: the rung below; no cases: it is the lowest */
};

struct bm_ladder {
    const char *name, *op; /* "BN forward", "bn_forward" */
    size_t rungs;          /* 0: there is none, `missing` says why */
    struct bm_rung rung[BM_RUNGS];
    char missing[200]; /* rungs that the run does not have, "plain AVX2, fused" */
};

/* Those of a run. All rungs of a ladder are of the same shapes, which each of them has; but the fused one is of those
 * that the run has fused and apart. There the rung below is both ops, one after the other, on as many threads. */
void bm_ladders_of(const struct bm_run *run, struct bm_ladder ladder[static BM_LADDERS]);

/* "gain", "loss"; "inconclusive": the interval of the step, in two digits, includes 1, or is not known. "": the lowest
 * rung. */
const char *bm_rung_says(const struct bm_rung *rung);

/* The rung whose step is the largest gain; NULL: none is one. */
const struct bm_rung *bm_ladder_largest(const struct bm_ladder *ladder);

/* Their tables, and what is missing. `source`: what numbers link to; NULL: nothing. */
void bm_ladder_tables(struct bm_page *page, const struct bm_ladder *ladder, const struct bm_source *source);

#endif
