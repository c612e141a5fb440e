/* SPDX-License-Identifier: MIT */
/* training_sweep.c - variants that differ only in their batch. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "train_report.h"

enum { SERIES = 8, POINTS = 12 };

/* Variants with the same settings but for the batch. */
struct series {
    size_t number[POINTS], count; /* in "summaries" */
};

struct sweep {
    const struct bm_source *source;
    const json_t *list;
    struct series series[SERIES];
    size_t count;
};

static const struct panel {
    const char *title, *range;
    bool at_end; /* of the last epoch */
} panels[] = {
    { "Validation accuracy at the end (share)", "val_accuracy", true },
    { "Validation loss at the end (cross-entropy)", "val_loss", true },
    { "Seconds an epoch", "epoch_seconds", false },
};
enum { PANELS = sizeof panels / sizeof *panels };

/* Settings are text in a result. */
static double batch_of(const json_t *summary)
{
    const double batch = strtod(bm_member_text(json_object_get(summary, "config"), "batch"), NULL);
    return batch >= 1 && batch < 1e9 ? batch : NAN;
}

static bool same_but_batch(const json_t *a, const json_t *b)
{
    json_t *one = json_copy(json_object_get(a, "config")), *other = json_copy(json_object_get(b, "config"));
    json_object_del(one, "batch");
    json_object_del(other, "batch");
    const bool same = json_equal(one, other) != 0;
    json_decref(one);
    json_decref(other);
    return same;
}

static struct bm_value value_of(const struct sweep *w, size_t number, const struct panel *panel, const char *which)
{
    const size_t n = json_array_size(json_object_get(json_array_get(w->list, number), "epochs"));
    if (!panel->at_end)
        return bm_value_from(BM_UNIT_SECONDS, w->source, "summaries[%zu].%s.%s", number, panel->range, which);
    return bm_value_from(BM_UNIT_FRACTION, w->source, "summaries[%zu].epochs[%zu].%s.%s", number, n ? n - 1 : 0,
                         panel->range, which);
}

static struct bm_value median_of(const struct sweep *w, size_t number, size_t panel)
{
    return value_of(w, number, &panels[panel], "median");
}

static bool has_batch(const struct sweep *w, const struct series *s, double batch)
{
    for (size_t i = 0; i < s->count; i++)
        if (batch_of(json_array_get(w->list, s->number[i])) == batch)
            return true;
    return false;
}

static void add(struct sweep *w, const json_t *summary, size_t number)
{
    size_t s = 0;
    if (isnan(batch_of(summary)) || !isfinite(value_of(w, number, &panels[0], "median").x))
        return;
    while (s < w->count && !same_but_batch(summary, json_array_get(w->list, w->series[s].number[0])))
        s++;
    if (s == w->count && w->count < SERIES)
        w->series[w->count++].count = 0;
    if (s < w->count && w->series[s].count < POINTS && !has_batch(w, &w->series[s], batch_of(summary)))
        w->series[s].number[w->series[s].count++] = number;
}

/* Only series of two batches at least; each by its batch. */
static struct sweep sweep_of(const struct bm_source *source, const char *experiment)
{
    struct sweep w = { .source = source, .list = json_object_get(source->document.ours, "summaries") };
    const json_t *summary;
    size_t i, kept = 0;
    json_array_foreach(w.list, i, summary) if (strcmp(bm_member_text(summary, "experiment"), experiment) == 0)
        add(&w, summary, i);
    for (i = 0; i < w.count; i++) {
        struct series s = w.series[i];
        for (size_t a = 1; a < s.count; a++)
            for (size_t b = a; b > 0 && batch_of(json_array_get(w.list, s.number[b])) <
                                            batch_of(json_array_get(w.list, s.number[b - 1]));
                 b--) {
                const size_t swap = s.number[b];
                s.number[b] = s.number[b - 1];
                s.number[b - 1] = swap;
            }
        if (s.count > 1)
            w.series[kept++] = s;
    }
    w.count = kept;
    return w;
}

static const json_t *first_of(const struct sweep *w, size_t s)
{
    return json_array_get(w->list, w->series[s].number[0]);
}

