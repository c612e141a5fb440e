/* SPDX-License-Identifier: MIT */
/* disassemble.h - the tools that know instruction sets: objdump (binutils), and llvm-mca, which knows CPUs. Both are
 * programs that are looked for when they are needed. */
#ifndef BATCHMARK_DISASSEMBLE_H
#define BATCHMARK_DISASSEMBLE_H

#include "single_step.h"

/* Fills in text, length and class of what was executed, by objdump. False, with the reason: it is not there, or it does
 * not know an instruction. */
bool bm_disassemble(struct bm_steps *steps, struct bm_error *error);

/* The CPUs that loops are predicted for, as LLVM calls them. */
enum { BM_PREDICTED_CPUS = 6 };
extern const char *const bm_predicted_cpus[BM_PREDICTED_CPUS];

struct bm_prediction {
    double cycles; /* of one pass of the loop; NaN: unknown */
    char why[128]; /* it is unknown */
};

/* llvm-mca's path, the newest that PATH has, and its version ("19.1.7"); NULL: there is none. free() both. */
char *bm_find_mca(char **version);

/* How many cycles CPU number `cpu` needs for a pass of the loop in the long run, if all its data are in L1 and no jump
 * is mispredicted. */
struct bm_prediction bm_predict_loop(const char *mca, int cpu, const struct bm_instruction *loop, size_t count);

#endif
