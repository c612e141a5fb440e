/*
 * relu_forward_ignores_stride - relu_forward that takes every matrix for a dense one.
 *
 * Defect: rows are C apart, whatever the leading dimensions say.
 * Caught by: every fill in a shape with pad > 0 and more than one row: poison is left, and the gaps between rows
 * are written.
 */
#include "mutant.h"
#include "training_loop.h"

static void run(const union bm_args *args)
{
    union bm_args dense = *args;
    dense.relu.ldx = dense.relu.ldy = dense.relu.C;
    relu_forward_run(&dense);
}

BM_MUTANT(.run = run);
