/* SPDX-License-Identifier: MIT */
/*
 * single_step.h - which instructions a call executes, and how often: a process of its own makes the call with the CPU's
 * trap flag set, which raises a signal after every instruction. Exact, and the same every time, where nothing counts
 * instructions for us: virtual machines seldom pass the CPU's counters on. It needs no permission, and is twice as fast
 * as ptrace; still a step takes some microseconds, so only small calls can be counted.
 */
#ifndef BATCHMARK_SINGLE_STEP_H
#define BATCHMARK_SINGLE_STEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "instruction.h"

struct bm_steps {
    uint64_t total;
    size_t count;                    /* different instructions, */
    struct bm_instruction *executed; /* by address; bm_disassemble() fills in what they are */
};

/* A call to step through. The process calls prepare(context) at full speed and then run(args), counting from its first
 * instruction to the one that returns. */
struct bm_stepped {
    void (*prepare)(void *context);
    void *context;
    void (*run)(const void *args);
    const void *args;
    uint64_t most; /* a call of more instructions is given up */
};

/* False, with the reason: the call is too long, it died, or this system has no trap flag; then there is nothing to
 * free. */
bool bm_step(const struct bm_stepped *call, struct bm_steps *steps, struct bm_error *error);

void bm_steps_free(struct bm_steps *steps);

#endif