static bool any_of(const struct sweep *w, const struct panel *panel)
{
    for (size_t s = 0; s < w->count; s++)
        for (size_t i = 0; i < w->series[s].count; i++)
            if (isfinite(value_of(w, w->series[s].number[i], panel, "median").x))
                return true;
    return false;
}

/* With and without BN; else series have the names of their first variants. */
static bool is_pair(const struct sweep *w)
{
    return w->count == 1 || (w->count == 2 && bm_has_bn(first_of(w, 0)) != bm_has_bn(first_of(w, 1)));
}

static void put_series(FILE *data, const struct sweep *w, const struct series *s)
{
    static const char *const which[] = { "median", "min", "max" };
    for (size_t i = 0; i < s->count; i++) {
        double x[1 + 3 * PANELS] = { batch_of(json_array_get(w->list, s->number[i])) };
        for (int k = 0; k < 3 * PANELS; k++)
            x[k + 1] = value_of(w, s->number[i], &panels[k / 3], which[k % 3]).x;
        bm_plot_numbers(data, x, 1 + 3 * PANELS);
        fputc('\n', data);
    }
    fputs("\n\n", data);
}

static FILE *sweep_script(const struct sweep *w)
{
    FILE *data = bm_plot_begin();
    bm_plot_set_text(data, "x_name", "images a batch", 50);
    bm_plot_set(data, "x_log", true);
    bm_plot_set(data, "bars", true);
    bm_plot_block(data, "panels");
    for (int p = 0; p < PANELS; p++)
        if (any_of(w, &panels[p])) {
            bm_plot_text(data, panels[p].title, 50);
            bm_plot_row(data, 3 * p + 2, !panels[p].at_end);
        }
    bm_plot_block_end(data);
    bm_plot_block(data, "keys");
    for (size_t s = 0; s < w->count; s++)
        bm_put_curve_key(data, first_of(w, s), s, is_pair(w),
                         !is_pair(w)                 ? bm_member_text(first_of(w, s), "variant")
                         : bm_has_bn(first_of(w, s)) ? "with BN"
                                                     : "without BN");
    bm_plot_block_end(data);
    bm_plot_block(data, "medians");
    for (size_t s = 0; s < w->count; s++)
        put_series(data, w, &w->series[s]);
    bm_plot_block_end(data);
    bm_plot_block(data, "seeds"); /* no lines of theirs */
    for (size_t s = 0; s < w->count; s++)
        fputs("NaN\n\n\n", data);
    bm_plot_block_end(data);
    return bm_plot_script(data, "panels");
}

void bm_training_sweep(struct bm_page *page, const struct bm_source *source, const char *experiment, const char *slug)
{
    const struct sweep w = sweep_of(source, experiment);
    char id[96];
    if (w.count == 0)
        return;
    size_t best = w.series[0].number[0], quick = best;
    for (size_t s = 0; s < w.count; s++)
        for (size_t i = 0; i < w.series[s].count; i++) {
            const size_t number = w.series[s].number[i];
            best = median_of(&w, number, 0).x > median_of(&w, best, 0).x ? number : best;
            quick = !(median_of(&w, number, 2).x >= median_of(&w, quick, 2).x) ? number : quick;
        }
    const json_t *most = json_array_get(w.list, best), *fast = json_array_get(w.list, quick);
    snprintf(id, sizeof id, "%s-batch", slug);
    char *svg = bm_page_draw(page, sweep_script(&w), id,
                             "Validation accuracy, validation loss and seconds of an epoch by batch size");
    bm_page_picture(
        page, id, "By batch size: median and range over the seeds", svg, NULL,
        "A batch of %w %s BN has the highest validation accuracy, %v, with %v an epoch; the shortest epoch, "
        "%v, is that of a batch of %w %s BN, with %v.",
        bm_member_text(json_object_get(most, "config"), "batch"), bm_has_bn(most) ? "with" : "without",
        median_of(&w, best, 0), median_of(&w, best, 2), median_of(&w, quick, 2),
        bm_member_text(json_object_get(fast, "config"), "batch"), bm_has_bn(fast) ? "with" : "without",
        median_of(&w, quick, 0));
}
