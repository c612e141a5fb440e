/* case_table.h - a result of bench as tables on a terminal. */
#ifndef BATCHMARK_CASE_TABLE_H
#define BATCHMARK_CASE_TABLE_H

#include <stdio.h>

#include "ratio.h"

/* Rates as people quote them: GFLOP/s where a byte takes many operations, GB/s of compulsory traffic elsewhere. */
bool bm_counts_flops(const struct bm_run_case *c);

/* "108.9 GFLOP/s" */
const char *bm_rate_text(const struct bm_run_case *c, char text[static 24]);

/* Half the 95 % interval over the median, "0.3%"; "-" below the launches that give one. */
const char *bm_interval_text(const struct bm_run_case *c, char text[static 16]);

/* The end of the cases from `begin` on that have its op, shape and origin. */
size_t bm_case_group_end(const struct bm_run *run, size_t begin);

/* How many times faster than the naive variant of its group in the same cache state; no launches: there is none. */
struct bm_ratio bm_over_naive(const struct bm_run_case *group, size_t count, const struct bm_run_case *c);

/* All cases, a table an op and shape. */
void bm_print_cases(FILE *file, const struct bm_run *run);

/* Those of ops and kernels that match (NULL: all). */
void bm_print_matching_cases(FILE *file, const struct bm_run *run, const char *op, const char *kernel);

#endif
