/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "kernel.h"
#include "markup.h"
#include "part_common.h"
#include "parts.h"
#include "plot.h"
#include "roofs.h"
#include "scaling_pairs.h"
#include "works.h"

enum { MOST_ROWS = 32, MOST_OPS = 24 };

/* The cases that one picture shows. */
struct view {
    struct bm_page *page;
    const struct bm_source *source;
    struct bm_roofs roofs;
    const char *op; /* NULL: the fastest of our variants of all ops */
    int threads;
    bool wide; /* as wide as the page */
};

static double share_of(const struct bm_run_case *c) { return 100 * c->bound_s / c->stats.median; }
static double intensity_of(const struct bm_run_case *c) { return c->flops / (c->read_bytes + c->write_bytes); }
static double gflops_of(const struct bm_run_case *c) { return 1e-9 * c->flops / c->stats.median; }

static struct bm_value intensity_value(const struct bm_source *source, const struct bm_run_case *c)
{
    const size_t i = (size_t)(c - source->run.cased);
    return bm_value_from(BM_UNIT_PLAIN, source, "cases[%zu].flops/sum(cases[%zu].read_bytes,cases[%zu].write_bytes)", i,
                         i, i);
}

static struct bm_value gflops_value(const struct bm_source *source, const struct bm_run_case *c)
{
    char median[BM_FROM_ROOM];
    return bm_value_of(gflops_of(c), BM_UNIT_GFLOPS, source, "1e-9*cases[%zu].flops/%s",
                       (size_t)(c - source->run.cased), bm_case_median_from(source, c, median));
}

/* The next case of the view from `i` on; NULL: no more. */
static const struct bm_run_case *next_of(const struct view *v, size_t *i)
{
    const struct bm_run *run = &v->source->run;
    while (*i < run->cases) {
        const struct bm_run_case *c = &run->cased[(*i)++];
        if (c->threads == v->threads &&
            (v->op ? strcmp(c->op, v->op) == 0 : bm_case_fastest(run, c, c->threads, false) == c))
            return c;
    }
    return NULL;
}

/* ---- rows: the variants of an op, or the ops ---- */

struct row {
    const char *name; /* NULL: of all cases */
    size_t cases;
    double share; /* of the limit, in percent: the limits of all cases over their times, both added up */
    struct bm_interval interval;
    const struct bm_run_case *best;
};

static const char *row_name(const struct view *v, const struct bm_run_case *c)
{
    return v->op ? bm_case_variant(c) : c->op;
}

static void measure_row(const struct view *v, struct row *row)
{
    struct bm_totals totals = { 0 };
    const struct bm_run_case *c;
    for (size_t i = 0; (c = next_of(v, &i));)
        if (!row->name || strcmp(row_name(v, c), row->name) == 0) {
            bm_totals_add_limit(&totals, c);
            if (!row->best || share_of(c) > share_of(row->best))
                row->best = c;
        }
    const struct bm_total total = bm_totals_end(&totals);
    row->cases = total.cases;
    row->share = 100 * total.ratio;
    row->interval = total.interval;
}

/* Of ops GEMM first, then BN. */
static int nearest_first(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    if (bm_op_rank(x->name) != bm_op_rank(y->name))
        return bm_op_rank(x->name) - bm_op_rank(y->name);
    return x->share == y->share ? strcmp(x->name, y->name) : x->share < y->share ? 1 : -1;
}

/* By distance, the nearest first, those beyond `most` left out. */
static size_t rows_of(const struct view *v, struct row *row, size_t most)
{
    const struct bm_run_case *c;
    size_t rows = 0;
    for (size_t i = 0; (c = next_of(v, &i));) {
        size_t r = 0;
        while (r < rows && strcmp(row[r].name, row_name(v, c)) != 0)
            r++;
        if (r == rows && rows < most)
            row[rows++] = (struct row){ .name = row_name(v, c) };
    }
    for (size_t r = 0; r < rows; r++)
        measure_row(v, &row[r]);
    if (rows)
        qsort(row, rows, sizeof *row, nearest_first);
    return rows;
}

