/* SPDX-License-Identifier: MIT */
/*
 * partition.c - how kernels share their work on nodes with 64 to 256 cores, without such a node: who writes what is recorded
 * (record.h), and held against the rules of docs/blocking.md, "Large nodes". usage: partition [--show] [KERNEL'S NAME, OR PART OF IT]
 *
 *   the default shapes   balance, idle threads, cache lines of two writers, scratch, pages near the thread that writes to them
 *   odd products         the bits of the naive kernel
 *
 * The machine is synthetic: 4 NUMA nodes of 64 cores, 8 of which share a last level.
 */
#include <hwloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "batchmark.h"
#include "call_caches.h"
#include "partition.h"
#include "problem.h"
#include "record.h"
#include "shape.h"
#include "topology.h"

#define MACHINE "pack:2 numa:2 l3:8(size=33554432) l2:8(size=524288) l1d:1(size=32768) core:1 pu:1"

static const char *only = "";
static bool show;
static unsigned cases, failures;

static void fail(const struct tally *t, const char *what)
{
    char label[BM_LABEL];
    const struct bm_problem *p = t->problem;
    failures++;
    printf("FAILED: %s, %s, %d threads: %s\n", t->kernel->name, bm_shape_label(p->op, &p->shape, label), t->threads,
           what);
}

/* ---- the machine ---- */

static int node_of[RECORD_MOST_THREADS]; /* of the core of each thread */

static void find_nodes(void)
{
    hwloc_topology_t machine;
    setenv("HWLOC_SYNTHETIC", MACHINE, 1);
    const struct bm_topology *t = bm_topology();
    if (t->cores_available < RECORD_MOST_THREADS || hwloc_topology_init(&machine) || hwloc_topology_load(machine))
        bm_die(BM_EXIT_INPUT, "hwloc does not make the machine of the test: %s", MACHINE);
    for (int i = 0; i < RECORD_MOST_THREADS; i++)
        node_of[i] = hwloc_bitmap_first(hwloc_get_pu_obj_by_os_index(machine, (unsigned)t->cpu[i])->nodeset);
    hwloc_topology_destroy(machine);
}

/* ---- who touches the pages of the arrays first ---- */

struct touch {
    const struct bm_arena *arena;
    const struct bm_problem *problem;
    int threads;
    uint16_t *toucher;
};

static void touched(const struct record_page *page, size_t pages, void *to)
{
    const struct touch *t = to;
    for (size_t i = 0; i < pages; i++)
        t->toucher[(size_t)(page[i].at - (unsigned char *)t->arena->pool.data) / RECORD_PAGE] = page[i].first;
}

static void touch(const void *of)
{
    const struct touch *t = of;
    bm_arena_touch(t->arena, t->problem, t->threads);
}

static void record_touch(struct touch *t)
{
    void *array[BM_MAX_OPERANDS];
    record_watch(t->arena->pool.data, t->arena->pool.map_bytes);
    const char *why = record_run(touch, t, touched, t);
    record_forget();
    if (why)
        bm_die(BM_EXIT_FAILED, "first touch of %s: %s", t->problem->op->name, why);
    bm_arena_arrays(t->arena, t->problem, 0, array);
    bm_problem_load(t->problem, array);
}

/* ---- a call ---- */

static void bind(const struct bm_kernel *k, const struct bm_problem *p, const struct bm_arena *arena, int threads,
                 union bm_args *args, void *array[], struct bm_buffer *scratch)
{
    memset(args, 0, sizeof *args);
    bm_arena_arrays(arena, p, 0, array);
    p->op->bind(&p->shape, array, args);
    args->means.threads = threads;
    args->means.caches = bm_call_caches();
    *scratch = bm_pool(bm_scratch_bytes(k, args), false);
    args->means.scratch = scratch->data;
    bm_problem_load_outputs(p, array);
}

/* The hash of the result on one thread. */
static uint64_t alone(const struct bm_kernel *k, const struct bm_problem *p, const struct bm_arena *arena,
                      size_t *scratch_bytes)
{
    union bm_args args;
    void *array[BM_MAX_OPERANDS];
    struct bm_buffer scratch;
    bind(k, p, arena, 1, &args, array, &scratch);
    k->run(&args);
    *scratch_bytes = scratch.bytes;
    bm_buffer_free(&scratch);
    return bm_problem_hash(p, array);
}

