/* SPDX-License-Identifier: MIT */
#include "fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lines.h"

enum { GAP = 2, BAR = 11, LONG_NAME = 24, LEAST_TEXT = 16, LEAST_CUT = 8 }; /* GAP and BAR: of page_terminal.c */

/* ---- widths ---- */

static int cell_columns(const struct bm_cell *cell)
{
    return cell->line ? 0 : bm_text_columns(cell->text, strlen(cell->text)) + (isnan(cell->bar) ? 0 : BAR);
}

static int column_width(const struct bm_grid *grid, size_t column)
{
    int most = bm_text_columns(grid->head[column], strlen(grid->head[column]));
    for (size_t i = column; i < grid->cells; i += grid->columns)
        if (cell_columns(&grid->cell[i]) > most)
            most = cell_columns(&grid->cell[i]);
    return most;
}

static int table_width(const struct bm_grid *grid)
{
    int all = -GAP;
    for (size_t i = 0; i < grid->columns; i++)
        all += column_width(grid, i) + GAP;
    return all;
}

static bool has_bars(const struct bm_grid *grid, size_t column)
{
    for (size_t i = column; i < grid->cells; i += grid->columns)
        if (!isnan(grid->cell[i].bar))
            return true;
    return false;
}

/* ---- steps ---- */

static void free_cell(struct bm_cell *cell)
{
    free(cell->text);
    free(cell->value);
}

/* A row that is one line keeps it. */
static void drop_column(struct bm_grid *grid, size_t column)
{
    size_t kept = 0;
    for (size_t row = 0; row < grid->cells; row += grid->columns) {
        const size_t out = grid->cell[row].line && column == 0 ? grid->columns - 1 : column;
        free_cell(&grid->cell[row + out]);
        for (size_t i = 0; i < grid->columns; i++)
            if (i != out)
                grid->cell[kept++] = grid->cell[row + i];
    }
    grid->cells = kept;
    free(grid->head[column]);
    memmove(grid->head + column, grid->head + column + 1, (grid->columns - column - 1) * sizeof *grid->head);
    grid->columns--;
    grid->left -= grid->left > column;
}

static void drop_bars(struct bm_grid *grid)
{
    for (size_t i = 0; i < grid->cells; i++)
        grid->cell[i].bar = NAN;
}

static void drop_spare(struct bm_grid *grid, int columns)
{
    for (size_t s = 0; s < grid->spares && table_width(grid) > columns; s++) {
        if (strcmp(grid->spare[s], BM_SPARE_BARS) == 0)
            drop_bars(grid);
        for (size_t i = 1; i < grid->columns; i++)
            if (strcmp(grid->head[i], grid->spare[s]) == 0) {
                drop_column(grid, i);
                break;
            }
    }
}

static struct bm_cell empty(void) { return (struct bm_cell){ .bar = NAN, .text = strdup("") }; }

/* Rows that grow. */
struct rows {
    struct bm_cell *cell;
    size_t cells, room;
};

static struct bm_cell *add_row(struct rows *r, const struct bm_cell *row, size_t columns)
{
    if (r->cells + columns > r->room) {
        r->room = 2 * (r->cells + columns);
        r->cell = realloc(r->cell, r->room * sizeof *r->cell);
        if (!r->cell)
            bm_die(BM_EXIT_INPUT, "out of memory");
    }
    for (size_t i = 0; i < columns; i++)
        r->cell[r->cells + i] = row ? row[i] : empty();
    r->cells += columns;
    return r->cell + r->cells - columns;
}

static void take_rows(struct bm_grid *grid, const struct rows *r)
{
    free(grid->cell);
    grid->cell = r->cell;
    grid->cells = r->cells;
}

/* So much of a text as whole words fill; at least one. */
static size_t words_fit(const char *text, int room)
{
    const size_t all = strlen(text), fit = bm_text_fit(text, all, room);
    if (fit == all)
        return all;
    size_t at = fit;
    while (at > 0 && text[at] != ' ')
        at--;
    return at ? at : strcspn(text, " ");
}

