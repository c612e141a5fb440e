/* SPDX-License-Identifier: MIT */
/* part_machine_door.c - what the machine can do, and how near our fastest kernels come to it, op by op. */
#include <math.h>
#include <string.h>

#include "cases.h"
#include "kernel.h"
#include "part_common.h"
#include "parts.h"
#include "roofs.h"
#include "scaling_pairs.h"

enum { MOST_OPS = 32, MOST_ROWS = 12 };

/* ---- what the machine can do ---- */

static void put_limits(struct bm_page *page, const struct bm_source *s, int threads)
{
    struct bm_roofs roofs;
    bm_roofs_of(s, threads, &roofs);
    if (!roofs.isas) {
        bm_page_missing(page, "batchmark machine --store", "measured limits of this machine with %d thread%+.", threads);
        return;
    }
    size_t best = 0;
    for (size_t i = 1; i < roofs.isas; i++)
        if (strncmp(roofs.isa[i], "avx512bf16", 10) != 0 && !(roofs.fma[i].x <= roofs.fma[best].x))
            best = i;
    bm_page_paragraph(page,
                      "With %d thread%+ this machine does at most %v of fused multiply-adds in single precision (%s), and moves %v "
                      "from and to L1, %v L2, %v L3 and %v memory, as measured.",
                      threads, roofs.fma[best], bm_isa_title(roofs.isa[best]), roofs.level[0], roofs.level[1],
                      roofs.level[2], roofs.level[3]);
}

/* ---- op by op ---- */

/* Our fastest kernels of an op on so many threads: their limits, and naive code's times on one thread. */
struct op_totals {
    struct bm_total limit, naive;
    bool contended;
};

static struct op_totals total_of(const struct bm_run *run, const char *op, int threads)
{
    struct bm_totals limit = { 0 }, naive = { 0 };
    struct op_totals t = { .contended = false };
    for (const struct bm_run_case *c = run->cased; c < run->cased + run->cases; c++) {
        if (strcmp(c->op, op) != 0 || c->threads != threads || !bm_case_is_warm(c) ||
            bm_case_fastest(run, c, threads, false) != c)
            continue;
        const struct bm_run_case *plain = bm_case_beside(run, c, "naive", 1);
        if (c->bound_s > 0)
            bm_totals_add_limit(&limit, c);
        if (plain)
            bm_totals_add(&naive, plain, c);
        t.contended |= c->contended;
    }
    t.limit = bm_totals_end(&limit);
    t.naive = bm_totals_end(&naive);
    return t;
}

static size_t ops_of(const struct bm_run *run, const char *op[static MOST_OPS])
{
    size_t n = 0;
    for (int rank = 0; rank < 3; rank++)
        for (size_t i = 0; i < run->cases && n < MOST_OPS; i++) {
            bool known = bm_op_rank(run->cased[i].op) != rank || !bm_case_is_warm(&run->cased[i]);
            for (size_t k = 0; k < n && !known; k++)
                known = strcmp(op[k], run->cased[i].op) == 0;
            if (!known)
                op[n++] = run->cased[i].op;
        }
    return n;
}

/* Cells of one number of threads; returns whether others used the cores. */
static bool add_cells(struct bm_grid *grid, const struct bm_source *s, const char *op, int threads)
{
    const struct op_totals t = total_of(&s->run, op, threads);
    bm_grid_cell(grid, "%v%s|%r|%v", bm_derived(100 * t.limit.ratio, BM_UNIT_PERCENT, s), t.contended ? "\u00a0*" : "",
                 bm_range_of(t.limit.interval, 100, BM_UNIT_PERCENT, s), bm_derived(t.naive.ratio, BM_UNIT_TIMES, s));
    return t.contended;
}

static void put_ops(struct bm_page *page, const struct bm_source *s, int few, int many)
{
    const char *op[MOST_OPS] = { NULL };
    const size_t n = ops_of(&s->run, op), shown = n < MOST_ROWS ? n : MOST_ROWS;
    char heads[8][48] = { "op", "shapes" };
    const char *column[10] = { heads[0], heads[1] };
    size_t columns = 2;
    for (int pass = 0; pass < (many > few ? 2 : 1); pass++) {
        const int threads = pass ? many : few;
        snprintf(heads[2 + pass], sizeof heads[0], "of the limit, %d thread%s", threads, bm_plural((size_t)threads));
        snprintf(heads[4 + pass], sizeof heads[0], "over naive, %d thread%s", threads, bm_plural((size_t)threads));
        column[columns++] = heads[2 + pass];
        column[columns++] = "95 % from";
        column[columns++] = "to";
        column[columns++] = heads[4 + pass];
    }
    struct bm_grid *grid = bm_grid_of(page, "ops-in-short", "Our fastest kernels, by total time over the shapes of an op",
                                      column, columns);
    bool contended = false;
    for (size_t i = 0; i < shown; i++) {
        bm_grid_row(grid, "%w|%d", op[i], (int)total_of(&s->run, op[i], few).limit.cases);
        contended |= add_cells(grid, s, op[i], few);
        if (many > few)
            contended |= add_cells(grid, s, op[i], many);
    }
    bm_page_table(page, grid);
    bm_page_paragraph(page,
                      "The limit of a shape is the time that its bytes or its operations take at least, at the rates that "
                      "were measured here. Naive code runs on one thread.%s%s",
                      contended ? " * Others used the cores meanwhile: these kernels can do better." : "",
                      n > shown ? " Other ops are on the sheet." : "");
}

void bm_part_machine_door(struct bm_page *page, const struct bm_library *library)
{
    const struct bm_source *s = bm_library_bench(library);
    int threads[BM_MOST_COUNTS] = { 1 };
    bm_page_part(page, "door-machine", "Machine and kernels");
    const size_t counts = s ? bm_thread_counts(&s->run, threads) : 0;
    if (!counts) {
        bm_page_missing(page, "make bench", "times of kernels on this machine.");
        return;
    }
    put_limits(page, s, threads[counts - 1]);
    put_ops(page, s, threads[0], threads[counts - 1]);
}
