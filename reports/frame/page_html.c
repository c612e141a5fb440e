/* SPDX-License-Identifier: MIT */
/* page_html.c - a page and its sheets as HTML: no network, and readable without their script. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "markup.h"
#include "plot.h"
#include "shape.h"

extern const struct bm_text bm_page_style[]; /* page.css, page.js */

static void put_value(FILE *out, const struct bm_value *v, const char *text)
{
    if (!v->source) {
        fputs(text, out);
        return;
    }
    fprintf(out, "<a class=n href=\"%s\" data-v=%.9g", v->source->href, v->x);
    if (*v->from) {
        fputs(" data-from=\"", out);
        bm_put_html(out, v->from);
        fputc('"', out);
    }
    fprintf(out, ">%s</a>", text);
}

static void put_element(FILE *out, const char *begin, const char *text, const char *end)
{
    fputs(begin, out);
    bm_put_html(out, text);
    fputs(end, out);
}

/* The file's name as a URL: what stands on the page itself and on its sheets is beside it. "": the page. */
static char *file_of(const struct bm_page *page, const char *sheet)
{
    char *path = bm_sheet_path(page, sheet), *slash = strrchr(path, '/');
    char *url = bm_url_of(0, slash ? slash + 1 : path);
    free(path);
    return url;
}

static void put_link(struct bm_page *page, FILE *out, const struct bm_place_link *link)
{
    if (!*link->id) {
        bm_put_html(out, link->text);
        return;
    }
    char *file = file_of(page, link->sheet);
    fprintf(out, "<a href=\"%s#%s\">", file, link->id);
    put_element(out, "", link->text, "</a>");
    free(file);
}

static void put_part(struct bm_page *page, const char *id, const char *title)
{
    fprintf(page->on->contents.file, "<a href=\"#%s\">", id);
    put_element(page->on->contents.file, "", title, "</a>\n");
    fprintf(page->on->body.file, "<h2 id=\"%s\">", id);
    put_element(page->on->body.file, "", title, "</h2>\n");
}

static void put_heading(struct bm_page *page, const char *title)
{
    put_element(page->on->body.file, "<h3>", title, "</h3>\n");
}

static void put_line(struct bm_page *page, enum bm_line line, const char *label, const char *text, const char *command)
{
    static const char *const around[][2] = { [BM_PARAGRAPH] = { "<p>", "</p>\n" },
                                             [BM_NOTE] = { "<p><b>", "</p>\n" },
                                             [BM_MISSING] = { "<p class=\"missing\"><b>Missing:</b> ", "</p>\n" },
                                             [BM_ITEM] = { "<li>", "</li>\n" },
                                             [BM_CAPTION] = { "<figcaption>", "</figcaption>\n" } };
    FILE *out = page->on->body.file;
    fputs(around[line][0], out);
    if (line == BM_NOTE)
        put_element(out, "", label, "</b> ");
    fputs(text, out);
    if (*command)
        put_element(out, " <code>", command, "</code>");
    fputs(around[line][1], out);
}

static void put_list(struct bm_page *page, enum bm_list list, bool begins, const char *title)
{
    static const char *const around[][2] = { [BM_SOURCES] = { "<ol class=\"sources\">\n", "</ol>\n" },
                                             [BM_PROBLEMS] = { "<ul>\n", "</ul>\n" },
                                             [BM_GALLERY] = { "<div class=\"gallery\">\n", "</div>\n" },
                                             [BM_MORE] = { "<details class=\"more\"><summary>", "</details>\n\n" } };
    fputs(around[list][!begins], page->on->body.file);
    if (list == BM_MORE && begins)
        put_element(page->on->body.file, "", title, "</summary>\n\n");
}

static void put_source(struct bm_page *page, const struct bm_source *s, const char *name, const char *about)
{
    fprintf(page->on->body.file, "<li id=\"source-%d\"><a href=\"%s\">%s</a> %s</li>\n", s->number, s->href, name, about);
}

static void put_answer(struct bm_page *page, const char *question, const char *value, const char *text)
{
    put_element(page->answers.file, "<div class=\"answer\"><b>", question, "</b> ");
    fprintf(page->answers.file, "<span>%s</span><p>%s</p></div>\n", value, text);
}

/* ---- tables ---- */

static void put_cell(FILE *out, const struct bm_grid *grid, size_t i)
{
    const struct bm_cell *cell = &grid->cell[i];
    const size_t column = i % grid->columns;
    if (column == 0)
        fprintf(out, "<tr><th scope=\"row\">%s</th>", cell->text);
    else {
        fputs("<td", out);
        if (column < grid->left)
            fputs(" class=\"t\"", out);
        if (cell->heat)
            fprintf(out, " class=\"h%d%s\"", (int)lrint(9 * fmin(fmax(cell->shade, 0), 1)), cell->best ? " best" : "");
        put_element(out, " data-l=\"", grid->head[column], "\">");
        fprintf(out, "%s</td>", cell->text);
    }
    if (column + 1 == grid->columns)
        fputs("</tr>\n", out);
}

static void put_grid(FILE *out, const struct bm_grid *grid, const char *class)
{
    put_element(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"", grid->caption, "\">");
    fprintf(out, "<table id=\"table-%s\" class=\"%s\">", grid->id, class);
    put_element(out, "<caption>", grid->caption, "</caption>\n<thead><tr>");
    for (size_t i = 0; i < grid->columns; i++)
        put_element(out, "<th scope=\"col\"><span>", grid->head[i], "</span></th>");
    fputs("</tr></thead>\n<tbody>\n", out);
    for (size_t i = 0; i < grid->cells; i++)
        put_cell(out, grid, i);
    fputs("</tbody></table></div>\n", out);
}

