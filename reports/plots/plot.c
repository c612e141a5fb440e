#include "plot.h"

#include <stdlib.h>
#include <string.h>

#include "markup.h"
#include "pictures.h"

/* ---- how things look ---- */

/* What the scripts say, the page's variable for it, and its two values. Series differ from both backgrounds by 3:1 at
 * least. */
static const struct colour {
    const char *drawn, *name, *light, *dark;
} colours[] = {
    { BM_INK, "ink", "#1a1a1a", "#ececec" },     { BM_FAINT, "faint", "#c9c9c9", "#4a4f55" },
    { BM_LIMIT, "limit", "#b00020", "#ff7b8a" }, { BM_PAPER, "paper", "#ffffff", "#15181b" },
    { "#737373", "s0", "#737373", "#a8a8a8" },   { "#9a5b00", "s1", "#9a5b00", "#e3a54a" },
    { "#0068a8", "s2", "#0068a8", "#5fb8f0" },   { "#cf4500", "s3", "#cf4500", "#ff9466" },
    { "#006b54", "s4", "#006b54", "#3fd9b0" },   { "#7d3c98", "s5", "#7d3c98", "#c9a0dc" },
    { "#a8326f", "s6", "#a8326f", "#f59ac0" },   { "#3d4db8", "s7", "#3d4db8", "#a3aefc" },
};
enum { COLOURS = sizeof colours / sizeof *colours, FIRST_SERIES = 4, SERIES = COLOURS - FIRST_SERIES };

struct bm_style bm_style(size_t series)
{
    static const int point[SERIES] = {
        7, 5, 9, 13, 11, 15, 2, 1
    }; /* filled: circle, square, triangles, diamond, ... */
    const size_t i = series % SERIES;
    return (struct bm_style){ colours[FIRST_SERIES + i].drawn, point[i], (int)(series % 5) + 1 };
}

struct bm_style bm_style_of_variant(const char *suffix)
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
    struct bm_style style = bm_style(best);
    if (strstr(suffix, "omp") && style.point > 3)
        style.point--; /* gnuplot's hollow one stands before the filled one */
    return style;
}

FILE *bm_plot_begin(int height)
{
    FILE *script = tmpfile();
    if (!script)
        bm_die(BM_EXIT_INPUT, "no temporary file for gnuplot's script; set TMPDIR or make room");
    fprintf(script,
            "set encoding utf8\nset terminal svg noenhanced size %d,%d font 'sans-serif,13'\n"
            "set datafile missing 'NaN'\nset border 3 lc rgb '" BM_INK "'\n"
            "set tics nomirror textcolor rgb '" BM_INK "'\nset grid ytics lt 1 lw 0.5 lc rgb '" BM_FAINT "'\n"
            "set key textcolor rgb '" BM_INK "'\nset title textcolor rgb '" BM_INK "'\n"
            "set xlabel textcolor rgb '" BM_INK "'\nset ylabel textcolor rgb '" BM_INK "'\n",
            BM_PLOT_WIDTH, height);
    return script;
}

double bm_glyph_width(const char *at)
{
    const unsigned char c = (unsigned char)*at;
    return c >= 0xe3 ? 1.8 : strchr("wW@%M<>&", c) ? 1.6 : 1;
}

/* One character, which may be several bytes. Gnuplot's '' for a quote ends the string if it is the first. */
static const char *put_character(FILE *script, const char *text)
{
    do {
        if (*text == '\'')
            fputs("\u2019", script);
        else
            fputc((unsigned char)*text < ' ' ? ' ' : *text, script);
    } while (((unsigned char)*++text & 0xc0) == 0x80);
    return text;
}

void bm_plot_text(FILE *script, const char *text, int most)
{
    double all = 0, shown = 0;
    for (const char *at = text; *at; at++)
        all += ((unsigned char)*at & 0xc0) == 0x80 ? 0 : bm_glyph_width(at);
    fputc('\'', script);
    while (*text && (all <= most || shown + bm_glyph_width(text) <= most - 1)) {
        shown += bm_glyph_width(text);
        text = put_character(script, text);
    }
    fputs(*text ? "\u2026'" : "'", script);
}

/* ---- gnuplot's SVG made a part of the page ---- */

