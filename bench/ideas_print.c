/* SPDX-License-Identifier: MIT */
/* ideas_print.c - what ideas bring, per idea and shape: for a terminal, as Markdown or JSON. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare_print.h"
#include "ideas.h"
#include "page.h"
#include "result.h"

/* B is the kernel without the idea: what makes it slower, the idea brings. */
static const char *const words[BM_PAIR_VERDICTS] = {
    [BM_PAIR_SLOWER] = "brings",        [BM_PAIR_FASTER] = "costs",      [BM_PAIR_INCONCLUSIVE] = "not known",
    [BM_PAIR_SAME] = "nothing",         [BM_PAIR_IDENTICAL] = "same code", [BM_PAIR_SKIPPED] = "skipped",
    [BM_PAIR_WRONG] = "WRONG",          [BM_PAIR_CRASHED] = "CRASHED"
};

struct view {
    const struct bm_pairs_run *run;
    const struct bm_ablations *list;
    const size_t *ablation;
};

/* An idea of a recipe, over its shapes. */
struct sum {
    size_t verdicts[BM_PAIR_VERDICTS], measured;
    double logs;
};

static bool is_measured(const struct bm_paired *c) { return c->figures.launches >= BM_PAIRS_LEAST; }

static struct sum sum_of(const struct view *v, size_t ablation)
{
    struct sum sum = { .measured = 0 };
    for (size_t i = 0; i < v->run->count; i++) {
        const struct bm_paired *c = &v->run->paired[i];
        if (v->ablation[i] != ablation)
            continue;
        sum.verdicts[c->figures.verdict]++;
        if (is_measured(c)) {
            sum.measured++;
            sum.logs += c->figures.mean;
        }
    }
    return sum;
}

static double mean_of(const struct sum *s) { return s->measured ? exp(s->logs / (double)s->measured) : NAN; }

static void add_case(struct bm_grid *grid, const char *idea, const struct bm_paired *c)
{
    const struct bm_pair_figures *f = &c->figures;
    char seconds[16];
    bm_grid_text(grid, "%s", idea);
    bm_grid_text(grid, "%s", c->shape);
    bm_grid_text(grid, "%s", words[f->verdict]);
    if (!is_measured(c)) {
        bm_grid_text(grid, "-");
        bm_grid_text(grid, "-");
        bm_grid_text(grid, "%s", *c->reason ? c->reason : "-");
        return;
    }
    bm_grid_text(grid, "%s", bm_seconds_text(c->call_s[0], seconds));
    bm_grid_text(grid, "%.3f", exp(f->mean));
    bm_grid_text(grid, "%.3f to %.3f", exp(f->low), exp(f->high));
}

/* Every idea of a recipe on every shape. */
static void add_cases(struct bm_page *page, const struct view *v, const struct bm_kernel *recipe)
{
    static const char *const head[] = { "idea", "shape", "the idea", "with it", "without : with", "95 % interval" };
    struct bm_grid *grid = bm_grid_of(page, recipe->name, "", head, sizeof head / sizeof *head);
    bm_page_heading(page, recipe->name);
    bm_grid_left(grid, 3);
    for (size_t a = 0; a < v->list->count; a++)
        for (size_t i = 0; v->list->of[a].recipe == recipe && i < v->run->count; i++)
            if (v->ablation[i] == a)
                add_case(grid, v->list->of[a].idea, &v->run->paired[i]);
    bm_page_table(page, grid);
}

