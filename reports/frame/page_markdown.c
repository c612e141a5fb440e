/* SPDX-License-Identifier: MIT */
/* page_markdown.c - a page as Markdown, with its pictures as files beside it. */
#include <stdlib.h>

#include "backend.h"
#include "markup.h"

static void put_value(FILE *out, const struct bm_value *v, const char *text)
{
    if (v->source)
        fprintf(out, "[%s](%s)", text, v->source->href);
    else
        fputs(text, out);
}

static void put_part(struct bm_page *page, const char *id, const char *title)
{
    (void)id;
    fprintf(page->on->body.file, "\n## %s\n\n", title);
}

static void put_heading(struct bm_page *page, const char *title)
{
    fputs("\n### ", page->on->body.file);
    bm_put_markdown(page->on->body.file, title);
    fputs("\n\n", page->on->body.file);
}

static void put_line(struct bm_page *page, enum bm_line line, const char *label, const char *text, const char *command)
{
    FILE *out = page->on->body.file;
    fputs(line == BM_MISSING ? "> **Missing:** " : line == BM_ITEM ? "- " : "", out);
    if (line == BM_NOTE) {
        bm_put_markdown(out, label);
        fputs("  ", out);
    }
    fputs(text, out);
    if (*command)
        fprintf(out, " `%s`", command);
    fputs(line == BM_ITEM ? "\n" : line == BM_NOTE ? "  \n" : "\n\n", out); /* two blanks: the line ends there */
}

static void put_list(struct bm_page *page, enum bm_list list, bool begins, const char *title)
{
    if (list != BM_MORE)
        return;
    if (begins) {
        fputs("\n<details><summary>", page->on->body.file);
        bm_put_html(page->on->body.file, title); /* HTML in Markdown, too */
        fputs("</summary>\n\n", page->on->body.file);
    } else
        fputs("</details>\n\n", page->on->body.file);
}

static void put_source(struct bm_page *page, const struct bm_source *s, const char *name, const char *about)
{
    fprintf(page->on->body.file, "%d. [%s](%s) %s\n", s->number, name, s->href, about);
}

static void put_answer(struct bm_page *page, const char *question, const char *value, const char *text)
{
    fprintf(page->answers.file, "- **%s** %s: %s\n", question, value, text);
}

static void put_grid(FILE *out, const struct bm_grid *grid)
{
    fputc('\n', out);
    for (size_t i = 0; i < grid->columns; i++) {
        fputs(i ? " | " : "| ", out);
        bm_put_markdown(out, grid->head[i]);
    }
    fputs(" |\n", out);
    for (size_t i = 0; i < grid->columns; i++)
        fputs(i < grid->left ? "|---" : "|---:", out);
    fputs("|\n", out);
    for (size_t i = 0; i < grid->cells; i++) {
        const char *mark = grid->cell[i].best ? "**" : "";
        fprintf(out, "%s%s%s%s%s", i % grid->columns ? " | " : "| ", mark, grid->cell[i].text, mark,
                (i + 1) % grid->columns ? "" : " |\n");
    }
    fputc('\n', out);
}

static void put_table(struct bm_page *page, const struct bm_grid *grid)
{
    bm_put_markdown(page->on->body.file, grid->caption);
    fputc('\n', page->on->body.file);
    put_grid(page->on->body.file, grid);
}

static void put_heat_map(struct bm_page *page, const struct bm_grid *grid, const char *text)
{
    put_table(page, grid);
    put_line(page, BM_CAPTION, "", text, "");
}

static void put_picture(struct bm_page *page, const char *id, const char *title, const char *svg,
                        const struct bm_grid *numbers, const char *text)
{
    FILE *out = page->on->body.file;
    fputs("![", out);
    bm_put_markdown(out, title);
    fputs("]", out);
    if (svg) {
        char *name = bm_page_put_file(page, id, svg);
        fprintf(out, "(%s)\n\n", name);
        free(name);
    }
    put_line(page, BM_CAPTION, "", text, "");
    if (numbers) {
        fputs("<details class=\"numbers\"><summary>The numbers</summary>\n", out);
        put_grid(out, numbers);
        fputs("</details>\n\n", out);
    }
}

static void put_whole(struct bm_page *page, const struct bm_sheet *sheet, FILE *out)
{
    if (page->library) {
        fputs("# batchmark: ", out);
        bm_put_markdown(out, page->library->machine);
        fprintf(out, "\n\n%s%s%s\n", page->about, *page->about ? "\n\n" : "", page->answers.text);
    }
    fputs(sheet->body.text, out);
}

const struct bm_backend bm_markdown = { .pictures = true,
                                        .sources = true,
                                        .text = bm_put_markdown,
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
