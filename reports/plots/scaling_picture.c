#include "scaling_picture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "part_common.h"
#include "roofline_picture.h"

enum {
    ROW = 18,
    KEY_ROW = 20,
    KEY_TOP = 58, /* below the axis: its numbers and title */
    NAME = 30
};

/* ---- keys ---- */

/* Where the next item of the key stands: three in a line. */
struct key {
    const struct bm_panel *panel;
    double top;
    size_t items;
};

static void key_place(struct key *key, double *x, double *y)
{
    *x = 14 + 136 * (double)(key->items % 3);
    *y = key->top + KEY_ROW * ((double)(key->items / 3) + 0.5);
    key->items++;
}

static void key_symbol(FILE *script, struct key *key, struct bm_style style, double size, const char *text)
{
    double x, y;
    key_place(key, &x, &y);
    bm_panel_symbol(script, key->panel, x, y, style, size);
    bm_panel_label(script, key->panel, x + 14, y, "left", text, 52);
}

static void key_line(FILE *script, struct key *key, const char *look, const char *text)
{
    double x, y;
    key_place(key, &x, &y);
    const double up = 1 - y / key->panel->height;
    fprintf(script, "set arrow from screen %g,%g to screen %g,%g nohead %s\n", (x - 8) / BM_PLOT_WIDTH, up,
            (x + 8) / BM_PLOT_WIDTH, up, look);
    bm_panel_label(script, key->panel, x + 14, y, "left", text, 52);
}

/* ---- rows: a name, a stem from the base, a mark, its number ---- */

struct picture {
    const struct bm_pair *pair;
    size_t pairs;
    bool one_op;
    const struct bm_pairs_look *look;
};

