/* SPDX-License-Identifier: MIT */
#include "ladder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "part_common.h"

/* ---- the rungs ---- */

/* On one thread. The step is from the first of `below` that is there, or else from the rung before. */
static const struct serial {
    const char *name, *variant, *below[2];
} serial[] = {
    { "naive", "naive", { NULL } },
    { "autovec", "autovec", { NULL } },
    { "autovec AVX2", "autovec_avx2", { NULL } },
    { "plain AVX2", "avx2", { NULL } },
    { "tuned AVX2", "avx2_tuned", { NULL } },
    { "autovec AVX-512", "autovec_avx512", { "autovec AVX2", "autovec" } },
    { "plain AVX-512", "avx512", { "autovec AVX-512", "plain AVX2" } },
    { "tuned AVX-512", "avx512_tuned", { NULL } },
    { "autovec NEON", "autovec_neon", { NULL } },
    { "plain NEON", "neon", { NULL } },
    { "tuned NEON", "neon_tuned", { NULL } },
    { "autovec SVE", "autovec_sve", { "autovec NEON", NULL } },
    { "plain SVE", "sve", { "autovec SVE", "plain NEON" } },
};
static const char *const parallel[] = { "avx2_omp_tuned", "avx512_omp_tuned", "neon_omp_tuned" }; /* the fastest is a rung */
enum { PARALLEL = sizeof parallel / sizeof *parallel };

/* `with` one after the other with `op` is what `fused` does alone. */
static const struct work {
    const char *name, *op, *with, *fused;
} works[BM_LADDERS] = {
    { "BN forward", "bn_forward", "relu_forward", "bn_relu_forward" },
    { "BN backward", "bn_backward", "relu_backward", "bn_relu_backward" },
    { "GEMM", "gemm", "relu_forward", "gemm" },
};

/* Of any origin; shape NULL: the first of any. NULL: none. */
static const struct bm_run_case *find(const struct bm_run *run, const char *op, const char *variant, int threads,
                                      const char *shape)
{
    for (size_t i = 0; i < run->cases; i++) {
        const struct bm_run_case *c = &run->cased[i];
        if (c->threads == threads && bm_case_is_warm(c) && strcmp(c->op, op) == 0 && strcmp(bm_case_variant(c), variant) == 0 &&
            (!shape || strcmp(c->shape, shape) == 0))
            return c;
    }
    return NULL;
}

/* The next naive case behind `last` (NULL: the first) whose shape no other before it has; NULL: none. */
static const struct bm_run_case *next_naive(const struct bm_run *run, const char *op, const struct bm_run_case *last)
{
    for (const struct bm_run_case *c = last ? last + 1 : run->cased; c < run->cased + run->cases; c++)
        if (strcmp(c->op, op) == 0 && find(run, op, "naive", 1, c->shape) == c)
            return c;
    return NULL;
}

static const struct bm_rung *rung_named(const struct bm_ladder *l, const char *name)
{
    for (const struct bm_rung *r = l->rung; name && r < l->rung + l->rungs; r++)
        if (strcmp(r->name, name) == 0)
            return r;
    return NULL;
}

/* below: two names, or NULL. */
static void add_rung(struct bm_ladder *l, const char *name, const char *variant, int threads, const char *const *below)
{
    const char *before = l->rungs ? l->rung[l->rungs - 1].name : NULL;
    for (int i = 1; below && i >= 0; i--)
        if (rung_named(l, below[i]))
            before = below[i];
    l->rung[l->rungs++] = (struct bm_rung){ .name = name, .variant = variant, .below = before, .threads = threads };
}

static void miss(struct bm_ladder *l, const char *name)
{
    const size_t n = strlen(l->missing);
    snprintf(l->missing + n, sizeof l->missing - n, "%s%s", n ? ", " : "", name);
}

