/* SPDX-License-Identifier: MIT */
/* training_phases.c - where a training step's time goes, and how near it comes to its limit. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "marks.h"
#include "train_report.h"

/* Kinds of ops as they are drawn: a letter in the segment, the kinds' names as a result has them or their beginning. */
static const struct {
    const char *letter, *name, *begins;
    int colour;
} kinds[] = {
    { "G", "GEMM", "gemm", 2 },
    { "B", "BN", "bn", 3 },
    { "A", "activation", "activation", 4 },
    { "L", "loss, bias", "loss", 7 },
    { "O", "optimiser", "optimizer", 5 },
    { "D", "data", "data", 1 },
    { "W", "waiting", "waiting", 0 },
    { "R", "the rest", "", 6 },
};
enum {
    KINDS = sizeof kinds / sizeof *kinds,
    REST = KINDS - 1,
    BN = 1,
    LOSS = 3,
    OPTIMISER = 4,
    WAITING = 6,
    BARS = 16
};

struct bar {
    const char *variant, *kernels;
    double second[KINDS], predicted[KINDS]; /* a step; predicted: 0 if there is none */
    double steps;
};

static int kind_of(const char *phase)
{
    if (strcmp(phase, "bias gradient") == 0)
        return LOSS;
    for (int k = 0; k < REST; k++)
        if (strncmp(phase, kinds[k].begins, strlen(kinds[k].begins)) == 0)
            return k;
    return REST;
}

static double sum_of(const double *second)
{
    double sum = 0;
    for (int k = 0; k < KINDS; k++)
        sum += second[k];
    return sum;
}

static void add_phases(double second[static KINDS], json_t *phases)
{
    const char *phase;
    json_t *value;
    json_object_foreach(phases, phase, value)
    {
        const double x = bm_member_number(phases, phase);
        if (x > 0)
            second[kind_of(phase)] += x;
    }
}

static struct bar *bar_of(struct bar *bar, size_t *n, const char *variant, const char *kernels)
{
    size_t i = 0;
    while (i < *n && (strcmp(bar[i].variant, variant) != 0 || strcmp(bar[i].kernels, kernels) != 0))
        i++;
    if (i == *n && *n < 2 * BARS)
        bar[(*n)++] = (struct bar){ .variant = variant, .kernels = kernels };
    return i < *n ? &bar[i] : NULL;
}

/* Of the runs that were alone: their seconds over their steps, of each variant and kernel set. */
static size_t bars_of(const struct bm_source *source, struct bar bar[static 2 * BARS])
{
    const json_t *run, *epoch, *one;
    size_t i, e, n = 0;
    json_array_foreach(json_object_get(source->document.ours, "runs"), i, run)
    {
        if (!json_is_true(json_object_get(run, "alone")))
            continue;
        struct bar *b =
            bar_of(bar, &n, bm_member_text(run, "variant"), bm_member_text(json_object_get(run, "config"), "kernels"));
        json_array_foreach(json_object_get(run, "epochs"), e, epoch)
        {
            const double steps = bm_member_number(epoch, "steps");
            if (!b || !(steps > 0))
                continue;
            add_phases(b->second, json_object_get(epoch, "phase_seconds"));
            b->steps += steps;
        }
    }
    json_array_foreach(json_object_get(source->document.ours, "predictions"), i,
                       one) for (size_t k = 0; k < n;
                                 k++) if (strcmp(bar[k].variant, bm_member_text(one, "variant")) == 0 &&
                                          strcmp(bar[k].kernels, bm_member_text(one, "kernels")) == 0 &&
                                          sum_of(bar[k].predicted) == 0)
        add_phases(bar[k].predicted, json_object_get(one, "phase_seconds_per_step"));
    for (i = 0; i < n; i++)
        for (int k = 0; k < KINDS && bar[i].steps > 0; k++)
            bar[i].second[k] /= bar[i].steps;
    return n;
}

/* The slowest first. */
static int by_time(const void *a, const void *b)
{
    const double x = sum_of((*(const struct bar *const *)a)->second),
                 y = sum_of((*(const struct bar *const *)b)->second);
    return (x < y) - (x > y);
}

/* ---- the picture ---- */

static void put_segments(FILE *data, size_t row, const double *second, bool predicted)
{
    double from = 0;
    const double sum = sum_of(second);
    for (int k = 0; k < KINDS; k++)
        if (second[k] > 0.0013 * sum) { /* what can be seen */
            bm_plot_row(data, (double)row, from, from + second[k] / sum, k + 1, predicted);
            from += second[k] / sum;
        }
}

