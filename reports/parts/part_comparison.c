/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare_print.h"
#include "part_common.h"
#include "parts.h"
#include "plot.h"

enum { MOST_INTERVALS = 200 };

/* One bar, and below it what its pieces are, in the same order. */
static char *draw_verdicts(struct bm_page *page, const struct bm_comparison *c, const char *id, const char *alt)
{
    static const struct {
        enum bm_verdict verdict;
        const char *colour; /* style.gp's */
    } order[BM_VERDICTS] = {
        { BM_SLOWER, "limit" }, { BM_FASTER, "colour(5)" }, { BM_SAME, "faint" }, { BM_INCONCLUSIVE, "colour(1)" }
    };
    FILE *data = bm_plot_begin();
    bm_plot_block(data, "pieces");
    for (int i = 0; i < BM_VERDICTS; i++) {
        char text[64];
        const size_t cases = c->verdicts[order[i].verdict];
        snprintf(text, sizeof text, "%d. %s: %zu", i + 1, bm_verdict_name(order[i].verdict), cases);
        fprintf(data, "%.6g %s ", (double)cases / (double)c->cases, order[i].colour);
        bm_plot_text(data, text, 30);
        fputc('\n', data);
    }
    bm_plot_block_end(data);
    return bm_page_draw(page, bm_plot_script(data, "verdicts"), id, alt);
}

static int change_order(const void *a, const void *b)
{
    const double x = (*(const struct bm_compared_case *const *)a)->change,
                 y = (*(const struct bm_compared_case *const *)b)->change;
    return (x > y) - (x < y);
}

/* The changes that have an interval, by size as a line in their intervals, and what was called slower or faster. */
static char *draw_changes(struct bm_page *page, const struct bm_comparison *all, const char *id, const char *alt)
{
    const struct bm_compared_case **c = bm_alloc((all->cases + 1) * sizeof *c);
    size_t n = 0, shown[BM_VERDICTS] = { 0 };
    for (size_t i = 0; i < all->cases; i++)
        if (!all->compared[i].why)
            c[n++] = &all->compared[i];
    if (n)
        qsort(c, n, sizeof *c, change_order);
    FILE *data = bm_plot_begin();
    const size_t every = n / 400 + 1; /* the line has no more points than can be seen */
    bm_plot_block(data, "changes");
    for (size_t i = 0; i < n; i++) {
        const enum bm_verdict verdict = c[i]->verdict;
        const bool called = (verdict == BM_SLOWER || verdict == BM_FASTER) && shown[verdict]++ < MOST_INTERVALS;
        if (i % every == 0 || i + 1 == n || called)
            bm_plot_row(data, (double)i + 1, exp(c[i]->change), exp(c[i]->change - c[i]->half),
                        exp(c[i]->change + c[i]->half), called ? (verdict == BM_SLOWER ? 1 : -1) : 0);
    }
    bm_plot_block_end(data);
    bm_plot_set(data, "cases", (double)n);
    bm_plot_set(data, "slower", (double)all->verdicts[BM_SLOWER]);
    bm_plot_set(data, "faster", (double)all->verdicts[BM_FASTER]);
    free(c);
    return bm_page_draw(page, bm_plot_script(data, "changes"), id, alt);
}

static struct bm_value ratio_value(const struct bm_last_change *l, double log_ratio)
{
    return bm_derived(exp(log_ratio), BM_UNIT_CHANGE, l->now);
}

static struct bm_value count_value(const struct bm_last_change *l, enum bm_verdict verdict)
{
    return bm_derived((double)l->comparison.verdicts[verdict], BM_UNIT_COUNT, l->now);
}

static void put_verdicts(struct bm_page *page, const struct bm_last_change *l, const char *word)
{
    const struct bm_comparison *c = &l->comparison;
    char id[64], alt[200];
    snprintf(id, sizeof id, "%s-verdicts", word);
    snprintf(alt, sizeof alt, "Of %zu cases %zu are slower, %zu faster, %zu the same, %zu inconclusive", c->cases,
             c->verdicts[BM_SLOWER], c->verdicts[BM_FASTER], c->verdicts[BM_SAME], c->verdicts[BM_INCONCLUSIVE]);
    bm_page_picture(page, id, "What became of the cases", draw_verdicts(page, c, id, alt), NULL,
                    "Of %v cases %v are slower, %v faster, %v the same, %v inconclusive; %v reached a floor in "
                    "both results.",
                    bm_derived((double)c->cases, BM_UNIT_COUNT, l->now), count_value(l, BM_SLOWER),
                    count_value(l, BM_FASTER), count_value(l, BM_SAME), count_value(l, BM_INCONCLUSIVE),
                    bm_derived((double)c->decidable, BM_UNIT_COUNT, l->now));
}