/* Of the ones on many threads that which takes least in all, over the shapes that any has; NULL: there is none. */
static const char *fastest_of(const struct bm_run *run, const char *op, int threads)
{
    double sum[PARALLEL] = { 0 };
    size_t best = 0;
    for (const struct bm_run_case *c = NULL; (c = next_naive(run, op, c));) {
        const struct bm_run_case *found[PARALLEL];
        bool any = false;
        for (size_t i = 0; i < PARALLEL; i++)
            any |= (found[i] = find(run, op, parallel[i], threads, c->shape)) != NULL;
        for (size_t i = 0; any && i < PARALLEL; i++)
            sum[i] += found[i] ? found[i]->stats.median : INFINITY;
    }
    for (size_t i = 1; i < PARALLEL; i++)
        best = sum[i] < sum[best] ? i : best;
    return sum[best] > 0 ? parallel[best] : NULL;
}

static bool any_of(const struct bm_run *run, const char *isa)
{
    for (size_t i = 0; i < run->cases; i++)
        if (strstr(bm_case_variant(&run->cased[i]), isa))
            return true;
    return false;
}

/* An ISA that nothing of the run has is none that is missing; AVX2 is, but for a run on ARM. */
static bool is_expected(const struct bm_run *run, const char *variant)
{
    return strstr(variant, "avx512") ? any_of(run, "avx512")
           : strstr(variant, "neon") ? any_of(run, "neon")
           : strstr(variant, "sve")  ? any_of(run, "sve")
                                     : !strstr(variant, "avx2") || !any_of(run, "neon");
}

/* Which rungs the run has. */
static void find_rungs(const struct bm_run *run, struct bm_ladder *l)
{
    int threads = 1;
    for (size_t i = 0; i < run->cases; i++)
        threads = run->cased[i].threads > threads ? run->cased[i].threads : threads;
    for (const struct serial *s = serial; s < serial + sizeof serial / sizeof *serial; s++)
        if (find(run, l->op, s->variant, 1, NULL))
            add_rung(l, s->name, s->variant, 1, s->below);
        else if (is_expected(run, s->variant))
            miss(l, s->name);
    const char *variant = threads > 1 ? fastest_of(run, l->op, threads) : NULL;
    if (variant)
        add_rung(l, "OpenMP", variant, threads, NULL);
    else
        miss(l, "OpenMP");
}

/* ---- their times ---- */

static bool all_have(const struct bm_run *run, const struct bm_ladder *l, const char *shape)
{
    for (const struct bm_rung *r = l->rung; r < l->rung + l->rungs; r++)
        if (!find(run, l->op, r->variant, r->threads, shape))
            return false;
    return true;
}

static void add_up(const struct bm_run *run, struct bm_ladder *l)
{
    struct bm_totals naive[BM_RUNGS] = { { 0 } }, step[BM_RUNGS] = { { 0 } };
    for (const struct bm_run_case *c = NULL; (c = next_naive(run, l->op, c));) {
        if (!all_have(run, l, c->shape))
            continue;
        for (size_t i = 0; i < l->rungs; i++) {
            struct bm_rung *r = &l->rung[i];
            const struct bm_run_case *own = find(run, l->op, r->variant, r->threads, c->shape);
            bm_totals_add(&naive[i], c, own);
            r->contended += own->contended;
            if (r->below) {
                const struct bm_rung *b = rung_named(l, r->below);
                bm_totals_add(&step[i], find(run, l->op, b->variant, b->threads, c->shape), own);
            }
        }
    }
    for (size_t i = 0; i < l->rungs; i++) {
        l->rung[i].naive = bm_totals_end(&naive[i]);
        l->rung[i].step = bm_totals_end(&step[i]);
    }
}

/* ---- two ops as one ---- */

/* Two cases one after the other, as one case: launch by launch. free() its launches. */
static struct bm_run_case one_after_the_other(const struct bm_run_case *a, const struct bm_run_case *b)
{
    struct bm_run_case sum = { .launch = bm_alloc((a->launches + 1) * sizeof *sum.launch),
                               .stats.median = a->stats.median + b->stats.median };
    for (size_t i = 0; i < a->launches; i++) {
        const struct bm_run_launch *one = &a->launch[i], *other = bm_run_launch_of(b, one->launch);
        if (other)
            sum.launch[sum.launches++] =
                (struct bm_run_launch){ .launch = one->launch, .median_s = one->median_s + other->median_s };
    }
    return sum;
}

