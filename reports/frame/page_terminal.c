/* SPDX-License-Identifier: MIT */
/* page_terminal.c - a page for a terminal: lines of at most 100 columns (or as many as it has), ASCII unless the locale
 * is UTF-8, tables with bars. */
#include <langinfo.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "backend.h"

enum { COLUMNS = 100, LEAST_COLUMNS = 40, LEAST_NAME = 8, LONG_TEXT = 24, BAR = 10 };

static bool is_utf8(void) { return strcmp(nl_langinfo(CODESET), "UTF-8") == 0; } /* before setlocale() it is not */

static int columns_of_terminal(void)
{
    struct winsize size;
    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= LEAST_COLUMNS &&
        size.ws_col < COLUMNS)
        return size.ws_col;
    return COLUMNS;
}

/* ---- texts ---- */

/* Characters, not bytes: UTF-8's further bytes do not count. */
static int width(const char *text, size_t bytes)
{
    int n = 0;
    for (size_t i = 0; i < bytes; i++)
        n += ((unsigned char)text[i] & 0xc0) != 0x80;
    return n;
}

/* Of a page whose names stay whole, and which is no report, what is no terminal gets whole sentences, too. */
static int columns_of(const struct bm_page *page)
{
    return page->wide && !page->library && !isatty(STDOUT_FILENO) ? INT_MAX : columns_of_terminal();
}

/* Words, in lines that begin as far to the right as the first does. */
static void put_words(struct bm_page *page, FILE *out, int indent, const char *text)
{
    const int most = columns_of(page);
    int at = indent;
    for (size_t bytes; *(text += strspn(text, " ")); text += bytes) {
        const int columns = width(text, bytes = strcspn(text, " "));
        if (at > indent && at + 1 + columns > most) {
            fprintf(out, "\n%*s", indent, "");
            at = indent;
        }
        fprintf(out, "%s%.*s", at > indent ? " " : "", (int)bytes, text);
        at += (at > indent) + columns;
    }
    fputc('\n', out);
}

static void put_line(struct bm_page *page, enum bm_line line, const char *label, const char *text, const char *command)
{
    FILE *out = page->on->body.file;
    const int room = 10;
    if (page->after_block && line != BM_NOTE)
        fputc('\n', out);
    page->after_block = false;
    if (line == BM_NOTE)
        put_words(page, out, fprintf(out, "  %-*s ", room - 2, label), text);
    else
        put_words(page, out, fprintf(out, "%s", line == BM_MISSING ? "Missing: " : line == BM_ITEM ? "- " : ""), text);
    if (*command)
        fprintf(out, "  %s\n", command);
}

static void put_title(struct bm_page *page, const char *title)
{
    fputc('\n', page->on->body.file);
    put_words(page, page->on->body.file, 0, title);
    page->after_block = false;
}

static void put_part(struct bm_page *page, const char *id, const char *title)
{
    (void)id;
    put_title(page, title);
}

static void put_list(struct bm_page *page, enum bm_list list, bool begins, const char *title)
{
    if (list == BM_MORE && begins)
        put_title(page, title);
}

static void put_answer(struct bm_page *page, const char *question, const char *value, const char *text)
{
    FILE *out = page->answers.file;
    put_words(page, out, fprintf(out, "%s %s  ", question, value), text);
}

/* ---- tables ---- */

/* A share of 1 as blocks in steps of an eighth where the locale is UTF-8, else # and '.'. Beyond 1 it is full. */
static void put_bar(FILE *out, double share)
{
    const bool utf8 = is_utf8();
    const int steps = utf8 ? 8 : 1, filled = (int)lround((share > 0 ? fmin(share, 1) : 0) * BAR * steps);
    for (int i = 0; i < BAR; i++) {
        const int part = filled - i * steps;
        if (utf8 && part > 0) /* U+2588 is the whole block, U+258F an eighth of one */
            fprintf(out, "\xe2\x96%c", 0x90 - (part < 8 ? part : 8));
        else
            fputc(utf8 ? ' ' : part > 0 ? '#' : '.', out);
    }
}

