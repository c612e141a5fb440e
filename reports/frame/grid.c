/* SPDX-License-Identifier: MIT */
/* grid.c - the tables of a page. */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "fit.h"
#include "lines.h"

struct bm_grid *bm_grid_of(struct bm_page *page, const char *id, const char *caption, const char *const *column,
                           size_t columns)
{
    struct bm_grid *grid = bm_alloc(sizeof *grid);
    *grid = (struct bm_grid){ .page = page, .id = strdup(id), .columns = columns, .left = 1 };
    grid->caption = bm_with_caveat(page, caption);
    grid->head = bm_alloc(columns * sizeof *grid->head);
    for (size_t i = 0; i < columns; i++)
        grid->head[i] = strdup(column[i]);
    return grid;
}

struct bm_grid *bm_grid_new(struct bm_page *page, const char *id, const char *caption, ...)
{
    const char *column[64];
    size_t columns = 0;
    va_list list;
    va_start(list, caption);
    while (columns < 64 && (column[columns] = va_arg(list, const char *)))
        columns++;
    va_end(list);
    return bm_grid_of(page, id, caption, column, columns);
}

void bm_grid_spare(struct bm_grid *grid, ...)
{
    va_list list;
    const char *name;
    va_start(list, grid);
    while ((name = va_arg(list, const char *))) {
        grid->spare = realloc(grid->spare, (grid->spares + 1) * sizeof *grid->spare);
        if (!grid->spare)
            bm_die(BM_EXIT_INPUT, "out of memory");
        grid->spare[grid->spares++] = strdup(name);
    }
    va_end(list);
}

void bm_grid_left(struct bm_grid *grid, size_t columns) { grid->left = columns; }

/* Takes the text. */
static struct bm_cell *add_cell(struct bm_grid *grid, struct bm_cell cell, char *text)
{
    cell.text = text;
    grid->cell = realloc(grid->cell, (grid->cells + 1) * sizeof *grid->cell);
    if (!grid->cell)
        bm_die(BM_EXIT_INPUT, "out of memory");
    grid->cell[grid->cells] = cell;
    return &grid->cell[grid->cells++];
}

/* The cells of a template; returns the last. */
static struct bm_cell *fill_cells(struct bm_grid *grid, const char *format, va_list list)
{
    struct bm_filling f = { .page = grid->page, .format = format, .more = true };
    struct bm_cell *last = NULL;
    va_copy(f.list, list);
    while (f.more) {
        struct bm_cell cell = { .bar = NAN };
        char *text = bm_page_fill(&f, &cell);
        last = add_cell(grid, cell, text);
    }
    va_end(f.list);
    return last;
}

static void fill_row(struct bm_grid *grid)
{
    while (grid->cells % grid->columns)
        add_cell(grid, (struct bm_cell){ .bar = NAN }, strdup(""));
}

void bm_grid_end(struct bm_grid *grid, const char *picture)
{
    fill_row(grid);
    if (*grid->id)
        return;
    free(grid->id);
    if (asprintf(&grid->id, "%s-numbers", picture) < 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
}

void bm_grid_row(struct bm_grid *grid, const char *format, ...)
{
    va_list list;
    fill_row(grid);
    va_start(list, format);
    fill_cells(grid, format, list);
    va_end(list);
}

void bm_grid_cell(struct bm_grid *grid, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fill_cells(grid, format, list);
    va_end(list);
}

void bm_grid_text(struct bm_grid *grid, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    add_cell(grid, (struct bm_cell){ .bar = NAN }, bm_page_printed(grid->page, format, list));
    va_end(list);
}

void bm_grid_line(struct bm_grid *grid, const char *format, ...)
{
    va_list list;
    fill_row(grid);
    va_start(list, format);
    add_cell(grid, (struct bm_cell){ .bar = NAN, .line = true }, bm_page_printed(grid->page, format, list));
    va_end(list);
    fill_row(grid);
}

void bm_grid_heat(struct bm_grid *grid, double shade, bool best, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    struct bm_cell *cell = fill_cells(grid, format, list);
    va_end(list);
    cell->heat = true;
    cell->shade = shade;
    cell->best = best;
}

size_t bm_grid_rows(const struct bm_grid *grid) { return (grid->cells + grid->columns - 1) / grid->columns; }

void bm_grid_free(struct bm_grid *grid)
{
    if (!grid)
        return;
    for (size_t i = 0; i < grid->cells; i++) {
        free(grid->cell[i].text);
        free(grid->cell[i].value);
    }
    for (size_t i = 0; i < grid->columns; i++)
        free(grid->head[i]);
    for (size_t i = 0; i < grid->spares; i++)
        free(grid->spare[i]);
    free(grid->spare);
    free(grid->cell);
    free(grid->head);
    free(grid->id);
    free(grid->caption);
    free(grid);
}

void bm_page_table(struct bm_page *page, struct bm_grid *grid)
{
    fill_row(grid);
    if (page->backend == &bm_terminal && !page->library) /* a report is a file, for terminals of any width */
        bm_grid_fit(grid, bm_columns());
    if (grid->cells)
        page->backend->table(page, grid);
    bm_grid_free(grid);
}

void bm_page_heat_map(struct bm_page *page, struct bm_grid *grid, const char *format, ...)
{
    va_list list;
    bm_page_set_item(page, grid->id);
    fill_row(grid);
    va_start(list, format);
    char *text = bm_page_filled(page, format, list);
    va_end(list);
    page->backend->heat_map(page, grid, text);
    free(text);
    bm_grid_free(grid);
}
