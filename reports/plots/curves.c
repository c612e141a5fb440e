/* SPDX-License-Identifier: MIT */
/* curves.c - the learning curves of an experiment's variants. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "train_report.h"

/* ---- members ---- */

double bm_member_of_range(const json_t *object, const char *range, const char *which)
{
    return bm_member_number(json_object_get(object, range), which);
}

bool bm_has_bn(const json_t *configured)
{
    const char *bn = bm_member_text(json_object_get(configured, "config"), "bn");
    return *bn && strcmp(bn, "none") != 0;
}

/* ---- which variants ---- */

static const struct {
    const char *figure, *title;
} panels[] = {
    { "val_accuracy", "Validation accuracy (share)" },
    { "accuracy", "Training accuracy (share)" },
    { "val_loss", "Validation loss (cross-entropy)" },
    { "loss", "Training loss (cross-entropy)" },
};
enum { PANELS = sizeof panels / sizeof *panels };

/* With a figure to draw: the run of all epochs may have diverged later. */
static bool is_drawn(const json_t *summary)
{
    const json_t *epoch;
    size_t e;
    json_array_foreach(json_object_get(summary, "epochs"), e,
                       epoch) for (int p = 0; p < PANELS; p++) if (isfinite(bm_member_of_range(epoch, panels[p].figure,
                                                                                               "median"))) return true;
    return false;
}

size_t bm_curves_group(const json_t *ours, const char *experiment, struct bm_curves group[static BM_CURVE_GROUPS])
{
    const json_t *list = json_object_get(ours, "summaries"), *summary;
    size_t pair[2] = { SIZE_MAX, SIZE_MAX }, i, groups = 0;
    memset(group, 0, BM_CURVE_GROUPS * sizeof *group);
    for (int pass = 0; pass < 2; pass++) { /* the pair first */
        json_array_foreach(list, i, summary)
        {
            if (strcmp(bm_member_text(summary, "experiment"), experiment) != 0 || !is_drawn(summary))
                continue;
            size_t *first = &pair[bm_has_bn(summary)];
            if (pass == 0 && *first != SIZE_MAX)
                continue;
            if (pass == 1 && (i == pair[0] || i == pair[1]))
                continue;
            if (pass == 0)
                *first = i;
            if (groups == 0 || (pass == 1 && (groups == 1 || group[groups - 1].count == BM_CURVES_MOST))) {
                if (groups == BM_CURVE_GROUPS)
                    return groups;
                groups++;
            }
            struct bm_curves *g = &group[groups - 1];
            g->summary[g->count++] = i;
        }
    }
    return groups;
}

/* ---- the runs of a summary ---- */

/* The same settings but for the seed and, beside others, the threads? Runs that only timed a kernel set have others. */
static bool is_of(const json_t *run, const json_t *summary)
{
    const json_t *config = json_object_get(run, "config");
    json_t *value;
    const char *key;
    if (strcmp(bm_member_text(run, "experiment"), bm_member_text(summary, "experiment")) != 0 ||
        strcmp(bm_member_text(run, "variant"), bm_member_text(summary, "variant")) != 0)
        return false;
    json_object_foreach(json_object_get(summary, "config"), key,
                        value) if (strcmp(key, "seed") != 0 && strcmp(key, "threads") != 0 &&
                                   !json_equal(json_object_get(config, key), value)) return false;
    return true;
}

const json_t *bm_run_of_summary(const json_t *ours, const json_t *summary, size_t which)
{
    const size_t seeds = json_array_size(json_object_get(summary, "seeds"));
    const json_t *run;
    size_t i;
    if (which >= seeds) /* what comes behind the seeds' runs timed kernel sets */
        return NULL;
    json_array_foreach(json_object_get(ours, "runs"), i, run) if (is_of(run, summary) && which-- == 0) return run;
    return NULL;
}

/* ---- drawing ---- */

