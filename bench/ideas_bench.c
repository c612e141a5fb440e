/* SPDX-License-Identifier: MIT */
/* ideas_bench.c - bench --ideas: each ablation against its recipe, in pairs of neighbouring samples. */
#include <stdlib.h>
#include <string.h>

#include "ab.h"
#include "compare_print.h"
#include "ideas.h"

/* Where the code of a call of milliseconds lies makes little difference; eight places would take most of the time. */
enum { LONG_PLACES = 2 };

/* Seconds for each family of ops, bn and gemm, unless --time-cap says otherwise. */
static const double SECONDS = 150;

/* What is measured. Case i is of list.of[ablation[i]]. */
struct plan {
    const struct bm_bench_options *o;
    struct bm_ablations list;
    struct bm_pairs_run run;
    size_t *ablation;
    char (*label)[BM_LABEL]; /* of the shape of each case */
};

/* Without the idea the compiler may make the same code: nothing to measure. */
static void add_case(struct plan *p, size_t ablation, const struct bm_shape_line *line)
{
    const struct bm_ablation *a = &p->list.of[ablation];
    const struct bm_op *op = a->recipe->op;
    const size_t i = p->run.count++;
    struct bm_paired *c = &p->run.paired[i];
    p->ablation[i] = ablation;
    *c = (struct bm_paired){ .op = op,
                             .shape = bm_shape_label(op, &line->shape, p->label[i]),
                             .cache = bm_cache_names[BM_WARM],
                             .work = bm_work(op, &line->shape),
                             .kernel = { a->recipe->name, a->kernel.name },
                             .threads = { 1, 1 },
                             .figures.verdict = BM_PAIR_INCONCLUSIVE };
    if (bm_pair_same_code(p->run.side, c->kernel))
        c->figures = (struct bm_pair_figures){ .done = true, .verdict = BM_PAIR_IDENTICAL };
}

/* The cases of an op, shape by shape: those of a shape share arrays. */
static void plan_op(struct plan *p, const struct bm_op *op)
{
    const struct bm_shape_list *shapes = &p->o->common.shapes;
    for (size_t s = 0; s < shapes->count; s++)
        for (size_t i = 0; i < p->list.count && bm_shape_fits(&shapes->line[s], op); i++)
            if (p->list.of[i].recipe->op == op && bm_runnable(p->list.of[i].recipe, NULL))
                add_case(p, i, &shapes->line[s]);
}

static void load_sides(struct plan *p, const struct bm_op *op)
{
    struct bm_error error;
    char *path = bm_ideas_module(op);
    for (size_t s = 0; path && s < BM_PAIR_SIDES; s++)
        if (!bm_pair_side_add(&p->run.side[s], path, &error))
            bm_die(BM_EXIT_INPUT, "%s", error.text);
    free(path);
}

static void plan_all(struct plan *p)
{
    const size_t most = p->list.count * p->o->common.shapes.count + 1;
    bool bn = false, gemm = false;
    p->run.paired = bm_alloc(most * sizeof *p->run.paired);
    p->ablation = bm_alloc(most * sizeof *p->ablation);
    p->label = bm_alloc(most * sizeof *p->label);
    for (const struct bm_op *const *op = bm_ops; *op; op++) {
        const size_t before = p->run.count;
        load_sides(p, *op);
        plan_op(p, *op);
        if (p->run.count > before)
            *(strcmp((*op)->family->name, "gemm") == 0 ? &gemm : &bn) = true;
    }
    p->run.time_cap = p->o->time_cap >= 0 ? p->o->time_cap : SECONDS * (bn + gemm);
}

static void free_plan(struct plan *p)
{
    for (size_t s = 0; s < BM_PAIR_SIDES; s++)
        free(p->run.side[s].module);
    free(p->run.paired);
    free(p->ablation);
    free(p->label);
    free(p->list.of);
    json_decref(p->run.context);
}

static int status_of(const struct bm_pairs_run *run)
{
    size_t measured = 0;
    for (size_t i = 0; i < run->count; i++) {
        if (bm_pair_fault(run->paired[i].figures.verdict))
            return BM_EXIT_FAILED;
        measured += run->paired[i].figures.launches > 0 || run->paired[i].figures.verdict == BM_PAIR_IDENTICAL;
    }
    if (!measured && !bm_interrupted)
        bm_die(BM_EXIT_INPUT, "nothing was timed: every case was left out, for the reasons above");
    return bm_interrupted ? BM_EXIT_INTERRUPTED : BM_EXIT_OK;
}

int bm_bench_ideas(const struct bm_bench_options *o)
{
    struct bm_error error;
    struct plan p = { .o = o, .list = bm_ablations_load(&o->common),
                      .run = { .threshold = BM_PAIRS_THRESHOLD, .max_call = o->max_call, .long_places = LONG_PLACES,
                               .seed = o->common.seed } };
    plan_all(&p);
    if (!p.run.count)
        bm_die(BM_EXIT_USAGE, "nothing to do: no shape fits, or this CPU runs none of these kernels; see `batchmark list --ideas`");
    free(bm_ab_find_noise(&p.run));
    bm_catch_interrupts();
    const bool measured = bm_pairs_measure(&p.run, &error);
    bm_ideas_print(&p.run, &p.list, p.ablation, o->format, stdout);
    if (!measured)
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    const int status = status_of(&p.run);
    free_plan(&p);
    return status;
}
