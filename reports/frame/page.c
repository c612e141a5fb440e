/* SPDX-License-Identifier: MIT */
/* page.c - what a page holds, in order, handed to the backend. */
#include "page.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "backend.h"
#include "pictures.h"
#include "plot.h"
#include "result.h"

/* Takes the text. */
static void put_line(struct bm_page *page, enum bm_line line, const char *label, char *text, const char *command)
{
    if (page->backend->line)
        page->backend->line(page, line, label, text, command);
    free(text);
}

static void put_list(struct bm_page *page, enum bm_list list, bool begins, const char *title)
{
    if (page->backend->list)
        page->backend->list(page, list, begins, title);
}

static char *text_of(struct bm_page *page, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    char *text = bm_page_printed(page, format, list);
    va_end(list);
    return text;
}

char *bm_with_caveat(const struct bm_page *page, const char *title)
{
    char *whole;
    if (asprintf(&whole, *page->caveat && *title ? "%s (%s)" : "%s%.0s", title, page->caveat) < 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    return whole;
}

/* ---- structure ---- */

bool bm_page_takes_all(const struct bm_page *page) { return page->backend == &bm_csv; }
bool bm_page_has_pictures(const struct bm_page *page) { return page->backend->pictures; }
void bm_page_wide(struct bm_page *page) { page->wide = true; }

void bm_page_caveat(struct bm_page *page, const char *caveat)
{
    snprintf(page->caveat, sizeof page->caveat, "%s", caveat);
}

static void open_sheet(struct bm_page *page, const char *id, const char *title)
{
    page->on = &page->sheet[page->sheets++];
    page->on->id = id;
    page->on->title = title;
    bm_buffer_open(&page->on->contents);
    bm_buffer_open(&page->on->body);
}

void bm_page_sheet(struct bm_page *page, const char *id, const char *title)
{
    if (page->backend->sheets && page->sheets < BM_SHEETS)
        open_sheet(page, id, title);
}

char *bm_sheet_path(const struct bm_page *page, const char *sheet)
{
    const char *slash = strrchr(page->path, '/'), *dot = strrchr(slash ? slash : page->path, '.');
    const int stem = (int)(dot ? (size_t)(dot - page->path) : strlen(page->path));
    char *path;
    if (asprintf(&path, "%.*s%s%s%s", stem, page->path, *sheet ? "-" : "", sheet, dot ? dot : "") < 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    return path;
}

void bm_page_about(struct bm_page *page, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    free(page->about);
    page->about = bm_page_printed(page, format, list);
    va_end(list);
}

void bm_page_part(struct bm_page *page, const char *id, const char *title)
{
    snprintf(page->part, sizeof page->part, "%.60s", id);
    bm_page_set_item(page, id);
    if (page->backend->part)
        page->backend->part(page, id, title);
}

void bm_page_heading(struct bm_page *page, const char *title)
{
    if (page->backend->heading)
        page->backend->heading(page, title);
}

void bm_page_paragraph(struct bm_page *page, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    put_line(page, BM_PARAGRAPH, "", bm_page_filled(page, format, list), "");
    va_end(list);
}

void bm_page_text(struct bm_page *page, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    put_line(page, BM_PARAGRAPH, "", bm_page_printed(page, format, list), "");
    va_end(list);
}

void bm_page_note(struct bm_page *page, const char *label, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    put_line(page, BM_NOTE, label, bm_page_printed(page, format, list), "");
    va_end(list);
}

void bm_page_command(struct bm_page *page, const char *command, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    put_line(page, BM_PARAGRAPH, "", bm_page_printed(page, format, list), command);
    va_end(list);
}

void bm_page_missing(struct bm_page *page, const char *command, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    put_line(page, BM_MISSING, "", bm_page_filled(page, format, list), command ? command : "");
    va_end(list);
}

void bm_page_more_begin(struct bm_page *page, const char *summary) { put_list(page, BM_MORE, true, summary); }
void bm_page_more_end(struct bm_page *page) { put_list(page, BM_MORE, false, ""); }
void bm_page_gallery_begin(struct bm_page *page) { put_list(page, BM_GALLERY, true, ""); }
void bm_page_gallery_end(struct bm_page *page) { put_list(page, BM_GALLERY, false, ""); }

void bm_page_answer(struct bm_page *page, const char *question, struct bm_value answer, const char *word,
                    const char *format, ...)
{
    struct bm_buffer value;
    struct bm_cell none = { 0 };
    va_list list;
    bm_page_set_item(page, question);
    if (page->backend->number)
        page->backend->number(page, question, "answer", "", &answer);
    bm_buffer_open(&value);
    bm_page_fill_value(page, value.file, &none, &answer, "");
    fprintf(value.file, "%s%s", *word ? " " : "", word);
    char *shown = bm_buffer_close(&value);
    va_start(list, format);
    char *text = bm_page_filled(page, format, list);
    va_end(list);
    char *caveat = text_of(page, "%s%s%s", *page->caveat ? " (" : "", page->caveat, *page->caveat ? ")" : ""), *whole;
    if (asprintf(&whole, "%s%s", text, caveat) < 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    if (page->backend->answer)
        page->backend->answer(page, question, shown, whole);
    free(none.value);
    free(shown);
    free(text);
    free(caveat);
    free(whole);
}

/* ---- pictures ---- */

static bool wanted(const struct bm_page *page, const char *id)
{
    const size_t n = strlen(id);
    for (const char *at = page->only; at && (at = strstr(at, id)); at++)
        if ((at == page->only || at[-1] == ',') && (at[n] == ',' || at[n] == '\0'))
            return true;
    return false;
}

/* "<page without its suffix>-<id>.svg", "<folder>/<id>.svg" */
char *bm_page_put_file(struct bm_page *page, const char *id, const char *svg)
{
    const char *name = strrchr(page->path, '/'), *dot = strrchr(name ? name : page->path, '.');
    char *path = NULL, *text = bm_plot_file(svg);
    if ((page->only ? asprintf(&path, "%s/%s.svg", page->path, id)
                    : asprintf(&path, "%.*s-%s.svg", (int)(dot ? dot - page->path : (long)strlen(page->path)),
                               page->path, id)) < 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    if (!page->failed && !bm_file_write(text, strlen(text), path, &page->error))
        page->failed = true;
    page->pictures++;
    free(text);
    char *last = strdup(strrchr(path, '/') ? strrchr(path, '/') + 1 : path);
    free(path);
    return last;
}

void bm_page_picture(struct bm_page *page, const char *id, const char *title, char *svg, struct bm_grid *numbers,
                     const char *format, ...)
{
    va_list list;
    bm_page_set_item(page, id);
    svg = bm_svg_noted(svg, page->caveat);
    if (page->only) {
        if (svg && wanted(page, id))
            free(bm_page_put_file(page, id, svg));
    } else {
        va_start(list, format);
        char *text = bm_page_filled(page, format, list);
        va_end(list);
        if (numbers)
            bm_grid_end(numbers, id);
        char *whole = bm_with_caveat(page, title);
        page->backend->picture(page, id, whole, svg, numbers, text);
        free(whole);
        free(text);
    }
    bm_grid_free(numbers);
    free(svg);
}

char *bm_page_draw(struct bm_page *page, FILE *script, const char *id, const char *alt)
{
    char *svg = NULL;
    if (!page->backend->pictures || (page->only && !wanted(page, id)) || page->failed) {
        fclose(script);
        return NULL;
    }
    svg = bm_plot_end(script, alt, &page->error);
    page->failed = !svg;
    return svg;
}

/* ---- the whole ---- */

struct bm_page *bm_page_new(enum bm_page_format format, const struct bm_library *library, const char *path,
                            const char *only)
{
    static const struct bm_backend *const backends[] = {
        [BM_TEXT] = &bm_terminal, [BM_MARKDOWN] = &bm_markdown, [BM_HTML] = &bm_html, [BM_CSV] = &bm_csv
    };
    struct bm_page *page = bm_alloc(sizeof *page);
    *page = (struct bm_page){ .backend = backends[format], .library = library, .path = strdup(path), .only = only };
    page->about = strdup("");
    bm_buffer_open(&page->answers);
    open_sheet(page, "", "");
    if (page->backend->begin)
        page->backend->begin(page);
    return page;
}

static void put_sources(struct bm_page *page)
{
    const struct bm_library *l = page->library;
    bm_page_part(page, "sources", "Where the numbers come from");
    bm_page_paragraph(page, "Each number is a link to the result file that it comes from. Results are described in "
                            "results/README.md; batchmark validate checks them.");
    bm_page_more_begin(page, "The results");
    put_list(page, BM_SOURCES, true, "");
    for (size_t i = 0; i < l->sources; i++) {
        const struct bm_source *s = &l->source[i];
        const char *slash = strrchr(s->document.path, '/');
        const char *sum = json_string_value(json_object_get(s->document.ours, "checksum"));
        char *name = text_of(page, "%s", slash ? slash + 1 : s->document.path);
        char *about = text_of(page, "%s of %s, %s, commit %s, checksum %s%s%s", s->document.kind, s->machine, s->date,
                              s->commit, sum ? sum : "none", s->document.complete ? "" : ", interrupted",
                              s->document.edited ? ", edited" : "");
        page->backend->source(page, s, name, about);
        free(name);
        free(about);
    }
    put_list(page, BM_SOURCES, false, "");
    bm_page_more_end(page);
    if (!l->problems)
        return;
    bm_page_heading(page, "Files that were left out, or are doubtful");
    put_list(page, BM_PROBLEMS, true, "");
    for (size_t i = 0; i < l->problems; i++)
        put_line(page, BM_ITEM, "", text_of(page, "%s", l->problem[i]), "");
    put_list(page, BM_PROBLEMS, false, "");
}

static void end_buffers(struct bm_page *page)
{
    bm_buffer_close(&page->answers);
    for (size_t i = 0; i < page->sheets; i++) {
        bm_buffer_close(&page->sheet[i].contents);
        bm_buffer_close(&page->sheet[i].body);
    }
}

static void free_page(struct bm_page *page)
{
    for (size_t i = 0; i < page->sheets; i++) {
        free(page->sheet[i].contents.text);
        free(page->sheet[i].body.text);
    }
    free(page->answers.text);
    free(page->about);
    free(page->path);
    free(page);
}

void bm_page_print(struct bm_page *page, FILE *out)
{
    end_buffers(page);
    page->backend->whole(page, page->sheet, out);
    free_page(page);
}

/* Its text, beside where it will be. */
static bool write_sheet(struct bm_page *page, const struct bm_sheet *sheet, const char *path, struct bm_error *error)
{
    struct bm_buffer whole;
    bm_buffer_open(&whole);
    page->backend->whole(page, sheet, whole.file);
    char *text = bm_buffer_close(&whole);
    const bool ok = bm_file_write(text, whole.size, path, error);
    free(text);
    return ok;
}

/* Where the file is that a sheet's name leads to; free() it. NULL, with the reason: nothing can be written there. */
static char *place_of(const struct bm_page *page, const struct bm_sheet *sheet, struct bm_error *error)
{
    char *path = bm_sheet_path(page, sheet->id), *place = bm_file_place(path, error);
    struct stat there;
    if (place && stat(place, &there) == 0 && !S_ISREG(there.st_mode)) {
        bm_failed(error, "cannot write %s: it is there and is not a regular file", path);
        free(place);
        place = NULL;
    }
    free(path);
    return place;
}

/* All files or none: each is written beside its place, and moved there when all are written. */
static bool write_all(struct bm_page *page, struct bm_error *error)
{
    char *place[BM_SHEETS] = { NULL }, *beside[BM_SHEETS] = { NULL };
    bool ok = true;
    for (size_t i = 0; i < page->sheets && ok; i++) {
        place[i] = place_of(page, &page->sheet[i], error);
        if (place[i] && asprintf(&beside[i], "%s.part", place[i]) < 0)
            bm_die(BM_EXIT_INPUT, "out of memory");
        ok = beside[i] && write_sheet(page, &page->sheet[i], beside[i], error);
    }
    for (size_t i = page->sheets; i-- > 0;) { /* the page last */
        if (ok && rename(beside[i], place[i]) != 0)
            ok = bm_failed(error, "cannot write %s: %s", place[i], strerror(errno));
        if (!ok && beside[i])
            remove(beside[i]);
        free(beside[i]);
        free(place[i]);
    }
    return ok;
}

bool bm_page_end(struct bm_page *page, struct bm_error *error)
{
    size_t names = page->only != NULL;
    for (const char *at = page->only; at && (at = strchr(at, ',')); at++)
        names++;
    for (size_t i = 0; i < page->sheets && page->backend->sources; i++) {
        page->on = &page->sheet[i];
        put_sources(page);
    }
    bm_gnuplot_end();
    bool ok = !page->failed;
    if (!ok && error)
        *error = page->error;
    else if (page->only && page->pictures < names)
        ok = bm_failed(error, "there are %zu pictures of the names %s, not %zu; the ids in the page are their names",
                       page->pictures, page->only, names);
    end_buffers(page);
    if (ok && !page->only)
        ok = write_all(page, error);
    free_page(page);
    return ok;
}
