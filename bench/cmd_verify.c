/* SPDX-License-Identifier: MIT */
/* cmd_verify.c - batchmark verify: every kernel against the oracle, and the broken kernels of tests/mutants, which
 * must be rejected. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpu.h"
#include "ideas.h"
#include "known.h"
#include "options.h"
#include "progress.h"
#include "random_shape.h"
#include "result.h"
#include "tuning.h"
#include "verify.h"

/* Deliberately broken kernels, built in as the check of the check; ends with NULL. */
extern const struct bm_kernel *const bm_mutants[];

struct verify_options {
    struct bm_options common;
    const char *fill;
    long random;
    bool ideas;
};

struct tally {
    size_t passed, failed, refused;
    double worst, worst_of_fill[BM_FILL_COUNT];
    size_t checks_of_fill[BM_FILL_COUNT], missed_of_fill[BM_FILL_COUNT];
    char refusal[160], failure[512];
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct verify_options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        for (int i = 0; i <= BM_KERNEL_ARGPS; i++)
            state->child_inputs[i] = &o->common;
        return 0;
    case 'f': {
        const char *names[BM_FILL_COUNT + 1] = { NULL };
        memcpy(names, bm_fill_names, sizeof bm_fill_names);
        bm_read_word("--fill", arg, names);
        o->fill = arg;
        return 0;
    }
    case 'i': o->ideas = true; return 0;
    case 'R': o->random = bm_read_long("--random", arg, 1, 10000000); return 0;
    case ARGP_KEY_ARG: bm_die(BM_EXIT_USAGE, "unexpected argument '%s'", arg);
    default: return ARGP_ERR_UNKNOWN;
    }
}

static void add(struct tally *t, enum bm_fill fill, const struct bm_verification *v)
{
    t->worst = fmax(t->worst, v->worst);
    t->worst_of_fill[fill] = fmax(t->worst_of_fill[fill], v->worst);
    t->checks_of_fill[fill] += v->verdict != BM_REFUSED;
    switch (v->verdict) {
    case BM_PASSED: t->passed++; break;
    case BM_INACCURATE: t->missed_of_fill[fill]++; break;
    case BM_REFUSED:
        t->refused++;
        snprintf(t->refusal, sizeof t->refusal, "%.100s", v->text);
        break;
    case BM_WRONG:
        if (!t->failed++)
            snprintf(t->failure, sizeof t->failure, "%s", v->text);
        break;
    }
}

/* QEMU's TCG emulator reads the masked-off lanes of AVX2 masked loads, which the hardware promises not to touch: an
 * array that ends at an unreadable page faults there for no fault of the kernel's. */
static bool emulates_avx2(void)
{
    return bm_find_cpu().emulated && bm_isa_runs(BM_AVX2);
}

static void use_default_threads(struct bm_options *o)
{
    static const int counts[] = { 1, 2, 3, 7 };
    memcpy(o->threads, counts, sizeof counts);
    o->thread_counts = sizeof counts / sizeof counts[0];
}

struct run {
    const struct verify_options *o;
    int placements;
    const struct bm_kernel *const *kernels; /* those of the library, or the mutants */
    bool mutants;
    struct tally *tally; /* one a kernel */
    size_t failures;
    size_t problems; /* distinct (op, shape, fill) that were made */
    size_t shapes, shown; /* of all wanted ops; those that the progress has shown */
};

/* Of kernel i: one that is to be tried on problems of the op. A mutant that was rejected once is done with. */
static bool tried(const struct run *r, size_t i, const struct bm_op *op)
{
    const struct bm_kernel *k = r->kernels[i];
    return k->op == op && bm_wanted(&r->o->common, k) && bm_runnable(k, NULL) && !(r->mutants && r->tally[i].failed);
}

static bool any_tried(const struct run *r, const struct bm_op *op)
{
    for (size_t i = 0; r->kernels[i]; i++)
        if (tried(r, i, op))
            return true;
    return false;
}

