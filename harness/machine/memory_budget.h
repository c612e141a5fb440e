/* SPDX-License-Identifier: MIT */
/* memory_budget.h - the memory that this process can have: of the machine, of the control groups around it, and of its
 * own limits (ulimit -v, -d), each less what is used of it. */
#ifndef BATCHMARK_MEMORY_BUDGET_H
#define BATCHMARK_MEMORY_BUDGET_H

#include "error.h"

struct bm_memory {
    double bytes;
    const char *bound; /* what sets it, for a sentence: "the control group's memory limit" */
};

/* Now. `root` as in cgroup.h. */
struct bm_memory bm_memory_left(const char *root);

/* At the first question, so that a process plans by one number, whatever it has taken since. Of it, measuring limits
 * may take a fifth, and the arrays of a case half; the rest is for what the heap keeps, libraries and stacks. */
struct bm_memory bm_memory_budget(void);
double bm_memory_for_limits(void);
double bm_memory_for_arrays(void);

/* Can `what` have so many bytes now? False: a sentence why not, which ends with `advice`. */
bool bm_memory_fits(double bytes, const char *what, const char *advice, struct bm_error *error);

#endif