static FILE *bars_script(const struct bar *const *bar, size_t n, bool by_kernels)
{
    FILE *data = bm_plot_begin();
    char text[32];
    bm_plot_block(data, "kinds");
    for (int k = 0; k < KINDS; k++)
        fprintf(data, "%d %s \"%s\"\n", bm_style((size_t)kinds[k].colour), kinds[k].letter, kinds[k].name);
    bm_plot_block_end(data);
    bm_plot_block(data, "rows");
    for (size_t i = 0; i < n; i++) {
        const struct bm_value step = bm_value_of(sum_of(bar[i]->second), BM_UNIT_SECONDS, NULL, "%s", "");
        bm_plot_numbers(data, (double[]){ (double)i + 1 }, 1);
        bm_plot_text(data, by_kernels ? bar[i]->kernels : bar[i]->variant, 16);
        bm_plot_text(data, bm_value_text(&step, text), 12);
        fputc('\n', data);
    }
    bm_plot_block_end(data);
    bm_plot_block(data, "segments");
    for (size_t i = 0; i < n; i++) {
        put_segments(data, i + 1, bar[i]->second, false);
        if (sum_of(bar[i]->predicted) > 0)
            put_segments(data, i + 1, bar[i]->predicted, true);
    }
    bm_plot_block_end(data);
    return bm_plot_script(data, "phases");
}

static struct bm_value seconds_value(double x, const struct bm_source *source)
{
    return bm_value_of(x, BM_UNIT_SECONDS, source, "%s", "");
}

static struct bm_value share_value(const struct bar *bar, int kind, const struct bm_source *source)
{
    return bm_value_of(100 * bar->second[kind] / sum_of(bar->second), BM_UNIT_PERCENT, source, "%s", "");
}

static struct bm_grid *bars_grid(struct bm_page *page, const struct bm_source *source, const struct bar *const *bar,
                                 size_t n, bool by_kernels)
{
    const char *head[KINDS + 2] = { by_kernels ? "kernels" : "variant", "a step" };
    for (int k = 0; k < KINDS; k++)
        head[k + 2] = kinds[k].name;
    struct bm_grid *grid =
        bm_grid_of(page, "", "A step, from the runs that were alone: its time, and whose share it is", head, KINDS + 2);
    for (size_t i = 0; i < n; i++) {
        bm_grid_row(grid, "%w|%v", by_kernels ? bar[i]->kernels : bar[i]->variant,
                    seconds_value(sum_of(bar[i]->second), source));
        for (int k = 0; k < KINDS; k++)
            bm_grid_cell(grid, "%v", share_value(bar[i], k, source));
    }
    return grid;
}

static void put_bars(struct bm_page *page, const struct bm_source *source, const struct bar *const *bar, size_t n,
                     size_t number, bool by_kernels)
{
    char id[64], title[256], text[128];
    const struct bar *slow = bar[0], *fast = bar[0];
    bool predicted = false, bn = false;
    for (size_t i = 0; i < n; i++) {
        bn |= bar[i]->second[BN] > 0;
        slow = sum_of(bar[i]->second) > sum_of(slow->second) ? bar[i] : slow;
        fast = sum_of(bar[i]->second) < sum_of(fast->second) ? bar[i] : fast;
        predicted |= sum_of(bar[i]->predicted) > 0;
    }
    snprintf(id, sizeof id, "train-step-%zu", number);
    snprintf(title, sizeof title, "Shares of a step%s%s", by_kernels ? " by kernel set: " : " by variant",
             by_kernels ? bm_shortened(bar[0]->variant, 30, text) : "");
    const int second = bn ? BN : OPTIMISER;
    const char *other = bn ? "BN" : "the optimiser",
               *thin = predicted ? " Thin bars: as predicted from micro-benchmarks." : "";
    char *svg =
        bm_page_draw(page, bars_script(bar, n, by_kernels), id,
                     "Shares of a training step by kind of op, a bar each; the number at the right is the whole step");
    struct bm_grid *grid = bars_grid(page, source, bar, n, by_kernels);
    if (slow == fast)
        bm_page_picture(page, id, title, svg, grid,
                        "Of a step of %v with %w, GEMM takes %v, %s %v and waiting for other threads %v.%s",
                        seconds_value(sum_of(slow->second), source), by_kernels ? slow->kernels : slow->variant,
                        share_value(slow, 0, source), other, share_value(slow, second, source),
                        share_value(slow, WAITING, source), thin);
    else
        bm_page_picture(
            page, id, title, svg, grid,
            "From %w to %w a step falls from %v to %v; GEMM has %v of the one and %v of the other, %s %v and %v, "
            "waiting for other threads %v and %v.%s",
            by_kernels ? slow->kernels : slow->variant, by_kernels ? fast->kernels : fast->variant,
            seconds_value(sum_of(slow->second), source), seconds_value(sum_of(fast->second), source),
            share_value(slow, 0, source), share_value(fast, 0, source), other, share_value(slow, second, source),
            share_value(fast, second, source), share_value(slow, WAITING, source), share_value(fast, WAITING, source),
            thin);
}