/* Is it the first case of its op? */
static bool first_of_op(const struct bm_run *run, const struct bm_run_case *c)
{
    for (const struct bm_run_case *before = run->cased; before < c; before++)
        if (strcmp(before->op, c->op) == 0)
            return false;
    return true;
}

/* The op's place among the ops of the run. */
static size_t place_of_op(const struct view *v, const char *op)
{
    size_t place = 0;
    for (const struct bm_run_case *c = v->source->run.cased; strcmp(c->op, op) != 0; c++)
        place += first_of_op(&v->source->run, c);
    return place;
}

/* Of ops hollow after the first round of styles. */
static int style_of(const struct view *v, const char *name)
{
    const size_t place = v->op ? 0 : place_of_op(v, name);
    return v->op ? bm_style_of_variant(name) : bm_style(place) + (place >= BM_SERIES ? BM_HOLLOW : 0);
}

/* Variants of one family and another idea ("avx2_direct") share its symbol: theirs is smaller. */
static double size_of(const struct view *v, const char *name)
{
    const char *rest = strchr(name, '_');
    if (rest && strncmp(rest, "_omp", 4) == 0)
        rest = strchr(rest + 1, '_');
    return v->op && rest ? 0.42 : 0.75;
}

/* ---- drawing ---- */

/* Of the peaks that are left; there is one. Their names stand from the top down. */
static size_t highest_of(const struct bm_roofs *roofs, const bool put[])
{
    size_t best = roofs->isas;
    for (size_t i = roofs->isas; i-- > 0;)
        if (!put[i] && (best == roofs->isas || roofs->fma[i].x > roofs->fma[best].x))
            best = i;
    return best;
}

static void put_roofs(FILE *data, const struct bm_roofs *roofs)
{
    bm_plot_block(data, "levels");
    for (int l = 0; l < BM_ROOF_LEVELS; l++)
        if (isfinite(roofs->level[l].x)) {
            bm_plot_text(data, bm_roof_level[l], 8);
            bm_plot_row(data, roofs->level[l].x);
        }
    bm_plot_block_end(data);
    bm_plot_block(data, "peaks");
    bool put[BM_ROOF_ISAS] = { false };
    for (size_t n = 0; n < roofs->isas; n++) {
        const size_t i = highest_of(roofs, put);
        put[i] = true;
        bm_plot_text(data, bm_isa_title(roofs->isa[i]), 8);
        bm_plot_row(data, roofs->fma[i].x);
    }
    bm_plot_block_end(data);
}

/* A row's name at the middle of its points: geometric means. */
static void put_cluster(FILE *data, const struct view *v, const struct row *row)
{
    const struct bm_run_case *c;
    double x = 0, y = 0, n = 0;
    for (size_t i = 0; (c = next_of(v, &i));)
        if (strcmp(row_name(v, c), row->name) == 0 && isfinite(intensity_of(c)) && intensity_of(c) > 0) {
            x += log(intensity_of(c));
            y += log(gflops_of(c));
            n++;
        }
    if (n == 0)
        return;
    bm_plot_text(data, row->name, 18);
    bm_plot_row(data, exp(x / n), exp(y / n));
}

/* Those of GEMM and BN first: their names get a place before others. */
static void put_clusters(FILE *data, const struct view *v, const struct row *row, size_t rows)
{
    bm_plot_block(data, "clusters");
    for (int pass = 0; pass < 2; pass++)
        for (size_t r = 0; r < rows; r++)
            if ((strncmp(row[r].name, "gemm", 4) == 0 || strncmp(row[r].name, "bn_", 3) == 0) == (pass == 0))
                put_cluster(data, v, &row[r]);
    bm_plot_block_end(data);
}