/* What has no room in the last column goes on in rows below. */
static void wrap_last(struct bm_grid *grid, int columns)
{
    const size_t last = grid->columns - 1;
    const int width = column_width(grid, last), room = columns - (table_width(grid) - width);
    if (width <= LONG_NAME || room < LEAST_TEXT || last == 0 || has_bars(grid, last))
        return;
    struct rows rows = { NULL, 0, 0 };
    for (size_t row = 0; row < grid->cells; row += grid->columns) {
        char *text = add_row(&rows, grid->cell + row, grid->columns)[last].text;
        for (size_t n; (n = words_fit(text, room)) < strlen(text);) {
            char *rest = strdup(text + n + strspn(text + n, " "));
            text[n] = '\0';
            struct bm_cell *below = &add_row(&rows, NULL, grid->columns)[last];
            free(below->text);
            below->text = text = rest;
        }
    }
    take_rows(grid, &rows);
}

/* The widest column of texts that are too long to stand beside others; `columns` of the grid: none. */
static size_t long_names(const struct bm_grid *grid)
{
    size_t found = grid->columns;
    int widest = LONG_NAME;
    for (size_t i = 0; i < grid->columns; i++)
        if (i < grid->left && column_width(grid, i) > widest && !has_bars(grid, i)) {
            widest = column_width(grid, i);
            found = i;
        }
    return found;
}

static void indent(char **text)
{
    char *more;
    if (asprintf(&more, "  %s", *text) < 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    free(*text);
    *text = more;
}

/* The names become lines above their rows, which begin further to the right. */
static void stack(struct bm_grid *grid, size_t column)
{
    struct rows rows = { NULL, 0, 0 };
    for (size_t row = 0; row < grid->cells; row += grid->columns) {
        const struct bm_cell *name = &grid->cell[row + column];
        if (!grid->cell[row].line && *name->text) {
            struct bm_cell *above = add_row(&rows, NULL, grid->columns);
            free(above->text);
            above->text = strdup(name->text);
            above->line = true;
        }
        add_row(&rows, grid->cell + row, grid->columns);
    }
    take_rows(grid, &rows);
    drop_column(grid, column);
    indent(&grid->head[0]);
    for (size_t row = 0; row < grid->cells; row += grid->columns)
        if (!grid->cell[row].line)
            indent(&grid->cell[row].text);
}

/* The text with ".." in its middle: names often differ at their ends. */
static char *cut(const char *text, int room)
{
    const size_t bytes = strlen(text);
    const size_t head = bm_text_fit(text, bytes, (room - 2) / 2);
    size_t tail = head;
    while (tail < bytes && bm_text_columns(text + tail, bytes - tail) > room - 2 - (room - 2) / 2)
        tail += bm_text_fit(text + tail, bytes - tail, 1) ? bm_text_fit(text + tail, bytes - tail, 1)
                                                          : bm_text_fit(text + tail, bytes - tail, 2);
    char *shorter;
    if (asprintf(&shorter, "%.*s..%s", (int)head, text, text + tail) < 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    return shorter;
}

static void cut_column(struct bm_grid *grid, size_t column, int room)
{
    for (size_t i = column; i < grid->cells; i += grid->columns) {
        struct bm_cell *cell = &grid->cell[i];
        if (cell_columns(cell) <= room || !isnan(cell->bar))
            continue;
        char *shorter = cut(cell->text, room);
        free(cell->text);
        cell->text = shorter;
    }
    char *head = grid->head[column];
    if (bm_text_columns(head, strlen(head)) > room) {
        grid->head[column] = cut(head, room);
        free(head);
    }
}

static void cut_widest(struct bm_grid *grid, int columns)
{
    for (int over; (over = table_width(grid) - columns) > 0;) {
        size_t widest = grid->columns;
        int width = LEAST_CUT;
        for (size_t i = 0; i < grid->columns; i++)
            if (!has_bars(grid, i) && column_width(grid, i) > width) {
                width = column_width(grid, i);
                widest = i;
            }
        if (widest == grid->columns || width <= LONG_NAME / 2)
            return;
        cut_column(grid, widest, width - over > LEAST_CUT ? width - over : LEAST_CUT);
    }
}

void bm_grid_fit(struct bm_grid *grid, int columns)
{
    drop_spare(grid, columns);
    if (table_width(grid) > columns)
        wrap_last(grid, columns);
    for (size_t names; table_width(grid) > columns && grid->columns > 1 && (names = long_names(grid)) < grid->columns;)
        stack(grid, names);
    if (table_width(grid) > columns)
        wrap_last(grid, columns);
    if (table_width(grid) > columns)
        cut_widest(grid, columns);
    while (table_width(grid) > columns && grid->columns > 1)
        drop_column(grid, grid->columns - 1);
}
