/* SPDX-License-Identifier: MIT */
#include "claim_record.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reader.h"
#include "record.h"

static json_t *ours_of(json_t *result) { return json_object_get(result, "batchmark"); }

/* {"key": "lr", "points": ["0.1", "1"]}; no axis: null. */
static json_t *axis_json(const struct bm_axis *axis)
{
    char label[BM_POINT_LABEL], title[BM_AXIS_KEY];
    json_t *points = json_array();
    for (unsigned i = 0; i < axis->points; i++)
        json_array_append_new(points, json_string(bm_axis_label(axis, i, label)));
    if (axis->points)
        return json_pack("{s:s, s:o}", "key", bm_axis_title(axis, title), "points", points);
    json_decref(points);
    return json_null();
}

/* Its lines: texts of a result have no ends of lines. */
static json_t *lines_json(const char *text)
{
    json_t *lines = json_array();
    for (size_t length; *text; text += length + (text[length] == '\n')) {
        length = strcspn(text, "\n");
        json_array_append_new(lines, json_stringn(text, length));
    }
    return lines;
}

void bm_claim_record_head(json_t *result, const char *name, const struct bm_experiment *e, const char *text,
                          json_t *settings)
{
    json_t *ours = ours_of(result), *variants = json_array(), *seeds = json_array();
    for (unsigned i = 0; i < e->variants; i++)
        json_array_append_new(variants,
                              json_pack("{s:s, s:s}", "name", e->variant[i].name, "about", e->variant[i].about));
    for (size_t i = 0; i < e->variant[0].config.seeds; i++)
        json_array_append_new(seeds, json_integer((json_int_t)e->variant[0].config.seed_list[i]));
    json_object_set_new(ours, "claim", json_string(name));
    json_object_set_new(ours, "about", json_string(e->about));
    json_object_set_new(ours, "text", lines_json(text));
    json_object_set_new(ours, "settings", settings);
    json_object_set_new(ours, "sweep", axis_json(&e->sweep));
    json_object_set_new(ours, "panels", axis_json(&e->panels));
    json_object_set_new(ours, "trains", json_real(e->trains));
    json_object_set_new(ours, "margin", json_real(e->margin));
    json_object_set_new(ours, "seeds", seeds);
    json_object_set_new(ours, "variants", variants);
}

/* The number of a run in the list; its size: it is not there. From the end, where what is replaced mostly is. */
static size_t place_of(const json_t *list, const char *variant, unsigned panel, unsigned point, unsigned seed)
{
    for (size_t i = json_array_size(list); i-- > 0;) {
        const json_t *run = json_array_get(list, i);
        if (bm_member_number(run, "seed") == seed && bm_member_number(run, "point") == point &&
            bm_member_number(run, "panel") == panel && strcmp(bm_member_text(run, "variant"), variant) == 0)
            return i;
    }
    return json_array_size(list);
}

/* By four digits, which a picture shows. */
static json_t *quantiles_json(const double *quantile)
{
    json_t *list = json_array();
    for (int q = 0; q < BM_QUANTILES; q++) {
        char text[40];
        snprintf(text, sizeof text, "%.4g", quantile[q]);
        json_array_append_new(list, bm_real_or_null(strtod(text, NULL)));
    }
    return list;
}

static json_t *inputs_json(const struct bm_recorded *recorded)
{
    json_t *list = json_array();
    for (size_t i = 0; i < recorded->moments; i++) {
        const struct bm_moment *m = &recorded->moment[i];
        json_t *after = isnan(m->after[0]) ? json_null() : quantiles_json(m->after);
        json_array_append_new(list, json_pack("{s:I, s:i, s:o, s:o}", "step", (json_int_t)m->step, "layer",
                                              (int)m->layer, "before", quantiles_json(m->before), "after", after));
    }
    return list;
}

void bm_claim_record_run(json_t *result, const struct bm_claim_data *d, unsigned variant, unsigned panel,
                         unsigned point, unsigned seed, const char *stopped, const struct bm_recorded *recorded)
{
    const double *figure = bm_claim_figures(d, variant, panel, point, seed);
    json_t *figures = json_object();
    for (int m = 0; m < BM_MEASURED_COUNT; m++)
        json_object_set_new(figures, bm_measured_names[m], bm_real_or_null(figure[m]));
    json_t *list = bm_result_list(result, "seed_runs");
    const char *name = d->experiment->variant[variant].name;
    json_t *run = json_pack("{s:s, s:i, s:i, s:i, s:s, s:o}", "variant", name, "panel", (int)panel, "point", (int)point,
                            "seed", (int)seed, "stopped", stopped, "figures", figures);
    if (recorded && recorded->moments)
        json_object_set_new(run, "inputs", inputs_json(recorded));
    const size_t at = place_of(list, name, panel, point, seed);
    if (at < json_array_size(list))
        json_array_set_new(list, at, run);
    else
        json_array_append_new(list, run);
}

void bm_claim_record_timing(json_t *result, size_t rounds, const struct bm_step_visits *visits, double stolen_s)
{
    json_array_append_new(bm_result_list(result, "timings"),
                          json_pack("{s:I, s:I, s:I, s:o}", "rounds", (json_int_t)rounds, "visits",
                                    (json_int_t)visits->visits, "disturbed", (json_int_t)visits->disturbed, "stolen_s",
                                    bm_real_or_null(stolen_s)));
}

