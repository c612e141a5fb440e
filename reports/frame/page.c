#include "page.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "markup.h"
#include "plot.h"
#include "result.h"
#include "shape.h"
#include "table.h"

extern const struct bm_text bm_page_style[];

/* A text that grows. */
struct buffer {
    FILE *file;
    char *text;
    size_t size;
};

struct bm_page {
    enum bm_page_format format;
    const struct bm_library *library;
    char *path;
    const char *only;
    struct buffer answers, contents, body;
    char item[64]; /* what numbers in running text belong to, for CSV */
    char part[64];
    size_t pictures; /* that are files */
    bool failed;
    struct bm_error error;
};

static void open_buffer(struct buffer *b)
{
    b->file = open_memstream(&b->text, &b->size);
    if (!b->file)
        bm_die(BM_EXIT_INPUT, "out of memory");
}

static char *close_buffer(struct buffer *b)
{
    if (fclose(b->file) != 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    return b->text;
}

/* ---- numbers ---- */

struct bm_value bm_value_of(double x, enum bm_unit unit, const struct bm_source *source, const char *from, ...)
{
    struct bm_value v = { x, unit, source, "" };
    va_list list;
    va_start(list, from);
    vsnprintf(v.from, sizeof v.from, from, list);
    va_end(list);
    return v;
}

/* Three digits, without an exponent from 0.001 to a million. */
static void digits(double x, char text[static 24])
{
    const double size = fabs(x);
    if (size != 0 && (size < 1e-3 || size >= 1e6))
        snprintf(text, 24, "%.2e", x);
    else
        snprintf(text, 24, "%.*f",
                 size >= 99.95 || size == 0 ? 0
                 : size >= 9.995            ? 1
                 : size >= 0.9995           ? 2
                 : size >= 0.0995           ? 3
                                            : 4,
                 x);
}

static const char *const unit_name[] = { "", "", "s", "%", "x", "GFLOP/s", "GB/s", "B", "Hz", "" };

const char *bm_value_text(const struct bm_value *v, char text[static 32])
{
    char number[24];
    if (!isfinite(v->x))
        return strcpy(text, "-");
    digits(v->x, number);
    switch (v->unit) {
    case BM_UNIT_COUNT: snprintf(text, 32, "%.0f", v->x); break;
    case BM_UNIT_FRACTION: snprintf(text, 32, "%.4f", v->x); break;
    case BM_UNIT_PERCENT: snprintf(text, 32, "%.*f %%", fabs(v->x) < 9.95 ? 1 : 0, v->x); break;
    case BM_UNIT_TIMES: snprintf(text, 32, "%.*fx", fabs(v->x) < 9.995 ? 2 : fabs(v->x) < 99.95 ? 1 : 0, v->x); break;
    case BM_UNIT_SECONDS:
        if (v->x >= 1e-9 && v->x < 9.995)
            bm_seconds_text(v->x, text);
        else
            snprintf(text, 32, "%s s", number);
        break;
    case BM_UNIT_HERTZ:
        digits(v->x >= 1e9 ? v->x / 1e9 : v->x / 1e6, number);
        snprintf(text, 32, "%s %s", number, v->x >= 1e9 ? "GHz" : "MHz");
        break;
    case BM_UNIT_BYTES:
        if (v->x >= 1 << 30)
            snprintf(text, 32, "%.4g GiB", v->x / (1 << 30));
        else if (v->x >= 1 << 20)
            snprintf(text, 32, "%.4g MiB", v->x / (1 << 20));
        else if (v->x >= 1 << 10)
            snprintf(text, 32, "%.4g KiB", v->x / (1 << 10));
        else
            snprintf(text, 32, "%.0f B", v->x);
        break;
    case BM_UNIT_GFLOPS:
    case BM_UNIT_GBS: snprintf(text, 32, "%s %s", number, unit_name[v->unit]); break;
    default: snprintf(text, 32, "%s", number);
    }
    return text;
}

static void put_csv_field(FILE *out, const char *text, char after)
{
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
    fputc(after, out);
}

static void put_csv_row(struct bm_page *page, const char *item, const char *row, const char *column,
                        const struct bm_value *v)
{
    FILE *out = page->body.file;
    char text[32], x[32] = "";
    if (isfinite(v->x))
        snprintf(x, sizeof x, "%.9g", v->x);
    put_csv_field(out, page->part, ',');
    put_csv_field(out, item, ',');
    put_csv_field(out, row, ',');
    put_csv_field(out, column, ',');
    fprintf(out, "%s,", x);
    put_csv_field(out, unit_name[v->unit], ',');
    put_csv_field(out, bm_value_text(v, text), ',');
    put_csv_field(out, v->source ? v->source->href : "", ',');
    put_csv_field(out, v->from, '\n');
}

static void put_value(const struct bm_page *page, FILE *out, const struct bm_value *v)
{
    char text[32];
    bm_value_text(v, text);
    if (!v->source || !isfinite(v->x) || page->format == BM_CSV)
        fputs(text, out);
    else if (page->format == BM_MARKDOWN)
        fprintf(out, "[%s](%s)", text, v->source->href);
    else {
        fprintf(out, "<a class=n href=\"%s\" data-v=%.9g", v->source->href, v->x);
        if (*v->from) {
            fputs(" data-from=\"", out);
            bm_put_html(out, v->from);
            fputc('"', out);
        }
        fprintf(out, ">%s</a>", text);
    }
}

/* ---- text ---- */

static void put_text(const struct bm_page *page, FILE *out, const char *text)
{
    switch (page->format) {
    case BM_HTML: bm_put_html(out, text); break;
    case BM_MARKDOWN: bm_put_markdown(out, text); break;
    case BM_CSV: fputs(text, out);
    }
}

/* Numbers of a cell. */
struct values {
    struct bm_value *value;
    size_t count;
};

static void keep_value(struct values *values, const struct bm_value *v)
{
    values->value = realloc(values->value, (values->count + 1) * sizeof *values->value);
    if (!values->value)
        bm_die(BM_EXIT_INPUT, "out of memory");
    values->value[values->count++] = *v;
}

/* `values`: gets the number; NULL: it goes to the CSV at once. */
static void fill_value(struct bm_page *page, FILE *out, struct values *values, const struct bm_value *v,
                       const char *column)
{
    put_value(page, out, v);
    if (values)
        keep_value(values, v);
    else if (page->format == BM_CSV)
        put_csv_row(page, page->item, "sentence", column, v);
}

static void fill_interval(struct bm_page *page, FILE *out, struct values *values, const struct bm_range_value *i)
{
    if (!isfinite(i->low.x) || !isfinite(i->high.x))
        return;
    fputs(" (95 %: ", out);
    fill_value(page, out, values, &i->low, "95 % from");
    fputs(" to ", out);
    fill_value(page, out, values, &i->high, "95 % to");
    fputc(')', out);
}

/* Fills a template. */
static void fill(struct bm_page *page, FILE *out, struct values *values, const char *format, va_list list)
{
    char literal[2] = "";
    for (; *format; format++) {
        if (*format != '%') {
            *literal = *format;
            if ((unsigned char)*format < 0x80)
                put_text(page, out, literal);
            else
                fputc(*format, out);
            continue;
        }
        switch (*++format) {
        case 'v': {
            const struct bm_value v = va_arg(list, struct bm_value);
            fill_value(page, out, values, &v, "");
            break;
        }
        case 'i': {
            const struct bm_range_value i = va_arg(list, struct bm_range_value);
            fill_interval(page, out, values, &i);
            break;
        }
        case 's': put_text(page, out, va_arg(list, const char *)); break;
        case 'd': fprintf(out, "%d", va_arg(list, int)); break;
        default: fputc('%', out);
        }
    }
}

static void put_line(struct bm_page *page, const char *before, const char *after, const char *format, va_list list)
{
    if (page->format == BM_CSV) {
        struct buffer none;
        open_buffer(&none);
        fill(page, none.file, NULL, format, list);
        free(close_buffer(&none));
        return;
    }
    fputs(before, page->body.file);
    fill(page, page->body.file, NULL, format, list);
    fputs(after, page->body.file);
}

/* Markup that only HTML has. */
static void put_html(const struct bm_page *page, const char *markup)
{
    if (page->format == BM_HTML)
        fputs(markup, page->body.file);
}

static void set_item(struct bm_page *page, const char *item) { snprintf(page->item, sizeof page->item, "%.60s", item); }

/* ---- structure ---- */

bool bm_page_takes_all(const struct bm_page *page) { return page->format == BM_CSV; }

void bm_page_part(struct bm_page *page, const char *id, const char *title)
{
    snprintf(page->part, sizeof page->part, "%.60s", id);
    set_item(page, id);
    if (page->format == BM_CSV)
        return;
    if (page->format == BM_HTML) {
        fprintf(page->contents.file, "<a href=\"#%s\">", id);
        bm_put_html(page->contents.file, title);
        fputs("</a>\n", page->contents.file);
        fprintf(page->body.file, "<h2 id=\"%s\">", id);
        bm_put_html(page->body.file, title);
        fputs("</h2>\n", page->body.file);
    } else
        fprintf(page->body.file, "\n## %s\n\n", title);
}

void bm_page_heading(struct bm_page *page, const char *title)
{
    if (page->format == BM_CSV)
        return;
    fputs(page->format == BM_HTML ? "<h3>" : "\n### ", page->body.file);
    put_text(page, page->body.file, title);
    fputs(page->format == BM_HTML ? "</h3>\n" : "\n\n", page->body.file);
}

void bm_page_paragraph(struct bm_page *page, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    put_line(page, page->format == BM_HTML ? "<p>" : "", page->format == BM_HTML ? "</p>\n" : "\n\n", format, list);
    va_end(list);
}

void bm_page_missing(struct bm_page *page, const char *command, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    put_line(page, page->format == BM_HTML ? "<p class=\"missing\"><b>Missing:</b> " : "> **Missing:** ", "", format,
             list);
    va_end(list);
    if (page->format == BM_CSV)
        return;
    if (command && page->format == BM_HTML) {
        fputs(" <code>", page->body.file);
        bm_put_html(page->body.file, command);
        fputs("</code>", page->body.file);
    } else if (command)
        fprintf(page->body.file, " `%s`", command);
    fputs(page->format == BM_HTML ? "</p>\n" : "\n\n", page->body.file);
}

void bm_page_more_begin(struct bm_page *page, const char *summary)
{
    if (page->format == BM_CSV)
        return;
    fputs(page->format == BM_HTML ? "<details class=\"more\"><summary>" : "\n<details><summary>", page->body.file);
    bm_put_html(page->body.file, summary); /* HTML in Markdown, too */
    fputs("</summary>\n\n", page->body.file);
}

void bm_page_more_end(struct bm_page *page)
{
    if (page->format != BM_CSV)
        fputs("</details>\n\n", page->body.file);
}

void bm_page_gallery_begin(struct bm_page *page) { put_html(page, "<div class=\"gallery\">\n"); }
void bm_page_gallery_end(struct bm_page *page) { put_html(page, "</div>\n"); }

void bm_page_answer(struct bm_page *page, const char *question, struct bm_value answer, const char *format, ...)
{
    FILE *out = page->answers.file;
    va_list list;
    set_item(page, question);
    va_start(list, format);
    if (page->format == BM_CSV) {
        put_csv_row(page, question, "answer", "", &answer);
        put_line(page, "", "", format, list);
    } else if (page->format == BM_HTML) {
        fputs("<div class=\"answer\"><b>", out);
        bm_put_html(out, question);
        fputs("</b> <span>", out);
        put_value(page, out, &answer);
        fputs("</span><p>", out);
        fill(page, out, NULL, format, list);
        fputs("</p></div>\n", out);
    } else {
        fprintf(out, "- **%s** ", question);
        put_value(page, out, &answer);
        fputs(": ", out);
        fill(page, out, NULL, format, list);
        fputc('\n', out);
    }
    va_end(list);
}

/* ---- tables ---- */

struct cell {
    char *text;
    bool heat, best;
    double shade;
    struct values values;
};

struct bm_grid {
    struct bm_page *page;
    char *id, *caption, **head;
    size_t columns, cells; /* cells row by row, a row's name first; the last row may not be full yet */
    struct cell *cell;
};

struct bm_grid *bm_grid_of(struct bm_page *page, const char *id, const char *caption, const char *const *column,
                           size_t columns)
{
    struct bm_grid *grid = bm_alloc(sizeof *grid);
    *grid = (struct bm_grid){ .page = page, .id = strdup(id), .caption = strdup(caption), .columns = columns };
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

static struct cell *add_cell(struct bm_grid *grid, const char *format, va_list list)
{
    struct buffer text;
    struct cell cell = { 0 };
    open_buffer(&text);
    fill(grid->page, text.file, &cell.values, format, list);
    cell.text = close_buffer(&text);
    grid->cell = realloc(grid->cell, (grid->cells + 1) * sizeof *grid->cell);
    if (!grid->cell)
        bm_die(BM_EXIT_INPUT, "out of memory");
    grid->cell[grid->cells] = cell;
    return &grid->cell[grid->cells++];
}

static void fill_row(struct bm_grid *grid, ...)
{
    va_list none;
    va_start(none, grid);
    while (grid->cells % grid->columns)
        add_cell(grid, "", none);
    va_end(none);
}

void bm_grid_row(struct bm_grid *grid, const char *format, ...)
{
    va_list list;
    fill_row(grid);
    va_start(list, format);
    add_cell(grid, format, list);
    va_end(list);
}

void bm_grid_cell(struct bm_grid *grid, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    add_cell(grid, format, list);
    va_end(list);
}

void bm_grid_heat(struct bm_grid *grid, double shade, bool best, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    struct cell *cell = add_cell(grid, format, list);
    va_end(list);
    cell->heat = true;
    cell->shade = shade;
    cell->best = best;
}

size_t bm_grid_rows(const struct bm_grid *grid) { return (grid->cells + grid->columns - 1) / grid->columns; }

static void grid_free(struct bm_grid *grid)
{
    for (size_t i = 0; i < grid->cells; i++) {
        free(grid->cell[i].text);
        free(grid->cell[i].values.value);
    }
    for (size_t i = 0; i < grid->columns; i++)
        free(grid->head[i]);
    free(grid->cell);
    free(grid->head);
    free(grid->id);
    free(grid->caption);
    free(grid);
}

static void put_html_cell(FILE *out, const struct bm_grid *grid, size_t i)
{
    const struct cell *cell = &grid->cell[i];
    const size_t column = i % grid->columns;
    if (column == 0)
        fprintf(out, "<tr><th scope=\"row\">%s</th>", cell->text);
    else {
        fputs("<td", out);
        if (cell->heat)
            fprintf(out, " class=\"h%d%s\"", (int)lrint(9 * fmin(fmax(cell->shade, 0), 1)), cell->best ? " best" : "");
        fputs(" data-l=\"", out);
        bm_put_html(out, grid->head[column]);
        fprintf(out, "\">%s</td>", cell->text);
    }
    if (column + 1 == grid->columns)
        fputs("</tr>\n", out);
}

static void put_html_grid(FILE *out, const struct bm_grid *grid, const char *class)
{
    fprintf(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"");
    bm_put_html(out, grid->caption);
    fprintf(out, "\"><table id=\"table-%s\" class=\"%s\"><caption>", grid->id, class);
    bm_put_html(out, grid->caption);
    fputs("</caption>\n<thead><tr>", out);
    for (size_t i = 0; i < grid->columns; i++) {
        fputs("<th scope=\"col\"><span>", out);
        bm_put_html(out, grid->head[i]);
        fputs("</span></th>", out);
    }
    fputs("</tr></thead>\n<tbody>\n", out);
    for (size_t i = 0; i < grid->cells; i++)
        put_html_cell(out, grid, i);
    fputs("</tbody></table></div>\n", out);
}

static void put_markdown_grid(FILE *out, const struct bm_grid *grid)
{
    fprintf(out, "\n");
    for (size_t i = 0; i < grid->columns; i++) {
        fputs(i ? " | " : "| ", out);
        bm_put_markdown(out, grid->head[i]);
    }
    fputs(" |\n|---", out);
    for (size_t i = 1; i < grid->columns; i++)
        fputs("|---:", out);
    fputs("|\n", out);
    for (size_t i = 0; i < grid->cells; i++) {
        const char *mark = grid->cell[i].best ? "**" : "";
        fprintf(out, "%s%s%s%s%s", i % grid->columns ? " | " : "| ", mark, grid->cell[i].text, mark,
                (i + 1) % grid->columns ? "" : " |\n");
    }
    fputc('\n', out);
}

/* Names of rows with the links taken out are their text: a row's name in the CSV. */
static void put_csv_grid(const struct bm_grid *grid)
{
    for (size_t i = 0; i < grid->cells; i++)
        for (size_t k = 0; k < grid->cell[i].values.count; k++)
            put_csv_row(grid->page, grid->id, grid->cell[i - i % grid->columns].text, grid->head[i % grid->columns],
                        &grid->cell[i].values.value[k]);
}

static void put_grid(struct bm_grid *grid, const char *class)
{
    struct bm_page *page = grid->page;
    fill_row(grid);
    switch (page->format) {
    case BM_HTML: put_html_grid(page->body.file, grid, class); break;
    case BM_MARKDOWN: put_markdown_grid(page->body.file, grid); break;
    case BM_CSV: put_csv_grid(grid);
    }
}

void bm_page_table(struct bm_page *page, struct bm_grid *grid)
{
    if (grid->cells) {
        if (page->format == BM_MARKDOWN) {
            put_text(page, page->body.file, grid->caption);
            fputc('\n', page->body.file);
        }
        put_grid(grid, "plain");
    }
    grid_free(grid);
}

/* Columns of a heat map that fit a phone; a wider one scrolls. */
enum { MOST_THAT_FIT = 18 };

void bm_page_heat_map(struct bm_page *page, struct bm_grid *grid, const char *format, ...)
{
    va_list list;
    set_item(page, grid->id);
    if (page->format == BM_HTML)
        fprintf(page->body.file, "<figure class=\"heat\" id=\"%s\">\n", grid->id);
    else if (page->format == BM_MARKDOWN) {
        put_text(page, page->body.file, grid->caption);
        fputc('\n', page->body.file);
    }
    put_grid(grid, grid->columns <= MOST_THAT_FIT ? "fits" : "");
    va_start(list, format);
    put_line(page, page->format == BM_HTML ? "<figcaption>" : "",
             page->format == BM_HTML ? "</figcaption></figure>\n" : "\n\n", format, list);
    va_end(list);
    grid_free(grid);
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

/* Beside the page, or into the folder that was named: "<page without its suffix>-<id>.svg", "<folder>/<id>.svg". */
static void put_file(struct bm_page *page, const char *id, const char *svg)
{
    const char *name = strrchr(page->path, '/'), *dot;
    char *path = NULL, *text = bm_plot_file(svg);
    dot = strrchr(name ? name : page->path, '.');
    if ((page->only ? asprintf(&path, "%s/%s.svg", page->path, id)
                    : asprintf(&path, "%.*s-%s.svg", (int)(dot ? dot - page->path : (long)strlen(page->path)),
                               page->path, id)) < 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    if (!page->failed && !bm_file_write(text, strlen(text), path, &page->error))
        page->failed = true;
    else if (!page->only)
        fprintf(page->body.file, "(%s)\n\n", strrchr(path, '/') ? strrchr(path, '/') + 1 : path);
    page->pictures++;
    free(path);
    free(text);
}

void bm_page_picture(struct bm_page *page, const char *id, const char *title, char *svg, struct bm_grid *numbers,
                     const char *format, ...)
{
    FILE *out = page->body.file;
    va_list list;
    set_item(page, id);
    va_start(list, format);
    if (page->only) {
        if (svg && wanted(page, id))
            put_file(page, id, svg);
    } else if (page->format == BM_HTML) {
        fprintf(out, "<figure id=\"%s\"><p class=\"title\">", id);
        bm_put_html(out, title);
        fprintf(out, "</p>\n%s\n", svg ? svg : "");
        put_line(page, "<figcaption>", "</figcaption>\n", format, list);
    } else if (page->format == BM_MARKDOWN) {
        fputs("![", out);
        bm_put_markdown(out, title);
        fputs("]", out);
        if (svg)
            put_file(page, id, svg);
        put_line(page, "", "\n\n", format, list);
    } else
        put_line(page, "", "", format, list);
    va_end(list);
    if (numbers && !page->only) {
        if (page->format != BM_CSV)
            fputs("<details class=\"numbers\"><summary>The numbers</summary>\n", out);
        put_grid(numbers, "plain");
        if (page->format != BM_CSV)
            fputs("</details>\n\n", out);
    }
    put_html(page, "</figure>\n");
    if (numbers)
        grid_free(numbers);
    free(svg);
}

char *bm_page_draw(struct bm_page *page, FILE *script, const char *id, const char *alt)
{
    char *svg = NULL;
    if (page->format == BM_CSV || (page->only && !wanted(page, id)) || page->failed) {
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
    struct bm_page *page = bm_alloc(sizeof *page);
    *page = (struct bm_page){ .format = format, .library = library, .path = strdup(path), .only = only };
    open_buffer(&page->answers);
    open_buffer(&page->contents);
    open_buffer(&page->body);
    if (format == BM_CSV)
        fputs("part,item,row,column,value,unit,text,source,from\n", page->body.file);
    return page;
}

static void put_sources(struct bm_page *page)
{
    const struct bm_library *l = page->library;
    FILE *out = page->body.file;
    bm_page_part(page, "sources", "Where the numbers come from");
    bm_page_paragraph(page, "Each number is a link to the result file that it comes from. Results are described in "
                            "results/README.md; batchmark validate checks them.");
    put_html(page, "<ol class=\"sources\">\n");
    for (size_t i = 0; i < l->sources; i++) {
        const struct bm_source *s = &l->source[i];
        const char *sum = json_string_value(json_object_get(s->document.ours, "checksum"));
        const char *name = strrchr(s->document.path, '/');
        name = name ? name + 1 : s->document.path;
        if (page->format == BM_HTML)
            fprintf(out, "<li id=\"source-%d\"><a href=\"%s\">", s->number, s->href);
        else
            fprintf(out, "%d. [", s->number);
        put_text(page, out, name);
        fprintf(out, page->format == BM_HTML ? "</a> " : "](%s) ", s->href);
        put_text(page, out, s->document.kind);
        fputs(" of ", out);
        put_text(page, out, s->machine);
        fputs(", ", out);
        put_text(page, out, s->date);
        fputs(", commit ", out);
        put_text(page, out, s->commit);
        fputs(", checksum ", out);
        put_text(page, out, sum ? sum : "none");
        fputs(s->document.complete ? "" : ", interrupted", out);
        fputs(s->document.edited ? ", edited" : "", out);
        fputs(page->format == BM_HTML ? "</li>\n" : "\n", out);
    }
    put_html(page, "</ol>\n");
    if (l->problems)
        bm_page_heading(page, "Files that were left out, or are doubtful");
    put_html(page, l->problems ? "<ul>\n" : "");
    for (size_t i = 0; i < l->problems; i++) {
        fputs(page->format == BM_HTML ? "<li>" : "- ", out);
        put_text(page, out, l->problem[i]);
        fputs(page->format == BM_HTML ? "</li>\n" : "\n", out);
    }
    put_html(page, l->problems ? "</ul>\n" : "");
}

static void put_page(struct bm_page *page, FILE *out)
{
    char *answers = close_buffer(&page->answers), *contents = close_buffer(&page->contents);
    char *body = close_buffer(&page->body);
    const struct bm_library *l = page->library;
    if (page->format == BM_HTML) {
        fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
              "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
              "<meta name=\"color-scheme\" content=\"light dark\">\n<title>batchmark: ",
              out);
        bm_put_html(out, l->machine);
        fprintf(out,
                "</title>\n<style>\n%s%s</style></head>\n<body>\n<div hidden aria-hidden=\"true\">%s</div>\n<a "
                "class=\"skip\" href=\"#main\">To the "
                "contents</a>\n<header><h1>batchmark "
                "<small>",
                bm_page_style[0].text, bm_plot_part("plots.css"), bm_plot_part("symbols.svg"));
        bm_put_html(out, l->machine);
        fprintf(out, "</small></h1>\n<div class=\"answers\">\n%s</div>\n", answers);
        if (l->problems)
            fprintf(out, "<p class=\"missing\"><a href=\"#sources\">%zu file%s left out or doubtful</a></p>\n",
                    l->problems, l->problems == 1 ? "" : "s");
        fprintf(out,
                "<nav aria-label=\"Parts\">\n%s</nav></header>\n<main id=\"main\">\n"
                "<p class=\"print-note\">In print the tables of numbers under the pictures are left out: they are in "
                "the page, "
                "and in the report as CSV.</p>\n%s</main>\n</body></html>\n",
                contents, body);
    } else if (page->format == BM_MARKDOWN) {
        fputs("# batchmark: ", out);
        bm_put_markdown(out, l->machine);
        fprintf(out, "\n\n%s\n%s", answers, body);
    } else
        fputs(body, out);
    free(answers);
    free(contents);
    free(body);
}

bool bm_page_end(struct bm_page *page, struct bm_error *error)
{
    struct buffer whole;
    size_t names = page->only != NULL;
    for (const char *at = page->only; at && (at = strchr(at, ',')); at++)
        names++;
    if (page->format != BM_CSV)
        put_sources(page);
    open_buffer(&whole);
    put_page(page, whole.file);
    char *text = close_buffer(&whole);
    bool ok = !page->failed;
    if (!ok && error)
        *error = page->error;
    else if (page->only && page->pictures < names)
        ok = bm_failed(error, "there are %zu pictures of the names %s, not %zu; the ids in the page are their names",
                       page->pictures, page->only, names);
    else if (!page->only)
        ok = bm_file_write(text, whole.size, page->path, error);
    free(text);
    free(page->path);
    free(page);
    return ok;
}
