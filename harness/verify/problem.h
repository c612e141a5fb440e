/* SPDX-License-Identifier: MIT */
/* problem.h - one op on one shape with one fill: its inputs, and what the double-precision oracle says must come out.
 * Made once, then every kernel is held against it. */
#ifndef BATCHMARK_PROBLEM_H
#define BATCHMARK_PROBLEM_H

#include "abi.h"
#include "batchmark.h"

struct bm_problem {
    const struct bm_op *op;
    struct bm_shape shape; /* the fill may have changed constants */
    struct bm_shape asked; /* as it was given: what reproduces it */
    enum bm_fill fill;
    uint64_t seed;
    bool solved;
    unsigned count;
    struct bm_operand operand[BM_MAX_OPERANDS];
    void *pristine[BM_MAX_OPERANDS]; /* the arrays before a call; outputs and padding are poison (a NaN) */
    double *want[BM_MAX_OPERANDS], *bound[BM_MAX_OPERANDS]; /* dense rows x cols; NULL: input, or not solved */
};

extern const char *const bm_fill_names[BM_FILL_COUNT];

/* Elements, and bytes, from the first to one past the last of an operand. */
size_t bm_footprint(const struct bm_operand *operand);
size_t bm_footprint_bytes(const struct bm_operand *operand);

/* What it takes with its oracle, in every placement, and in a warm arena. */
double bm_problem_bytes(const struct bm_problem *problem);

/* NULL when made; otherwise why there is no such problem: the op refuses the shape, the fill means nothing for
 * it, or there is not the memory for it. */
const char *bm_problem_make(struct bm_problem *p, const struct bm_op *op, const struct bm_shape *shape,
                            enum bm_fill fill, uint64_t seed);
/* The same without the oracle, which takes most of the time; bm_problem_solve() asks it, once. */
const char *bm_problem_make_inputs(struct bm_problem *p, const struct bm_op *op, const struct bm_shape *shape,
                                   enum bm_fill fill, uint64_t seed);
void bm_problem_solve(struct bm_problem *p);
void bm_problem_free(struct bm_problem *p);

/* Does a call of another build mean the same arrays? */
bool bm_problem_fits_call(const struct bm_problem *p, const struct bm_abi_call *call);

/* Copies the pristine arrays: all, or those that a kernel writes to. */
void bm_problem_load(const struct bm_problem *p, void *const array[]);
void bm_problem_load_outputs(const struct bm_problem *p, void *const array[]);

/* A hash of the outputs' bits: two results with the same hash are the same. */
uint64_t bm_problem_hash(const struct bm_problem *p, void *const array[]);

/* How far a result is from the oracle. */
struct bm_difference {
    bool wrong;
    double worst;        /* largest |got - want| / bound */
    const char *operand; /* where that is, or where something was touched that must not be */
    size_t row, col;
    double got, want, bound;
    const char *touched; /* NULL, or "input" or "padding": it was written */
};
struct bm_difference bm_problem_check(const struct bm_problem *p, void *const array[]);

#endif