void bm_put_curve_key(FILE *data, const json_t *summary, size_t place, bool pair, const char *name)
{
    static const size_t others[BM_CURVES_MOST] = { 4, 5, 6, 7, 1, 0 };
    const bool bn = bm_has_bn(summary);
    bm_plot_key(data, bm_style(pair ? (bn ? 2 : 3) : others[place % BM_CURVES_MOST]), name, 24,
                bn ? "both 1" : "both 2");
}

/* Rows: epoch, then each panel's figure or its median, least and most; of long runs every `stride`-th epoch. */
static void put_epochs(FILE *data, const json_t *epochs, size_t stride, bool range)
{
    static const char *const which[] = { "median", "min", "max" };
    const json_t *epoch;
    size_t e, n = json_array_size(epochs);
    json_array_foreach(epochs, e, epoch)
    {
        double x[1 + 3 * PANELS] = { (double)e + 1 };
        if (e % stride && e + 1 != n)
            continue;
        for (int i = 0; i < 3 * PANELS; i++)
            x[i + 1] = range ? bm_member_of_range(epoch, panels[i / 3].figure, which[i % 3])
                             : bm_member_number(epoch, panels[i / 3].figure);
        bm_plot_numbers(data, x, 1 + 3 * PANELS);
        fputc('\n', data);
    }
}

static size_t most_epochs(const json_t *list, const struct bm_curves *c)
{
    size_t most = 1;
    for (size_t i = 0; i < c->count; i++) {
        const size_t n = json_array_size(json_object_get(json_array_get(list, c->summary[i]), "epochs"));
        most = n > most ? n : most;
    }
    return most;
}

/* One with BN and one without, or one alone? */
static bool is_pair(const json_t *list, const struct bm_curves *c)
{
    return c->count == 1 || (c->count == 2 && bm_has_bn(json_array_get(list, c->summary[0])) !=
                                                  bm_has_bn(json_array_get(list, c->summary[1])));
}

/* Those that have a figure. */
static void put_panels(FILE *data, const json_t *list, const struct bm_curves *c)
{
    const json_t *epoch;
    size_t e;
    bm_plot_block(data, "panels");
    for (int p = 0; p < PANELS; p++) {
        bool any = false;
        for (size_t i = 0; i < c->count; i++)
            json_array_foreach(json_object_get(json_array_get(list, c->summary[i]), "epochs"), e, epoch) any |=
                isfinite(bm_member_of_range(epoch, panels[p].figure, "median"));
        if (!any)
            continue;
        bm_plot_text(data, panels[p].title, 50);
        bm_plot_row(data, 3 * p + 2, 0);
    }
    bm_plot_block_end(data);
}

FILE *bm_curves_script(const json_t *ours, const struct bm_curves *c)
{
    const json_t *list = json_object_get(ours, "summaries"), *run;
    const size_t stride = (most_epochs(list, c) + 199) / 200;
    FILE *data = bm_plot_begin();
    bm_plot_set_text(data, "x_name", "epoch", 50);
    bm_plot_set(data, "x_log", false);
    bm_plot_set(data, "bars", false);
    put_panels(data, list, c);
    bm_plot_block(data, "keys");
    for (size_t i = 0; i < c->count; i++) {
        const json_t *summary = json_array_get(list, c->summary[i]);
        bm_put_curve_key(data, summary, i, is_pair(list, c), bm_member_text(summary, "variant"));
    }
    bm_plot_block_end(data);
    bm_plot_block(data, "seeds");
    for (size_t i = 0; i < c->count; i++) {
        fputs("NaN\n", data); /* an index that is not empty; seeds have an empty line between them */
        for (size_t which = 0; (run = bm_run_of_summary(ours, json_array_get(list, c->summary[i]), which)); which++) {
            fputc('\n', data);
            put_epochs(data, json_object_get(run, "epochs"), stride, false);
        }
        fputs("\n\n", data);
    }
    bm_plot_block_end(data);
    bm_plot_block(data, "medians");
    for (size_t i = 0; i < c->count; i++) {
        put_epochs(data, json_object_get(json_array_get(list, c->summary[i]), "epochs"), stride, true);
        fputs("\n\n", data);
    }
    bm_plot_block_end(data);
    return bm_plot_script(data, "panels");
}