static void add_both(struct bm_totals *t, const struct bm_run_case *a, const struct bm_run_case *b,
                     const struct bm_run_case *to)
{
    const struct bm_run_case from = one_after_the_other(a, b);
    bm_totals_add(t, &from, to);
    free(from.launch);
}

/* The shapes of the activation alone, and of both, for one of the op. False: there are none. */
static bool fused_shapes(const struct work *w, const char *shape, char with[static 64], char fused[static 300])
{
    unsigned long long m, n;
    const size_t end = strlen(shape);
    if (strcmp(w->op, w->fused) != 0)
        return snprintf(with, 64, "%s", shape) < 64 && snprintf(fused, 300, "%s", shape) < 300;
    if (end < 14 || strcmp(shape + end - 14, " epilogue=bias") != 0 || sscanf(shape, "M=%llu N=%llu", &m, &n) != 2)
        return false;
    snprintf(with, 64, "N=%llu C=%llu", m, n);
    return snprintf(fused, 300, "%s_relu", shape) < 300;
}

/* An activation's kernels have one form, which is called as the plain one. */
static const char *untuned(const char *variant, char text[static 32])
{
    snprintf(text, 32, "%s", variant);
    if (strlen(text) > 6 && strcmp(text + strlen(text) - 6, "_tuned") == 0)
        text[strlen(text) - 6] = '\0';
    return text;
}

static void add_fused(const struct bm_run *run, const struct work *w, struct bm_ladder *l)
{
    const struct bm_rung *top = &l->rung[l->rungs - 1];
    struct bm_totals naive = { 0 }, step = { 0 };
    struct bm_rung rung = {
        .name = "fused", .variant = top->variant, .below = "both apart", .fused = true, .threads = top->threads
    };
    char with[64], fused[300], plain[32];
    untuned(top->variant, plain);
    for (const struct bm_run_case *c = NULL; strstr(top->variant, "tuned") && (c = next_naive(run, l->op, c));) {
        if (!fused_shapes(w, c->shape, with, fused))
            continue;
        const struct bm_run_case *slow = find(run, w->with, "naive", 1, with),
                                 *first = find(run, w->op, top->variant, top->threads, c->shape),
                                 *second = find(run, w->with, plain, top->threads, with),
                                 *own = find(run, w->fused, top->variant, top->threads, fused);
        if (!slow || !first || !second || !own)
            continue;
        add_both(&naive, c, slow, own);
        add_both(&step, first, second, own);
        rung.contended += own->contended;
    }
    rung.naive = bm_totals_end(&naive);
    rung.step = bm_totals_end(&step);
    if (rung.step.cases)
        l->rung[l->rungs++] = rung;
    else
        miss(l, rung.name);
}

void bm_ladders_of(const struct bm_run *run, struct bm_ladder ladder[static BM_LADDERS])
{
    for (size_t i = 0; i < BM_LADDERS; i++) {
        struct bm_ladder *l = &ladder[i];
        *l = (struct bm_ladder){ .name = works[i].name, .op = works[i].op };
        find_rungs(run, l);
        if (l->rungs && strcmp(l->rung[0].variant, "naive") == 0)
            add_up(run, l);
        if (l->rungs < 2 || !l->rung[0].naive.cases)
            l->rungs = 0;
        else
            add_fused(run, &works[i], l);
    }
}

/* ---- what they say ---- */

const char *bm_rung_says(const struct bm_rung *rung)
{
    const struct bm_interval *i = &rung->step.interval;
    if (!rung->step.cases)
        return "";
    return !bm_interval_known(i) ? "inconclusive"
           : i->low >= 1.005     ? "gain"
           : i->high < 0.995     ? "loss"
                                 : "inconclusive";
}