void bm_training_phases(struct bm_page *page, const struct bm_source *source)
{
    struct bar bar[2 * BARS];
    const struct bar *shown[2 * BARS];
    const size_t n = bars_of(source, bar);
    size_t pictures = 0, left = 0;
    for (size_t i = 0; i < n; i++) { /* a picture each variant with several kernel sets */
        size_t sets = 0;
        for (size_t k = 0; k < n; k++)
            if (sum_of(bar[k].second) > 0 && strcmp(bar[k].variant, bar[i].variant) == 0)
                shown[sets++] = &bar[k];
        if (sets < 2 || shown[0] != &bar[i] || pictures == 2)
            continue;
        qsort(shown, sets, sizeof *shown, by_time);
        put_bars(page, source, shown, sets, ++pictures, true);
    }
    for (size_t i = 0; i < n && pictures == 0; i++)
        if (sum_of(bar[i].second) > 0 && left < BARS)
            shown[left++] = &bar[i];
    if (left)
        put_bars(page, source, shown, left, 1, false);
    else if (pictures == 0)
        bm_page_missing(page, "make experiments", "no run was alone on the machine: no seconds of a step.");
}

/* ---- the limit ---- */

enum { BOUNDS = 24 };

struct bound {
    const struct bm_source *source;
    const char *experiment, *variant;
    struct bm_value share, bound, step;
};

/* A variant whose seeds ran one after the other has a bound of each: the first stands for it. */
static bool is_there(const struct bound *bound, size_t n, const struct bm_source *source, const char *variant)
{
    for (size_t i = 0; i < n; i++)
        if (bound[i].source == source && strcmp(bound[i].variant, variant) == 0)
            return true;
    return false;
}

static size_t bounds_of(const struct bm_trained *trained, size_t n, struct bound bound[static BOUNDS])
{
    const json_t *one;
    size_t i, found = 0;
    for (const struct bm_trained *t = trained; t < trained + n; t++)
        json_array_foreach(json_object_get(t->source->document.ours, "step_bounds"), i, one)
        {
            const struct bound b = { t->source,
                                     t->name,
                                     bm_member_text(one, "variant"),
                                     bm_value_from(BM_UNIT_PERCENT, t->source,
                                                   "100*step_bounds[%zu].bound_s/step_bounds[%zu].step_s", i, i),
                                     bm_value_from(BM_UNIT_SECONDS, t->source, "step_bounds[%zu].bound_s", i),
                                     bm_value_from(BM_UNIT_SECONDS, t->source, "step_bounds[%zu].step_s", i) };
            if (b.bound.x > 0 && b.step.x > 0 && found < BOUNDS && !is_there(bound, found, b.source, b.variant))
                bound[found++] = b;
        }
    return found;
}

static FILE *bounds_script(const struct bound *bound, size_t n)
{
    enum { SHARE = 3 };
    struct bm_marks marks;
    char name[256];
    bm_marks_begin(&marks);
    for (size_t i = 0; i < n; i++) {
        snprintf(name, sizeof name, "%.60s: %.60s", bound[i].experiment, bound[i].variant);
        bm_marks_row(&marks, name, 28, "");
        bm_marks_add(&marks, bound[i].share.x, 0, bound[i].share.x, SHARE);
    }
    bm_marks_key(&marks, SHARE, "", 1, "none");
    bm_marks_include(&marks, 100);
    FILE *data = bm_marks_end(&marks, "limit over measured time of a step (%)", false);
    bm_plot_set(data, "most", 100);
    bm_plot_set(data, "notes", 0);
    return bm_plot_script(data, "marks");
}

void bm_training_bounds(struct bm_page *page, const struct bm_trained *trained, size_t n)
{
    struct bound bound[BOUNDS];
    const size_t found = bounds_of(trained, n, bound);
    const struct bound *best = bound, *worst = bound;
    if (found == 0) {
        bm_page_missing(page, "make experiments", "no limit of a training step.");
        return;
    }
    struct bm_grid *grid =
        bm_grid_new(page, "", "A step of training and its limit, of the first seed that was alone", "variant",
                    "experiment", "limit", "measured", "share", NULL);
    for (const struct bound *b = bound; b < bound + found; b++) {
        best = b->share.x > best->share.x ? b : best;
        worst = b->share.x < worst->share.x ? b : worst;
        bm_grid_row(grid, "%w|%w|%v|%v|%v", b->variant, b->experiment, b->bound, b->step, b->share);
    }
    char *svg =
        bm_page_draw(page, bounds_script(bound, found), "train-bound",
                     "Share of the limit that a training step reaches, a bar each variant; a line at 100 %");
    bm_page_picture(
        page, "train-bound", "How near a step comes to its limit", svg, grid,
        "%w (%w) comes nearest to what peak arithmetic and the caches allow: %v of it; %w (%w) is farthest, with %v.",
        best->variant, best->experiment, best->share, worst->variant, worst->experiment, worst->share);
}