static int cell_width(const struct bm_cell *cell)
{
    return cell->line ? 0 : width(cell->text, strlen(cell->text)) + (isnan(cell->bar) ? 0 : BAR + 1);
}

/* So much of the text as has room, with ".." in place of the rest. */
static void put_cut(FILE *out, const char *text, int room)
{
    const bool whole = width(text, strlen(text)) <= room;
    for (int left = whole ? room : room - 2; *text; text++) {
        if (((unsigned char)*text & 0xc0) != 0x80 && left-- == 0)
            break;
        fputc(*text, out);
    }
    fputs(whole ? "" : "..", out);
}

/* A text at the end of a row that has no room goes on below, where it began: at column `indent`. */
static void put_cell(struct bm_page *page, const struct bm_cell *cell, int room, bool left, bool last, int indent)
{
    FILE *out = page->on->body.file;
    const int blanks = room > cell_width(cell) ? room - cell_width(cell) : 0;
    const bool bar = !isnan(cell->bar);
    if (last && !bar && cell_width(cell) > room) {
        put_words(page, out, indent, cell->text);
        return;
    }
    if (bar)
        put_bar(out, cell->bar);
    fprintf(out, "%s%*s", bar ? " " : "", left ? 0 : blanks, "");
    put_cut(out, cell->text, bar ? cell_width(cell) : room);
    fprintf(out, "%*s%s", left && !last ? blanks : 0, "", last ? "\n" : "  ");
}

/* The first column, and those from `from` to before `to`. `cell`: NULL for the heads. */
static void put_row(struct bm_page *page, const struct bm_grid *grid, const struct bm_cell *cell, const int *room,
                    size_t from, size_t to)
{
    int indent = 0;
    for (size_t k = 0; k <= to - from; k++) {
        const size_t i = k ? from + k - 1 : 0;
        const struct bm_cell head = { .text = grid->head[i], .bar = NAN };
        put_cell(page, cell ? &cell[i] : &head, room[i], i < grid->left, k == to - from, indent);
        indent += room[i] + 2;
    }
}

/* How far a column may shrink: names and other long texts to a few letters, figures not at all; their heads may. Of a
 * page whose names stay whole, only a long text at the end, which goes on below. */
static int least_room(const struct bm_page *page, const struct bm_grid *grid, size_t column, int room)
{
    int widest = 0;
    bool bars = false;
    for (size_t i = column; i < grid->cells; i += grid->columns) {
        widest = cell_width(&grid->cell[i]) > widest ? cell_width(&grid->cell[i]) : widest;
        bars |= !isnan(grid->cell[i].bar);
    }
    const bool last = column + 1 == grid->columns, is_long = widest > LONG_TEXT;
    if (!bars && widest > LEAST_NAME && (page->wide ? last && is_long : column < grid->left || is_long))
        return LEAST_NAME;
    return page->wide ? room : widest;
}

/* The widest columns become narrower until the table fits. */
static void make_fit(const struct bm_page *page, const struct bm_grid *grid, int *room)
{
    int *least = bm_alloc(grid->columns * sizeof *least), all = -2;
    for (size_t i = 0; i < grid->columns; i++) {
        least[i] = least_room(page, grid, i, room[i]);
        all += room[i] + 2;
    }
    for (; all > columns_of(page); all--) {
        size_t widest = grid->columns;
        for (size_t i = 0; i < grid->columns; i++)
            if (room[i] > least[i] && (widest == grid->columns || room[i] > room[widest]))
                widest = i;
        if (widest == grid->columns)
            break;
        room[widest]--;
    }
    free(least);
}