const struct bm_rung *bm_ladder_largest(const struct bm_ladder *ladder)
{
    const struct bm_rung *largest = NULL;
    for (const struct bm_rung *r = ladder->rung; r < ladder->rung + ladder->rungs; r++)
        if (strcmp(bm_rung_says(r), "gain") == 0 && (!largest || r->step.ratio > largest->step.ratio))
            largest = r;
    return largest;
}

static void put_table(struct bm_page *page, const struct bm_ladder *l, const struct bm_source *source)
{
    char id[40], caption[100];
    const size_t shapes = l->rungs ? l->rung[0].naive.cases : 0;
    snprintf(id, sizeof id, "ladder-%s", l->op);
    for (char *c = id; *c; c++)
        *c = *c == '_' ? '-' : *c;
    snprintf(caption, sizeof caption, "%s: total time of a call on each of %zu shape%s", l->name, shapes,
             bm_plural(shapes));
    struct bm_grid *grid = bm_grid_new(page, id, caption, "rung", "thr", "time", "over naive", "from", "to", "step",
                                       "step from", "step to", "says", NULL);
    for (const struct bm_rung *r = l->rung; r < l->rung + l->rungs; r++) {
        const struct bm_total *naive = &r->naive, *step = &r->step;
        bm_grid_row(grid, "%s|%d|%v%s|%v|%r|%v|%r|%s", r->name, r->threads,
                    bm_derived(naive->to_s, BM_UNIT_SECONDS, source), r->contended ? "\u00a0*" : "",
                    bm_derived(naive->ratio, BM_UNIT_TIMES, source), bm_range_of(naive->interval, 1, BM_UNIT_TIMES, source),
                    bm_derived(step->ratio, BM_UNIT_TIMES, source), bm_range_of(step->interval, 1, BM_UNIT_TIMES, source),
                    bm_rung_says(r));
    }
    bm_page_table(page, grid);
}

/* What the names of the rungs leave open, and what is not there. */
static void put_notes(struct bm_page *page, const struct bm_ladder *l, const struct work *w)
{
    char fused[200] = "", missing[300] = "";
    if (!l->rungs) {
        bm_page_missing(page, "batchmark bench --shapes ladder --store", "%s: no shape was timed by naive and other kernels.",
                        l->name);
        return;
    }
    const struct bm_rung *top = &l->rung[l->rungs - 1];
    if (top->fused)
        snprintf(fused, sizeof fused, " fused: %s%s over %s and %s apart, on %zu shape%s.", w->fused,
                 strcmp(w->op, w->fused) == 0 ? " with bias and ReLU" : "", w->op, w->with, top->naive.cases,
                 bm_plural(top->naive.cases));
    if (*l->missing)
        snprintf(missing, sizeof missing, " Not in this result: %s.", l->missing);
    bm_page_paragraph(page, "%s: the top rung is %s_%s.%s%s", l->name, l->op, top->variant, fused, missing);
}

void bm_ladder_tables(struct bm_page *page, const struct bm_ladder *ladder, const struct bm_source *source)
{
    bool any = false, contended = false;
    for (size_t i = 0; i < BM_LADDERS; i++) {
        any |= ladder[i].rungs > 0;
        put_table(page, &ladder[i], source);
        put_notes(page, &ladder[i], &works[i]);
        for (size_t k = 0; k < ladder[i].rungs; k++)
            contended |= ladder[i].rung[k].contended > 0;
    }
    if (any)
        bm_page_paragraph(page,
                          "over naive: total time of the naive kernels on one thread over that of this rung. step: "
                          "that of the rung below over that of this one; autovec AVX2 is below autovec AVX-512, and "
                          "both ops apart are below the fused one. from, to: 95 %% intervals. A step whose interval "
                          "includes 1 is inconclusive, and no gain.");
    if (contended)
        bm_page_paragraph(page, "* Others used the cores of some of these cases nearly all the time: they are slower "
                                "than the kernels are.");
}