/* ---- what follows ---- */

static void record_point(json_t *result, const struct bm_claim_data *d, unsigned variant, unsigned panel,
                         unsigned point)
{
    json_t *figures = json_object();
    for (int m = 0; m < BM_MEASURED_COUNT; m++) {
        const struct bm_stats s = bm_claim_stats(d, variant, panel, point, m);
        json_object_set_new(figures, bm_measured_names[m], bm_stats_json(&s));
    }
    json_array_append_new(bm_result_list(result, "points"),
                          json_pack("{s:s, s:i, s:i, s:o}", "variant", d->experiment->variant[variant].name, "panel",
                                    (int)panel, "point", (int)point, "figures", figures));
}

static json_t *cells_json(const struct bm_cell *cell, size_t cells)
{
    json_t *list = json_array();
    for (size_t i = 0; i < cells; i++)
        json_array_append_new(list,
                              json_pack("{s:i, s:i, s:i, s:o, s:o, s:o, s:s}", "panel", (int)cell[i].panel, "point",
                                        (int)cell[i].point, "seeds", (int)cell[i].seeds, "mean",
                                        bm_real_or_null(cell[i].mean), "low", bm_real_or_null(cell[i].low), "high",
                                        bm_real_or_null(cell[i].high), "verdict", bm_support_names[cell[i].support]));
    return list;
}

void bm_claim_record_end(json_t *result, const struct bm_claim_data *d)
{
    const struct bm_experiment *e = d->experiment;
    struct bm_cell *cell = bm_alloc(BM_MAX_CELLS * sizeof *cell);
    enum bm_holds of[BM_MAX_CLAIMS];
    size_t n = 0;
    for (unsigned v = 0; v < e->variants; v++)
        for (unsigned panel = 0; panel < d->panels; panel++)
            for (unsigned point = 0; point < d->points; point++)
                record_point(result, d, v, panel, point);
    for (unsigned i = 0; i < e->claims; i++) {
        const struct bm_claim *c = &e->claim[i];
        size_t cells;
        if (!bm_claim_is_general(c->kind))
            continue;
        of[n] = bm_judge_general(d, c, cell, &cells);
        json_array_append_new(bm_result_list(result, "verdicts"),
                              json_pack("{s:s, s:s, s:[s, s], s:s, s:s, s:o}", "kind", bm_claim_kind_name(c->kind),
                                        "figure", c->figure, "variants", c->variant[0], c->variant[1], "text", c->text,
                                        "verdict", bm_holds_names[of[n]], "cells", cells_json(cell, cells)));
        n++;
    }
    json_object_set_new(ours_of(result), "verdict", json_string(bm_holds_names[bm_holds_together(of, n)]));
    free(cell);
}

/* ---- back ---- */

static bool take_run(const json_t *run, struct bm_claim_data *d)
{
    const char *name = bm_member_text(run, "variant");
    const struct bm_variant *v = bm_experiment_variant(d->experiment, name);
    const double panel = bm_member_number(run, "panel"), point = bm_member_number(run, "point"),
                 seed = bm_member_number(run, "seed");
    if (!v || !(panel >= 0 && panel < d->panels && point >= 0 && point < d->points && seed >= 0 && seed < d->seeds))
        return false;
    double *figure =
        bm_claim_figures(d, (unsigned)(v - d->experiment->variant), (unsigned)panel, (unsigned)point, (unsigned)seed);
    for (int m = 0; m < BM_MEASURED_COUNT; m++)
        figure[m] = bm_member_number(json_object_get(run, "figures"), bm_measured_names[m]);
    return true;
}

bool bm_claim_take_runs(const json_t *ours, struct bm_claim_data *d, struct bm_error *error)
{
    const json_t *run;
    size_t i;
    json_array_foreach(json_object_get(ours, "seed_runs"), i,
                       run) if (!take_run(run, d)) return bm_failed(error, "seed_runs[%zu] is none of this claim", i);
    return true;
}

bool bm_claim_take(json_t *result, const json_t *earlier, struct bm_claim_data *d, struct bm_error *error)
{
    static const char *const same[] = { "claim", "text", "settings", "seeds" }, *const lists[] = { "data", "samples",
                                                                                                   "seed_runs",
                                                                                                   "timings" };
    json_t *ours = ours_of(result);
    size_t i;
    for (i = 0; i < sizeof same / sizeof *same; i++)
        if (!json_equal(json_object_get(earlier, same[i]), json_object_get(ours, same[i])))
            return bm_failed(error, "it is of another claim, or of this one with other settings: its \"%s\" differs",
                             same[i]);
    const json_t *then = json_object_get(earlier, "fingerprint"), *now = json_object_get(ours, "fingerprint");
    if (bm_claim_times(d->experiment) && (strcmp(bm_member_text(then, "machine"), bm_member_text(now, "machine")) != 0))
        return bm_failed(error, "its times are of another machine, %s", bm_member_text(then, "machine"));
    if (!bm_claim_take_runs(earlier, d, error))
        return false;
    for (i = 0; i < sizeof lists / sizeof *lists; i++)
        if (json_is_array(json_object_get(earlier, lists[i])))
            json_object_set(ours, lists[i], json_object_get(earlier, lists[i]));
    return true;
}
