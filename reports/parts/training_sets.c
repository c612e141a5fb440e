/* SPDX-License-Identifier: MIT */
/* training_sets.c - what kernels buy in training: time to accuracy by kernel set, and predicted against measured
 * epochs. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "marks.h"
#include "train_report.h"

enum { SETS = 16, VARIANTS = 2, POINTS = 64 };

/* "kernel_sets" as a table: a row each set, a column each variant; -1: not there. */
struct sets {
    const struct bm_source *source;
    const json_t *list;
    const char *variant[VARIANTS], *kernels[SETS];
    bool bn[VARIANTS];
    size_t variants, rows;
    int at[SETS][VARIANTS];
};

/* The place of a name in a list that grows to `most`; `most`: no room. */
static size_t place_of(const char **list, size_t *n, size_t most, const char *name)
{
    size_t i = 0;
    while (i < *n && strcmp(list[i], name) != 0)
        i++;
    if (i == *n && *n < most)
        list[(*n)++] = name;
    return i;
}

static bool variant_has_bn(const struct bm_source *source, const char *variant)
{
    const json_t *summary;
    size_t i;
    json_array_foreach(json_object_get(source->document.ours, "summaries"), i,
                       summary) if (strcmp(bm_member_text(summary, "variant"), variant) == 0) return bm_has_bn(summary);
    return false;
}

static void swap_variants(struct sets *s)
{
    const char *variant = s->variant[0];
    const bool bn = s->bn[0];
    s->variant[0] = s->variant[1];
    s->variant[1] = variant;
    s->bn[0] = s->bn[1];
    s->bn[1] = bn;
    for (size_t row = 0; row < s->rows; row++) {
        const int at = s->at[row][0];
        s->at[row][0] = s->at[row][1];
        s->at[row][1] = at;
    }
}

static struct sets sets_of(const struct bm_source *source)
{
    struct sets s = { .source = source, .list = json_object_get(source->document.ours, "kernel_sets") };
    const json_t *one;
    size_t i;
    memset(s.at, -1, sizeof s.at);
    json_array_foreach(s.list, i, one)
    {
        const size_t v = place_of(s.variant, &s.variants, VARIANTS, bm_member_text(one, "variant")),
                     k = place_of(s.kernels, &s.rows, SETS, bm_member_text(one, "kernels"));
        if (v < VARIANTS && k < SETS)
            s.at[k][v] = (int)i;
    }
    for (size_t v = 0; v < s.variants; v++)
        s.bn[v] = variant_has_bn(source, s.variant[v]);
    if (s.variants == 2 && s.bn[1] && !s.bn[0]) /* BN first */
        swap_variants(&s);
    return s;
}

static const json_t *entry_of(const struct sets *s, size_t row, size_t v)
{
    return s->at[row][v] < 0 ? NULL : json_array_get(s->list, (size_t)s->at[row][v]);
}

static struct bm_value seconds_of(const struct sets *s, size_t row, size_t v, const char *figure)
{
    return bm_value_from(BM_UNIT_SECONDS, s->source, "kernel_sets[%d].%s", s->at[row][v], figure);
}

static size_t row_of(const struct sets *s, const char *kernels)
{
    size_t row = 0;
    while (row < s->rows && strcmp(s->kernels[row], kernels) != 0)
        row++;
    return row;
}

/* Times faster than naive kernels, which run on one thread. */
static struct bm_value speedup_of(const struct sets *s, size_t row, size_t v)
{
    const size_t naive = row_of(s, "naive");
    return bm_value_from(BM_UNIT_TIMES, s->source, "kernel_sets[%d].epoch_seconds/kernel_sets[%d].epoch_seconds",
                         naive == s->rows ? -1 : s->at[naive][v], s->at[row][v]);
}

/* SIZE_MAX: none has a time. */
static size_t fastest_of(const struct sets *s, size_t v)
{
    size_t best = SIZE_MAX;
    for (size_t row = 0; row < s->rows; row++) {
        const double x = seconds_of(s, row, v, "epoch_seconds").x;
        if (isfinite(x) && (best == SIZE_MAX || x < seconds_of(s, best, v, "epoch_seconds").x))
            best = row;
    }
    return best;
}

static bool is_scaled(const struct sets *s, size_t row)
{
    for (size_t v = 0; v < s->variants; v++)
        if (json_is_true(json_object_get(entry_of(s, row, v), "scaled")))
            return true;
    return false;
}

static bool any_reached(const struct sets *s)
{
    for (size_t row = 0; row < s->rows; row++)
        for (size_t v = 0; v < s->variants; v++)
            if (isfinite(seconds_of(s, row, v, "target_seconds").x))
                return true;
    return false;
}

/* ---- what it buys, in two sentences ---- */

