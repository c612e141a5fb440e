/* SPDX-License-Identifier: MIT */
#include "compare_print.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "result.h"

enum { INCONCLUSIVE_SHOWN = 20 };
const char *const bm_compare_formats[] = { "text", "markdown", "json", NULL };

/* ---- JSON ---- */

static json_t *about(const struct bm_side *side)
{
    json_t *files = json_array();
    for (size_t i = 0; i < side->runs; i++) {
        const struct bm_run *run = &side->run[i];
        json_array_append_new(files, json_pack("{s:s, s:s, s:s, s:b, s:i}", "path", run->path, "commit", run->commit,
                                               "date", run->date, "complete", run->complete, "cases", (int)run->cases));
    }
    return files;
}

static json_t *support(const struct bm_floor *f)
{
    return json_pack("{s:I, s:I}", "samples", (json_int_t)f->samples, "launches", (json_int_t)f->launches);
}

static json_t *case_json(const struct bm_compared_case *c)
{
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:s?}", "name", c->base->name,
                     "verdict", bm_verdict_name(c->verdict), "base_s", bm_real_or_null(c->floor[0].s), "new_s",
                     bm_real_or_null(c->floor[1].s), "base_support", support(&c->floor[0]), "new_support",
                     support(&c->floor[1]), "ratio", bm_real_or_null(exp(c->change)), "low",
                     bm_real_or_null(exp(c->change - c->half)), "high", bm_real_or_null(exp(c->change + c->half)),
                     "visible", bm_real_or_null(expm1(c->visible)), "same_code", bm_same_code(c), "base_instructions",
                     bm_real_or_null(c->base->instructions), "new_instructions", bm_real_or_null(c->now->instructions),
                     "why", c->why);
}