/* The variable for "rgb(  1,   2,   3)" at `text`; returns what follows it. */
static const char *put_colour(FILE *out, const char *text)
{
    unsigned r, g, b;
    int length = 0;
    char drawn[8];
    if (sscanf(text, "rgb( %u , %u , %u )%n", &r, &g, &b, &length) < 3 || length == 0)
        return fputc(*text, out), text + 1;
    snprintf(drawn, sizeof drawn, "#%02x%02x%02x", r & 255, g & 255, b & 255);
    for (size_t i = 0; i < COLOURS; i++)
        if (strcmp(colours[i].drawn, drawn) == 0)
            return fprintf(out, "var(--%s)", colours[i].name), text + length;
    return fputs(drawn, out), text + length;
}

/* What a page does not need, since it is SVG's default or the page's style: returns what follows it, or NULL. */
static const char *skipped(const char *text)
{
    static const char *const word[] = { " font-family=\"sans-serif\"",
                                        " font-size=\"13.00\" ",
                                        " color=\"black\"",
                                        " color=\"gray\"",
                                        " color=\"white\"",
                                        " stroke-width=\"1.00\"",
                                        " stroke-linecap=\"butt\"",
                                        " stroke-linejoin=\"miter\"",
                                        " text-anchor=\"start\"",
                                        " class=\"gridline\" ",
                                        "\t" };
    for (size_t i = 0; i < sizeof word / sizeof *word; i++)
        if (strncmp(text, word[i], strlen(word[i])) == 0)
            return text + strlen(word[i]);
    if (strncmp(text, "<title>", 7) == 0)
        return strstr(text, "</title>") + 8;
    if (strncmp(text, "<filter ", 8) == 0)
        return strstr(text, "</filter>") + 9;
    if (strncmp(text, " id=\"gnuplot_", 13) == 0)
        return strchr(text + 13, '"') + 1;
    if (strncmp(text, "<g ", 3) == 0) { /* groups of nothing */
        const char *inside = strchr(text, '>') + 1;
        inside += strspn(inside, " \n\t");
        if (strncmp(inside, "</g>", 4) == 0)
            return inside + 4 + strspn(inside + 4, "\n");
    }
    return NULL;
}

/* The name in the definition of a symbol: "gpPt7'", with the quote behind it. NULL: the line is none. */
static const char *symbol_of(const char *line)
{
    const char *end = strchr(line, '\n'), *name = strstr(line, " id='gp");
    return name && end && name < end ? name + 5 : NULL;
}

/* Is it drawn, or a part of a symbol that is? */
static bool symbol_used(const char *definitions, const char *name)
{
    char use[32];
    snprintf(use, sizeof use, "#%.*s", (int)strcspn(name, " /"), name);
    for (const char *at = strstr(definitions, use); at; at = strstr(at + 1, use)) {
        const char *part_of = symbol_of(at);
        if (!part_of || symbol_used(at, part_of))
            return true;
    }
    return false;
}

/* Gnuplot defines all of its symbols, one on a line, and a picture draws with few. Of a definition that nothing uses:
 * its end; else NULL. */
static const char *unused_symbol(const char *text)
{
    const char *name = *text == '<' ? symbol_of(text) : NULL;
    return name && !symbol_used(text, name) ? strchr(text, '\n') : NULL;
}

/* A text in the page's ink is a group of its own, in which gnuplot says all of it again: as one element instead.
 * Returns what follows, or NULL for anything else. */
static const char *put_label(FILE *out, const char *text)
{
    double x, y, size;
    char anchor[8];
    int length = 0;
    if (sscanf(text,
               "<g transform=\"translate(%lf,%lf)\" stroke=\"none\" fill=\"rgb(26,26,26)\" font-family=\"sans-serif\" "
               "font-size=\"%lf\" text-anchor=\"%7[a-z]\">%n",
               &x, &y, &size, anchor, &length) < 4 ||
        length == 0 || (size != 12 && size != 13))
        return NULL;
    const char *inside = text + length + strspn(text + length, " \n\t"), *end = strstr(inside, "</text>");
    const char *after = end ? end + 7 + strspn(end + 7, " \n\t") : "";
    if (strncmp(inside, "<text>", 6) != 0 || strncmp(after, "</g>", 4) != 0)
        return NULL;
    fprintf(out, "<text class=\"t%s%s\" x=\"%.4g\" y=\"%.4g\">%.*s</text>", size == 12 ? " s" : "",
            *anchor == 'e'   ? " e"
            : *anchor == 'm' ? " m"
                             : "",
            x, y, (int)(end - inside - 6), inside + 6);
    return after + 4;
}

static bool digit(char c) { return c >= '0' && c <= '9'; }

