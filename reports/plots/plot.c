/* SPDX-License-Identifier: MIT */
#include "plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "markup.h"
#include "pictures.h"
#include "shape.h"

extern const struct bm_text bm_plot_parts[]; /* texts.c */

const char *bm_plot_part(const char *name)
{
    for (const struct bm_text *t = bm_plot_parts; t->name; t++)
        if (strcmp(t->name, name) == 0)
            return t->text;
    return ""; /* gnuplot complains of it */
}

/* ---- how things look ---- */

int bm_style(size_t series) { return (int)(series % BM_SERIES) + 1; }

int bm_style_of_variant(const char *suffix)
{
    static const char *const family[] = { "naive", "autovec", "avx2", "avx512", "auto", "openblas", "blis", "onednn" };
    size_t best = 3, longest = 0; /* later ISAs look like the last that is known */
    for (size_t i = 0; i < sizeof family / sizeof *family; i++) {
        const size_t n = strlen(family[i]);
        if (n > longest && strncmp(suffix, family[i], n) == 0) {
            best = i;
            longest = n;
        }
    }
    return bm_style(best) + (strstr(suffix, "omp") ? BM_HOLLOW : 0);
}

/* ---- data ---- */

FILE *bm_plot_begin(void)
{
    FILE *data = tmpfile();
    if (!data)
        bm_die(BM_EXIT_INPUT, "no temporary file for gnuplot's script; set TMPDIR or make room");
    fputs(bm_plot_part("style.gp"), data);
    return data;
}

void bm_plot_numbers(FILE *data, const double *number, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (isfinite(number[i]))
            fprintf(data, "%.8g ", number[i]);
        else
            fputs("NaN ", data);
}

void bm_plot_set(FILE *data, const char *name, double value)
{
    fprintf(data, "%s = ", name);
    bm_plot_row(data, value);
}

void bm_plot_set_text(FILE *data, const char *name, const char *text, int most)
{
    fprintf(data, "%s = ", name);
    bm_plot_text(data, text, most);
    fputc('\n', data);
}

void bm_plot_block(FILE *data, const char *name) { fprintf(data, "$%s << EOD\n", name); }

void bm_plot_block_end(FILE *data) { fputs("EOD\n", data); }

double bm_glyph_width(const char *at)
{
    const unsigned char c = (unsigned char)*at;
    return c >= 0xe3 ? 1.8 : strchr("wW@%M<>&", c) ? 1.6 : 1;
}

/* One character, which may be several bytes. Quotes would end the string, and a backslash is gnuplot's. */
static const char *put_character(FILE *data, const char *text)
{
    do {
        if (*text == '\'' || *text == '"')
            fputs(*text == '"' ? "\u201d" : "\u2019", data);
        else
            fputc(*text == '\\' ? '/' : (unsigned char)*text < ' ' ? ' ' : *text, data);
    } while (((unsigned char)*++text & 0xc0) == 0x80);
    return text;
}

void bm_plot_text(FILE *data, const char *text, int most)
{
    double all = 0, shown = 0;
    for (const char *at = text; *at; at++)
        all += ((unsigned char)*at & 0xc0) == 0x80 ? 0 : bm_glyph_width(at);
    fputc('"', data);
    while (*text && (all <= most || shown + bm_glyph_width(text) <= most - 1)) {
        shown += bm_glyph_width(text);
        text = put_character(data, text);
    }
    fputs(*text ? "\u2026\" " : "\" ", data);
}

void bm_plot_key(FILE *data, int type, const char *name, int most, const char *shown)
{
    fprintf(data, "%d ", type);
    bm_plot_text(data, name, most);
    fprintf(data, "%s\n", shown);
}

FILE *bm_plot_script(FILE *data, const char *script)
{
    char name[64];
    snprintf(name, sizeof name, "%s.gp", script);
    fputs(bm_plot_part(name), data);
    return data;
}

/* ---- gnuplot's SVG made a part of the page ---- */

