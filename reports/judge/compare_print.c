#include "compare_print.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "result.h"
#include "table.h"

enum { INCONCLUSIVE_SHOWN = 20, WITH_INSTRUCTIONS = 8 /* columns */ };
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
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:s?}", "name", c->base->name, "verdict",
                     bm_verdict_name(c->verdict), "base_s", bm_real_or_null(c->floor[0].s), "new_s",
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

/* Without the end that every name has. */
static void add_name(struct bm_table *t, const char *name)
{
    const size_t n = strlen(name), tail = strlen("/real_time");
    const bool real = n > tail && strcmp(name + n - tail, "/real_time") == 0;
    bm_table_add(t, "%.*s", (int)(n - (real ? tail : 0)), name);
}

/* A flag beside the verdict: by how much the instructions of a call changed. */
static void add_instructions(struct bm_table *t, const struct bm_compared_case *c)
{
    const double change = c->now->instructions / c->base->instructions - 1;
    if (isfinite(change))
        bm_table_add(t, "%+.1f %%", 100 * change);
    else
        bm_table_add(t, "-");
}

static void add_row(struct bm_table *t, const struct bm_compared_case *c)
{
    static const char *const head[] = { "verdict", "case", "BASE", "NEW", "ratio", "interval", "support", "instructions" };
    char time[16];
    for (size_t i = 0; !t->cells || t->cells % t->columns; i++)
        bm_table_add(t, "%s", head[i]);
    bm_table_add(t, "%s", bm_verdict_name(c->verdict));
    add_name(t, c->base->name);
    for (int side = 0; side < 2; side++)
        bm_table_add(t, "%s", bm_seconds_text(c->floor[side].s, time));
    if (isnan(c->change))
        bm_table_add(t, "-");
    else
        bm_table_add(t, "%.3fx", exp(c->change));
    if (c->why)
        bm_table_add(t, "%s", c->why);
    else
        bm_table_add(t, "%.3f to %.3f", exp(c->change - c->half), exp(c->change + c->half));
    bm_table_add(t, "%zu/%zu, %zu/%zu", c->floor[0].samples, c->floor[0].launches, c->floor[1].samples,
                 c->floor[1].launches);
    if (t->columns == WITH_INSTRUCTIONS)
        add_instructions(t, c);
}

/* Were instructions counted anywhere on both sides? */
static bool have_instructions(const struct bm_comparison *all)
{
    for (size_t i = 0; i < all->cases; i++)
        if (isfinite(all->compared[i].base->instructions) && isfinite(all->compared[i].now->instructions))
            return true;
    return false;
}

/* Returns how many inconclusive cases were left out. */
static size_t print_cases(const struct bm_comparison_view *v, const struct bm_comparison *all, FILE *out)
{
    struct bm_table t = { .columns = have_instructions(all) ? WITH_INSTRUCTIONS : WITH_INSTRUCTIONS - 1, .left = 2 };
    size_t inconclusive = 0, left_out = 0;
    for (size_t i = 0; i < all->cases; i++) {
        const struct bm_compared_case *c = &all->compared[i];
        inconclusive += c->verdict == BM_INCONCLUSIVE;
        if (v->all || c->verdict < BM_INCONCLUSIVE ||
            (c->verdict == BM_INCONCLUSIVE && inconclusive <= INCONCLUSIVE_SHOWN))
            add_row(&t, c);
        else
            left_out += c->verdict == BM_INCONCLUSIVE;
    }
    if (t.cells) {
        fputs("\n", out);
        bm_table_print(&t, v->format == BM_MARKDOWN, out);
    }
    return left_out;
}

static void print_only(const struct bm_comparison *all, FILE *out)
{
    for (int side = 0; side < 2; side++)
        for (size_t i = 0; i < all->only_count[side]; i++)
            fprintf(out, "%sonly in %s: %s\n", i ? "" : "\n", side ? "NEW" : "BASE", all->only[side][i]->name);
}

static void print_sides(const struct bm_comparison_view *v, const struct bm_comparison *all, const char *end, FILE *out)
{
    for (int side = 0; side < 2; side++)
        for (size_t i = 0; i < all->side[side].runs; i++) {
            const struct bm_run *run = &all->side[side].run[i];
            fprintf(out, "%s  %s: commit %.12s, %s, %zu cases%s", side ? "NEW " : "BASE",
                    v->label[side] ? v->label[side] : run->path, run->commit, run->date, run->cases, end);
        }
}

static void print_method(const struct bm_comparison_view *v, const char *end, FILE *out)
{
    const double percent = 100 * v->threshold;
    fprintf(out,
            "Times are floors: the least of all samples. The ratio is that of NEW over that of BASE: 1.05x took 5 %% "
            "longer.%s",
            end);
    fprintf(
        out,
        "Support: how many samples, of how many launches, lie within %.0f %% of the floor, of BASE and of NEW. A floor "
        "stands from %d samples of %d launches on; other cases are not judged.%s",
        100 * BM_FLOOR_NEAR, BM_FLOOR_SAMPLES, BM_FLOOR_LAUNCHES, end);
    fprintf(out, "Interval: how far floors of equal code lie apart between runs, %s%s.%s",
            v->noise ? "as calibrate measured it here: " : "assumed", v->noise ? v->noise : "", end);
    fprintf(out,
            "slower, faster: the interval lies beyond %.3g %%; same: it lies within %.3g %%; inconclusive: neither, or "
            "there is no interval.%s",
            percent, percent, end);
}

static void print_summary(const struct bm_comparison_view *v, const struct bm_comparison *all, FILE *out)
{
    char base[16], now[16];
    fprintf(out, "\n%zu slower, %zu faster, %zu same, %zu inconclusive of %zu cases\n", all->verdicts[BM_SLOWER],
            all->verdicts[BM_FASTER], all->verdicts[BM_SAME], all->verdicts[BM_INCONCLUSIVE], all->cases);
    if (all->decidable)
        fprintf(out, "%zu of them have an interval; their floors add up to %s in BASE and %s in NEW, %.3fx\n",
                all->decidable, bm_seconds_text(all->total_s[0], base), bm_seconds_text(all->total_s[1], now),
                all->total_s[1] / all->total_s[0]);
    if (all->decidable)
        fprintf(out, "Changes of a floor above %.1f %% are called in half of these, above %.1f %% in each\n",
                100 * expm1(all->visible), 100 * expm1(all->all_visible));
    else
        fprintf(out, "None of them has an interval: no change could have been seen\n");
    if (v->settle)
        fprintf(out, "This settles the inconclusive ones: %s\n", v->settle);
}

static void print_text(const struct bm_comparison_view *v, const struct bm_comparison *all, FILE *out)
{
    const char *end = v->format == BM_MARKDOWN ? "  \n" : "\n"; /* a line break in Markdown too */
    const json_t *one;
    size_t i;
    print_sides(v, all, end, out);
    print_method(v, end, out);
    json_array_foreach(v->notes, i, one) fprintf(out, "NOTE %s%s", json_string_value(one), end);
    const size_t left_out = print_cases(v, all, out);
    if (left_out)
        fprintf(out, "\n%zu more are inconclusive; --all lists everything\n", left_out);
    if (v->all)
        print_only(all, out);
    print_summary(v, all, out);
}

void bm_comparison_print(const struct bm_comparison_view *v, const struct bm_comparison *all, FILE *out)
{
    if (v->format == BM_JSON)
        print_json(v, all, out);
    else
        print_text(v, all, out);
}
