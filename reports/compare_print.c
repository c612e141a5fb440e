#include "compare_print.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "result.h"
#include "table.h"

enum { INCONCLUSIVE_SHOWN = 20 };
const char *const bm_compare_formats[] = { "text", "markdown", "json", NULL };

/* ---- JSON ---- */

static json_t *about(const struct bm_run *run)
{
    return json_pack("{s:s, s:s, s:s, s:b, s:i}", "path", run->path, "commit", run->commit, "date", run->date,
                     "complete", run->complete, "cases", (int)run->cases);
}

static json_t *case_json(const struct bm_compared_case *c)
{
    return json_pack("{s:s, s:s, s:f, s:f, s:o, s:o, s:o, s:f, s:o, s:o, s:b, s:s?}", "name", c->base->name, "verdict",
                     bm_verdict_name(c->verdict), "base_s", c->base->stats.median, "new_s", c->now->stats.median,
                     "ratio", bm_real_or_null(exp(c->change.mean)), "low", bm_real_or_null(exp(c->change.mean - c->half)), "high",
                     bm_real_or_null(exp(c->change.mean + c->half)), "p", c->p, "margin", bm_real_or_null(expm1(c->margin)), "visible",
                     bm_real_or_null(expm1(c->visible)), "unchanged_code", c->control, "why", c->why);
}