static void print_json(const struct bm_comparison_view *v, const struct bm_comparison *all, FILE *out)
{
    json_t *cases = json_array(), *only[2] = { json_array(), json_array() }, *summary = json_object();
    for (size_t i = 0; i < all->cases; i++)
        json_array_append_new(cases, case_json(&all->compared[i]));
    for (int side = 0; side < 2; side++)
        for (size_t i = 0; i < all->only_count[side]; i++)
            json_array_append_new(only[side], json_string(all->only[side][i]->name));
    for (int k = 0; k < BM_VERDICTS; k++)
        json_object_set_new(summary, bm_verdict_name((enum bm_verdict)k), json_integer((json_int_t)all->verdicts[k]));
    json_t *json = json_pack(
        "{s:o, s:o, s:f, s:s?, s:O, s:o, s:I, s:[ff], s:o, s:o, s:s?, s:o, s:o, s:o}", "base", about(&all->side[0]),
        "new", about(&all->side[1]), "threshold", v->threshold, "noise", v->noise, "notes", v->notes, "summary",
        summary, "decidable", (json_int_t)all->decidable, "decidable_total_s", all->total_s[0], all->total_s[1],
        "visible", bm_real_or_null(expm1(all->visible)), "visible_in_all", bm_real_or_null(expm1(all->all_visible)),
        "settle", v->settle, "cases", cases, "only_base", only[0], "only_new", only[1]);
    char *text = json_dumps(json, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
    if (!text)
        bm_die(BM_EXIT_INPUT, "out of memory, or a name that is not UTF-8");
    fprintf(out, "%s\n", text);
    free(text);
    json_decref(json);
}

/* ---- text and Markdown ---- */

/* A flag beside the verdict: by how much the instructions of a call changed; NaN: not counted on both sides. */
static double instructions_change(const struct bm_compared_case *c)
{
    const double change = c->now->instructions / c->base->instructions - 1;
    return isfinite(change) ? change : NAN;
}

char *bm_comparison_name(const struct bm_compared_case *c)
{
    static const char end[] = "/real_time"; /* that every name has */
    const size_t n = strlen(c->base->name), tail = strlen(end);
    const bool real = n > tail && strcmp(c->base->name + n - tail, end) == 0;
    return strndup(c->base->name, n - (real ? tail : 0));
}

static struct bm_value change_value(const struct bm_source *source, double change)
{
    return bm_derived(exp(change), BM_UNIT_CHANGE, source);
}

void bm_comparison_table(struct bm_page *page, const char *id, const struct bm_comparison *all, size_t from, size_t to,
                         const struct bm_source *base, const struct bm_source *now)
{
    static const char *const head[] = {
        "verdict", "case", "BASE", "NEW", "ratio", "interval", "support", "instructions"
    };
    bool counted = false;
    for (size_t i = 0; i < all->cases; i++)
        counted |= !isnan(instructions_change(&all->compared[i]));
    struct bm_grid *grid = bm_grid_of(page, id, "", head, counted ? 8 : 7);
    bm_grid_left(grid, 2);
    bm_grid_spare(grid, "support", "instructions", NULL);
    for (const struct bm_compared_case *c = all->compared + from; c < all->compared + to; c++) {
        char *name = bm_comparison_name(c);
        bm_grid_row(grid, "%s|%s|%v|%v|%v", bm_verdict_name(c->verdict), name,
                    bm_derived(c->floor[0].s, BM_UNIT_SECONDS, base), bm_derived(c->floor[1].s, BM_UNIT_SECONDS, now),
                    change_value(now, c->change));
        if (c->why)
            bm_grid_cell(grid, "%s", c->why);
        else
            bm_grid_cell(grid, "%v to %v", change_value(now, c->change - c->half),
                         change_value(now, c->change + c->half));
        bm_grid_cell(grid, "%d/%d, %d/%d", (int)c->floor[0].samples, (int)c->floor[0].launches,
                     (int)c->floor[1].samples, (int)c->floor[1].launches);
        if (counted)
            bm_grid_text(grid, isnan(instructions_change(c)) ? "-" : "%+.1f %%", 100 * instructions_change(c));
        free(name);
    }
    bm_page_table(page, grid);
}

static void put_cases(const struct bm_comparison_view *v, const struct bm_comparison *all, struct bm_page *page)
{
    const size_t open = all->verdicts[BM_INCONCLUSIVE], called = all->verdicts[BM_SLOWER] + all->verdicts[BM_FASTER];
    const size_t shown = open < INCONCLUSIVE_SHOWN ? open : INCONCLUSIVE_SHOWN;
    bm_comparison_table(page, "cases", all, 0, v->all ? all->cases : called + shown, NULL, NULL);
    if (!v->all && shown < open)
        bm_page_text(page, "%zu more are inconclusive; --all lists everything", open - shown);
}

static void put_sides(const struct bm_comparison_view *v, const struct bm_comparison *all, struct bm_page *page)
{
    const json_t *one;
    size_t i;
    for (int side = 0; side < 2; side++)
        for (i = 0; i < all->side[side].runs; i++) {
            const struct bm_run *run = &all->side[side].run[i];
            bm_page_note(page, side ? "NEW" : "BASE", "%s: commit %.12s, %s, %zu cases",
                         v->label[side] ? v->label[side] : run->path, run->commit, run->date, run->cases);
        }
    json_array_foreach(v->notes, i, one) bm_page_note(page, "NOTE", "%s", json_string_value(one));
}

static void put_method(const struct bm_comparison_view *v, struct bm_page *page)
{
    const double percent = 100 * v->threshold;
    bm_page_text(page, "Times are floors: the least of all samples. The ratio is that of NEW over that of BASE: 1.05x "
                       "took 5 %% longer.");
    bm_page_text(
        page,
        "Support: how many samples, of how many launches, lie within %.0f %% of the floor, of BASE and of NEW. "
        "A floor stands from %d samples of %d launches on; other cases are not judged.",
        100 * BM_FLOOR_NEAR, BM_FLOOR_SAMPLES, BM_FLOOR_LAUNCHES);
    bm_page_text(page, "Interval: how far floors of equal code lie apart between runs, %s%s.",
                 v->noise ? "as calibrate measured it here: " : "assumed", v->noise ? v->noise : "");
    bm_page_text(page,
                 "slower, faster: the interval lies beyond %.3g %%; same: it lies within %.3g %%; inconclusive: "
                 "neither, or there is no interval.",
                 percent, percent);
}

static void put_summary(const struct bm_comparison_view *v, const struct bm_comparison *all, struct bm_page *page)
{
    char base[16], now[16];
    bm_page_text(page, "%zu slower, %zu faster, %zu same, %zu inconclusive of %zu cases", all->verdicts[BM_SLOWER],
                 all->verdicts[BM_FASTER], all->verdicts[BM_SAME], all->verdicts[BM_INCONCLUSIVE], all->cases);
    if (all->decidable) {
        bm_page_text(page, "%zu of them have an interval; their floors add up to %s in BASE and %s in NEW, %.3fx",
                     all->decidable, bm_seconds_text(all->total_s[0], base), bm_seconds_text(all->total_s[1], now),
                     all->total_s[1] / all->total_s[0]);
        bm_page_text(page, "Changes of a floor above %.1f %% are called in half of these, above %.1f %% in each",
                     100 * expm1(all->visible), 100 * expm1(all->all_visible));
    } else
        bm_page_text(page, "None of them has an interval: no change could have been seen");
    if (v->settle)
        bm_page_command(page, v->settle, "This settles the inconclusive ones:");
}

void bm_comparison_print(const struct bm_comparison_view *v, const struct bm_comparison *all, FILE *out)
{
    if (v->format == BM_JSON) {
        print_json(v, all, out);
        return;
    }
    struct bm_page *page = bm_page_new((enum bm_page_format)v->format, NULL, "", NULL);
    bm_page_wide(page);
    put_sides(v, all, page);
    put_method(v, page);
    put_cases(v, all, page);
    for (int side = 0; side < 2 && v->all; side++)
        for (size_t i = 0; i < all->only_count[side]; i++)
            bm_page_text(page, "only in %s: %s", side ? "NEW" : "BASE", all->only[side][i]->name);
    put_summary(v, all, page);
    bm_page_print(page, out);
}