/* All wanted kernels of an op on one shape and fill. */
static void verify_problem(struct run *r, const struct bm_op *op, const struct bm_shape *shape, enum bm_fill fill,
                           uint64_t seed)
{
    struct bm_problem p;
    struct bm_stage stage;
    char text[256], label[BM_LABEL];
    if (bm_interrupted || !any_tried(r, op) || bm_problem_make(&p, op, shape, fill, seed))
        return;
    r->problems++;
    if (fill == BM_RANDOM && !r->mutants && bm_bounds_too_wide(&p, text)) {
        printf("FAIL  oracle of %s on %s, seed %llu: %s\n", op->name, bm_shape_label(op, shape, label),
               (unsigned long long)seed, text);
        r->failures++;
    }
    bm_stage_make(&stage, &p, BM_PLACEMENTS);
    for (size_t i = 0; r->kernels[i]; i++) {
        const struct bm_kernel *k = r->kernels[i];
        struct tally *t = &r->tally[i];
        if (!tried(r, i, op))
            continue;
        struct bm_verification v = bm_verify(&stage, k, r->o->common.threads, r->o->common.thread_counts,
                                             r->placements);
        add(t, fill, &v);
        if (v.verdict == BM_WRONG && !r->mutants) {
            r->failures++;
            printf("FAIL  %s: %s\n      again: %s%s\n", k->name, v.text, v.command, r->o->ideas ? " --ideas" : "");
        }
    }
    bm_stage_free(&stage);
    bm_problem_free(&p);
}

static bool fill_wanted(const struct verify_options *o, int fill)
{
    return !o->fill || strcmp(o->fill, bm_fill_names[fill]) == 0;
}

static bool op_wanted(const struct run *r, const struct bm_op *op)
{
    for (const struct bm_kernel *const *k = r->kernels; *k; k++)
        if ((*k)->op == op && bm_wanted(&r->o->common, *k))
            return true;
    return false;
}

/* How many shapes there are to be tried, for the progress. */
static void count_shapes(struct run *r)
{
    r->shapes = r->shown = 0;
    for (const struct bm_op *const *op = bm_ops; *op; op++) {
        if (!op_wanted(r, *op))
            continue;
        r->shapes += (size_t)r->o->random;
        for (size_t i = 0; i < r->o->common.shapes.count && !r->o->random; i++)
            r->shapes += bm_shape_fits(&r->o->common.shapes.line[i], *op);
    }
}

static void verify_op(struct run *r, const struct bm_op *op)
{
    char label[BM_LABEL];
    const struct bm_options *c = &r->o->common;
    for (long i = 0; i < r->o->random && !bm_interrupted; i++) {
        struct bm_shape shape = bm_random_shape(op, c->seed, (uint64_t)i);
        if (i % 16 == 0)
            bm_progress(r->shown, r->shapes, op->name);
        r->shown++;
        int fill = (int)(i % BM_FILL_COUNT);
        if (fill_wanted(r->o, fill))
            verify_problem(r, op, &shape, (enum bm_fill)fill, c->seed + (uint64_t)i);
    }
    for (size_t i = 0; i < c->shapes.count && !r->o->random; i++) {
        const struct bm_shape_line *line = &c->shapes.line[i];
        if (!bm_shape_fits(line, op))
            continue;
        bm_progress(r->shown++, r->shapes, bm_shape_label(op, &line->shape, label));
        for (int fill = 0; fill < BM_FILL_COUNT; fill++)
            if (fill_wanted(r->o, fill))
                verify_problem(r, op, &line->shape, (enum bm_fill)fill, c->seed);
    }
    bm_progress(0, 0, NULL);
}

static size_t report_kernels(const struct run *r, const struct bm_op *op, size_t *skipped)
{
    size_t passed = 0;
    const int width = r->o->ideas ? 40 : 28;
    printf("\n%-*s %8s %6s %7s  %-11s\n", width + 2, op->name, "passed", "failed", "refused", "worst error");
    for (size_t i = 0; r->kernels[i]; i++) {
        const struct bm_kernel *k = r->kernels[i];
        const struct tally *t = &r->tally[i];
        const char *why;
        if (k->op != op || !bm_wanted(&r->o->common, k))
            continue;
        if (!bm_runnable(k, &why)) {
            printf("  %-*s skipped: %s\n", width, k->name, why);
            (*skipped)++;
            continue;
        }
        printf("  %-*s %8zu %6zu %7zu  %8.2f x bound%s%s\n", width, k->name, t->passed, t->failed, t->refused, t->worst,
               t->refused ? "; refused: " : "", t->refused ? t->refusal : "");
        for (int f = 0; f < BM_FILL_COUNT; f++)
            if (t->missed_of_fill[f])
                printf("    %s misses the bound on %s data in %zu of %zu checks, by up to %.3g times\n", k->peer,
                       bm_fill_names[f], t->missed_of_fill[f], t->checks_of_fill[f], t->worst_of_fill[f]);
        passed += t->passed;
    }
    return passed;
}

