/* SPDX-License-Identifier: MIT */
/* page_csv.c - a page as CSV: every number, a row each. */
#include <math.h>
#include <string.h>

#include "backend.h"
#include "markup.h"

static const char *const unit_name[] = { "", "", "s", "%", "x", "GFLOP/s", "GB/s", "B", "Hz", "", "x", "%" };

static void put_number(struct bm_page *page, const char *item, const char *row, const char *column,
                       const struct bm_value *v)
{
    FILE *out = page->on->body.file;
    char text[32], x[32] = "";
    if (isfinite(v->x))
        snprintf(x, sizeof x, "%.9g", v->x);
    const char *const before[] = { page->part, item, row, column }, *const after[] = {
        unit_name[v->unit], bm_value_text(v, text), v->source ? v->source->href : ""
    };
    for (size_t i = 0; i < sizeof before / sizeof *before; i++)
        bm_put_csv(out, before[i], ',');
    fprintf(out, "%s,", x);
    for (size_t i = 0; i < sizeof after / sizeof *after; i++)
        bm_put_csv(out, after[i], ',');
    bm_put_csv(out, v->from, ',');
    bm_put_csv(out, page->caveat, '\n');
}

static void begin(struct bm_page *page)
{
    fputs("part,item,row,column,value,unit,text,source,from,caveat\n", page->on->body.file);
}

/* The text of a row's name is its name in the CSV. */
static void put_grid(struct bm_page *page, const struct bm_grid *grid)
{
    for (size_t i = 0; i < grid->cells; i++)
        for (size_t k = 0; k < grid->cell[i].values; k++)
            put_number(page, grid->id, grid->cell[i - i % grid->columns].text, grid->head[i % grid->columns],
                       &grid->cell[i].value[k]);
}

static void put_heat_map(struct bm_page *page, const struct bm_grid *grid, const char *text)
{
    (void)text;
    put_grid(page, grid);
}

static void put_picture(struct bm_page *page, const char *id, const char *title, const char *svg,
                        const struct bm_grid *numbers, const char *text)
{
    (void)id, (void)title, (void)svg, (void)text;
    if (numbers)
        put_grid(page, numbers);
}

static void put_whole(struct bm_page *page, const struct bm_sheet *sheet, FILE *out)
{
    (void)page;
    fputs(sheet->body.text, out);
}

const struct bm_backend bm_csv = { .number = put_number,
                                   .begin = begin,
                                   .table = put_grid,
                                   .heat_map = put_heat_map,
                                   .picture = put_picture,
                                   .whole = put_whole };
