/* SPDX-License-Identifier: MIT */
/* page_html.c - a page as one HTML file: no script, no network. */
#include <math.h>
#include <string.h>

#include "backend.h"
#include "markup.h"
#include "plot.h"
#include "shape.h"

extern const struct bm_text bm_page_style[];

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

static void put_part(struct bm_page *page, const char *id, const char *title)
{
    fprintf(page->contents.file, "<a href=\"#%s\">", id);
    put_element(page->contents.file, "", title, "</a>\n");
    fprintf(page->body.file, "<h2 id=\"%s\">", id);
    put_element(page->body.file, "", title, "</h2>\n");
}

static void put_heading(struct bm_page *page, const char *title)
{
    put_element(page->body.file, "<h3>", title, "</h3>\n");
}

static void put_line(struct bm_page *page, enum bm_line line, const char *label, const char *text, const char *command)
{
    static const char *const around[][2] = { [BM_PARAGRAPH] = { "<p>", "</p>\n" },
                                             [BM_NOTE] = { "<p><b>", "</p>\n" },
                                             [BM_MISSING] = { "<p class=\"missing\"><b>Missing:</b> ", "</p>\n" },
                                             [BM_ITEM] = { "<li>", "</li>\n" },
                                             [BM_CAPTION] = { "<figcaption>", "</figcaption>\n" } };
    FILE *out = page->body.file;
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
    fputs(around[list][!begins], page->body.file);
    if (list == BM_MORE && begins)
        put_element(page->body.file, "", title, "</summary>\n\n");
}

static void put_source(struct bm_page *page, const struct bm_source *s, const char *name, const char *about)
{
    fprintf(page->body.file, "<li id=\"source-%d\"><a href=\"%s\">%s</a> %s</li>\n", s->number, s->href, name, about);
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

static void put_table(struct bm_page *page, const struct bm_grid *grid) { put_grid(page->body.file, grid, "plain"); }

/* Columns of a heat map that fit a phone; a wider one scrolls. */
enum { MOST_THAT_FIT = 18 };

static void put_heat_map(struct bm_page *page, const struct bm_grid *grid, const char *text)
{
    fprintf(page->body.file, "<figure class=\"heat\" id=\"%s\">\n", grid->id);
    put_grid(page->body.file, grid, grid->columns <= MOST_THAT_FIT ? "fits" : "");
    fprintf(page->body.file, "<figcaption>%s</figcaption></figure>\n", text);
}

static void put_picture(struct bm_page *page, const char *id, const char *title, const char *svg,
                        const struct bm_grid *numbers, const char *text)
{
    FILE *out = page->body.file;
    fprintf(out, "<figure id=\"%s\">", id);
    put_element(out, "<p class=\"title\">", title, "</p>\n");
    fprintf(out, "%s\n", svg ? svg : "");
    put_line(page, BM_CAPTION, "", text, "");
    if (numbers) {
        fputs("<details class=\"numbers\"><summary>The numbers</summary>\n", out);
        put_grid(out, numbers, "plain");
        fputs("</details>\n\n", out);
    }
    fputs("</figure>\n", out);
}

/* ---- the whole ---- */

static void put_whole(struct bm_page *page, const char *answers, const char *contents, const char *body, FILE *out)
{
    const char *machine = page->library ? page->library->machine : "";
    const size_t problems = page->library ? page->library->problems : 0;
    fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n",
          out);
    put_element(out, "<title>batchmark: ", machine, "</title>\n<style>\n");
    fprintf(out,
            "%s%s</style></head>\n<body>\n<div hidden aria-hidden=\"true\">%s</div>\n<a class=\"skip\" href=\"#main\">To "
            "the contents</a>\n<header><h1>batchmark ",
            bm_page_style[0].text, bm_plot_part("plots.css"), bm_plot_part("symbols.svg"));
    put_element(out, "<small>", machine, "</small></h1>\n");
    fprintf(out, "<div class=\"answers\">\n%s</div>\n", answers);
    if (problems)
        fprintf(out, "<p class=\"missing\"><a href=\"#sources\">%zu file%s left out or doubtful</a></p>\n", problems,
                problems == 1 ? "" : "s");
    fprintf(out,
            "<nav aria-label=\"Parts\">\n%s</nav></header>\n<main id=\"main\">\n"
            "<p class=\"print-note\">In print the tables of numbers under the pictures are left out: they are in "
            "the page, and in the report as CSV.</p>\n%s</main>\n</body></html>\n",
            contents, body);
}

const struct bm_backend bm_html = { .pictures = true,
                                    .sources = true,
                                    .text = bm_put_html,
                                    .value = put_value,
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