/* Runs it recorded; the result must be `want`. */
static void call(struct tally *t, const struct bm_arena *arena, uint64_t want)
{
    union bm_args args;
    struct bm_buffer scratch;
    bind(t->kernel, t->problem, arena, t->threads, &args, t->array, &scratch);
    record_watch(arena->pool.data, arena->pool.map_bytes);
    t->scratch = scratch.data;
    t->scratch_bytes = scratch.bytes;
    record_watch(scratch.data, scratch.map_bytes);
    const char *why = record_run(t->kernel->run, &args, tally_phase, t);
    record_forget();
    if (why)
        fail(t, why);
    if (t->strays)
        fail(t, "it writes to what is no output");
    if (bm_problem_hash(t->problem, t->array) != want)
        fail(t, "its result has other bits");
    bm_buffer_free(&scratch);
    cases++;
}

/* ---- the default shapes ---- */

static void show_case(const struct tally *t, const struct balance *b)
{
    char label[BM_LABEL];
    printf("%-28s %-44s %3d threads, %3zu at work: largest over mean %.3f; %zu KiB of scratch", t->kernel->name,
           bm_shape_label(t->problem->op, &t->problem->shape, label), t->threads, b->working,
           (double)b->largest * (double)b->working / (double)b->all, t->scratch_bytes >> 10);
    if (tally_is_local(t->problem))
        printf("; %.0f %% of it near", 100.0 * (double)t->near / (double)b->all);
    for (unsigned i = 0; i <= t->problem->count; i++)
        if (t->shared[i])
            printf("; %zu of %zu lines of %s shared", t->shared[i], t->lines[i],
                   i == t->problem->count ? "scratch" : t->problem->operand[i].name);
    putchar('\n');
}

static void share(struct tally *t, const struct bm_arena *arena)
{
    size_t scratch_alone;
    const char *why;
    call(t, arena, alone(t->kernel, t->problem, arena, &scratch_alone));
    const struct balance b = tally_balance(t);
    if ((why = tally_balance_fault(t, &b)) || (why = tally_line_fault(t)) ||
        (why = tally_scratch_fault(t, scratch_alone)) || (why = tally_distance_fault(t, &b)))
        fail(t, why);
    if (show || why)
        show_case(t, &b);
}

/* Recording has to take seconds: what only makes a call longer is cut. Rows and columns of products stay; of BN, channels are
 * cut to 64 in channels-last, then images. */
static void cut(const struct bm_op *op, struct bm_shape *s)
{
    const size_t most_elements = 1 << 18, most_steps = 32000000 / (s->M * s->N + 1) + 1; /* FLOPs for 256 threads */
    const bool bn = strcmp(op->family->name, "bn") == 0;
    if (strcmp(op->family->name, "gemm") == 0 && s->K > most_steps)
        s->K = most_steps;
    for (; bn && s->layout == BM_CHANNELS_LAST && s->N * s->C > most_elements && s->C > 64; s->C /= 2)
        ;
    for (; bn && s->N * s->C * s->S > 2 * most_elements && s->N % 2 == 0; s->N /= 2)
        ;
}

/* Kernels that share work by themselves. autovec_<ISA> is the text of autovec. */
static bool wanted(const struct bm_kernel *k, const struct bm_op *op)
{
    const size_t n = strlen(k->name);
    return k->op == op && k->omp && !k->peer && bm_runnable(k, NULL) && strcmp(k->name + n - 5, "_auto") != 0 &&
           !strstr(k->name, "autovec_avx") && !strstr(k->name, "autovec_sve") && !strstr(k->name, "autovec_neon") &&
           strstr(k->name, only);
}

static bool takes(const struct bm_kernel *k, const struct bm_problem *p, const struct bm_arena *arena)
{
    union bm_args args;
    void *array[BM_MAX_OPERANDS];
    memset(&args, 0, sizeof args);
    bm_arena_arrays(arena, p, 0, array);
    p->op->bind(&p->shape, array, &args);
    args.means.threads = 1;
    return !bm_refuses(k, &args);
}

