/* SPDX-License-Identifier: MIT */
/* claim_inputs.c - what activations read, by quantiles over the training: a panel each variant and side of BN. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "claim_report.h"

enum { PANELS = 8, QUANTILES = 5 };

const char bm_claim_inputs_title[] = "What activations read, by quantiles";

static const json_t *inputs_of(const json_t *ours, size_t run)
{
    return json_object_get(json_array_get(json_object_get(ours, "seed_runs"), run), "inputs");
}

/* The run of a variant that has inputs, in the first panel at the middle of the sweep; SIZE_MAX: none has. */
static size_t run_of(const json_t *ours, const char *variant)
{
    const double middle = (double)((bm_claim_points(json_object_get(ours, "sweep")) - 1) / 2);
    const json_t *run;
    size_t i;
    json_array_foreach(json_object_get(ours, "seed_runs"), i,
                       run) if (json_array_size(json_object_get(run, "inputs")) &&
                                bm_member_number(run, "panel") == 0 && bm_member_number(run, "point") == middle &&
                                strcmp(bm_member_text(run, "variant"), variant) == 0) return i;
    return SIZE_MAX;
}

/* The last layer of a run, is enough for a picture: is this the first of it, with a list of this name? */
static bool begins_panel(const json_t *inputs, size_t i, const char *which)
{
    const json_t *moment = json_array_get(inputs, i), *last = json_array_get(inputs, json_array_size(inputs) - 1);
    if (bm_member_number(moment, "layer") != bm_member_number(last, "layer"))
        return false;
    for (size_t k = 0; k < i; k++)
        if (bm_member_number(json_array_get(inputs, k), "layer") == bm_member_number(moment, "layer"))
            return false;
    return json_array_size(json_object_get(moment, which)) == QUANTILES;
}

size_t bm_claim_list_inputs(const json_t *ours, struct bm_claim_inputs *panel, size_t most)
{
    static const char *const sides[] = { "before", "after" };
    const json_t *variants = json_object_get(ours, "variants");
    size_t n = 0;
    for (size_t v = 0; v < json_array_size(variants); v++) {
        const char *variant = bm_member_text(json_array_get(variants, v), "name");
        const size_t run = run_of(ours, variant);
        const json_t *inputs = run == SIZE_MAX ? NULL : inputs_of(ours, run);
        for (size_t i = 0; i < json_array_size(inputs); i++)
            for (int side = 0; side < 2 && n < most; side++) {
                if (!begins_panel(inputs, i, sides[side]))
                    continue;
                const bool bn = json_is_array(json_object_get(json_array_get(inputs, i), "after"));
                panel[n] = (struct bm_claim_inputs){ run, (int)bm_member_number(json_array_get(inputs, i), "layer"),
                                                     sides[side], "" };
                snprintf(panel[n].title, sizeof panel[n].title, "%.24s, hidden layer %d%s%s%s", variant, panel[n].layer,
                         bn ? ", " : "", bn ? sides[side] : "", bn ? " BN" : "");
                n++;
            }
    }
    return n;
}

bool bm_claim_has_inputs(const json_t *ours)
{
    struct bm_claim_inputs panel[1];
    return bm_claim_list_inputs(ours, panel, 1) > 0;
}

/* Of the moment of a panel after a step; NaN: there is none. */
static double quantile_of(const json_t *ours, const struct bm_claim_inputs *panel, double step, size_t quantile)
{
    const json_t *moment;
    size_t i;
    json_array_foreach(inputs_of(ours, panel->run), i, moment) if (bm_member_number(moment, "step") == step &&
                                                                   bm_member_number(moment, "layer") == panel->layer)
    {
        const json_t *value = json_array_get(json_object_get(moment, panel->which), quantile);
        return json_is_number(value) ? json_number_value(value) : NAN;
    }
    return NAN;
}

/* Steps of all panels' runs are those of the first. */
static void put_quantile(FILE *data, const json_t *ours, const struct bm_claim_inputs *panel, size_t panels,
                         size_t quantile)
{
    const json_t *first = inputs_of(ours, panel[0].run), *moment;
    size_t i;
    json_array_foreach(first, i, moment)
    {
        double x[1 + 3 * PANELS];
        if (bm_member_number(moment, "layer") != panel[0].layer)
            continue;
        for (size_t p = 0; p < 1 + 3 * PANELS; p++)
            x[p] = NAN;
        x[0] = bm_member_number(moment, "step");
        for (size_t p = 0; p < panels; p++)
            x[1 + 3 * p] = quantile_of(ours, &panel[p], x[0], quantile);
        bm_plot_numbers(data, x, 1 + 3 * PANELS);
        fputc('\n', data);
    }
    fputs("\n\n", data);
}

FILE *bm_claim_inputs_script(const json_t *ours)
{
    static const char *const names[QUANTILES] = { "5 %", "25 %", "50 %", "75 %", "95 %" };
    struct bm_claim_inputs panel[PANELS];
    const size_t panels = bm_claim_list_inputs(ours, panel, PANELS);
    FILE *data = bm_plot_begin();
    bm_plot_set_text(data, "x_name", "step", 50);
    bm_plot_set(data, "x_log", false);
    bm_plot_set(data, "bars", false);
    bm_plot_block(data, "names");
    bm_plot_block_end(data);
    bm_plot_block(data, "panels");
    for (size_t p = 0; p < panels; p++) {
        bm_plot_text(data, panel[p].title, 60);
        bm_plot_row(data, 3 * (double)p + 2, 0);
    }
    bm_plot_block_end(data);
    bm_plot_block(data, "keys");
    for (size_t q = 0; q < QUANTILES; q++)
        bm_plot_key(data, bm_style(q + 2), names[q], 24, "both");
    bm_plot_block_end(data);
    bm_plot_block(data, "medians");
    for (size_t q = 0; q < QUANTILES; q++)
        put_quantile(data, ours, panel, panels, q);
    bm_plot_block_end(data);
    bm_plot_block(data, "seeds"); /* no lines of theirs */
    for (size_t q = 0; q < QUANTILES; q++)
        fputs("NaN\n\n\n", data);
    bm_plot_block_end(data);
    return bm_plot_script(data, "panels");
}