static void verify_mutants(struct run *r)
{
    count_shapes(r);
    for (const struct bm_op *const *op = bm_ops; *op; op++)
        if (op_wanted(r, *op))
            verify_op(r, *op);
}

/* A mutant may be right on random shapes or in one fill: then the whole list decides. */
static void verify_mutants_on_all(struct run *r, const struct verify_options *chosen)
{
    struct bm_error error;
    struct verify_options all = *chosen;
    all.fill = NULL;
    all.random = 0;
    memset(&all.common.shapes, 0, sizeof all.common.shapes);
    use_default_threads(&all.common);
    if (!bm_shapes_load(&all.common.shapes, "verify", &error))
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    r->o = &all;
    verify_mutants(r);
    r->o = chosen;
    bm_shapes_free(&all.common.shapes);
}

/* Every wanted mutant must have failed somewhere. Returns how many were let through. */
static size_t report_mutants(const struct run *r, size_t *rejected)
{
    size_t missed = 0;
    printf("\nBroken kernels (each must be rejected)\n");
    for (size_t i = 0; r->kernels[i]; i++) {
        const struct bm_kernel *k = r->kernels[i];
        if (!bm_wanted(&r->o->common, k) || !bm_runnable(k, NULL))
            continue;
        bool caught = r->tally[i].failed > 0;
        printf("  %-30s %s%s\n", k->name, caught ? "rejected: " : "NOT REJECTED", caught ? r->tally[i].failure : "");
        *rejected += caught;
        missed += !caught;
    }
    return missed;
}

/* What --json and --store keep: per kernel, what passed, and its largest error in units of the bound, per fill. */
static void write_json(const struct run *r, const char *path, int argc, char **argv)
{
    json_t *result = bm_result_new("verify", argc, argv, NULL), *list = bm_result_list(result, "verification");
    bm_result_set_tuning(result);
    for (size_t i = 0; r->kernels[i]; i++) {
        const struct bm_kernel *k = r->kernels[i];
        const struct tally *t = &r->tally[i];
        const char *why;
        if (!bm_wanted(&r->o->common, k))
            continue;
        json_t *fills = json_object();
        for (int f = 0; f < BM_FILL_COUNT; f++)
            if (t->checks_of_fill[f])
                json_object_set_new(
                    fills, bm_fill_names[f],
                    json_pack("{s:I, s:I, s:o}", "cases", (json_int_t)t->checks_of_fill[f], "missed",
                              (json_int_t)t->missed_of_fill[f], "worst_error",
                              isfinite(t->worst_of_fill[f]) ? json_real(t->worst_of_fill[f]) : json_null()));
        bm_runnable(k, &why);
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:I, s:I, s:I, s:s?, s:o}", "kernel", k->name, "op", k->op->name,
                                        "passed", (json_int_t)t->passed, "failed", (json_int_t)t->failed, "refused",
                                        (json_int_t)t->refused, "skipped", why, "fills", fills));
    }
    json_object_set_new(json_object_get(result, "batchmark"), "complete", json_boolean(!bm_interrupted));
    bm_store_result(&r->o->common, result, path);
    json_decref(result);
}

static size_t count(const struct bm_kernel *const *kernels)
{
    size_t n = 0;
    while (kernels[n])
        n++;
    return n;
}

/* The wanted kernels without single ideas; the list ends with NULL and lives as long as the program. */
static const struct bm_kernel *const *ideas_of(const struct bm_options *o)
{
    const struct bm_ablations list = bm_ablations_load(o);
    const struct bm_kernel **kernels = bm_alloc((list.count + 1) * sizeof *kernels);
    for (size_t i = 0; i < list.count; i++)
        kernels[i] = &list.of[i].kernel;
    kernels[list.count] = NULL;
    return kernels;
}

