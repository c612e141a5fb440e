/* SPDX-License-Identifier: MIT */
/* show_train.c - of train: how accurate, how fast, what kernels buy, where the time of a step goes, what was published.
 */
#include <string.h>

#include "show.h"

#define COLUMNS(column) (column), sizeof(column) / sizeof *(column)

static const struct bm_column accuracy[] = {
    { "experiment", "experiment", BM_HOW_TEXT, NULL, 0 },
    { "variant", "variant", BM_HOW_TEXT, NULL, 0 },
    { "seeds", "seeds", BM_HOW_LENGTH, NULL, 0 },
    { "validation accuracy", "epochs.-1.val_accuracy", BM_HOW_RANGE, "%.4f", 0 },
    { "test accuracy", "test_accuracy", BM_HOW_RANGE, "%.4f", 0 },
};
static const struct bm_column speed[] = {
    { "variant", "variant", BM_HOW_TEXT, NULL, 0 },
    { "kernels", "config.kernels", BM_HOW_TEXT, NULL, 0 },
    { "thr", "config.threads", BM_HOW_TEXT, NULL, 0 },
    { "s per epoch", "epoch_seconds.median", BM_HOW_SECONDS, NULL, 0 },
    { "target", "target", BM_HOW_NUMBER, "%.4g", 0 },
    { "runs", "runs", BM_HOW_COUNT, NULL, 0 },
    { "reached", "reached", BM_HOW_COUNT, NULL, 0 },
    { "after epochs", "target_epochs", BM_HOW_RANGE, "%.3g", 0 },
    { "time to target", "target_seconds", BM_HOW_SECONDS_BAR, NULL, 0 },
};
static const struct bm_column sets[] = {
    { "variant", "variant", BM_HOW_TEXT, NULL, 0 },
    { "kernels", "kernels", BM_HOW_TEXT, NULL, 0 },
    { "thr", "threads", BM_HOW_COUNT, NULL, 0 },
    { "steps", "scaled", BM_HOW_FLAG, "some|all|-", 0 },
    { "epoch", "epoch_seconds", BM_HOW_SECONDS_BAR, NULL, 0 },
    { "from", "epoch_seconds_min", BM_HOW_SECONDS, NULL, 0 },
    { "to", "epoch_seconds_max", BM_HOW_SECONDS, NULL, 0 },
    { "to target", "target_seconds", BM_HOW_SECONDS, NULL, 0 },
};
static const struct bm_column predictions[] = {
    { "variant", "variant", BM_HOW_TEXT, NULL, 0 },
    { "kernels", "kernels", BM_HOW_TEXT, NULL, 0 },
    { "thr", "threads", BM_HOW_COUNT, NULL, 0 },
    { "predicted", "predicted_epoch_seconds", BM_HOW_SECONDS, NULL, 0 },
    { "measured", "measured_epoch_seconds", BM_HOW_SECONDS, NULL, 0 },
    { "measured/predicted", "measured_epoch_seconds", BM_HOW_RATIO, "predicted_epoch_seconds", 0 },
};
static const struct bm_column published[] = {
    { "variant", "variant", BM_HOW_TEXT, NULL, 0 },
    { "figure", "figure", BM_HOW_TEXT, NULL, 0 },
    { "epoch", "epoch", BM_HOW_NUMBER, "%.0f", 0 },
    { "published", "published", BM_HOW_NUMBER, "%.4g", 0 },
    { "ours", "ours", BM_HOW_RANGE, "%.4g", 0 },
    { "reproduced", "reproduced", BM_HOW_FLAG, "reproduced|NOT|not run", 0 },
};

/* ---- where a step's time goes ---- */

/* Was the run made for the summary, with its kernels, threads and all its steps; and were its cores its own? */
static bool belongs(const json_t *run, const json_t *summary)
{
    static const char *const same[] = { "experiment", "variant", "config.kernels", "config.threads",
                                        "config.max_steps" };
    bool equal = json_is_true(json_object_get(run, "alone"));
    for (size_t i = 0; i < sizeof same / sizeof *same && equal; i++) {
        const json_t *a = bm_show_at(run, same[i]), *b = bm_show_at(summary, same[i]);
        equal = a && b && json_equal(a, b);
    }
    return equal;
}

