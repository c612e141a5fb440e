/* case_table.h - a result of bench as tables on a terminal. */
#ifndef BATCHMARK_CASE_TABLE_H
#define BATCHMARK_CASE_TABLE_H

#include <stdio.h>

#include "run.h"

/* Rates as people quote them: GFLOP/s where a byte takes many operations, GB/s of compulsory traffic elsewhere. */
bool bm_counts_flops(const struct bm_run_case *c);

/* All cases, a table an op and shape. */
void bm_print_cases(FILE *file, const struct bm_run *run);

#endif