static char *row_name(const struct picture *v, const struct bm_pair *pair)
{
    char *name, *shape = bm_short_shape(pair->from->shape);
    if (asprintf(&name, "%s%s%s", v->one_op ? "" : pair->from->op, v->one_op ? "" : " ", shape) < 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    free(shape);
    return name;
}

static struct bm_style peer_style(void) { return bm_style(7); }

static size_t series_count(const struct picture *v)
{
    size_t n = 0;
    while (v->look->series[n])
        n++;
    return n;
}

static bool has_series(const struct picture *v, size_t series)
{
    bool any = false;
    for (size_t i = 0; i < v->pairs; i++)
        any |= v->pair[i].series == series;
    return any;
}

static bool has_peers(const struct picture *v)
{
    bool any = false;
    for (size_t i = 0; i < v->pairs; i++)
        any |= v->pair[i].peer_from != NULL;
    return any;
}

static size_t key_items(const struct picture *v)
{
    size_t items = 1 + isfinite(v->look->ideal) + has_peers(v);
    for (size_t s = 0; s < series_count(v); s++)
        items += has_series(v, s);
    return items;
}

static void put_row_key(FILE *script, const struct picture *v, const struct bm_panel *p)
{
    struct key key = { p, p->bottom + KEY_TOP, 0 };
    for (size_t s = 0; s < series_count(v); s++)
        if (has_series(v, s))
            key_symbol(script, &key, bm_style(s), 0.75, v->look->series[s]);
    if (has_peers(v))
        key_symbol(script, &key, peer_style(), 0.75, "peers' own");
    key_line(script, &key, v->look->base_look, v->look->base_title);
    if (isfinite(v->look->ideal))
        key_line(script, &key, BM_IDEAL_LINE, v->look->ideal_title);
}

static struct bm_range range_of(const struct picture *v)
{
    struct bm_range range = { INFINITY, 0 };
    bm_range_add(&range, v->look->base);
    bm_range_add(&range, v->look->ideal);
    for (size_t i = 0; i < v->pairs; i++) {
        bm_range_add(&range, v->pair[i].x);
        if (v->pair[i].peer_from)
            bm_range_add(&range, bm_pair_peers(&v->pair[i]));
    }
    return range;
}

/* Round numbers on a logarithmic axis, as many as have room. */
static void put_log_tics(FILE *script, struct bm_range x)
{
    static const double step[] = { 1, 2, 5 };
    const double gap = log(x.most / x.least) / 5;
    double last = 0;
    fputs("set logscale x\nset xtics (", script);
    for (double power = pow(10, floor(log10(x.least))); power <= x.most; power *= 10)
        for (size_t k = 0; k < 3; k++) {
            const double at = power * step[k];
            if (at < x.least || at > x.most || (last > 0 && log(at / last) < gap))
                continue;
            fprintf(script, "%s'%g' %g", last > 0 ? ", " : "", at, at);
            last = at;
        }
    fputs(")\n", script);
}

/* Round numbers at even distances, at most six. */
static void put_even_tics(FILE *script, struct bm_range x)
{
    const double least = (x.most - x.least) / 6, power = pow(10, floor(log10(least)));
    fprintf(script, "set xtics %g\n",
            power * (least <= power       ? 1
                     : least <= 2 * power ? 2
                     : least <= 5 * power ? 5
                                          : 10));
}

static void put_marks(FILE *script, const struct picture *v)
{
    const size_t count = series_count(v);
    for (size_t s = 0; s < count; s++)
        if (has_series(v, s)) {
            const struct bm_style style = bm_style(s);
            fprintf(script,
                    ", '-' with lines lw 1.6 lc rgb '%s' notitle, '-' with points pt %d ps 0.75 lc rgb '%s' notitle",
                    style.colour, style.point, style.colour);
        }
    if (has_peers(v))
        fprintf(script, ", '-' with points pt %d ps 0.75 lc rgb '%s' notitle", peer_style().point, peer_style().colour);
    fputc('\n', script);
    for (size_t s = 0; s < count; s++) {
        if (!has_series(v, s))
            continue;
        for (int marks = 0; marks < 2; marks++) {
            for (size_t i = 0; i < v->pairs; i++) {
                const struct bm_pair *pair = &v->pair[i];
                const double y = (double)pair->row + 0.5;
                if (pair->series == s && marks)
                    fprintf(script, "%g %g\n", pair->x, y);
                else if (pair->series == s)
                    fprintf(script, "%g %g\n%g %g\n\n", v->look->base, y, pair->x, y);
            }
            fputs("e\n", script);
        }
    }
    if (!has_peers(v))
        return;
    for (size_t i = 0; i < v->pairs; i++)
        if (v->pair[i].peer_from)
            fprintf(script, "%g %g\n", bm_pair_peers(&v->pair[i]), (double)v->pair[i].row + 0.5);
    fputs("e\n", script);
}

static int longest_name(const struct picture *v)
{
    size_t longest = 0;
    for (size_t i = 0; i < v->pairs; i++) {
        char *name = row_name(v, &v->pair[i]);
        const size_t n = strlen(name);
        longest = n > longest ? n : longest;
        free(name);
    }
    return longest > NAME ? NAME : (int)longest;
}

static bool alone(const struct picture *v, const struct bm_pair *pair)
{
    size_t n = 0;
    for (size_t i = 0; i < v->pairs; i++)
        n += v->pair[i].row == pair->row;
    return n == 1;
}

/* Names at the left, the number of a row's only mark at the right. */
static void put_names(FILE *script, const struct picture *v, const struct bm_panel *p, size_t rows)
{
    char text[32];
    for (size_t r = 0; r < rows; r++) {
        const struct bm_pair *pair = v->pair;
        while (pair->row != r)
            pair++;
        char *name = row_name(v, pair);
        const struct bm_value x = { pair->x, v->look->unit, NULL, "" };
        const double y = p->top + ROW * ((double)r + 0.5);
        bm_panel_label(script, p, 4, y, "left", name, NAME);
        if (alone(v, pair))
            bm_panel_label(script, p, BM_PLOT_WIDTH - 4, y, "right", bm_value_text(&x, text), 10);
        free(name);
    }
}

char *bm_pairs_draw(struct bm_page *page, const struct bm_pairs *p, const struct bm_pairs_look *look, size_t rows,
                    const char *id, const char *alt)
{
    const struct picture picture = { p->pair, p->count, bm_pairs_one_op(p), look }, *v = &picture;
    const int bottom = 10 + ROW * (int)rows, height = bottom + KEY_TOP + 4 + KEY_ROW * (int)((key_items(v) + 2) / 3);
    const struct bm_panel panel = { height, 14 + 74 * longest_name(v) / 10, BM_PLOT_WIDTH - 54, 10, bottom };
    const struct bm_range range = range_of(v);
    const double room = v->look->log ? fmax(pow(range.most / range.least, 0.06), 1.02) : 1.06;
    const struct bm_range x = { v->look->log ? range.least / room : 0, range.most * room };
    FILE *script = bm_plot_begin(height);
    bm_panel_margins(script, &panel);
    put_names(script, v, &panel, rows);
    put_row_key(script, v, &panel);
    if (x.most > 3 * x.least && v->look->log)
        put_log_tics(script, x);
    else
        put_even_tics(script, x);
    fprintf(script,
            "set xrange [%g:%g]\nset yrange [%zu:0]\nset border 1\nunset ytics\n"
            "set grid noytics xtics lt 1 lw 0.5 lc rgb '" BM_FAINT "'\nset xlabel ",
            x.least, x.most, rows);
    bm_plot_text(script, v->look->axis, 44);
    fprintf(script, " offset 0,0.4\n$base << EOD\n%g 0\n%g %zu\nEOD\n", v->look->base, v->look->base, rows);
    if (isfinite(v->look->ideal))
        fprintf(script, "$ideal << EOD\n%g 0\n%g %zu\nEOD\n", v->look->ideal, v->look->ideal, rows);
    fprintf(script, "plot $base with lines %s notitle%s", v->look->base_look,
            isfinite(v->look->ideal) ? ", $ideal with lines " BM_IDEAL_LINE " notitle" : "");
    put_marks(script, v);
    return bm_page_draw(page, script, id, alt);
}

/* ---- curves over numbers of threads ---- */

char *bm_thread_curves_draw(struct bm_page *page, const struct bm_thread_curves *c, const char *id, const char *alt)
{
    const int bottom = 226, height = bottom + KEY_TOP + 4 + KEY_ROW * (int)(c->curves + 1);
    const struct bm_panel panel = { height, 54, BM_PLOT_WIDTH - 14, 10, bottom };
    struct key key = { &panel, bottom + KEY_TOP, 0 };
    struct bm_range y = { INFINITY, 0 };
    FILE *script = bm_plot_begin(height);
    bm_panel_margins(script, &panel);
    for (size_t i = 0; i < c->curves; i++, key.items += 2) /* names may be long: one a line */
        key_symbol(script, &key, bm_style(i), 0.75, c->curve[i].name);
    key_line(script, &key, BM_IDEAL_LINE, "ideal");
    for (size_t i = 0; i < c->curves; i++) {
        fprintf(script, "$c%zu << EOD\n", i);
        for (size_t t = 0; t < c->counts; t++) {
            if (!isfinite(c->curve[i].y[t]))
                continue;
            bm_range_add(&y, c->curve[i].low[t]);
            bm_range_add(&y, c->curve[i].high[t]);
            fprintf(script, "%d %g %g %g\n", c->count[t], c->curve[i].y[t], c->curve[i].low[t], c->curve[i].high[t]);
        }
        fputs("EOD\n", script);
    }
    fputs("$ideal << EOD\n", script);
    for (size_t t = 0; t < c->counts; t++) {
        bm_range_add(&y, c->ideal[t]);
        fprintf(script, "%d %g\n", c->count[t], c->ideal[t]);
    }
    fprintf(script, "EOD\nset logscale xy 2\nset xrange [%d:%g]\nset yrange [%g:%g]\nset xtics (", c->count[0],
            1.03 * c->count[c->counts - 1], y.least / 1.15, y.most * 1.15);
    double last = 0;
    for (size_t t = 0; t < c->counts; t++) /* numbers that are nearer than a tenth of the axis have no room */
        if (last == 0 || log(c->count[t] / last) > 0.1 * log((double)c->count[c->counts - 1] / c->count[0])) {
            fprintf(script, "%s'%d' %d", last > 0 ? ", " : "", c->count[t], c->count[t]);
            last = c->count[t];
        }
    fputs(")\nset ytics format '%g'\nset xlabel 'threads' offset 0,0.4\nset ylabel ", script);
    bm_plot_text(script, c->axis, 34);
    fputs(" offset 1,0\nplot $c0 using 1:3:4 with filledcurves lc rgb '" BM_FAINT
          "' notitle, $ideal with lines " BM_IDEAL_LINE " notitle",
          script);
    for (size_t i = 0; i < c->curves; i++) {
        const struct bm_style style = bm_style(i);
        fprintf(script, ", $c%zu with linespoints lw 1.6 dt %d pt %d ps 0.75 lc rgb '%s' notitle", i, style.dash,
                style.point, style.colour);
    }
    fputc('\n', script);
    return bm_page_draw(page, script, id, alt);
}