static void put_all_changes(struct bm_page *page, const struct bm_last_change *l, const char *word)
{
    const struct bm_comparison *c = &l->comparison;
    const size_t called = c->verdicts[BM_SLOWER] + c->verdicts[BM_FASTER];
    const struct bm_compared_case *worst = &c->compared[0]; /* the slowest if any is, else the fastest */
    char id[64], *name = bm_comparison_name(worst);
    snprintf(id, sizeof id, "%s-changes", word);
    char *svg = draw_changes(page, c, id,
                             "Floor over the floor before of every case that has both, by size, with its interval");
    if (called)
        bm_page_picture(page, id, "Changes of floors", svg, NULL, "%s is %s: %v of the time before.",
                        c->verdicts[BM_SLOWER] ? "The worst of what became slower"
                                               : "Nothing became slower; the best of what became faster",
                        name, ratio_value(l, worst->change));
    else if (c->decidable)
        bm_page_picture(page, id, "Changes of floors", svg, NULL,
                        "Nothing became certainly slower or faster; in half of the cases that reached a floor in both "
                        "results a change of %v would have been seen.",
                        bm_derived(100 * expm1(c->visible), BM_UNIT_PERCENT, l->now));
    else
        bm_page_picture(page, id, "Changes of floors", svg, NULL,
                        "No case reached a floor in both results, which %d samples of %d launches support.",
                        BM_FLOOR_SAMPLES, BM_FLOOR_LAUNCHES);
    free(name);
}

void bm_put_comparison(struct bm_page *page, const struct bm_library *library, const struct bm_source *now,
                       const char *word)
{
    struct bm_last_change l;
    bm_last_change(library, now, &l);
    if (l.why) {
        bm_page_missing(page, "make bench", "A comparison%s%s: %s.", now ? " of the result of " : "",
                        now ? now->date : "", l.why);
        return;
    }
    const struct bm_comparison *c = &l.comparison;
    const size_t called = c->verdicts[BM_SLOWER] + c->verdicts[BM_FASTER],
                 open = called < BM_OPEN_ROWS ? called : BM_OPEN_ROWS;
    char id[64], when[2][BM_WHEN];
    bm_page_paragraph(
        page,
        "The result of %s (commit %s) against that of %s (commit %s), by their floors: the least times, where several "
        "samples of several launches reached them. %s",
        bm_when(now->date, when[0]), now->commit, bm_when(l.before->date, when[1]), l.before->commit,
        l.noise.json ? "How far floors lie apart between runs was measured."
                     : "How far floors lie apart between runs was not measured and is assumed; batchmark calibrate "
                       "measures it.");
    if (c->same_code_called)
        bm_page_paragraph(
            page,
            "Of the slower and faster cases %d are of the same object code: the machine, its libraries or "
            "settings changed, not the kernel.",
            (int)c->same_code_called);
    bm_page_gallery_begin(page);
    put_verdicts(page, &l, word);
    put_all_changes(page, &l, word);
    bm_page_gallery_end(page);
    snprintf(id, sizeof id, "%s-called", word);
    bm_comparison_table(page, id, c, 0, open, l.before, l.now);
    if (called > open) {
        snprintf(id, sizeof id, "%s-called-more", word);
        bm_page_more_begin(page, "More slower and faster cases");
        bm_comparison_table(page, id, c, open, called < BM_MOST_ROWS ? called : BM_MOST_ROWS, l.before, l.now);
        if (called > BM_MOST_ROWS)
            bm_page_paragraph(page, "%d more: batchmark compare lists them.", (int)(called - BM_MOST_ROWS));
        bm_page_more_end(page);
    }
    bm_last_change_free(&l);
}