/* `id` makes the names of symbols unique in the page. */
static void put_drawing(FILE *out, const char *id, const char *text)
{
    bool tag = false;                                                                       /* within one */
    static const char lines[] = "<g fill=\"none\" color=\"black\" stroke=\"currentColor\""; /* most groups: class g */
    while (*text && strncmp(text, "</svg>", 6) != 0) {
        const char *next = skipped(text);
        if (!next)
            next = unused_symbol(text);
        if (!next)
            next = put_label(out, text);
        if (next)
            text = next;
        else if (strncmp(text, lines, sizeof lines - 1) == 0) {
            fputs("<g class=\"g\"", out);
            text += sizeof lines - 1;
        } else if (strncmp(text, "\n</g>", 5) == 0)
            text++;
        else if (strncmp(text, "xlink:href", 10) == 0)
            text += 6;
        else if (strncmp(text, "gpPt", 4) == 0 || strncmp(text, "gpDot", 5) == 0) {
            fprintf(out, "%s-", id);
            text += 2;
            fputc(*text++, out);
        } else if (strncmp(text, "rgb(", 4) == 0)
            text = put_colour(out, text);
        else if (strncmp(text, "stroke=\"black\"", 14) == 0) {
            fputs("stroke=\"currentColor\"", out);
            text += 14;
        } else if (tag && *text == '.' && digit(text[-1]) && digit(text[1])) {
            if (text[1] != '0') /* a tenth of a unit is enough */
                fprintf(out, ".%c", text[1]);
            for (text++; digit(*text);)
                text++;
        } else {
            tag = *text == '<' || (tag && *text != '>');
            fputc(*text++, out);
        }
    }
    fputs("</svg>", out);
}

void bm_svg_begin(FILE *out, double width, double height, const char *alt)
{
    fprintf(out, "<svg class=\"plot\" viewBox=\"0 0 %g %g\" role=\"img\" aria-label=\"", width, height);
    bm_put_html(out, alt);
    fputs("\">\n", out);
}

/* Text of a whole file from its beginning. */
static char *contents(FILE *file)
{
    char *text = NULL;
    const long size = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    rewind(file);
    if (size >= 0) {
        text = bm_alloc((size_t)size + 1);
        text[fread(text, 1, (size_t)size, file)] = '\0';
    }
    return text;
}

char *bm_plot_end(FILE *script, const char *id, const char *alt, struct bm_error *error)
{
    char *svg = NULL, *drawn = NULL;
    size_t size;
    double width, height;
    FILE *raw = tmpfile();
    if (!raw)
        bm_failed(error, "no temporary file for gnuplot's picture; set TMPDIR or make room");
    else if (bm_gnuplot_run(script, fileno(raw), error))
        drawn = contents(raw);
    if (drawn) {
        const char *view = strstr(drawn, "viewBox=\""), *canvas = strstr(drawn, "<g id=\"gnuplot_canvas");
        FILE *out = view && canvas && sscanf(view, "viewBox=\"0 0 %lf %lf\"", &width, &height) == 2
                        ? open_memstream(&svg, &size)
                        : NULL;
        if (out) {
            bm_svg_begin(out, width, height, alt);
            put_drawing(out, id, canvas);
            fclose(out);
        } else
            bm_failed(error, "gnuplot drew something else than an SVG; version 5.2 or newer is needed");
    }
    if (raw)
        fclose(raw);
    fclose(script);
    free(drawn);
    return svg;
}

/* ---- colours ---- */

const char bm_plot_style[] =
    ".t{stroke:none;fill:var(--ink)}.s{font-size:12px}.m{text-anchor:middle}.e{text-anchor:end}"
    ".g{fill:none;stroke:currentColor}\n";

void bm_plot_put_colours(FILE *out, bool dark)
{
    for (size_t i = 0; i < COLOURS; i++)
        fprintf(out, "--%s:%s;", colours[i].name, dark ? colours[i].dark : colours[i].light);
}

char *bm_plot_file(const char *svg)
{
    char *text = NULL;
    size_t size;
    const char *end = strchr(svg, '>') + 1;
    double width = BM_PLOT_WIDTH, height = BM_PLOT_WIDTH;
    FILE *out = open_memstream(&text, &size);
    sscanf(strstr(svg, "viewBox"), "viewBox=\"0 0 %lf %lf", &width, &height);
    fprintf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%g\" height=\"%g\" %.*s\n<style>svg{", width,
            height, (int)(end - svg - 5), svg + 5);
    bm_plot_put_colours(out, false);
    fprintf(out,
            "color:var(--ink);background:var(--paper);font:13px sans-serif}\n%s@media(prefers-color-scheme:dark){svg{",
            bm_plot_style);
    bm_plot_put_colours(out, true);
    fprintf(out, "}}</style>%s\n", end);
    fclose(out);
    return text;
}
