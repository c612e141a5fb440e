/* SPDX-License-Identifier: MIT */
/* claim_picture.c - a figure of a claim's variants along its sweep, a panel each value of its second axis. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "claim_report.h"

enum { PANELS = 8, VARIANTS = 8 };

static const char *name_of(const json_t *variants, size_t i)
{
    return bm_member_text(json_array_get(variants, i), "name");
}

size_t bm_claim_points(const json_t *axis)
{
    const size_t n = json_array_size(json_object_get(axis, "points"));
    return n ? n : 1;
}

const char *bm_claim_label(const json_t *axis, size_t point)
{
    const char *label = json_string_value(json_array_get(json_object_get(axis, "points"), point));
    return label ? label : "";
}

bool bm_claim_is_first(const json_t *verdicts, size_t i)
{
    const char *figure = bm_member_text(json_array_get(verdicts, i), "figure");
    for (size_t k = 0; k < i; k++)
        if (strcmp(bm_member_text(json_array_get(verdicts, k), "figure"), figure) == 0)
            return false;
    return true;
}

size_t bm_claim_point(const json_t *ours, const char *variant, size_t panel, size_t point)
{
    const json_t *one;
    size_t i;
    json_array_foreach(json_object_get(ours, "points"), i,
                       one) if (strcmp(bm_member_text(one, "variant"), variant) == 0 &&
                                bm_member_number(one, "panel") == (double)panel &&
                                bm_member_number(one, "point") == (double)point) return i;
    return SIZE_MAX;
}

/* Numbers above 0 that grow, over a decade or more? */
static bool is_wide(const json_t *axis)
{
    const size_t n = bm_claim_points(axis);
    double before = 0, first = 0;
    for (size_t i = 0; i < n; i++) {
        char *end;
        const double x = strtod(bm_claim_label(axis, i), &end);
        if (*end || !(x > before) || !isfinite(x))
            return false;
        before = x;
        first = i ? first : x;
    }
    return n > 1 && before >= 10 * first;
}

static void put_rows(FILE *data, const json_t *ours, const char *variant, const char *figure, bool wide)
{
    static const char *const which[] = { "median", "min", "max" };
    const json_t *sweep = json_object_get(ours, "sweep");
    const size_t panels = bm_claim_points(json_object_get(ours, "panels"));
    for (size_t point = 0; point < bm_claim_points(sweep); point++) {
        double x[1 + 3 * PANELS] = { wide ? strtod(bm_claim_label(sweep, point), NULL) : (double)point + 1 };
        for (size_t panel = 0; panel < panels && panel < PANELS; panel++) {
            const json_t *one =
                json_array_get(json_object_get(ours, "points"), bm_claim_point(ours, variant, panel, point));
            for (size_t i = 0; i < 3; i++)
                x[1 + 3 * panel + i] = bm_member_of_range(json_object_get(one, "figures"), figure, which[i]);
        }
        bm_plot_numbers(data, x, 1 + 3 * PANELS);
        fputc('\n', data);
    }
    fputs("\n\n", data);
}

/* A panel has a figure of one of the variants, or nothing is drawn of it. */
static bool is_drawn(const json_t *ours, const char *figure, size_t panel)
{
    const json_t *variants = json_object_get(ours, "variants");
    for (size_t v = 0; v < json_array_size(variants) && v < VARIANTS; v++)
        for (size_t point = 0; point < bm_claim_points(json_object_get(ours, "sweep")); point++) {
            const size_t at = bm_claim_point(ours, name_of(variants, v), panel, point);
            const json_t *one = json_array_get(json_object_get(ours, "points"), at);
            if (isfinite(bm_member_of_range(json_object_get(one, "figures"), figure, "median")))
                return true;
        }
    return false;
}

bool bm_claim_is_drawn(const json_t *ours, const char *figure)
{
    for (size_t panel = 0; panel < PANELS; panel++)
        if (is_drawn(ours, figure, panel))
            return true;
    return false;
}