int bm_cmd_verify(int argc, char **argv)
{
    static const struct argp_option options[] = {
        { "fill", 'f', "NAME", 0, "Only this fill: exact, random, offset, constant, tiny, huge, special or extreme", 0 },
        { "random", 'R', "N", 0, "Soak: N random shapes an op (from --seed), fills in turn, instead of a shape file",
          0 },
        { "ideas", 'i', NULL, 0, "The tuned kernels without single ideas (`batchmark list --ideas`), nothing else", 0 },
        { 0 }
    };
    struct argp_child children[BM_KERNEL_ARGPS + 2] = { [BM_KERNEL_ARGPS] = { &bm_store_argp, 0, NULL, 0 } };
    memcpy(children, bm_kernel_argps, BM_KERNEL_ARGPS * sizeof *children);
    const struct argp argp = {
        options,
        parse,
        NULL,
        "Holds every kernel against a double-precision oracle with a derived error bound: exact data (equal to the "
        "last bit), random, "
        "offset, constant, tiny, huge, extreme and NaN data, in aligned, unaligned and page-end arrays, for several thread "
        "counts (default 1,2,3,7). "
        "Then checks that deliberately broken kernels are rejected. Exits with 1 if anything is wrong.\v"
        "Results must have equal bits for every thread count, but not those of peers (gemm_openblas, ...), which do "
        "not promise it; nor are peers run in page-end arrays, past whose end they may read. Peers must get exact data "
        "right, and random data to within 100 error bounds; what else they miss is told, and is no failure. "
        "Default shapes: the built-in list 'verify'.",
        children,
        NULL,
        NULL
    };
    struct verify_options o = { .common.seed = 1 };
    struct bm_error error;
    bm_parse(&argp, argc, argv, 0, &o);
    if (!o.common.shapes.count && !o.random && !bm_shapes_load(&o.common.shapes, "verify", &error))
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    if (!o.common.thread_counts)
        use_default_threads(&o.common);
    if (!o.ideas)
        bm_check_filters(&o.common);
    const struct bm_kernel *const *kernels = o.ideas ? ideas_of(&o.common) : bm_kernels;
    if (!o.ideas)
        bm_load_peers(&o.common);
    char *path = bm_store_path(&o.common, "verify");
    bm_use_tuning(&o.common);
    bm_catch_interrupts();

    struct run all = { .o = &o,
                       .placements = emulates_avx2() ? BM_FENCED : BM_PLACEMENTS,
                       .kernels = kernels,
                       .tally = calloc(count(kernels) + 1, sizeof(struct tally)) };
    struct run mutants = { .o = &o,
                           .placements = all.placements,
                           .kernels = bm_mutants,
                           .mutants = true,
                           .tally = calloc(count(bm_mutants) + 1, sizeof(struct tally)) };
    size_t passed = 0, skipped = 0, rejected = 0, missed = 0;
    if (all.placements < BM_PLACEMENTS)
        printf("NOTE: QEMU emulates this CPU and reads masked-off lanes: kernels are not tried on arrays that end at "
               "an unreadable page.\n");
    printf("Verifying on %s, seed %llu\n", bm_isa_name(bm_isa_best()), (unsigned long long)o.common.seed);
    count_shapes(&all);
    for (const struct bm_op *const *op = bm_ops; *op; op++)
        if (op_wanted(&all, *op)) {
            verify_op(&all, *op);
            passed += report_kernels(&all, *op, &skipped);
            fflush(stdout);
        }
    bool any_mutant = false;
    for (const struct bm_op *const *op = bm_ops; *op; op++)
        any_mutant = any_mutant || (!o.ideas && op_wanted(&mutants, *op));
    if (any_mutant) {
        verify_mutants(&mutants);
        if (o.random || o.fill)
            verify_mutants_on_all(&mutants, &o);
        missed = report_mutants(&mutants, &rejected);
    }
    printf("\n%zu checks passed on %zu problems, %zu failed, %zu kernels skipped", passed, all.problems, all.failures,
           skipped);
    if (any_mutant)
        printf(", %zu of %zu broken kernels rejected", rejected, rejected + missed);
    printf("\n");
    if (path)
        write_json(&all, path, argc, argv);
    free(path);
    free(all.tally);
    free(mutants.tally);
    bm_shapes_free(&o.common.shapes);
    if (bm_interrupted)
        return BM_EXIT_INTERRUPTED;
    if (!passed && !all.failures && !any_mutant)
        bm_die(BM_EXIT_USAGE,
               "nothing was verified: no runnable kernel matches the filters, or no shape fits; see `batchmark list`");
    return all.failures || missed ? BM_EXIT_FAILED : BM_EXIT_OK;
}
