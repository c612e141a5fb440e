/* SPDX-License-Identifier: MIT */
/* partition.h - what was recorded of a call, and the rules that it is held against. */
#ifndef BATCHMARK_TEST_PARTITION_H
#define BATCHMARK_TEST_PARTITION_H

#include "problem.h"
#include "record.h"

struct tally {
    const struct bm_kernel *kernel;
    const struct bm_problem *problem;
    int threads; /* asked for */
    void *array[BM_MAX_OPERANDS];
    unsigned work_of; /* the operand whose elements are the work; problem->count: the scratch */
    const unsigned char *arena, *scratch;
    size_t scratch_bytes;
    const int *node_of;               /* of each thread */
    uint16_t *toucher;                /* of each page of the arena */
    size_t work[RECORD_MOST_THREADS]; /* elements that a thread wrote */
    size_t near; /* of all of them: those on pages that a thread of the writer's node touched first */
    size_t lines[BM_MAX_OPERANDS + 1],
        shared[BM_MAX_OPERANDS + 1]; /* of an operand: written; by two threads between barriers */
    size_t avoidable;                /* of all shared ones */
    size_t strays;                   /* elements written that are no output's and not scratch */
};

/* The largest output; if inputs are larger, what is summed goes through the scratch. */
unsigned tally_work_of(const struct bm_problem *problem);

/* Is there an order of rows or channels that decides which thread works where in every array? Products have none. */
bool tally_is_local(const struct bm_problem *problem);

/* Of record_run(): `to` is the tally. */
void tally_phase(const struct record_page *page, size_t pages, void *to);

struct balance {
    size_t all, largest, working;
};
struct balance tally_balance(const struct tally *t);

/* NULL, or which rule of docs/blocking.md, "Large nodes", is broken. */
const char *tally_balance_fault(const struct tally *t, const struct balance *b);
const char *tally_line_fault(const struct tally *t);
const char *tally_scratch_fault(const struct tally *t, size_t scratch_alone);
const char *tally_distance_fault(const struct tally *t, const struct balance *b);

#endif
