/* SPDX-License-Identifier: MIT */
/* part_claims.c - what is said of batch normalisation, and whether it holds here: the verdict and the picture of each claim. */
#include <math.h>
#include <string.h>

#include "claim_report.h"
#include "part_common.h"
#include "parts.h"

enum { COLUMNS = 8, ROWS = 240 };

static const json_t *ours_of(const struct bm_source *s) { return s->document.ours; }
static const char *claim_of(const struct bm_source *s) { return bm_member_text(ours_of(s), "claim"); }

size_t bm_claims(const struct bm_library *library, const struct bm_source *shown[static BM_CLAIMS])
{
    size_t n = 0;
    for (size_t l = 0; l < library->sources; l++) {
        const struct bm_source *s = &library->source[l];
        size_t i = 0;
        if (strcmp(s->document.kind, "claim") != 0 || !s->document.complete)
            continue;
        while (i < n && strcmp(claim_of(shown[i]), claim_of(s)) < 0)
            i++;
        const bool there = i < n && strcmp(claim_of(shown[i]), claim_of(s)) == 0;
        if (there && (!bm_data_is_generated(ours_of(s)) || bm_data_is_generated(ours_of(shown[i]))))
            shown[i] = s;
        if (there || n == BM_CLAIMS)
            continue;
        memmove(shown + i + 1, shown + i, (n++ - i) * sizeof *shown);
        shown[i] = s;
    }
    return n;
}

/* ---- verdicts ---- */

static int cells_that(const json_t *verdict, const char *what)
{
    const json_t *cell;
    size_t i;
    int n = 0;
    json_array_foreach(json_object_get(verdict, "cells"), i, cell) n +=
        strcmp(bm_member_text(cell, "verdict"), what) == 0;
    return n;
}

static struct bm_value count_of(const struct bm_source *s, const json_t *verdict, const char *what)
{
    return bm_derived(cells_that(verdict, what), BM_UNIT_COUNT, s);
}

static const char *of_variants(const json_t *verdict, size_t i)
{
    const char *name = json_string_value(json_array_get(json_object_get(verdict, "variants"), i));
    return name ? name : "";
}

static void put_verdicts(struct bm_page *page, const struct bm_source *s, const char *id)
{
    char name[96];
    const json_t *one;
    size_t i;
    snprintf(name, sizeof name, "%s-verdicts", id);
    struct bm_grid *grid =
        bm_grid_new(page, name,
                    "What is claimed, and what the runs say: a comparison is the difference of two "
                    "variants over pairs of seeds, and counts where its interval leaves out 0 (95 % over all of them)",
                    "claim", "verdict", "figure", "of", "against", "comparisons", "support it", "contradict it",
                    "show no difference", NULL);
    bm_grid_left(grid, 5);
    json_array_foreach(json_object_get(ours_of(s), "verdicts"), i, one)
    {
        if (i == ROWS)
            break;
        bm_grid_row(grid, "%s|%w|%w|%w|%w|%v|%v|%v|%v", bm_member_text(one, "text"), bm_member_text(one, "verdict"),
                    bm_claim_figure_title(bm_member_text(one, "figure")), of_variants(one, 0), of_variants(one, 1),
                    bm_value_from(BM_UNIT_COUNT, s, "count(verdicts[%zu].cells[*].panel)", i),
                    count_of(s, one, "supports"), count_of(s, one, "contradicts"),
                    count_of(s, one, "no difference shown"));
    }
    bm_page_table(page, grid);
}

/* ---- pictures ---- */

/* Shares by four digits, what has no such range by three. */
static enum bm_unit unit_of(const char *figure)
{
    return strstr(figure, "accuracy") || strcmp(figure, "gap") == 0 ? BM_UNIT_FRACTION : BM_UNIT_PLAIN;
}

/* Rows: points of the sweep, panel by panel; of each variant its median, and its range where there is room for all. */
static struct bm_grid *figures_grid(struct bm_page *page, const struct bm_source *s, const char *figure)
{
    static const char *const which[] = { "median", "min", "max" };
    const json_t *variants = json_object_get(ours_of(s), "variants"), *sweep = json_object_get(ours_of(s), "sweep"),
                 *panels = json_object_get(ours_of(s), "panels");
    const size_t count = json_array_size(variants), shown = count < COLUMNS ? count : COLUMNS;
    const size_t each = bm_page_takes_all(page) ? 3 : 1;
    const char *column[2 + 3 * COLUMNS] = { bm_member_text(panels, "key"), bm_member_text(sweep, "key") };
    for (size_t v = 0; v < shown; v++) {
        column[2 + each * v] = bm_member_text(json_array_get(variants, v), "name");
        for (size_t i = 1; i < each; i++)
            column[2 + each * v + i] = i == 1 ? "least" : "most";
    }
    struct bm_grid *grid = bm_grid_of(page, "", bm_claim_figure_title(figure), column, 2 + each * shown);
    for (size_t panel = 0; panel < bm_claim_points(panels); panel++)
        for (size_t point = 0; point < bm_claim_points(sweep) && bm_grid_rows(grid) < ROWS; point++) {
            bm_grid_row(grid, "%w|%w", bm_claim_label(panels, panel), bm_claim_label(sweep, point));
            for (size_t v = 0; v < shown; v++) {
                const size_t at = bm_claim_point(ours_of(s), column[2 + each * v], panel, point);
                for (size_t i = 0; i < each; i++)
                    bm_grid_cell(grid, "%v",
                                 bm_value_from(unit_of(figure), s, "points[%zu].figures.%s.%s", at, figure, which[i]));
            }
        }
    return grid;
}