static char *draw(const struct view *v, const char *id, const char *alt, const struct row *row, size_t rows)
{
    FILE *data = bm_plot_begin();
    const struct bm_run_case *c;
    char text[32];
    bool points = false;
    put_roofs(data, &v->roofs);
    bm_plot_block(data, "rows");
    for (size_t r = 0; r < rows; r++) {
        const struct bm_value share = bm_value_of(row[r].share, BM_UNIT_PERCENT, NULL, "%s", "");
        bm_plot_numbers(data, (double[]){ (double)r + 1 }, 1);
        bm_plot_text(data, row[r].name, 18);
        bm_plot_text(data, bm_value_text(&share, text), 12);
        bm_plot_row(data, style_of(v, row[r].name), size_of(v, row[r].name));
    }
    bm_plot_block_end(data);
    bm_plot_block(data, "points");
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; (c = next_of(v, &i));)
            if (strcmp(row_name(v, c), row[r].name) == 0) {
                const bool there = isfinite(intensity_of(c)) && intensity_of(c) > 0;
                points |= there;
                bm_plot_row(data, (double)r + 1, there ? intensity_of(c) : NAN, there ? gflops_of(c) : NAN,
                            share_of(c));
            }
    bm_plot_block_end(data);
    if (v->wide)
        put_clusters(data, v, row, rows);
    bm_plot_set(data, "wide", v->wide);
    bm_plot_set(data, "roof", points && v->roofs.isas > 0 ? (v->wide ? 420 : v->op ? 240 : 290) : 0);
    return bm_page_draw(v->page, bm_plot_script(data, "roofline"), id, alt);
}

/* ---- words ---- */

static struct bm_value share_value(const struct view *v, const struct row *row)
{
    return bm_derived(row->share, BM_UNIT_PERCENT, v->source);
}

static struct bm_range_value share_range(const struct view *v, const struct row *row)
{
    return bm_range_of(row->interval, 100, BM_UNIT_PERCENT, v->source);
}

/* The shares of the limits are in the tables of the kernels, and not twice; the rates of all variants would make the
 * page a tenth larger. */
static struct bm_grid *numbers_of(const struct view *v)
{
    if (v->op && !bm_page_takes_all(v->page))
        return NULL;
    struct bm_grid *grid =
        v->op ? bm_grid_new(v->page, "", "Every kernel on every shape", "Kernel, shape", "Rate", "Its limit", NULL)
              : bm_grid_new(v->page, "", "The fastest of our kernels on every shape", "Op, kernel, shape", "Rate",
                            "Its limit", "Operations per byte", NULL);
    const struct bm_run_case *c;
    for (size_t i = 0; (c = next_of(v, &i));) {
        bm_grid_row(grid, "%s%s%s, %s%s%s|%v|%s", v->op ? "" : c->op, v->op ? "" : " ", bm_case_variant(c), c->shape,
                    strcmp(c->cache, "cold") == 0 ? ", cold" : "", c->contended ? " (contended)" : "",
                    gflops_value(v->source, c), c->bound);
        if (!v->op) /* the same for all variants of a shape */
            bm_grid_cell(grid, "%v", intensity_value(v->source, c));
    }
    return grid;
}

/* "L2 for 12, memory for 3": what sets the limits of the cases; free() it. */
static char *limits_in_words(const struct view *v)
{
    const struct bm_run_case *c, *other;
    char *text = NULL;
    size_t size, kinds = 0;
    FILE *out = bm_text_file(&text, &size);
    for (size_t i = 0; (c = next_of(v, &i));) {
        size_t same = 0;
        bool first = true;
        for (size_t j = 0; (other = next_of(v, &j));)
            if (strcmp(other->bound, c->bound) == 0) {
                first &= other >= c;
                same++;
            }
        if (first)
            fprintf(out, "%s%s for %zu", kinds++ ? ", " : "", c->bound, same);
    }
    fclose(out);
    return text;
}

