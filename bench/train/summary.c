/* SPDX-License-Identifier: MIT */
#include "summary.h"

#include <math.h>
#include <stdio.h>

#include "page.h"

/* "0.9774 (0.9756..0.9784)" */
static void put_range(struct bm_grid *grid, const struct bm_stats *s)
{
    if (s->n > 1)
        bm_grid_text(grid, "%.4f (%.4f..%.4f)", s->median, s->min, s->max);
    else if (s->n)
        bm_grid_text(grid, "%.4f", s->median);
    else
        bm_grid_text(grid, "-");
}

static void put_epoch(struct bm_grid *grid, const struct bm_seed_runs *r, size_t epoch)
{
    bm_grid_text(grid, "%s", r->variant.name);
    bm_grid_text(grid, "%zu", epoch);
    for (int f = BM_LOSS; f <= BM_VAL_ACCURACY; f++) {
        struct bm_stats s = bm_figure_stats(r, epoch, (enum bm_figure)f);
        put_range(grid, &s);
    }
}

static void put_figures(struct bm_grid *grid, const struct bm_seed_runs *r)
{
    struct bm_stats loss = bm_figure_stats(r, 0, BM_TEST_LOSS), accuracy = bm_figure_stats(r, 0, BM_TEST_ACCURACY);
    size_t last = bm_last_epoch(r);
    if (!last) {
        bm_grid_line(grid, "%s: no epoch was finished", r->variant.name);
        return;
    }
    put_epoch(grid, r, 1);
    if (last > 1)
        put_epoch(grid, r, last);
    if (!loss.n)
        return;
    bm_grid_text(grid, "%s", r->variant.name);
    bm_grid_text(grid, "test");
    bm_grid_text(grid, "-");
    bm_grid_text(grid, "-");
    put_range(grid, &loss);
    put_range(grid, &accuracy);
}

static void put_time(struct bm_grid *grid, const struct bm_seed_runs *r)
{
    struct bm_to_target t = bm_to_target(r);
    double target = r->variant.config.target;
    bm_grid_text(grid, "%s", r->variant.name);
    bm_grid_text(grid, "%zu%s", r->count, r->count < BM_PROTOCOL_SEEDS ? "*" : "");
    bm_grid_text(grid, "%.4g", target);
    if (target > 0 && isfinite(t.epochs.median))
        bm_grid_text(grid, "%g (%g..%g), %zu of %zu", t.epochs.median, t.epochs.min, t.epochs.max, t.reached, t.runs);
    else if (target > 0)
        bm_grid_text(grid, "not reached by %zu of %zu", t.runs - t.reached, t.runs);
    else
        bm_grid_text(grid, "-");
    if (t.epoch_seconds.n)
        bm_grid_text(grid, "%.3f (%.3f..%.3f)", t.epoch_seconds.median, t.epoch_seconds.min, t.epoch_seconds.max);
    else
        bm_grid_text(grid, "no whole epoch");
    if (target > 0 && isfinite(t.seconds))
        bm_grid_text(grid, "%.3f", t.seconds);
    else
        bm_grid_text(grid, "-");
}

static void put_table(struct bm_page *page, struct bm_grid *grid, const struct bm_seed_runs *runs, size_t n,
                      void (*put)(struct bm_grid *grid, const struct bm_seed_runs *r))
{
    for (size_t i = 0; i < n; i++)
        put(grid, &runs[i]);
    bm_page_table(page, grid);
}

void bm_summary_print(const struct bm_seed_runs *runs, size_t n, const char *data)
{
    bool fewer = false;
    char title[400];
    struct bm_page *page = bm_page_new(BM_TEXT, NULL, "", NULL);
    bm_page_wide(page);
    snprintf(title, sizeof title, "Summary: median (range) over the seeds%s", data);
    struct bm_grid *grid = bm_grid_new(page, "summary", title, "variant", "epoch", "loss", "accuracy", "validation loss",
                                       "validation accuracy", NULL);
    bm_grid_spare(grid, "validation loss", "loss", NULL);
    put_table(page, grid, runs, n, put_figures);
    snprintf(title, sizeof title,
             "Time to the target validation accuracy = epochs to it x seconds per epoch, medians (ranges)%s", data);
    grid = bm_grid_new(page, "to-target", title, "variant", "runs", "target", "epochs to it", "seconds per epoch", "seconds",
                       NULL);
    put_table(page, grid, runs, n, put_time);
    bm_page_text(page, "Evaluation and reading of data are not counted; a run that never reaches the target counts as "
                       "infinity.");
    for (size_t i = 0; i < n; i++)
        fewer |= runs[i].count < BM_PROTOCOL_SEEDS;
    if (fewer)
        bm_page_text(page, "*: fewer than the %d seeds that the protocol asks for", BM_PROTOCOL_SEEDS);
    bm_page_print(page, stdout);
}