/* Each kernel with each team. */
static void problem(const struct bm_op *op, const struct bm_shape *shape, enum bm_fill fill, const int *teams,
                    void (*each)(struct tally *t, const struct bm_arena *arena))
{
    struct bm_problem p;
    struct bm_arena arena;
    if (bm_problem_make_inputs(&p, op, shape, fill, 1))
        return; /* the op does not take the shape: gemm_s8 has no beta */
    bm_arena_make(&arena, &p, 1, false);
    uint16_t *toucher = bm_alloc(arena.pool.map_bytes / RECORD_PAGE * sizeof *toucher);
    for (; *teams; teams++) {
        if (tally_is_local(&p))
            record_touch(&(struct touch){ &arena, &p, *teams, toucher });
        for (size_t i = 0; bm_kernels[i]; i++) {
            struct tally t = { .kernel = bm_kernels[i],
                               .problem = &p,
                               .threads = *teams,
                               .work_of = tally_work_of(&p),
                               .arena = arena.pool.data,
                               .node_of = node_of,
                               .toucher = toucher };
            if (wanted(t.kernel, op) && takes(t.kernel, &p, &arena))
                each(&t, &arena);
        }
    }
    free(toucher);
    bm_arena_free(&arena);
    bm_problem_free(&p);
}

static void default_shapes(void)
{
    static const int teams[] = { 64, 256, 0 };
    struct bm_shape_list list = { 0 };
    struct bm_error error;
    if (!bm_shapes_load(&list, "quick", &error))
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    for (size_t l = 0; l < list.count; l++)
        for (size_t o = 0; bm_ops[o]; o++)
            if (bm_shape_fits(&list.line[l], bm_ops[o])) {
                struct bm_shape s = list.line[l].shape;
                cut(bm_ops[o], &s);
                problem(bm_ops[o], &s, BM_RANDOM, teams, share);
            }
    bm_shapes_free(&list);
}

/* ---- odd products ---- */

/* Exact data: every order of summation gives the bits of the naive kernel. Of the kernels that cut C into a grid. */
static void odd(struct tally *t, const struct bm_arena *arena)
{
    size_t scratch;
    if (!strstr(t->kernel->name, "tuned") && !strstr(t->kernel->name, "direct"))
        return;
    call(t, arena, alone(bm_find("gemm_naive"), t->problem, arena, &scratch));
    const char *why = tally_line_fault(t);
    if (why)
        fail(t, why);
}

static void odd_products(void)
{
    static const int teams[] = { 97, 256, 0 };
    /* More than one block of K; more rows than a block of a thread; columns of more than one block; fewer rows than threads;
     * one row; one column; padded rows; statistics. */
    static const char *const shapes[] = {
        "gemm M=131 N=257 K=1100 trans=NN",
        "gemm M=131 N=257 K=1100 trans=NT",
        "gemm M=259 N=131 K=1100 trans=TN",
        "gemm M=259 N=131 K=1100 trans=TT",
        "gemm M=2049 N=33 K=301 trans=NN",
        "gemm M=2049 N=33 K=301 trans=TT",
        "gemm M=31 N=2113 K=301 trans=NN pad=5",
        "gemm M=31 N=2113 K=301 trans=NT",
        "gemm M=1 N=4097 K=2100 trans=NN",
        "gemm M=5003 N=1 K=1025 trans=TN",
        "gemm M=767 N=1025 K=37 trans=NN beta=1 alpha=2",
        "gemm M=127 N=509 K=515 trans=NN epilogue=bias_relu",
        "gemm M=333 N=511 K=259 trans=NT epilogue=bias_bn_stats",
        "gemm M=513 N=640 K=129 trans=NN beta=-0.5",
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct bm_shape_line line;
        struct bm_error error;
        if (!bm_shape_parse(shapes[i], "odd products", &line, &error))
            bm_die(BM_EXIT_INPUT, "%s", error.text);
        problem(bm_find_op("gemm"), &line.shape, BM_EXACT, teams, odd);
    }
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--show") == 0)
            show = true;
        else
            only = argv[i];
    find_nodes();
    default_shapes();
    odd_products();
    if (record_teams() == 0)
        bm_die(BM_EXIT_INPUT, "no kernel started a team: only the OpenMP of GCC can be recorded");
    printf("%u calls recorded, %u failed\n", cases, failures);
    return failures ? BM_EXIT_FAILED : 0;
}