static void put_kernels_buy(struct bm_page *page, const struct sets *s, size_t v)
{
    const size_t naive = row_of(s, "naive"), best = fastest_of(s, v);
    const json_t *run = json_array_get(json_object_get(s->source->document.ours, "runs"), 0);
    if (naive == s->rows || best == SIZE_MAX)
        return;
    const bool reached = isfinite(seconds_of(s, naive, v, "target_seconds").x);
    const char *figure = reached ? "target_seconds" : "epoch_seconds";
    bm_page_paragraph(
        page, "What kernels buy (%w, %w): %s %v with naive kernels on one thread and %v with %w: %v faster.%s",
        bm_member_text(run, "experiment"), s->variant[v], reached ? "the target accuracy takes" : "an epoch takes",
        seconds_of(s, naive, v, figure), seconds_of(s, best, v, figure), s->kernels[best], speedup_of(s, best, v),
        reached ? "" : " The target accuracy is not reached.");
}

static void put_bn_buys(struct bm_page *page, const struct sets *s)
{
    const size_t bn = s->bn[0] ? 0 : 1, no = 1 - bn, a = fastest_of(s, bn), b = fastest_of(s, no);
    if (s->variants < 2 || s->bn[0] == s->bn[1] || a == SIZE_MAX || b == SIZE_MAX)
        return;
    bm_page_paragraph(page,
                      "What BN buys, each with its fastest kernels: to the target %v with BN and %v without; an epoch "
                      "takes %v with BN and %v without.",
                      bm_value_or(seconds_of(s, a, bn, "target_seconds"), "(not reached)"),
                      bm_value_or(seconds_of(s, b, no, "target_seconds"), "(not reached)"),
                      seconds_of(s, a, bn, "epoch_seconds"), seconds_of(s, b, no, "epoch_seconds"));
}

/* ---- the picture ---- */

static int style_of(const struct sets *s, size_t v)
{
    if (v == 1 && s->bn[0] == s->bn[1])
        return bm_style(4);
    return bm_style(s->bn[v] ? 2 : 3);
}

static void put_variant_key(struct bm_marks *marks, const struct sets *s, size_t v, const char *figure)
{
    char name[160], text[128];
    bool any = false;
    for (size_t row = 0; row < s->rows; row++)
        any |= isfinite(seconds_of(s, row, v, figure).x);
    snprintf(name, sizeof name, "%s%s", bm_shortened(s->variant[v], any ? 20 : 7, text), any ? "" : " (not reached)");
    bm_marks_key(marks, style_of(s, v), name, 24, "point");
}

static FILE *sets_script(const struct sets *s, const char *figure, bool reached)
{
    struct bm_marks marks;
    char name[160], text[128], times[32];
    bm_marks_begin(&marks);
    for (size_t row = 0; row < s->rows; row++) {
        const struct bm_value faster = speedup_of(s, row, 0);
        snprintf(name, sizeof name, "%s%s", is_scaled(s, row) ? "~" : "", bm_shortened(s->kernels[row], 20, text));
        bm_marks_row(&marks, name, BM_ROW_NAME, bm_value_text(&faster, times));
        for (size_t v = 0; v < s->variants; v++)
            bm_marks_add(&marks, seconds_of(s, row, v, figure).x, NAN, NAN, style_of(s, v));
    }
    for (size_t v = 0; v < s->variants; v++)
        put_variant_key(&marks, s, v, figure);
    FILE *data = bm_marks_end(&marks, reached ? "seconds of training to the target" : "seconds an epoch", true);
    bm_plot_set_text(data, "note_head", "faster", 10);
    bm_plot_set(data, "spread", 0.72);
    return bm_plot_script(data, "marks");
}

static struct bm_grid *sets_grid(struct bm_page *page, const struct sets *s)
{
    struct bm_grid *grid =
        bm_grid_new(page, "", "Medians; speed-up of an epoch over naive kernels on one thread", "kernels", "variant",
                    "threads", "an epoch", "least", "most", "speed-up", "to the target", NULL);
    for (size_t row = 0; row < s->rows; row++)
        for (size_t v = 0; v < s->variants; v++)
            if (entry_of(s, row, v))
                bm_grid_row(grid, "%s%w|%w|%v|%v|%v|%v|%v|%v",
                            json_is_true(json_object_get(entry_of(s, row, v), "scaled")) ? "~" : "", s->kernels[row],
                            s->variant[v],
                            bm_value_from(BM_UNIT_COUNT, s->source, "kernel_sets[%d].threads", s->at[row][v]),
                            seconds_of(s, row, v, "epoch_seconds"), seconds_of(s, row, v, "epoch_seconds_min"),
                            seconds_of(s, row, v, "epoch_seconds_max"), speedup_of(s, row, v),
                            seconds_of(s, row, v, "target_seconds"));
    return grid;
}