static void print_json(const struct bm_comparison_view *v, const struct bm_run *base, const struct bm_run *now,
                       const struct bm_comparison *all, FILE *out)
{
    json_t *cases = json_array(), *classes = json_array(), *only[2] = { json_array(), json_array() },
           *summary = json_object();
    for (size_t i = 0; i < all->cases; i++)
        json_array_append_new(cases, case_json(&all->compared[i]));
    for (size_t i = 0; i < all->classes; i++)
        json_array_append_new(classes, json_pack("{s:i, s:s, s:i, s:i, s:o, s:o}", "threads", all->class[i].threads,
                                                 "level", all->class[i].level, "cases", (int)all->class[i].cases,
                                                 "unchanged", (int)all->class[i].controls, "unchanged_ratio",
                                                 bm_real_or_null(exp(all->class[i].centre)), "guard",
                                                 bm_real_or_null(expm1(all->class[i].guard))));
    for (int side = 0; side < 2; side++)
        for (size_t i = 0; i < all->only_count[side]; i++)
            json_array_append_new(only[side], json_string(all->only[side][i]->name));
    for (int k = 0; k < BM_VERDICTS; k++)
        json_object_set_new(summary, bm_verdict_name((enum bm_verdict)k), json_integer((json_int_t)all->verdicts[k]));
    json_t *json =
        json_pack("{s:o, s:o, s:f, s:s?, s:O, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "base", about(base), "new",
                  about(now), "threshold", v->threshold, "noise", v->noise, "notes", v->notes, "summary", summary,
                  "visible", bm_real_or_null(expm1(all->visible)), "visible_in_all", bm_real_or_null(expm1(all->all_visible)),
                  "classes", classes, "cases", cases, "only_base", only[0], "only_new", only[1]);
    char *text = json_dumps(json, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
    if (!text)
        bm_die(BM_EXIT_INPUT, "out of memory, or a name that is not UTF-8");
    fprintf(out, "%s\n", text);
    free(text);
    json_decref(json);
}

/* ---- text and Markdown ---- */

static void add_row(struct bm_table *t, const struct bm_compared_case *c)
{
    static const char *const head[] = { "verdict",       "case", "base",   "new",    "ratio",
                                        "95 % interval", "p",    "margin", "visible" };
    for (size_t i = 0; !t->cells || t->cells % t->columns; i++)
        bm_table_add(t, "%s", head[i]);
    char base[16], now[16];
    const size_t name = strlen(c->base->name), tail = strlen("/real_time");
    const bool real = name > tail && strcmp(c->base->name + name - tail, "/real_time") == 0;
    bm_table_add(t, "%s", bm_verdict_name(c->verdict));
    bm_table_add(t, "%.*s", (int)(name - (real ? tail : 0)), c->base->name);
    bm_table_add(t, "%s", bm_seconds_text(c->base->stats.median, base));
    bm_table_add(t, "%s", bm_seconds_text(c->now->stats.median, now));
    if (isnan(c->change.mean))
        bm_table_add(t, "-");
    else
        bm_table_add(t, "%.3fx", exp(c->change.mean));
    if (c->why)
        bm_table_add(t, "%s", c->why);
    else
        bm_table_add(t, "%.3f to %.3f", exp(c->change.mean - c->half), exp(c->change.mean + c->half));
    bm_table_add(t, c->why ? "-" : c->p < 0.001 ? "< 0.001" : "%.3f", c->p);
    bm_table_add(t, "%.1f %%", 100 * expm1(c->margin));
    if (expm1(c->visible) <= 10)
        bm_table_add(t, "%.1f %%", 100 * expm1(c->visible));
    else
        bm_table_add(t, "-");
}

/* Returns how many inconclusive cases were left out. */
static size_t print_cases(const struct bm_comparison_view *v, const struct bm_comparison *all, FILE *out)
{
    struct bm_table t = { .columns = 9, .left = 2 };
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

/* A change, a log, as "above 2.0 %". */
static const char *above(double change, char text[static 32])
{
    const double percent = 100 * expm1(change);
    snprintf(text, 32, percent <= 1000 ? "above %.1f %%" : "none below tenfold", percent);
    return text;
}

static void print_text(const struct bm_comparison_view *v, const struct bm_run *base, const struct bm_run *now,
                       const struct bm_comparison *all, FILE *out)
{
    const struct bm_run *run[] = { base, now };
    char half[32], each[32];
    const char *end = v->format == BM_MARKDOWN ? "  \n" : "\n"; /* a line break in Markdown too */
    const json_t *one;
    size_t i;
    for (i = 0; i < 2; i++)
        fprintf(out, "%s  %s: commit %.12s, %s, %zu cases%s", i ? "NEW " : "BASE",
                v->label[i] ? v->label[i] : run[i]->path, run[i]->commit, run[i]->date, run[i]->cases, end);
    fprintf(out,
            "The ratio is the time of NEW over that of BASE: 1.05x took 5 %% longer. p is adjusted for %zu cases.%s",
            all->cases, end);
    fprintf(out,
            "A case counts as slower or faster if p < %.2f and it changed by more than the margin: %.3g %%, or its "
            "noise, or the machine's drift; visible is the smallest change of the case that could have been called.%s",
            BM_COMPARE_ALPHA, 100 * v->threshold, end);
    if (v->noise)
        fprintf(out, "Noise of this machine: %s%s", v->noise, end);
    json_array_foreach(v->notes, i, one) fprintf(out, "NOTE %s%s", json_string_value(one), end);
    const size_t left_out = print_cases(v, all, out);
    if (left_out)
        fprintf(out, "\n%zu more are inconclusive; --all lists everything\n", left_out);
    if (v->all)
        print_only(all, out);
    fprintf(out, "\n%zu slower, %zu faster, %zu same, %zu inconclusive of %zu cases\n", all->verdicts[BM_SLOWER],
            all->verdicts[BM_FASTER], all->verdicts[BM_SAME], all->verdicts[BM_INCONCLUSIVE], all->cases);
    if (all->tested)
        fprintf(out, "Changes that could have been seen: %s in half of the cases, %s in each of the %zu tested\n",
                above(all->visible, half), above(all->all_visible, each), all->tested);
    else
        fprintf(out, "No case has %d launches on both sides: no change could have been seen\n", BM_LEAST_LAUNCHES);
}

void bm_comparison_print(const struct bm_comparison_view *v, const struct bm_run *base, const struct bm_run *now,
                         const struct bm_comparison *all, FILE *out)
{
    if (v->format == BM_JSON)
        print_json(v, base, now, all, out);
    else
        print_text(v, base, now, all, out);
}
