/* SPDX-License-Identifier: MIT */
#include "fleet_print.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "markup.h"
#include "result.h"

enum { MOST_ASIDE = 10, MOST_COLUMNS = 64 };
static const char *const by_name[BM_FLEET_BY] = { "floor", "median" };

static const char *plural(size_t n) { return n == 1 ? "" : "s"; }

static struct bm_value times(double log) { return bm_derived(exp(log), BM_UNIT_CHANGE, NULL); }

static const struct bm_fleet_result *newest_of(const struct bm_fleet *f, const struct bm_fleet_node *node)
{
    return &f->result[node->newest];
}

/* ---- text and Markdown ---- */

static void put_aside(struct bm_page *page, const struct bm_fleet *f, size_t most)
{
    for (size_t i = 0; i < f->asides && i < most; i++)
        bm_page_note(page, "LEFT OUT", "%s (%s): it is not of the same machine and settings as most: %s",
                     f->aside[i].host, f->aside[i].path, f->aside[i].why);
    if (f->asides > most)
        bm_page_note(page, "LEFT OUT", "%zu more; --all names them", f->asides - most);
}

void bm_fleet_put_head(struct bm_page *page, const struct bm_fleet *f)
{
    const char *machine = json_string_value(json_object_get(f->result[0].fingerprint, "machine"));
    size_t several = 0, other_code = 0;
    for (size_t n = 0; n < f->nodes; n++) {
        several += f->node[n].results > 1;
        other_code += f->node[n].other_code > 0;
    }
    bm_page_note(page, "FLEET", "%s: %zu nodes, %zu results, %zu case%s in %zu group%s", machine, f->nodes, f->results,
                 f->compared, plural(f->compared), f->groups, plural(f->groups));
    if (several)
        bm_page_note(page, "NOTE", "%zu node%s several results: each case is that of the newest which has it", several,
                     several == 1 ? " has" : "s have");
    if (other_code)
        bm_page_note(page, "NOTE", "%zu node%s cases of other code than most: these are not compared", other_code,
                     other_code == 1 ? " has" : "s have");
    if (f->unmatched)
        bm_page_note(page, "NOTE", "%zu case%s on fewer than %d nodes: not compared", f->unmatched,
                     f->unmatched == 1 ? " is" : "s are", BM_FLEET_LEAST_NODES);
}

static void put_reason(struct bm_page *page, const struct bm_fleet *f, const struct bm_fleet_node *node)
{
    size_t group = 0;
    char *text = bm_fleet_sentences(node);
    const struct bm_fleet_change *c = bm_fleet_worst(f, node, &group);
    const bool floors = c >= node->change[BM_BY_FLOOR] && c < node->change[BM_BY_FLOOR] + f->groups;
    bm_page_note(page, node->host, "%s. %s: %.3fx (%.3fx to %.3fx), by %ss; %s", text, f->group[group].name,
                 exp(c->log), exp(c->log - c->half), exp(c->log + c->half),
                 by_name[floors ? BM_BY_FLOOR : BM_BY_MEDIAN], newest_of(f, node)->path);
    free(text);
}

/* The nodes to look at; the groups of all families show the pattern. */
void bm_fleet_put_slower(struct bm_page *page, const struct bm_fleet *f)
{
    const char *head[MOST_COLUMNS] = { "node", "why", "disturbed" };
    size_t columns = 3;
    for (size_t g = 0; g < f->groups; g++)
        if (!f->group[g].family)
            head[columns++] = f->group[g].name;
    struct bm_grid *grid =
        bm_grid_of(page, "fleet-slower", "Nodes to look at: floors over the fleet's, * for certain", head, columns);
    bm_grid_left(grid, 2);
    for (size_t n = 0; n < f->slower; n++) {
        const struct bm_fleet_node *node = &f->node[n];
        char *why = bm_fleet_reasons(node);
        bm_grid_row(grid, "%s|%s|%v", node->host, why, bm_derived(100 * node->disturbed, BM_UNIT_PERCENT, NULL));
        for (size_t g = 0; g < f->groups; g++)
            if (!f->group[g].family)
                bm_grid_cell(grid, "%v%s", times(node->change[BM_BY_FLOOR][g].log),
                             node->change[BM_BY_FLOOR][g].slower ? "*" : "");
        free(why);
    }
    bm_page_table(page, grid);
    for (size_t n = 0; n < f->slower; n++)
        put_reason(page, f, &f->node[n]);
}

/* The edge of its interval is half way to the darkest. */
static double shade_of(const struct bm_fleet_change *c) { return c->half > 0 ? fmax(0, c->log) / (2 * c->half) : 0; }