static void put_sets(struct bm_page *page, const struct sets *s)
{
    const bool reached = any_reached(s);
    const size_t best = fastest_of(s, 0);
    if (best == SIZE_MAX) {
        bm_page_missing(page, NULL, "no kernel set has a time.");
        return;
    }
    char *svg =
        bm_page_draw(page, sets_script(s, reached ? "target_seconds" : "epoch_seconds", reached), "train-sets",
                     "Kernel sets by their time, a symbol each variant; at the right how many times faster than naive");
    bm_page_picture(
        page, "train-sets", reached ? "Time to accuracy by kernel set" : "Time of an epoch by kernel set", svg,
        sets_grid(page, s),
        "The fastest set is %w: an epoch of variant %w takes %v, %v as fast as with naive kernels on one thread (at the "
        "right: the same of each set). ~: scaled up from fewer steps than an epoch.",
        s->kernels[best], s->variant[0], seconds_of(s, best, 0, "epoch_seconds"),
        bm_value_or(speedup_of(s, best, 0), "(not timed)"));
}

/* ---- predicted against measured ---- */

static const json_t *prediction_at(const struct sets *s, size_t i)
{
    return json_array_get(json_object_get(s->source->document.ours, "predictions"), i);
}

static struct bm_value epoch_of(const struct sets *s, size_t i, const char *figure)
{
    return bm_value_from(BM_UNIT_SECONDS, s->source, "predictions[%zu].%s_epoch_seconds", i, figure);
}

static struct bm_value residual_of(const struct sets *s, size_t i)
{
    return bm_value_from(BM_UNIT_TIMES, s->source,
                         "predictions[%zu].measured_epoch_seconds/predictions[%zu].predicted_epoch_seconds", i, i);
}

/* Those with both times, of the variants that are shown. */
static size_t predictions_of(const struct sets *s, size_t list[static POINTS])
{
    size_t n = 0;
    for (size_t i = 0; prediction_at(s, i) && n < POINTS; i++)
        for (size_t v = 0; v < s->variants && isfinite(residual_of(s, i).x); v++)
            if (strcmp(bm_member_text(prediction_at(s, i), "variant"), s->variant[v]) == 0)
                list[n++] = i;
    return n;
}

static FILE *predictions_script(const struct sets *s, const size_t *list, size_t n)
{
    FILE *data = bm_plot_begin();
    bm_plot_block(data, "keys");
    for (size_t v = 0; v < s->variants; v++)
        bm_plot_key(data, style_of(s, v), s->variant[v], 20, "point");
    bm_plot_block_end(data);
    bm_plot_block(data, "points");
    for (size_t i = 0; i < n; i++)
        for (size_t v = 0; v < s->variants; v++)
            if (strcmp(bm_member_text(prediction_at(s, list[i]), "variant"), s->variant[v]) == 0)
                bm_plot_row(data, epoch_of(s, list[i], "predicted").x, epoch_of(s, list[i], "measured").x,
                            style_of(s, v));
    bm_plot_block_end(data);
    return bm_plot_script(data, "predictions");
}

static double off_by(const struct sets *s, size_t i) { return fabs(log(residual_of(s, i).x)); }

static void put_predictions(struct bm_page *page, const struct sets *s)
{
    size_t list[POINTS] = { 0 }, n = predictions_of(s, list), worst = list[0];
    int near = 0;
    if (n == 0) {
        bm_page_missing(page, NULL, "no kernel set has both a predicted and a measured time of an epoch.");
        return;
    }
    struct bm_grid *grid =
        bm_grid_new(page, "", "An epoch, predicted from micro-benchmarks of a step's calls, and measured", "kernels",
                    "variant", "predicted", "measured", "measured over predicted", NULL);
    for (size_t i = 0; i < n; i++) {
        const json_t *one = prediction_at(s, list[i]);
        near += off_by(s, list[i]) <= log(1.1);
        worst = off_by(s, list[i]) > off_by(s, worst) ? list[i] : worst;
        bm_grid_row(grid, "%w|%w|%v|%v|%v", bm_member_text(one, "kernels"), bm_member_text(one, "variant"),
                    epoch_of(s, list[i], "predicted"), epoch_of(s, list[i], "measured"), residual_of(s, list[i]));
    }
    char *svg = bm_page_draw(
        page, predictions_script(s, list, n), "train-predicted",
        "Measured over predicted time of an epoch, a point each kernel set and variant, with the diagonal");
    bm_page_picture(page, "train-predicted", "Predicted against measured time of an epoch", svg, grid,
                    "%d of %d predictions are within a tenth of what was measured; the farthest off is %w (%w), which "
                    "takes %v of what micro-benchmarks of its calls say.",
                    near, (int)n, bm_member_text(prediction_at(s, worst), "kernels"),
                    bm_member_text(prediction_at(s, worst), "variant"), residual_of(s, worst));
}

void bm_training_sets(struct bm_page *page, const struct bm_source *source)
{
    const struct sets s = sets_of(source);
    for (size_t v = 0; v < s.variants; v++)
        put_kernels_buy(page, &s, v);
    put_bn_buys(page, &s);
    put_predictions(page, &s);
}

void bm_training_sets_picture(struct bm_page *page, const struct bm_source *source)
{
    const struct sets s = sets_of(source);
    put_sets(page, &s);
}