/* Adds the seconds of the run's epochs phase by phase; returns their steps. */
static double add_phases(const json_t *run, json_t *sum)
{
    const json_t *epoch;
    double steps = 0;
    size_t i;
    json_array_foreach(json_object_get(run, "epochs"), i, epoch)
    {
        const char *phase;
        json_t *seconds;
        steps += json_number_value(json_object_get(epoch, "steps"));
        json_object_foreach(json_object_get(epoch, "phase_seconds"), phase, seconds) json_object_set_new(
            sum, phase, json_real(json_number_value(json_object_get(sum, phase)) + json_number_value(seconds)));
    }
    return steps;
}

static void put_phases(const struct bm_show *s, const json_t *summary)
{
    json_t *sum = json_object(), *one;
    const json_t *kernels = bm_show_at(summary, "config.kernels");
    double steps = 0, all = 0;
    const char *phase;
    char time[16], caption[256];
    size_t i;
    json_array_foreach(bm_show_list(s, "runs"), i, one) if (belongs(one, summary)) steps += add_phases(one, sum);
    json_object_foreach(sum, phase, one) all += json_number_value(one);
    if (steps > 0 && all > 0) {
        snprintf(caption, sizeof caption, "Where a step's time goes: %.80s, kernels %.80s: %s a step",
                 bm_member_text(summary, "variant"), json_is_string(kernels) ? json_string_value(kernels) : "-",
                 bm_seconds_text(all / steps, time));
        struct bm_grid *grid = bm_grid_new(s->page, "", caption, "phase", "share", "a step", NULL);
        json_object_foreach(sum, phase, one)
        {
            const double seconds = json_number_value(one);
            if (!(seconds > 0))
                continue;
            bm_grid_text(grid, "%s", phase);
            bm_grid_bar(grid, seconds / all, "%.1f%%", 100 * seconds / all);
            bm_grid_text(grid, "%s", bm_seconds_text(seconds / steps, time));
        }
        bm_page_table(s->page, grid);
    }
    json_decref(sum);
}

/* ---- the whole ---- */

static void put_failures(const struct bm_show *s)
{
    const json_t *one;
    size_t i;
    json_array_foreach(bm_show_list(s, "published"), i, one) if (json_is_false(json_object_get(one, "reproduced")))
    {
        const char *why = bm_member_text(one, "why");
        bm_page_note(s->page, "NOT", "%s, %s: %s", bm_member_text(one, "variant"), bm_member_text(one, "figure"),
                     *why ? why : "no reason is given");
    }
}

void bm_show_train(struct bm_show *s)
{
    const json_t *runs = bm_show_list(s, "runs"), *summaries = bm_show_list(s, "summaries"), *one;
    size_t i;
    if (json_array_size(runs))
        bm_page_note(s->page, "data", "%s; %zu runs", bm_member_text(json_array_get(runs, 0), "data"),
                     json_array_size(runs));
    json_array_foreach(runs, i, one) if (*bm_member_text(one, "stopped"))
        bm_page_note(s->page, "STOPPED", "%s: %s", bm_member_text(one, "name"), bm_member_text(one, "stopped"));
    bm_show_table(s, summaries, "Right? After the last epoch, median over the seeds (and range)", 2, COLUMNS(accuracy));
    bm_show_table(s, summaries,
                  "How fast? Seconds of training per epoch (median) and to the target (bars: share of the longest)", 2,
                  COLUMNS(speed));
    bm_show_table(s, bm_show_list(s, "kernel_sets"),
                  "What do the kernels buy? Seconds per epoch (bars: share of the longest; of some steps: scaled)", 2,
                  COLUMNS(sets));
    json_array_foreach(summaries, i, one) put_phases(s, one);
    bm_show_table(s, bm_show_list(s, "predictions"),
                  "An epoch predicted from micro-benchmarks of a step's calls, and measured", 2, COLUMNS(predictions));
    bm_show_table(s, bm_show_list(s, "published"),
                  "Published figures against ours, median (and range) over the seeds; epoch -: after training", 2,
                  COLUMNS(published));
    put_failures(s);
}
