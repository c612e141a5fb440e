/* SPDX-License-Identifier: MIT */
#include "count_print.h"

#include <math.h>
#include <string.h>

#include "result.h"
#include "page.h"

enum { CODE_SHOWN = 40 };

static size_t length_of(const struct bm_block *block) { return block->end - block->begin; }

static double share_of(const struct bm_call_count *c)
{
    return (double)(length_of(&c->hot) * c->hot.times) / (double)c->steps.total;
}

static bool same_code(const struct bm_call_count *a, const struct bm_call_count *b)
{
    bool same = length_of(&a->hot) == length_of(&b->hot);
    for (size_t i = 0; same && i < length_of(&a->hot); i++)
        same = strcmp(a->steps.executed[a->hot.begin + i].text, b->steps.executed[b->hot.begin + i].text) == 0;
    return same;
}

/* Instructions of the hot block that compute on vectors: the unit that cycles are given in. */
static double operations_of(const struct bm_call_count *c)
{
    double n = 0;
    for (size_t i = c->hot.begin; i < c->hot.end; i++)
        n += c->steps.executed[i].class == BM_ARITHMETIC;
    return n;
}

/* ---- for a terminal ---- */

static void add_count(struct bm_grid *grid, uint64_t n, uint64_t all)
{
    bm_grid_text(grid, "%llu", (unsigned long long)n);
    bm_grid_text(grid, "%.1f %%", 100 * (double)n / (double)all);
}

static void add_classes(struct bm_grid *grid, const struct bm_counted *c)
{
    for (int i = 0; i < BM_INSTRUCTION_CLASSES && c->of[0].classed; i++) {
        bm_grid_text(grid, "%s", bm_instruction_classes[i]);
        for (int s = 0; s < c->sides; s++)
            add_count(grid, c->of[s].of[i], c->of[s].steps.total);
    }
}

static void print_totals(const struct bm_counted *c, FILE *out)
{
    const char *const head[] = { "instructions", c->sides == 1 ? "" : "A", "share", "B", "share" };
    struct bm_page *page = bm_page_new(BM_TEXT, NULL, "", NULL);
    struct bm_grid *grid = bm_grid_of(page, "instructions", "", head, 1 + 2 * (size_t)c->sides);
    bm_page_wide(page);
    char change[BM_CHANGE_TEXT];
    bm_grid_text(grid, "all");
    for (int s = 0; s < c->sides; s++)
        add_count(grid, c->of[s].steps.total, c->of[s].steps.total);
    add_classes(grid, c);
    bm_page_table(page, grid);
    bm_page_print(page, out);
    if (c->sides > 1)
        fprintf(out, "  %s\n", bm_count_change_text(&c->of[0], &c->of[1], change));
}

static void print_hot(const struct bm_call_count *c, const char *side, FILE *out)
{
    const size_t n = length_of(&c->hot);
    fprintf(out, "\n  hot block%s: %zu instructions, executed %llu times, %.0f %% of all; %s\n", side, n,
            (unsigned long long)c->hot.times, 100 * share_of(c),
            c->hot.loop ? "a loop" : "no loop of its own: what follows from it as one is rough");
    for (size_t i = 0; i < n && i < CODE_SHOWN; i++)
        fprintf(out, "    %s\n", c->steps.executed[c->hot.begin + i].text);
    if (n > CODE_SHOWN)
        fprintf(out, "    and %zu more\n", n - CODE_SHOWN);
}

static void add_prediction(struct bm_grid *grid, const struct bm_call_count *c, const struct bm_prediction *p)
{
    const double operations = operations_of(c);
    if (isnan(p->cycles)) {
        bm_grid_text(grid, "-");
        bm_grid_text(grid, "-");
        bm_grid_text(grid, "%s", p->why);
        return;
    }
    bm_grid_text(grid, "%.2f", p->cycles);
    bm_grid_text(grid, operations > 0 ? "%.2f" : "-", p->cycles / operations);
    bm_grid_text(grid, "%.0f", p->cycles * (double)c->hot.times);
}