static void op_picture(const struct view *v)
{
    struct row row[MOST_ROWS];
    const size_t rows = rows_of(v, row, MOST_ROWS);
    char word[64], id[96], title[128], alt[512];
    if (!rows)
        return;
    const struct row *last = &row[rows - 1];
    char *limits = limits_in_words(v);
    snprintf(id, sizeof id, "%s-%d", bm_work_id("roofline", v->op, place_of_op(v, v->op) + 1, word), v->threads);
    snprintf(title, sizeof title, "%.60s, %d thread%s", v->op, v->threads, bm_plural((size_t)v->threads));
    snprintf(alt, sizeof alt,
             "%.60s: above, GFLOP/s over operations per byte under the machine's roofs; below, a row for each of %zu "
             "kernels with its shares of the limit, %.60s first.",
             title, rows, row->name);
    char *svg = draw(v, id, alt, row, rows);
    bm_page_picture(v->page, id, title, svg, numbers_of(v),
                    "%s comes nearest: %v of its limit%i by total time over %d shape%+, %v at best (%s); %s is "
                    "farthest, at %v%i. Limits of the points: %s.",
                    row->name, share_value(v, row), share_range(v, row), (int)row->cases,
                    bm_case_of_limit(v->source, row->best), row->best->shape, last->name, share_value(v, last),
                    share_range(v, last), limits);
    free(limits);
}

static void overview(struct view *v)
{
    struct row row[MOST_OPS], *near = row, *far;
    char id[48], title[96], alt[256];
    v->op = NULL;
    const size_t rows = rows_of(v, row, MOST_OPS);
    if (!rows)
        return;
    size_t points = 0;
    for (size_t r = 0; r < rows; r++)
        points += row[r].cases;
    while (near < row + rows && bm_op_rank(near->name) != 1)
        near++;
    for (far = near; far + 1 < row + rows && bm_op_rank(far[1].name) == 1;)
        far++;
    snprintf(id, sizeof id, "roofline-%d", v->threads);
    snprintf(title, sizeof title, "Our fastest kernels, %d thread%s", v->threads, bm_plural((size_t)v->threads));
    snprintf(alt, sizeof alt,
             "Roofline of %d thread%s: %zu points, the fastest of our kernels per op and shape; below, a row for each "
             "of %zu ops with the shares of the limit.",
             v->threads, bm_plural((size_t)v->threads), points, rows);
    char *svg = draw(v, id, alt, row, rows);
    if (near < row + rows)
        bm_page_picture(v->page, id, title, svg, numbers_of(v),
                        "By total time over its %d shape%+ %s reaches %v of its limit%i; of the ops with BN %s comes "
                        "nearest to its limit, %v%i, and %s stays farthest, %v%i. A mark is a shape.",
                        (int)row->cases, row->name, share_value(v, row), share_range(v, row), near->name,
                        share_value(v, near), share_range(v, near), far->name, share_value(v, far), share_range(v, far));
    else
        bm_page_picture(v->page, id, title, svg, numbers_of(v),
                        "By total time over its %d shape%+ %s reaches %v of its limit%i. A mark is a shape.",
                        (int)row->cases, row->name, share_value(v, row), share_range(v, row));
}

/* ---- the part ---- */

/* Is "avx2_omp", or "autovec_avx2", of the ISA? */
static bool is_of(const char *variant, const char *isa)
{
    const size_t n = strlen(isa);
    variant += strncmp(variant, "autovec_", 8) == 0 ? 8 : 0;
    return strncmp(variant, isa, n) == 0 && (variant[n] == '\0' || variant[n] == '_');
}

/* Of the ISAs, those that a variant of the view is written for; all, if there is none. */
static void keep_roofs(struct view *v)
{
    struct bm_roofs kept = v->roofs;
    const struct bm_run *run = &v->source->run;
    kept.isas = 0;
    for (size_t r = 0; r < v->roofs.isas; r++) {
        bool used = false;
        for (size_t i = 0; i < run->cases && !used; i++)
            used = (!v->op || strcmp(run->cased[i].op, v->op) == 0) &&
                   is_of(bm_case_variant(&run->cased[i]), v->roofs.isa[r]);
        if (used) {
            kept.isa[kept.isas] = v->roofs.isa[r];
            kept.fma[kept.isas++] = v->roofs.fma[r];
        }
    }
    if (kept.isas)
        v->roofs = kept;
}

static void show(struct view v, const char *op)
{
    v.op = op;
    bm_roofs_of(v.source, v.threads, &v.roofs);
    keep_roofs(&v);
    if (op)
        op_picture(&v);
    else
        overview(&v);
}