/* What a page has no need of, since it is SVG's default, plots.css says it or it would be there twice; and from its
 * beginning to an end. */
static const struct {
    const char *from, *to, *instead;
} shorter[] = {
    { "<g fill=\"none\" color=\"black\" stroke=\"currentColor\"", "", "<g class=\"g\"" },
    { " stroke=\"none\" fill=\"black\"", "", "" },
    { " stroke=\"none\" fill=\"rgb(26,26,26)\"", "", "" },
    { "<g onmousemove=\"gnuplot_svg.showHypertext(evt,'", "", "<g><title>" }, /* which needs its script */
    { "')\" onmouseout=\"gnuplot_svg.hideHypertext()\">", "", "</title>" },
    { " stroke-linecap=\"butt\" stroke-linejoin=\"miter\"", "", "" },
    { " stroke-width=\"1.00\"", "", "" },
    { " font-family=\"sans-serif\"", "", "" },
    { " font-size=\"12.00\" ", "", "" },
    { " text-anchor=\"start\"", "", "" },
    { " text-anchor=\"end\"", "", " class=\"e\"" },
    { " text-anchor=\"middle\"", "", " class=\"m\"" },
    { "\n\t\t<text>", "", "<text>" },
    { "</text>\n\t</g>", "", "</text></g>" },
    { "  '/>", "", "'/>" },
    { "'  d='", "", "' d='" },
    { " stroke='rgb(201, 201, 201)' class=\"gridline\" ", "", " class=\"l\"" },
    { " class=\"gridline\" ", "", "" },
    { "xlink:href", "", "href" },
    { " id=\"gnuplot_", "\"", "" },
    { "<title>", "</title>", "" },
    { "\t", "", "" },
    { "\n</g>", "", "</g>" },
    { "</g>\n", "", "</g>" },
};

/* Behind a group of nothing, or of a text of nothing, as tics without numbers have; or NULL. */
static const char *behind_empty_group(const char *text)
{
    const char *inside = strncmp(text, "<g ", 3) == 0 ? strchr(text, '>') : NULL;
    inside = inside ? inside + 1 + strspn(inside + 1, " \n\t") : "";
    if (strncmp(inside, "<text></text>", 13) == 0)
        inside += 13 + strspn(inside + 13, " \n\t");
    return strncmp(inside, "</g>", 4) == 0 ? inside + 4 + strspn(inside + 4, "\n") : NULL;
}

static bool digit(char c) { return c >= '0' && c <= '9'; }

/* Writes "rgb(0, 104, 168)" as "#0068a8" and returns what follows; NULL: it is something else. */
static const char *put_colour(FILE *out, const char *text)
{
    unsigned red, green, blue;
    int length = 0;
    if (strncmp(text, "rgb(", 4) != 0 || sscanf(text, "rgb(%u,%u,%u)%n", &red, &green, &blue, &length) != 3 || !length)
        return NULL;
    fprintf(out, "#%02x%02x%02x", red, green, blue);
    return text + length;
}

static void put_drawing(FILE *out, const char *text)
{
    bool tag = false; /* within one */
    while (*text && strncmp(text, "</svg>", 6) != 0) {
        const char *next = behind_empty_group(text);
        bool closed = false; /* what stands instead ends the tag */
        for (size_t i = 0; i < sizeof shorter / sizeof *shorter && !next; i++)
            if (strncmp(text, shorter[i].from, strlen(shorter[i].from)) == 0) {
                next = strstr(text + strlen(shorter[i].from), shorter[i].to) + strlen(shorter[i].to);
                fputs(shorter[i].instead, out);
                closed = *shorter[i].instead && shorter[i].instead[strlen(shorter[i].instead) - 1] == '>';
            }
        if (!next && tag)
            next = put_colour(out, text);
        if (!next && tag && *text == '.' && digit(text[-1]) && digit(text[1])) { /* a tenth of a unit is enough */
            if (text[1] != '0')
                fprintf(out, ".%c", text[1]);
            for (next = text + 1; digit(*next);)
                next++;
        }
        tag = !closed && (*text == '<' || (tag && *text != '>'));
        if (!next)
            fputc(*text, out);
        text = next ? next : text + 1;
    }
    fputs("</svg>", out);
}