/* What has no room beside the first column goes on in further blocks below it. */
static void put_table(struct bm_page *page, const struct bm_grid *grid)
{
    FILE *out = page->on->body.file;
    int *room = bm_alloc(grid->columns * sizeof *room);
    fputc('\n', out);
    if (*grid->caption)
        put_words(page, out, 0, grid->caption);
    for (size_t i = 0; i < grid->columns; i++)
        room[i] = width(grid->head[i], strlen(grid->head[i]));
    for (size_t i = 0; i < grid->cells; i++)
        if (cell_width(&grid->cell[i]) > room[i % grid->columns])
            room[i % grid->columns] = cell_width(&grid->cell[i]);
    make_fit(page, grid, room);
    const int most = page->wide ? INT_MAX : columns_of(page);
    size_t from = 1, to;
    do {
        int all = room[0];
        for (to = from; to < grid->columns && (to == from || all + room[to] + 2 <= most); to++)
            all += room[to] + 2;
        if (from > 1)
            fputc('\n', out);
        put_row(page, grid, NULL, room, from, to);
        for (size_t i = 0; i < grid->cells; i += grid->columns)
            if (grid->cell[i].line && from == 1)
                fprintf(out, "%s\n", grid->cell[i].text);
            else if (!grid->cell[i].line)
                put_row(page, grid, &grid->cell[i], room, from, to);
        from = to;
    } while (from < grid->columns);
    page->after_block = true;
    free(room);
}

static void put_heat_map(struct bm_page *page, const struct bm_grid *grid, const char *text)
{
    put_table(page, grid);
    put_line(page, BM_CAPTION, "", text, "");
}

static void put_picture(struct bm_page *page, const char *id, const char *title, const char *svg,
                        const struct bm_grid *numbers, const char *text)
{
    (void)id, (void)svg;
    put_title(page, title);
    put_line(page, BM_CAPTION, "", text, "");
    if (numbers)
        put_table(page, numbers);
}

/* ---- the whole ---- */

/* The next character, plain: its bytes go to `text`; what has no width or is none becomes '?'. Returns its columns. */
static int take(const char **from, const char *end, char text[static 8])
{
    wchar_t wide;
    mbstate_t state = { 0 };
    const size_t bytes = is_utf8() ? mbrtowc(&wide, *from, (size_t)(end - *from), &state) : 0;
    const bool ascii = (unsigned char)**from < 0x80;
    if (!ascii && bytes > 1 && bytes <= 4 && wcwidth(wide) > 0) {
        memcpy(text, *from, bytes);
        text[bytes] = '\0';
        *from += bytes;
        return wcwidth(wide);
    }
    text[0] = ascii && **from >= ' ' && **from != 0x7f ? **from : '?';
    text[1] = '\0';
    ++*from;
    while (!ascii && *from < end && ((unsigned char)**from & 0xc0) == 0x80)
        ++*from;
    return 1;
}

/* One line, without blanks at its end, and no longer than so many columns. */
static void put_plain_line(const char *line, const char *end, int most, FILE *out)
{
    char text[8];
    int all = 0, at = 0, columns;
    while (end > line && end[-1] == ' ')
        end--;
    for (const char *c = line; c < end;)
        all += take(&c, end, text);
    for (const char *c = line; c < end; at += columns) {
        columns = take(&c, end, text);
        if (all > most && at + columns > most - 3) {
            fputs("...", out);
            break;
        }
        fputs(text, out);
    }
    fputc('\n', out);
}

static void put_whole(struct bm_page *page, const struct bm_sheet *sheet, FILE *out)
{
    const char *const texts[] = { page->about, *page->about ? "\n" : "", page->answers.text, sheet->body.text };
    const int most = page->wide ? INT_MAX : columns_of_terminal();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (const char *text = texts[i], *end; *text; text = *end ? end + 1 : end) {
            end = strchrnul(text, '\n');
            put_plain_line(text, end, most, out);
        }
}

const struct bm_backend bm_terminal = { .part = put_part,
                                        .heading = put_title,
                                        .line = put_line,
                                        .list = put_list,
                                        .answer = put_answer,
                                        .table = put_table,
                                        .heat_map = put_heat_map,
                                        .picture = put_picture,
                                        .whole = put_whole };