/* A row each moment of each panel. */
static struct bm_grid *inputs_grid(struct bm_page *page, const struct bm_source *s)
{
    static const char *const column[] = { "activation", "after step", "5 %", "25 %", "50 %", "75 %", "95 %" };
    struct bm_claim_inputs panel[COLUMNS];
    const size_t panels = bm_claim_list_inputs(ours_of(s), panel, COLUMNS);
    struct bm_grid *grid = bm_grid_of(page, "", bm_claim_inputs_title, column, 7);
    for (size_t p = 0; p < panels; p++) {
        const json_t *run = json_array_get(json_object_get(ours_of(s), "seed_runs"), panel[p].run), *moment;
        size_t i;
        json_array_foreach(json_object_get(run, "inputs"), i, moment)
        {
            if (bm_member_number(moment, "layer") != panel[p].layer || bm_grid_rows(grid) == ROWS)
                continue;
            bm_grid_row(grid, "%w|%v", panel[p].title,
                        bm_value_from(BM_UNIT_COUNT, s, "seed_runs[%zu].inputs[%zu].step", panel[p].run, i));
            for (size_t q = 0; q < 5; q++)
                bm_grid_cell(grid, "%v",
                             bm_value_from(BM_UNIT_PLAIN, s, "seed_runs[%zu].inputs[%zu].%s[%zu]", panel[p].run, i,
                                           panel[p].which, q));
        }
    }
    return grid;
}

static void put_inputs(struct bm_page *page, const struct bm_source *s, const char *id, bool with_numbers)
{
    char name[96];
    if (!bm_claim_has_inputs(ours_of(s)))
        return;
    snprintf(name, sizeof name, "%s-inputs", id);
    char *svg = bm_page_draw(page, bm_claim_inputs_script(ours_of(s)), name, bm_claim_inputs_title);
    bm_page_picture(
        page, name, bm_claim_inputs_title, svg, with_numbers ? inputs_grid(page, s) : NULL,
        "Over a batch and all channels, by the first seed, at the middle of the sweep; where there is BN, before "
        "it and after it.");
}

static void put_pictures(struct bm_page *page, const struct bm_source *s, const char *id)
{
    const json_t *verdicts = json_object_get(ours_of(s), "verdicts"), *one;
    /* A page with pictures would be larger by a third of a megabyte. */
    const bool with_numbers = bm_page_takes_all(page) || !bm_page_has_pictures(page);
    size_t i;
    bm_page_gallery_begin(page);
    json_array_foreach(verdicts, i, one)
    {
        const char *figure = bm_member_text(one, "figure"), *title = bm_claim_figure_title(figure);
        char name[96];
        if (!bm_claim_is_first(verdicts, i) || i > COLUMNS || !bm_claim_is_drawn(ours_of(s), figure))
            continue;
        snprintf(name, sizeof name, i ? "%s-%zu" : "%s", id, i + 1);
        char *svg = bm_page_draw(page, bm_claim_script(ours_of(s), figure), name, title);
        bm_page_picture(page, name, title, svg, with_numbers ? figures_grid(page, s, figure) : NULL,
                        "%w. Medians and ranges over %v seed%+; %w: %s.", title,
                        bm_value_from(BM_UNIT_COUNT, s, "count(seeds[*])"), bm_member_text(one, "verdict"),
                        bm_member_text(one, "text"));
    }
    put_inputs(page, s, id, with_numbers);
    bm_page_gallery_end(page);
}

/* ---- the part ---- */

/* A word of letters, digits and '-': claims' names come from files. */
void bm_claim_id(const struct bm_source *s, size_t number, char id[static 64])
{
    size_t at = (size_t)snprintf(id, 64, "claim-");
    for (const char *c = claim_of(s); *c && at < 40; c++)
        if ((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == '-')
            id[at++] = *c;
    id[at] = '\0';
    if (at == 6 || strlen(claim_of(s)) + 6 != at)
        snprintf(id + at, 64 - at, "%zu", number);
}

void bm_part_claims(struct bm_page *page, const struct bm_library *library)
{
    const struct bm_source *shown[BM_CLAIMS + 1] = { NULL };
    const size_t n = bm_claims(library, shown);
    bm_page_part(page, "claims", "What BN does");
    if (n == 0) {
        bm_page_missing(page, "make claims DATA=folder",
                        "what is said of batch normalisation, and whether it holds here.");
        return;
    }
    for (size_t i = 0; i < n; i++) {
        char id[64], note[BM_DATA_NOTE], verdict[128];
        bm_claim_id(shown[i], i + 1, id);
        bm_page_heading(page, bm_member_text(ours_of(shown[i]), "about"));
        bm_page_caveat(page, bm_data_note(ours_of(shown[i]), note));
        bm_page_note(page, "here", "%s", bm_shortened(bm_member_text(ours_of(shown[i]), "verdict"), 60, verdict));
        put_pictures(page, shown[i], id);
        put_verdicts(page, shown[i], id);
    }
    bm_page_caveat(page, "");
}
