/* SPDX-License-Identifier: MIT */
/* show_verify.c - of verify: which variants are right, and how much of its bound the worst error of each uses. */
#include <math.h>
#include <string.h>

#include "show.h"

enum { MOST_FILLS = 8 }; /* columns of the second table */

static const char *skipped(const json_t *one) { return json_string_value(json_object_get(one, "skipped")); }

/* Shown, and not skipped? */
static bool wanted(const struct bm_show *s, const json_t *one)
{
    return bm_show_wanted(s, bm_member_text(one, "op"), bm_member_text(one, "kernel"));
}

static void put_totals(const struct bm_show *s, const json_t *list)
{
    double passed = 0, failed = 0;
    size_t left = 0, i;
    const json_t *one;
    json_array_foreach(list, i, one)
    {
        if (!wanted(s, one))
            continue;
        const double wrong = bm_member_number(one, "failed");
        passed += bm_member_number(one, "passed");
        failed += wrong;
        left += skipped(one) != NULL;
        if (wrong > 0)
            bm_page_note(s->page, "WRONG", "%s: %.0f checks failed", bm_member_text(one, "kernel"), wrong);
    }
    bm_page_note(s->page, "right?", "%.0f checks passed, %.0f failed, %zu kernels skipped%s", passed, failed, left,
                 failed > 0 ? ": NOT RIGHT" : "");
}

static void put_variants(const struct bm_show *s, const json_t *list)
{
    struct bm_grid *grid = bm_grid_new(
        s->page, "",
        "Each kernel against the oracle; worst error in units of its bound: above 1 is wrong but for peers", "kernel",
        "passed", "failed", "refused", "worst error", "fill", NULL);
    const json_t *one;
    json_t *of;
    size_t i;
    json_array_foreach(list, i, one)
    {
        const char *fill, *worst_fill = "-";
        char text[24];
        double worst = NAN;
        if (!wanted(s, one) || skipped(one))
            continue;
        json_object_foreach(json_object_get(one, "fills"), fill, of)
        {
            const double error = bm_member_number(of, "worst_error");
            if (!isnan(error) && !(error <= worst)) {
                worst = error;
                worst_fill = fill;
            }
        }
        bm_grid_text(grid, "%s", bm_member_text(one, "kernel"));
        bm_grid_text(grid, "%.0f", bm_member_number(one, "passed"));
        bm_grid_text(grid, "%.0f", bm_member_number(one, "failed"));
        bm_grid_text(grid, "%.0f", bm_member_number(one, "refused"));
        bm_grid_bar(grid, worst, "%s", bm_show_figure("%.3g", worst, text));
        bm_grid_text(grid, "%s", worst_fill);
    }
    bm_page_table(s->page, grid);
}

/* The fills' names are those of the first variant that has any. */
static void put_fills(const struct bm_show *s, const json_t *list)
{
    const char *head[1 + MOST_FILLS] = { "kernel" }, *name;
    size_t heads = 1, i;
    const json_t *one;
    json_t *of;
    char text[24];
    json_array_foreach(list, i, one) if (heads == 1)
        json_object_foreach(json_object_get(one, "fills"), name, of) if (heads <= MOST_FILLS) head[heads++] = name;
    struct bm_grid *grid = bm_grid_of(s->page, "", "Worst error per fill", head, heads);
    json_array_foreach(list, i, one)
    {
        if (!wanted(s, one) || skipped(one))
            continue;
        bm_grid_text(grid, "%s", bm_member_text(one, "kernel"));
        for (size_t k = 1; k < heads; k++) {
            const json_t *fill = json_object_get(json_object_get(one, "fills"), head[k]);
            bm_grid_text(grid, "%s", bm_show_figure("%.2g", bm_member_number(fill, "worst_error"), text));
        }
    }
    bm_page_table(s->page, grid);
}

void bm_show_verify(struct bm_show *s)
{
    const json_t *one, *list = bm_show_list(s, "verification");
    size_t i;
    put_totals(s, list);
    put_variants(s, list);
    put_fills(s, list);
    json_array_foreach(list, i, one) if (wanted(s, one) && skipped(one))
        bm_page_note(s->page, "skipped", "%s: %s", bm_member_text(one, "kernel"), skipped(one));
}