static void put_panels(FILE *data, const json_t *ours, const char *figure)
{
    const json_t *axis = json_object_get(ours, "panels");
    bm_plot_block(data, "panels");
    for (size_t panel = 0; panel < bm_claim_points(axis) && panel < PANELS; panel++) {
        char title[400];
        snprintf(title, sizeof title, "%s%s%s%s%s", bm_claim_figure_title(figure), json_is_object(axis) ? ": " : "",
                 bm_member_text(axis, "key"), json_is_object(axis) ? " " : "", bm_claim_label(axis, panel));
        if (!is_drawn(ours, figure, panel))
            continue;
        bm_plot_text(data, bm_text_whole(title), 60); /* cut within a letter, if it was long */
        bm_plot_row(data, 3 * (double)panel + 2, 0);
    }
    bm_plot_block_end(data);
}

static void put_axis(FILE *data, const json_t *sweep, bool wide)
{
    bm_plot_set_text(data, "x_name", bm_member_text(sweep, "key"), 50);
    bm_plot_set(data, "x_log", wide);
    bm_plot_set(data, "bars", true);
    bm_plot_block(data, "names");
    for (size_t i = 0; i < bm_claim_points(sweep) && !wide; i++) {
        bm_plot_text(data, bm_claim_label(sweep, i), 12);
        fputc('\n', data);
    }
    bm_plot_block_end(data);
}

FILE *bm_claim_script(const json_t *ours, const char *figure)
{
    const json_t *variants = json_object_get(ours, "variants"), *sweep = json_object_get(ours, "sweep");
    const bool wide = is_wide(sweep);
    static const size_t order[VARIANTS] = { 2, 3, 4, 5, 6, 7, 1, 0 }; /* the first two as in learning curves */
    const size_t n = json_array_size(variants) < VARIANTS ? json_array_size(variants) : VARIANTS;
    FILE *data = bm_plot_begin();
    put_axis(data, sweep, wide);
    put_panels(data, ours, figure);
    bm_plot_block(data, "keys");
    for (size_t i = 0; i < n; i++)
        bm_plot_key(data, bm_style(order[i]), name_of(variants, i), 24, i == 0 ? "both 1" : i == 1 ? "both 2" : "both");
    bm_plot_block_end(data);
    bm_plot_block(data, "medians");
    for (size_t i = 0; i < n; i++)
        put_rows(data, ours, name_of(variants, i), figure, wide);
    bm_plot_block_end(data);
    bm_plot_block(data, "seeds"); /* no lines of theirs */
    for (size_t i = 0; i < n; i++)
        fputs("NaN\n\n\n", data);
    bm_plot_block_end(data);
    return bm_plot_script(data, "panels");
}

const char *bm_claim_figure_title(const char *figure)
{
    static const char *const titles[][2] = {
        { "accuracy", "Training accuracy at the end" },
        { "val_accuracy", "Validation accuracy at the end" },
        { "best_val_accuracy", "Best validation accuracy" },
        { "test_accuracy", "Test accuracy" },
        { "gap", "Training minus validation accuracy" },
        { "epochs_to_target", "Epochs to the target" },
        { "loss", "Training loss at the end (cross-entropy)" },
        { "gradient_decades", "Decades between the gradients of the first and the last layer" },
        { "constant_units", "Share of hidden units that are constant over a batch" },
        { "input_shift", "Shift of layers' inputs by a step (deviations)" },
        { "gradient_change", "Change of the gradient by a step (share of its length)" },
        { "uphill", "Share of steps that raise their batch's loss" },
        { "loss_range", "Range of the loss along the gradient (nats an image)" },
        { "step_us", "Time of a step (us)" },
        { "step_ratio", "Time of a step, as a multiple of the last variant's" },
        { "added_share", "Share of a step that comes on top of the last variant's" },
        { "seconds_to_target", "Seconds to the target: epochs by steps timed in turns" },
    };
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        if (strcmp(titles[i][0], figure) == 0)
            return titles[i][1];
    return figure;
}