void bm_svg_begin(FILE *out, double width, double height, const char *alt)
{
    fprintf(out, "<svg class=\"plot\" viewBox=\"0 0 %g %g\" role=\"img\" aria-label=\"", width, height);
    bm_put_html(out, alt);
    fputs("\">\n", out);
}

char *bm_plot_end(FILE *data, const char *alt, struct bm_error *error)
{
    char *svg = NULL, *drawn = bm_gnuplot_draws(data, error);
    const char *view = drawn ? strstr(drawn, "viewBox=\"") : NULL, *symbols = drawn ? strstr(drawn, "</defs>") : NULL;
    size_t size;
    double width, height;
    if (view && symbols && sscanf(view, "viewBox=\"0 0 %lf %lf\"", &width, &height) == 2) {
        FILE *out = bm_text_file(&svg, &size);
        bm_svg_begin(out, width, height, alt);
        fputs("<g>", out); /* gnuplot's own, which began before its symbols */
        put_drawing(out, symbols + strlen("</defs>"));
        fclose(out);
    } else if (drawn)
        bm_failed(error, "gnuplot drew something else than an SVG; version 5.4 or newer is needed");
    fclose(data);
    free(drawn);
    return svg;
}

double bm_svg_width(const char *svg)
{
    const char *view = strstr(svg, "viewBox=\"0 0 ");
    return view ? strtod(view + strlen("viewBox=\"0 0 "), NULL) : 0;
}

char *bm_svg_noted(char *svg, const char *note)
{
    enum { LINE = 16 };
    char *noted = NULL, *rest, *lines = strdup(note);
    const char *behind = svg ? strstr(svg, "\" role=") : NULL, *alt = svg ? strstr(svg, "aria-label=\"") : NULL;
    double width, height;
    size_t size;
    if (!*note || !behind || !alt || sscanf(strstr(svg, "viewBox"), "viewBox=\"0 0 %lf %lf", &width, &height) != 2) {
        free(lines);
        return svg;
    }
    FILE *out = bm_text_file(&noted, &size);
    alt += strlen("aria-label=\"");
    double bottom = height;
    for (const char *at = note; at; at = strstr(at + 1, "; "))
        bottom += LINE;
    fprintf(out, "<svg class=\"plot\" viewBox=\"0 0 %g %g%.*s", width, bottom, (int)(alt - behind), behind);
    bm_put_html(out, note);
    fprintf(out, ": %.*s", (int)(strlen(alt) - strlen("</svg>")), alt);
    for (char *line = strtok_r(lines, ";", &rest); line; line = strtok_r(NULL, ";", &rest)) {
        fprintf(out, "<text x=\"4\" y=\"%g\" font-size=\"12\" fill=\"var(--limit)\">", (height += LINE) - 4);
        bm_put_html(out, line + strspn(line, " "));
        fputs("</text>\n", out);
    }
    fputs("</svg>", out);
    fclose(out);
    free(lines);
    free(svg);
    return noted;
}

char *bm_plot_file(const char *svg)
{
    char *text = NULL;
    size_t size;
    const char *end = strchr(svg, '>') + 1;
    double width = BM_PLOT_WIDTH, height = BM_PLOT_WIDTH;
    FILE *out = bm_text_file(&text, &size);
    sscanf(strstr(svg, "viewBox"), "viewBox=\"0 0 %lf %lf", &width, &height);
    fprintf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%g\" height=\"%g\" %.*s\n<style>%s</style>\n%s%s\n",
            width, height, (int)(end - svg - 5), svg + 5, bm_plot_part("plots.css"), bm_plot_part("symbols.svg"), end);
    fclose(out);
    return text;
}