/* Of the whole call: all of it, not of its hot block alone. */
static void add_measured(struct bm_grid *grid, const struct bm_call_count *c)
{
    bm_grid_text(grid, "-");
    bm_grid_text(grid, isnan(c->cycles) || !c->of[BM_ARITHMETIC] ? "-" : "%.2f", c->cycles / (double)c->of[BM_ARITHMETIC]);
    bm_grid_text(grid, isnan(c->cycles) ? "-" : "%.0f", c->cycles);
}

static void print_cpus(const struct bm_counted *c, const char *version, FILE *out)
{
    const char *const head[] = { "CPU",     c->sides == 1 ? "pass" : "A: pass", "per vector", "a call",
                                 "B: pass", "per vector",                       "a call" };
    char caption[160];
    snprintf(caption, sizeof caption, "cycles of the hot block, data in L1, by llvm-mca %.40s; measured: of the whole "
             "call, here", version);
    struct bm_page *page = bm_page_new(BM_TEXT, NULL, "", NULL);
    struct bm_grid *grid = bm_grid_of(page, "cycles", caption, head, 1 + 3 * (size_t)c->sides);
    bm_page_wide(page);
    for (int cpu = 0; cpu < BM_PREDICTED_CPUS; cpu++) {
        bm_grid_text(grid, "%s", bm_predicted_cpus[cpu]);
        for (int s = 0; s < c->sides; s++)
            add_prediction(grid, &c->of[s], &c->cpu[s][cpu]);
    }
    bm_grid_text(grid, "measured");
    for (int s = 0; s < c->sides; s++)
        add_measured(grid, &c->of[s]);
    bm_page_table(page, grid);
    bm_page_print(page, out);
}

void bm_count_print(const struct bm_counted *c, const char *version, FILE *out)
{
    const bool two = c->sides > 1, names = two && strcmp(c->kernel[0], c->kernel[1]) != 0;
    fprintf(out, "%s%s%s  %s, one thread\n", c->kernel[0], names ? " : " : "", names ? c->kernel[1] : "",
            c->of[0].shape);
    print_totals(c, out);
    for (int s = 0; s < c->sides; s++)
        if (!c->of[s].classed) {
            fprintf(out, "  without classes: %s\n", c->of[s].unclassed.text);
            return;
        }
    if (two && !same_code(&c->of[0], &c->of[1])) {
        print_hot(&c->of[0], " of A", out);
        print_hot(&c->of[1], " of B", out);
    } else
        print_hot(&c->of[0], "", out);
    if (version)
        print_cpus(c, version, out);
}

/* ---- JSON ---- */

static json_t *side_json(const struct bm_counted *c, int s, const char *version)
{
    json_t *json = bm_call_count_json(&c->of[s]), *cpus = json_object();
    json_object_set_new(json, "kernel", json_string(c->kernel[s]));
    json_object_set_new(json, "cycles", bm_real_or_null(c->of[s].cycles));
    for (int cpu = 0; cpu < BM_PREDICTED_CPUS && version && c->of[s].classed; cpu++)
        json_object_set_new(cpus, bm_predicted_cpus[cpu], bm_real_or_null(c->cpu[s][cpu].cycles));
    json_object_set_new(json, "pass_cycles", cpus);
    return json;
}

json_t *bm_counted_json(const struct bm_counted *c, const char *version)
{
    char change[BM_CHANGE_TEXT];
    json_t *json =
        json_pack("{s:s, s:s?, s:o}", "shape", c->of[0].shape, "llvm", version, "a", side_json(c, 0, version));
    if (c->sides > 1) {
        json_object_set_new(json, "b", side_json(c, 1, version));
        json_object_set_new(json, "change", json_string(bm_count_change_text(&c->of[0], &c->of[1], change)));
    }
    return json;
}