static void add_summary(struct bm_page *page, const struct view *v)
{
    static const char *const head[] = { "recipe", "idea", "what it is for", "brings", "costs", "nothing", "not known",
                                        "mean" };
    static const int verdict[] = { BM_PAIR_SLOWER, BM_PAIR_FASTER, BM_PAIR_SAME, BM_PAIR_INCONCLUSIVE };
    struct bm_grid *grid = bm_grid_of(page, "all", "", head, sizeof head / sizeof *head);
    bm_page_heading(page, "All shapes: on how many each idea brings something, and the geometric mean of its ratios");
    bm_grid_left(grid, 3);
    for (size_t a = 0; a < v->list->count; a++) {
        const struct bm_ablation *of = &v->list->of[a];
        const struct sum s = sum_of(v, a);
        if (!bm_runnable(of->recipe, NULL))
            continue;
        bm_grid_text(grid, "%s", of->recipe->name);
        bm_grid_text(grid, "%s", of->idea);
        bm_grid_text(grid, "%s", of->purpose);
        for (size_t k = 0; k < sizeof verdict / sizeof *verdict; k++)
            bm_grid_text(grid, "%zu", s.verdicts[verdict[k]]);
        bm_grid_text(grid, s.measured ? "%.3f" : "-", mean_of(&s));
    }
    bm_page_table(page, grid);
}

static json_t *case_json(const struct bm_paired *c)
{
    const struct bm_pair_figures *f = &c->figures;
    json_t *json = json_pack("{s:s, s:s}", "shape", c->shape, "idea_brings", words[f->verdict]);
    if (*c->reason)
        json_object_set_new(json, "reason", json_string(c->reason));
    if (!is_measured(c))
        return json;
    json_object_set_new(json, "launches", json_integer((json_int_t)f->launches));
    json_object_set_new(json, "with_s", json_real(c->call_s[0]));
    json_object_set_new(json, "without_s", json_real(c->call_s[1]));
    json_object_set_new(json, "ratio", bm_real_or_null(exp(f->mean)));
    json_object_set_new(json, "low", bm_real_or_null(exp(f->low)));
    json_object_set_new(json, "high", bm_real_or_null(exp(f->high)));
    return json;
}

static void print_json(const struct view *v, FILE *out)
{
    json_t *ideas = json_array();
    for (size_t a = 0; a < v->list->count; a++) {
        const struct bm_ablation *of = &v->list->of[a];
        const struct sum s = sum_of(v, a);
        const char *why;
        json_t *cases = json_array();
        for (size_t i = 0; i < v->run->count; i++)
            if (v->ablation[i] == a)
                json_array_append_new(cases, case_json(&v->run->paired[i]));
        bm_runnable(of->recipe, &why);
        json_array_append_new(ideas, json_pack("{s:s, s:s, s:s, s:s, s:s?, s:o, s:o}", "recipe", of->recipe->name, "idea",
                                               of->idea, "purpose", of->purpose, "kernel", of->kernel.name, "skipped", why,
                                               "geometric_mean", bm_real_or_null(mean_of(&s)), "cases", cases));
    }
    json_t *json = json_pack("{s:i, s:f, s:O?, s:o}", "launches", v->run->launches, "seconds", v->run->seconds, "context",
                             v->run->context, "ideas", ideas);
    json_dumpf(json, out, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    fputc('\n', out);
    json_decref(json);
}

static void print_text(const struct view *v, enum bm_page_format format, FILE *out)
{
    const struct bm_kernel *last = NULL;
    const char *why;
    struct bm_page *page = bm_page_new(format, NULL, "", NULL);
    bm_page_wide(page);
    bm_page_text(page,
                 "What each idea brings: the time of a call without it over the time with it, on one thread. brings, "
                 "costs: by more than %.1f %% for certain; nothing: by less for certain.",
                 100 * v->run->threshold);
    for (size_t a = 0; a < v->list->count; a++) {
        const struct bm_kernel *recipe = v->list->of[a].recipe;
        if (recipe == last)
            continue;
        last = recipe;
        if (bm_runnable(recipe, &why))
            add_cases(page, v, recipe);
        else
            bm_page_text(page, "%s is skipped: %s", recipe->name, why);
    }
    add_summary(page, v);
    bm_page_print(page, out);
    fprintf(out, "\n%zu cases, %d launches, %.0f s\n", v->run->count, v->run->launches, v->run->seconds);
}

void bm_ideas_print(const struct bm_pairs_run *run, const struct bm_ablations *list, const size_t *ablation, int format,
                    FILE *out)
{
    const struct view v = { run, list, ablation };
    if (format == BM_JSON)
        print_json(&v, out);
    else
        print_text(&v, (enum bm_page_format)format, out);
}