static void notes(struct bm_page *page, const struct bm_source *source, const int *threads, size_t counts)
{
    const struct bm_run *run = &source->run;
    const json_t *limits;
    size_t contended = 0, beyond = 0, row;
    for (size_t i = 0; i < run->cases; i++) {
        contended += run->cased[i].contended;
        beyond += share_of(&run->cased[i]) > 100;
    }
    if (contended)
        bm_page_paragraph(page, "%d of %d cases are contended: others used their cores all the time.", (int)contended,
                          (int)run->cases);
    if (beyond)
        bm_page_paragraph(page,
                          "%d case%s beyond 100 %%: the machine was faster then than when its limits were measured, or "
                          "part of the data "
                          "stayed in a nearer cache than their size says.",
                          (int)beyond, beyond == 1 ? " lies" : "s lie");
    json_array_foreach(json_object_get(run->ours, "limits"), row, limits)
    {
        const int team = (int)json_integer_value(json_object_get(limits, "threads"));
        if (json_is_false(json_object_get(limits, "valid")))
            bm_page_paragraph(page,
                              "Others disturbed limits of %s with %d thread%s in every launch. These are not drawn, and no case "
                              "is held against them; teams are held against those of one thread, times the threads.",
                              bm_isa_title(bm_member_text(limits, "isa")), team, bm_plural((size_t)team));
    }
    for (size_t i = 0; i < counts; i++) {
        struct bm_roofs roofs;
        bm_roofs_of(source, threads[i], &roofs);
        if (!roofs.isas)
            bm_page_missing(page, "batchmark bench", "limits of %d thread%s: points have no roofs to stand under.",
                            threads[i], bm_plural((size_t)threads[i]));
    }
    if (counts == 1)
        bm_page_missing(page, "batchmark bench --threads 1,2 --store", "other numbers of threads than %d.", threads[0]);
}

/* The fewest numbers of threads, and the most. */
static size_t counts_of(const struct bm_run *run, int threads[static BM_MOST_COUNTS])
{
    const size_t counts = bm_thread_counts(run, threads);
    if (counts > 2)
        threads[1] = threads[counts - 1];
    return counts < 2 ? counts : 2;
}

void bm_put_roofline(struct bm_page *page, const struct bm_library *library)
{
    struct view v = { .page = page, .source = bm_library_bench(library), .wide = true };
    int threads[BM_MOST_COUNTS];
    if (!v.source || !v.source->run.cases) {
        bm_page_missing(page, "make bench", "the roofline: cases of bench of this machine.");
        return;
    }
    v.threads = threads[counts_of(&v.source->run, threads) - 1];
    show(v, NULL);
}

void bm_part_roofline(struct bm_page *page, const struct bm_library *library)
{
    struct view v = { .page = page, .source = bm_library_bench(library) };
    int threads[BM_MOST_COUNTS];
    bm_page_part(page, "roofline", "Roofline");
    if (!v.source || !v.source->run.cases) {
        bm_page_missing(page, "make bench", "cases of bench of this machine.");
        return;
    }
    const struct bm_run *run = &v.source->run;
    const size_t counts = counts_of(run, threads);
    bm_page_paragraph(
        page,
        "A kernel can be no faster than the data come (slanted roofs, measured rates of copying and updating in place "
        "at each level) and than FMA units "
        "work (level roofs). Each case has a limit of its own, from its own bytes, ISA and threads; the lower half of "
        "each picture shows how much of it every kernel reaches: one mark a shape, the red line is the limit.");
    notes(page, v.source, threads, counts);
    bm_page_gallery_begin(page);
    for (size_t t = 0; t + 1 < counts; t++) { /* that of the most is the page's */
        v.threads = threads[t];
        show(v, NULL);
    }
    bm_page_gallery_end(page);
    bm_page_more_begin(page, "Every kernel, op by op");
    bm_page_gallery_begin(page);
    for (size_t i = 0; i < run->cases; i++)
        for (size_t t = 0; t < counts && first_of_op(run, &run->cased[i]); t++) {
            v.threads = threads[t];
            show(v, run->cased[i].op);
        }
    bm_page_gallery_end(page);
    bm_page_more_end(page);
}
