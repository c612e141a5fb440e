/* SPDX-License-Identifier: MIT */
/* part_ladder.c - the first picture: what each step of effort buys, from naive code to fused kernels. */
#include <math.h>
#include <string.h>

#include "ladder.h"
#include "part_common.h"
#include "parts.h"
#include "plot.h"

static size_t ladders_in(const struct bm_source *s)
{
    struct bm_ladder ladder[BM_LADDERS];
    size_t there = 0;
    if (s->is_run)
        bm_ladders_of(&s->run, ladder);
    for (size_t i = 0; s->is_run && i < BM_LADDERS; i++)
        there += ladder[i].rungs > 0;
    return there;
}

static bool has_all(const struct bm_source *s) { return ladders_in(s) == BM_LADDERS; }
static bool has_any(const struct bm_source *s) { return ladders_in(s) > 0; }

/* ---- the picture ---- */

static void put_rung(FILE *data, size_t row, const struct bm_rung *r)
{
    char name[64], times[32], figure[32], step[40] = "";
    const struct bm_value naive = bm_derived(r->naive.ratio, BM_UNIT_TIMES, NULL),
                          below = bm_derived(r->step.ratio, BM_UNIT_TIMES, NULL);
    const bool known = bm_interval_known(&r->naive.interval);
    const bool told = strcmp(bm_rung_says(r), "inconclusive") != 0;
    if (r->below)
        snprintf(step, sizeof step, told ? "%s" : "(%s)", bm_value_text(&below, figure));
    snprintf(name, sizeof name, "\u2003%s%s", r->name, r->contended ? " *" : "");
    bm_plot_numbers(data, (double[]){ (double)row }, 1);
    bm_plot_text(data, name, 18);
    bm_plot_text(data, bm_value_text(&naive, times), 8);
    bm_plot_text(data, step, 8);
    bm_plot_row(data, r->below ? r->naive.ratio / r->step.ratio : r->naive.ratio, r->naive.ratio,
                known ? r->naive.interval.low : NAN, known ? r->naive.interval.high : NAN,
                bm_style_of_variant(r->variant));
}

static FILE *ladder_script(const struct bm_ladder ladder[static BM_LADDERS])
{
    FILE *data = bm_plot_begin();
    size_t row = 0;
    bm_plot_block(data, "rows");
    for (const struct bm_ladder *l = ladder; l < ladder + BM_LADDERS; l++) {
        if (!l->rungs)
            continue;
        fprintf(data, "%zu \"\" \"\" \"\" NaN NaN NaN NaN 1\n", ++row);
        for (size_t i = 0; i < l->rungs; i++)
            put_rung(data, ++row, &l->rung[i]);
    }
    bm_plot_block_end(data);
    bm_plot_block(data, "ladders");
    row = 1;
    for (const struct bm_ladder *l = ladder; l < ladder + BM_LADDERS; l++)
        if (l->rungs) {
            fprintf(data, "%zu ", row);
            bm_plot_text(data, l->name, 18);
            fputc('\n', data);
            row += l->rungs + 1;
        }
    bm_plot_block_end(data);
    return bm_plot_script(data, "ladder");
}

/* ---- what it says ---- */

static void put_sentences(struct bm_page *page, const struct bm_ladder *l, const struct bm_source *s)
{
    const struct bm_rung *top = l->rung, *step = bm_ladder_largest(l);
    for (const struct bm_rung *r = l->rung; r < l->rung + l->rungs; r++)
        top = !r->fused && r->naive.ratio > top->naive.ratio ? r : top;
    if (l->rungs)
        bm_page_paragraph(page, "%s: %s is %v as fast as naive code%i, by total time over %d shape%+.", l->name,
                          top->name, bm_derived(top->naive.ratio, BM_UNIT_TIMES, s),
                          bm_range_of(top->naive.interval, 1, BM_UNIT_TIMES, s), (int)top->naive.cases);
    if (step)
        bm_page_paragraph(page, "%s: the largest step is from %s to %s, %v%i.", l->name, step->below, step->name,
                          bm_derived(step->step.ratio, BM_UNIT_TIMES, s),
                          bm_range_of(step->step.interval, 1, BM_UNIT_TIMES, s));
}

static const struct bm_source *find_source(const struct bm_library *library)
{
    const struct bm_source *s = bm_library_newest(library, "bench", has_all);
    return s ? s : bm_library_newest(library, "bench", has_any);
}

static void put_missing(struct bm_page *page)
{
    bm_page_missing(page, "batchmark bench --shapes ladder --store", "No result of bench has naive and other kernels.");
}

void bm_put_ladder(struct bm_page *page, const struct bm_library *library)
{
    const struct bm_source *s = find_source(library);
    struct bm_ladder ladder[BM_LADDERS];
    if (!s) {
        put_missing(page);
        return;
    }
    bm_ladders_of(&s->run, ladder);
    char *svg = bm_page_draw(page, ladder_script(ladder), "ladder",
                             "How many times as fast as naive code each rung is, a row each: naive, autovec, plain and "
                             "tuned intrinsics, OpenMP, fused; a bar from the rung below");
    bm_page_picture(page, "ladder", "From naive to fused: what each step buys", svg, NULL,
                    "A symbol says how many times as fast as naive code on one thread the kernels are, by total time; "
                    "the thin line is its 95 %% interval. A bar is what the step buys; in brackets: inconclusive. The "
                    "fused rung is of other shapes, and begins at both ops apart.");
}

void bm_part_ladder(struct bm_page *page, const struct bm_library *library)
{
    const struct bm_source *s = find_source(library);
    struct bm_ladder ladder[BM_LADDERS];
    bm_page_part(page, "steps", "The ladder: what each step of effort buys");
    if (!s) {
        put_missing(page);
        return;
    }
    bm_ladders_of(&s->run, ladder);
    for (size_t i = 0; i < BM_LADDERS; i++)
        put_sentences(page, &ladder[i], s);
    bm_ladder_tables(page, ladder, s);
    bm_page_paragraph(page,
                      "What the tuned kernels are made of, idea by idea: batchmark bench --ideas (docs/ideas.md).");
}
