/* SPDX-License-Identifier: MIT */
/* ideas.h - tuned kernels without one idea of their recipe (kernels/engine/idea.h), and what the ideas bring. */
#ifndef BATCHMARK_IDEAS_H
#define BATCHMARK_IDEAS_H

#include "pairs_run.h"
#include "plan.h"

/* <recipe>_without_<idea> */
struct bm_ablation {
    const struct bm_kernel *recipe; /* of this program */
    const char *idea, *purpose;
    struct bm_kernel kernel;
};

struct bm_ablations {
    size_t count;
    struct bm_ablation *of;
};

/* ---- ideas.c: the modules that `make ideas` builds ---- */

/* Those that pass the filters, in the order of the recipes. Exits with the reason if they are not built, or of another build
 * than this program, or none passes. They stay loaded. */
struct bm_ablations bm_ablations_load(const struct bm_options *options);

/* The file of an op's module, or NULL; free() it. */
char *bm_ideas_module(const struct bm_op *op);

/* ---- ideas_bench.c, ideas_print.c: bench --ideas ---- */

/* Times each against its recipe, on all shapes that fit, and prints what the idea brings. */
int bm_bench_ideas(const struct bm_bench_options *options);

/* Case i of the run is that of list.of[ablation[i]]; A is the recipe. */
void bm_ideas_print(const struct bm_pairs_run *run, const struct bm_ablations *list, const size_t *ablation, int format,
                    FILE *out);

#endif