static void put_table(struct bm_page *page, const struct bm_grid *grid) { put_grid(page->on->body.file, grid, "plain"); }

/* Columns of a heat map that fit a phone; a wider one scrolls. */
enum { MOST_THAT_FIT = 18 };

static void put_heat_map(struct bm_page *page, const struct bm_grid *grid, const char *text)
{
    fprintf(page->on->body.file, "<figure class=\"heat\" id=\"%s\">\n", grid->id);
    put_grid(page->on->body.file, grid, grid->columns <= MOST_THAT_FIT ? "fits" : "");
    fprintf(page->on->body.file, "<figcaption>%s</figcaption></figure>\n", text);
}

static void put_picture(struct bm_page *page, const char *id, const char *title, const char *svg,
                        const struct bm_grid *numbers, const char *text)
{
    FILE *out = page->on->body.file;
    const bool wide = svg && bm_svg_width(svg) > 1.5 * BM_PLOT_WIDTH; /* of the whole page; on a phone it scrolls */
    fprintf(out, "<figure id=\"%s\"%s>", id, wide ? " class=\"wide\"" : "");
    put_element(out, "<p class=\"title\">", title, "</p>\n");
    if (wide)
        put_element(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"", title, "\">");
    fprintf(out, "%s%s\n", svg ? svg : "", wide ? "</div>" : "");
    put_line(page, BM_CAPTION, "", text, "");
    if (numbers) {
        fputs("<details class=\"numbers\"><summary>The numbers</summary>\n", out);
        put_grid(out, numbers, "plain");
        fputs("</details>\n\n", out);
    }
    fputs("</figure>\n", out);
}

/* ---- the whole ---- */

static void put_head(const struct bm_page *page, const struct bm_sheet *sheet, FILE *out)
{
    const char *machine = page->library ? page->library->machine : "";
    fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n",
          out);
    put_element(out, "<title>batchmark: ", machine, *sheet->id ? ", " : "");
    put_element(out, "", sheet->title, "</title>\n<style>\n");
    fprintf(out,
            "%s%s</style></head>\n<body>\n<div hidden aria-hidden=\"true\">%s</div>\n<a class=\"skip\" href=\"#main\">To "
            "the contents</a>\n<header><h1>",
            bm_page_style[0].text, bm_plot_part("plots.css"), bm_plot_part("symbols.svg"));
    put_element(out, "", *sheet->id ? sheet->title : "batchmark", " <small>");
    put_element(out, "", machine, "</small></h1>\n");
    if (*page->about)
        fprintf(out, "<p class=\"about\">%s</p>\n", page->about);
}

/* Links of a sheet's contents but its sources, from another file. */
static void put_contents(const char *contents, const char *file, FILE *out)
{
    static const char sources[] = "<a href=\"#sources\"";
    for (const char *at = contents; *at && strncmp(at, sources, strlen(sources)) != 0; at++) {
        fputc(*at, out);
        if (strncmp(at, "\"#", 2) == 0)
            fputs(file, out);
    }
}

/* The page's way to each sheet: what it has of it, and the parts of the sheet. */
static void put_doors(const struct bm_page *page, FILE *out)
{
    fputs("<nav class=\"doors\" aria-label=\"Three ways on\">\n", out);
    for (const struct bm_sheet *s = page->sheet + 1; s < page->sheet + page->sheets; s++) {
        char *file = file_of(page, s->id);
        fprintf(out, "<div class=\"door\"><a href=\"#door-%s\">", s->id);
        put_element(out, "<b>", s->title, "</b></a> <p>In full: ");
        put_contents(s->contents.text, file, out);
        fputs("</p></div>\n", out);
        free(file);
    }
    fputs("</nav>\n", out);
}

/* A sheet's way back, to the other sheets, and to its parts. */
static void put_ways(const struct bm_page *page, const struct bm_sheet *here, FILE *out)
{
    fputs("<nav aria-label=\"Pages\">\n", out);
    for (const struct bm_sheet *s = page->sheet; s < page->sheet + page->sheets; s++) {
        char *file = file_of(page, s->id);
        if (s != here) {
            fprintf(out, "<a href=\"%s\">", file);
            put_element(out, "", *s->id ? s->title : "Summary", "</a>\n");
        }
        free(file);
    }
    fprintf(out, "</nav>\n<nav aria-label=\"Parts\">\n%s</nav>\n", here->contents.text);
}

static void put_whole(struct bm_page *page, const struct bm_sheet *sheet, FILE *out)
{
    const size_t problems = page->library ? page->library->problems : 0;
    put_head(page, sheet, out);
    if (!*sheet->id)
        fprintf(out, "<div class=\"answers\">\n%s</div>\n", page->answers.text);
    if (problems)
        fprintf(out, "<p class=\"missing\"><a href=\"#sources\">%zu file%s left out or doubtful</a></p>\n", problems,
                problems == 1 ? "" : "s");
    if (*sheet->id)
        put_ways(page, sheet, out);
    else
        put_doors(page, out);
    fprintf(out,
            "</header>\n<main id=\"main\">\n"
            "<p class=\"print-note\">In print the tables of numbers under the pictures are left out: they are in "
            "the page, and in the report as CSV.</p>\n%s</main>\n<script>\n%s</script>\n</body></html>\n",
            sheet->body.text, bm_page_style[1].text);
}

const struct bm_backend bm_html = { .pictures = true,
                                    .sheets = true,
                                    .sources = true,
                                    .text = bm_put_html,
                                    .value = put_value,
                                    .link = put_link,
                                    .part = put_part,
                                    .heading = put_heading,
                                    .line = put_line,
                                    .list = put_list,
                                    .source = put_source,
                                    .answer = put_answer,
                                    .table = put_table,
                                    .heat_map = put_heat_map,
                                    .picture = put_picture,
                                    .whole = put_whole };