void bm_fleet_put_heat_map(struct bm_page *page, const struct bm_fleet *f, size_t most)
{
    const size_t shown = f->nodes < most ? f->nodes : most;
    const char **head = bm_alloc((f->groups + 1) * sizeof *head);
    head[0] = "node";
    for (size_t g = 0; g < f->groups; g++)
        head[g + 1] = f->group[g].name;
    struct bm_grid *grid =
        bm_grid_of(page, "fleet-heat", "Time of a node in percent of the fleet's, by floors", head, f->groups + 1);
    for (size_t n = 0; n < shown; n++) {
        bm_grid_row(grid, "%s", f->node[n].host);
        for (size_t g = 0; g < f->groups; g++) {
            const struct bm_fleet_change *c = &f->node[n].change[BM_BY_FLOOR][g];
            if (c->cases)
                bm_grid_heat(grid, shade_of(c), c->slower, "%v", bm_derived(100 * exp(c->log), BM_UNIT_COUNT, NULL));
            else
                bm_grid_cell(grid, "");
        }
    }
    if (f->slower)
        bm_page_heat_map(page, grid, "%s stands out most; marked: slower for certain. The first %d of %d nodes.",
                         f->node[0].host, (int)shown, (int)f->nodes);
    else
        bm_page_heat_map(page, grid, "No node stands out. The first %d of %d nodes.", (int)shown, (int)f->nodes);
    free(head);
}

/* The smallest change that is called: of a node that has all cases, if they agree. */
static double visible(const struct bm_fleet *f, size_t group, enum bm_fleet_by by)
{
    double least = INFINITY;
    for (size_t n = 0; n < f->nodes; n++)
        least = fmin(least, f->node[n].change[by][group].cases ? f->node[n].change[by][group].half : INFINITY);
    return fmax(least, f->threshold);
}

void bm_fleet_put_groups(struct bm_page *page, const struct bm_fleet *f)
{
    struct bm_grid *grid =
        bm_grid_new(page, "fleet-groups", "Groups: how far equal nodes lie apart, and which change is called", "group",
                    "cases", "floors apart", "called from", "medians apart", "called from", NULL);
    for (size_t g = 0; g < f->groups; g++) {
        bm_grid_row(grid, "%s|%v", f->group[g].name, bm_derived((double)f->group[g].cases, BM_UNIT_COUNT, NULL));
        for (int by = 0; by < BM_FLEET_BY; by++)
            bm_grid_cell(grid, "%v|%v", bm_derived(100 * expm1(f->group[g].scatter[by]), BM_UNIT_PERCENT, NULL),
                         bm_derived(100 * expm1(visible(f, g, (enum bm_fleet_by)by)), BM_UNIT_MORE, NULL));
    }
    bm_page_table(page, grid);
    bm_page_text(page,
                 "core: FMA, L1 or L2 limit a case, which run at the core's clock. far from memory: memory limits it, "
                 "but takes less than half of its time. called from: the smallest change that is called; -: none, "
                 "for want of cases.");
}

static void put_summary(struct bm_page *page, const struct bm_fleet *f)
{
    if (!f->slower)
        bm_page_text(page, "No node of %zu is slower than the fleet by %.3g %% or more, as far as this can tell.",
                     f->nodes, 100 * expm1(f->threshold));
    for (size_t n = 0; n < f->slower; n++) {
        char *why = bm_fleet_reasons(&f->node[n]);
        if (n == 0)
            bm_page_text(page, "%zu of %zu nodes %s slower than the fleet:", f->slower, f->nodes,
                         f->slower == 1 ? "is" : "are");
        bm_page_text(page, "%s (%s)", f->node[n].host, why);
        free(why);
    }
}

static void print_page(const struct bm_fleet *f, enum bm_page_format format, bool all, FILE *out)
{
    struct bm_page *page = bm_page_new(format, NULL, "", NULL);
    bm_page_wide(page);
    bm_fleet_put_head(page, f);
    put_aside(page, f, all ? f->asides : MOST_ASIDE);
    bm_fleet_put_slower(page, f);
    if (all)
        bm_fleet_put_heat_map(page, f, f->nodes);
    bm_fleet_put_groups(page, f);
    put_summary(page, f);
    bm_page_print(page, out);
}

/* ---- JSON and CSV ---- */

static json_t *change_json(const struct bm_fleet *f, const struct bm_fleet_node *node)
{
    json_t *list = json_array();
    for (size_t g = 0; g < f->groups; g++)
        for (int by = 0; by < BM_FLEET_BY; by++) {
            const struct bm_fleet_change *c = &node->change[by][g];
            if (c->cases)
                json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:o, s:o, s:o, s:b}", "group", f->group[g].name,
                                                      "by", by_name[by], "cases", (json_int_t)c->cases, "ratio",
                                                      bm_real_or_null(exp(c->log)), "low",
                                                      bm_real_or_null(exp(c->log - c->half)), "high",
                                                      bm_real_or_null(exp(c->log + c->half)), "slower", c->slower));
        }
    return list;
}

static json_t *node_json(const struct bm_fleet *f, const struct bm_fleet_node *node)
{
    json_t *results = json_array();
    char *why = bm_fleet_reasons(node), *text = bm_fleet_sentences(node);
    for (size_t r = node->newest; r < node->newest + node->results; r++)
        json_array_append_new(results, json_pack("{s:s, s:s, s:s}", "path", f->result[r].path, "date",
                                                 f->result[r].date, "commit", f->result[r].commit));
    json_t *json =
        json_pack("{s:s, s:b, s:s, s:s, s:f, s:I, s:I, s:o, s:o}", "node", node->host, "slower", node->why != 0, "why",
                  why, "about", text, "disturbed", node->disturbed, "cases", (json_int_t)node->cases, "other_code",
                  (json_int_t)node->other_code, "results", results, "changes", change_json(f, node));
    free(why);
    free(text);
    return json;
}

static json_t *group_json(const struct bm_fleet *f, size_t g)
{
    json_t *json = json_pack("{s:s, s:I}", "group", f->group[g].name, "cases", (json_int_t)f->group[g].cases);
    for (int by = 0; by < BM_FLEET_BY; by++)
        json_object_set_new(json, by_name[by],
                            json_pack("{s:f, s:f}", "scatter", expm1(f->group[g].scatter[by]), "called_from",
                                      expm1(visible(f, g, (enum bm_fleet_by)by))));
    return json;
}

static void print_json(const struct bm_fleet *f, FILE *out)
{
    json_t *nodes = json_array(), *groups = json_array(), *aside = json_array();
    for (size_t n = 0; n < f->nodes; n++)
        json_array_append_new(nodes, node_json(f, &f->node[n]));
    for (size_t g = 0; g < f->groups; g++)
        json_array_append_new(groups, group_json(f, g));
    for (size_t i = 0; i < f->asides; i++)
        json_array_append_new(aside, json_pack("{s:s, s:s, s:s}", "path", f->aside[i].path, "node", f->aside[i].host,
                                               "why", f->aside[i].why));
    json_t *json = json_pack("{s:O, s:f, s:I, s:I, s:I, s:f, s:o, s:o, s:o}", "fingerprint", f->result[0].fingerprint,
                             "threshold", expm1(f->threshold), "slower", (json_int_t)f->slower, "cases",
                             (json_int_t)f->compared, "cases_left_out", (json_int_t)f->unmatched, "disturbed",
                             f->disturbed, "nodes", nodes, "groups", groups, "left_out", aside);
    char *text = json_dumps(json, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
    if (!text)
        bm_die(BM_EXIT_INPUT, "out of memory");
    fprintf(out, "%s\n", text);
    free(text);
    json_decref(json);
}

static void print_csv(const struct bm_fleet *f, FILE *out)
{
    fputs("node,slower,why,group,by,cases,ratio,low,high,group_slower\n", out);
    for (size_t n = 0; n < f->nodes; n++) {
        char *why = bm_fleet_reasons(&f->node[n]);
        for (size_t g = 0; g < f->groups; g++)
            for (int by = 0; by < BM_FLEET_BY; by++) {
                const struct bm_fleet_change *c = &f->node[n].change[by][g];
                if (!c->cases)
                    continue;
                bm_put_csv(out, f->node[n].host, ',');
                fprintf(out, "%d,", f->node[n].why != 0);
                bm_put_csv(out, why, ',');
                bm_put_csv(out, f->group[g].name, ',');
                fprintf(out, "\"%s\",%zu,%.9g,%.9g,%.9g,%d\n", by_name[by], c->cases, exp(c->log),
                        exp(c->log - c->half), exp(c->log + c->half), c->slower);
            }
        free(why);
    }
}

void bm_fleet_print(const struct bm_fleet *f, enum bm_page_format format, bool all, FILE *out)
{
    switch (format) {
    case BM_JSON: print_json(f, out); return;
    case BM_CSV: print_csv(f, out); return;
    default: print_page(f, format, all, out);
    }
}
