#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "part_common.h"
#include "parts.h"
#include "roofline_picture.h"

enum {
    ROW = 18,
    KEY_ROW = 20,
    KEY_TOP = 58 /* below the axis: its numbers and title */,
    MOST_ROWS = 36,
    NAME = 30,
    LEAST_ROWS = 3,
    MOST_COUNTS = 16,
    CURVES_FROM = 4,
    MOST_LINES = 6
};

/* How lines look. */
#define IDEAL_LINE "lw 1.6 lc rgb '" BM_LIMIT "'"
#define BASE_LINE  "lw 1.2 dt 2 lc rgb '" BM_INK "'"

/* ---- what is compared: two cases, and what one is to the other ---- */

struct pair {
    const struct bm_run_case *from, *to, *peer_from, *peer_to; /* the peers' own, or NULL */
    double x;                                                  /* as it is drawn */
    size_t series;                                             /* its symbol: one of view.series */
    size_t row;
};

/* Pairs of one result that are shown in the same way. */
struct view {
    struct bm_page *page;
    const struct bm_source *source;
    int threads, base_threads;
    struct pair *pair;
    size_t pairs;
    const char *const *series;
    const char *id, *axis, *base_title, *base_look;
    char ideal_title[32];
    double base, ideal; /* lines; base: where the rows' stems begin. ideal may be NAN */
    bool log;
    enum bm_unit unit;
    struct bm_grid *(*numbers)(const struct view *v, const char *id);
    void (*show)(const struct view *v, const char *id, char *svg, struct bm_grid *numbers);
};

static const char *const levels[] = { "L1", "L2", "L3", "memory", "other", NULL };
static const char *const caches[] = { "warm", "cold", NULL };

/* Of a list's words the one, or the last. */
static size_t place_of(const char *const *list, const char *word)
{
    size_t i = 0;
    while (list[i + 1] && strcmp(list[i], word) != 0)
        i++;
    return i;
}

static double ratio_of(const struct bm_run_case *from, const struct bm_run_case *to)
{
    return from->stats.median / to->stats.median;
}
static const char *cases_note(const struct bm_run_case *a, const struct bm_run_case *b)
{
    return a->contended || b->contended ? " (contended)" : "";
}

static void add_pair(struct view *v, struct pair pair)
{
    if (!isfinite(pair.x) || pair.x <= 0)
        return;
    v->pair = realloc(v->pair, (v->pairs + 1) * sizeof *v->pair);
    if (!v->pair)
        bm_die(BM_EXIT_INPUT, "out of memory");
    v->pair[v->pairs++] = pair;
}

static size_t contended(const struct view *v)
{
    size_t n = 0;
    for (size_t i = 0; i < v->pairs; i++)
        n += v->pair[i].from->contended || v->pair[i].to->contended;
    return n;
}

/* A picture's sentence goes on so where others used the cores. */
static void note_contended(const struct view *v)
{
    const size_t n = contended(v);
    if (n)
        bm_page_paragraph(v->page,
                          "%d of these %d comparisons rest%s on cases that were contended: others used their cores all "
                          "the time.",
                          (int)n, (int)v->pairs, n == 1 ? "s" : "");
}

/* Geometric mean of x. */
static double mean_of(const struct view *v)
{
    double sum = 0;
    for (size_t i = 0; i < v->pairs; i++)
        sum += log(v->pair[i].x);
    return exp(sum / (double)v->pairs);
}

static int greatest_first(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    return x->x == y->x ? (x->from > y->from) - (x->from < y->from) : x->x < y->x ? 1 : -1;
}

/* By size, the pairs of the same work in one row. Returns the rows; pairs beyond the last are left out. */
static size_t set_rows(struct view *v)
{
    size_t rows = 0, kept = 0;
    if (v->pairs)
        qsort(v->pair, v->pairs, sizeof *v->pair, greatest_first);
    for (size_t i = 0; i < v->pairs; i++) {
        struct pair pair = v->pair[i];
        pair.row = rows;
        for (size_t k = 0; k < kept; k++)
            if (bm_same_work(v->pair[k].from, pair.from))
                pair.row = v->pair[k].row;
        if (pair.row >= MOST_ROWS)
            continue;
        rows += pair.row == rows;
        v->pair[kept++] = pair;
    }
    v->pairs = kept;
    return rows;
}

/* ---- rows: a name, a stem from the base, a mark, its number ---- */

static bool one_op(const struct view *v)
{
    for (size_t i = 1; i < v->pairs; i++)
        if (strcmp(v->pair[i].from->op, v->pair[0].from->op) != 0)
            return false;
    return true;
}

static char *row_name(const struct view *v, const struct pair *pair)
{
    char *name, *shape = bm_short_shape(pair->from->shape);
    if (asprintf(&name, "%s%s%s", one_op(v) ? "" : pair->from->op, one_op(v) ? "" : " ", shape) < 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    free(shape);
    return name;
}

static double peer_x(const struct pair *pair) { return ratio_of(pair->peer_from, pair->peer_to); }

static struct bm_style peer_style(void) { return bm_style(7); }

static size_t series_count(const struct view *v)
{
    size_t n = 0;
    while (v->series[n])
        n++;
    return n;
}

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

static bool has_series(const struct view *v, size_t series)
{
    bool any = false;
    for (size_t i = 0; i < v->pairs; i++)
        any |= v->pair[i].series == series;
    return any;
}

static bool has_peers(const struct view *v)
{
    bool any = false;
    for (size_t i = 0; i < v->pairs; i++)
        any |= v->pair[i].peer_from != NULL;
    return any;
}

static size_t key_items(const struct view *v)
{
    size_t items = 1 + isfinite(v->ideal) + has_peers(v);
    for (size_t s = 0; s < series_count(v); s++)
        items += has_series(v, s);
    return items;
}

static void put_row_key(FILE *script, const struct view *v, const struct bm_panel *p)
{
    struct key key = { p, p->bottom + KEY_TOP, 0 };
    for (size_t s = 0; s < series_count(v); s++)
        if (has_series(v, s))
            key_symbol(script, &key, bm_style(s), 0.75, v->series[s]);
    if (has_peers(v))
        key_symbol(script, &key, peer_style(), 0.75, "peers' own");
    key_line(script, &key, v->base_look, v->base_title);
    if (isfinite(v->ideal))
        key_line(script, &key, IDEAL_LINE, v->ideal_title);
}

static struct bm_range range_of(const struct view *v)
{
    struct bm_range range = { INFINITY, 0 };
    bm_range_add(&range, v->base);
    bm_range_add(&range, v->ideal);
    for (size_t i = 0; i < v->pairs; i++) {
        bm_range_add(&range, v->pair[i].x);
        if (v->pair[i].peer_from)
            bm_range_add(&range, peer_x(&v->pair[i]));
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

static void put_marks(FILE *script, const struct view *v)
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
                const struct pair *pair = &v->pair[i];
                const double y = (double)pair->row + 0.5;
                if (pair->series == s && marks)
                    fprintf(script, "%g %g\n", pair->x, y);
                else if (pair->series == s)
                    fprintf(script, "%g %g\n%g %g\n\n", v->base, y, pair->x, y);
            }
            fputs("e\n", script);
        }
    }
    if (!has_peers(v))
        return;
    for (size_t i = 0; i < v->pairs; i++)
        if (v->pair[i].peer_from)
            fprintf(script, "%g %g\n", peer_x(&v->pair[i]), (double)v->pair[i].row + 0.5);
    fputs("e\n", script);
}

static int longest_name(const struct view *v)
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

static bool alone(const struct view *v, const struct pair *pair)
{
    size_t n = 0;
    for (size_t i = 0; i < v->pairs; i++)
        n += v->pair[i].row == pair->row;
    return n == 1;
}

/* Names at the left, the number of a row's only mark at the right. */
static void put_names(FILE *script, const struct view *v, const struct bm_panel *p, size_t rows)
{
    char text[32];
    for (size_t r = 0; r < rows; r++) {
        const struct pair *pair = v->pair;
        while (pair->row != r)
            pair++;
        char *name = row_name(v, pair);
        const struct bm_value x = { pair->x, v->unit, NULL, "" };
        const double y = p->top + ROW * ((double)r + 0.5);
        bm_panel_label(script, p, 4, y, "left", name, NAME);
        if (alone(v, pair))
            bm_panel_label(script, p, BM_PLOT_WIDTH - 4, y, "right", bm_value_text(&x, text), 10);
        free(name);
    }
}

static char *draw_rows(const struct view *v, size_t rows, const char *id, const char *alt)
{
    const int bottom = 10 + ROW * (int)rows, height = bottom + KEY_TOP + 4 + KEY_ROW * (int)((key_items(v) + 2) / 3);
    const struct bm_panel panel = { height, 14 + 74 * longest_name(v) / 10, BM_PLOT_WIDTH - 54, 10, bottom };
    const struct bm_range range = range_of(v);
    const double room = v->log ? fmax(pow(range.most / range.least, 0.06), 1.02) : 1.06;
    const struct bm_range x = { v->log ? range.least / room : 0, range.most * room };
    FILE *script = bm_plot_begin(height);
    bm_panel_margins(script, &panel);
    put_names(script, v, &panel, rows);
    put_row_key(script, v, &panel);
    if (x.most > 3 * x.least && v->log)
        put_log_tics(script, x);
    else
        put_even_tics(script, x);
    fprintf(script,
            "set xrange [%g:%g]\nset yrange [%zu:0]\nset border 1\nunset ytics\n"
            "set grid noytics xtics lt 1 lw 0.5 lc rgb '" BM_FAINT "'\nset xlabel ",
            x.least, x.most, rows);
    bm_plot_text(script, v->axis, 44);
    fprintf(script, " offset 0,0.4\n$base << EOD\n%g 0\n%g %zu\nEOD\n", v->base, v->base, rows);
    if (isfinite(v->ideal))
        fprintf(script, "$ideal << EOD\n%g 0\n%g %zu\nEOD\n", v->ideal, v->ideal, rows);
    fprintf(script, "plot $base with lines %s notitle%s", v->base_look,
            isfinite(v->ideal) ? ", $ideal with lines " IDEAL_LINE " notitle" : "");
    put_marks(script, v);
    return bm_page_draw(v->page, script, id, alt);
}

/* ---- pictures an op; ops of few rows share one ---- */

static size_t works_of(const struct view *v, const char *op)
{
    size_t n = 0;
    for (size_t i = 0; i < v->pairs; i++) {
        bool first = strcmp(v->pair[i].from->op, op) == 0;
        for (size_t k = 0; k < i && first; k++)
            first = !bm_same_work(v->pair[k].from, v->pair[i].from);
        n += first;
    }
    return n;
}

static bool is_few(const struct view *all, const char *op) { return works_of(all, op) < LEAST_ROWS; }

/* The pairs like `like`: of its op, or of all that are few. */
static struct view part_of(const struct view *all, const struct pair *like)
{
    struct view v = *all;
    const bool few = is_few(all, like->from->op);
    v.pair = NULL;
    v.pairs = 0;
    for (size_t i = 0; i < all->pairs; i++)
        if (few ? is_few(all, all->pair[i].from->op) : strcmp(all->pair[i].from->op, like->from->op) == 0)
            add_pair(&v, all->pair[i]);
    return v;
}

static void show_rows(const struct view *all)
{
    bool few_shown = false;
    size_t pictures = 0;
    bm_page_gallery_begin(all->page);
    for (size_t i = 0; i < all->pairs; i++) {
        const char *op = all->pair[i].from->op;
        bool shown = is_few(all, op) && few_shown;
        for (size_t k = 0; k < i && !shown && !is_few(all, op); k++)
            shown = strcmp(all->pair[k].from->op, op) == 0;
        if (shown)
            continue;
        few_shown |= is_few(all, op);
        struct view v = part_of(all, &all->pair[i]);
        char id[64], table[80], alt[256];
        const size_t rows = set_rows(&v);
        snprintf(id, sizeof id, "%s-%zu", v.id, ++pictures);
        snprintf(table, sizeof table, "%s-numbers", id);
        snprintf(alt, sizeof alt, "A row for each of %zu shape%s of %.60s: %s.", rows, bm_plural(rows),
                 one_op(&v) ? op : "several ops", v.axis);
        char *svg = draw_rows(&v, rows, id, alt);
        v.show(&v, id, svg, v.numbers(&v, table));
        free(v.pair);
    }
    bm_page_gallery_end(all->page);
}

static const char *title_of(const struct view *v, const char *few) { return one_op(v) ? v->pair->from->op : few; }

/* ---- numbers of threads ---- */

static int by_number(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

/* In order; the largest ones are left out beyond MOST_COUNTS. */
static size_t counts_of(const struct bm_run *run, int count[MOST_COUNTS])
{
    size_t n = 0;
    for (size_t i = 0; i < run->cases; i++) {
        size_t k = 0;
        while (k < n && count[k] != run->cased[i].threads)
            k++;
        if (k == n && n < MOST_COUNTS)
            count[n++] = run->cased[i].threads;
    }
    if (n)
        qsort(count, n, sizeof *count, by_number);
    return n;
}

static bool has_threads(const struct bm_source *source)
{
    int count[MOST_COUNTS];
    return source->is_run && counts_of(&source->run, count) > 1;
}

static double ideal_of(const struct view *v) { return (double)v->threads / v->base_threads; }

/* ---- strong scaling: the same problem with more threads ---- */

/* The first of its work in the cache state that is shown: warm, if there is that. */
static bool is_shown_work(const struct bm_run *run, const struct bm_run_case *c)
{
    for (const struct bm_run_case *other = run->cased; other < run->cased + run->cases; other++)
        if (bm_same_work(other, c) && ((other < c && strcmp(other->cache, c->cache) == 0) ||
                                       (strcmp(c->cache, "warm") != 0 && strcmp(other->cache, "warm") == 0)))
            return false;
    return true;
}

static void find_strong(struct view *v)
{
    const struct bm_run *run = &v->source->run;
    for (const struct bm_run_case *c = run->cased; c < run->cased + run->cases; c++) {
        if (!is_shown_work(run, c))
            continue;
        struct pair pair = { .from = bm_case_fastest(run, c, v->base_threads, false),
                             .to = bm_case_fastest(run, c, v->threads, false),
                             .peer_from = bm_case_fastest(run, c, v->base_threads, true),
                             .peer_to = bm_case_fastest(run, c, v->threads, true) };
        if (!pair.from || !pair.to)
            continue;
        if (!pair.peer_from || !pair.peer_to)
            pair.peer_from = pair.peer_to = NULL;
        pair.x = ratio_of(pair.from, pair.to);
        pair.series = place_of(levels, pair.from->level);
        add_pair(v, pair);
    }
}

static struct bm_value efficiency(const struct view *v, const struct pair *pair)
{
    return bm_value_of(100 * ratio_of(pair->from, pair->to) / ideal_of(v), BM_UNIT_PERCENT, v->source,
                       "100*cases[%zu].median_s/cases[%zu].median_s*%d/%d", (size_t)(pair->from - v->source->run.cased),
                       (size_t)(pair->to - v->source->run.cased), v->base_threads, v->threads);
}

static struct bm_grid *strong_numbers(const struct view *v, const char *id)
{
    struct bm_grid *grid = bm_grid_new(v->page, id, "Strong scaling: the fastest of our variants, and of the peers",
                                       "Op, shape", "Threads", "Arrays in", "Before", "Time", "Now", "Time now",
                                       "Speed-up", "Efficiency", "Peers' own speed-up", NULL);
    for (size_t i = 0; i < v->pairs; i++) {
        const struct pair *pair = &v->pair[i];
        bm_grid_row(grid, "%s %s%s", pair->from->op, pair->from->shape, cases_note(pair->from, pair->to));
        bm_grid_cell(grid, "%d to %d", v->base_threads, v->threads);
        bm_grid_cell(grid, "%s", pair->from->level);
        bm_grid_cell(grid, "%s", bm_case_variant(pair->from));
        bm_grid_cell(grid, "%v", bm_case_median(v->source, pair->from));
        bm_grid_cell(grid, "%s", bm_case_variant(pair->to));
        bm_grid_cell(grid, "%v", bm_case_median(v->source, pair->to));
        bm_grid_cell(grid, "%v", bm_case_speedup(v->source, pair->to, pair->from));
        bm_grid_cell(grid, "%v", efficiency(v, pair));
        if (pair->peer_from)
            bm_grid_cell(grid, "%v", bm_case_speedup(v->source, pair->peer_to, pair->peer_from));
        else
            bm_grid_cell(grid, "%s", "");
    }
    return grid;
}

/* Geometric mean of the peers' own; NAN: no peers. */
static double peers_mean(const struct view *v)
{
    double sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < v->pairs; i++)
        if (v->pair[i].peer_from) {
            sum += log(peer_x(&v->pair[i]));
            n++;
        }
    return n ? exp(sum / (double)n) : NAN;
}

/* What a pair is about; the op is in the title, if all have the same. */
struct work {
    char text[200];
};

static struct work work_of(const struct view *v, const struct bm_run_case *c)
{
    struct work work;
    snprintf(work.text, sizeof work.text, "%.60s%s%.120s", one_op(v) ? "" : c->op, one_op(v) ? "" : " ", c->shape);
    return work;
}

static void strong_sentence(const struct view *v, const char *id, const char *title, char *svg, struct bm_grid *numbers)
{
    const size_t count = v->pairs;
    size_t gain = 0;
    const double mean = mean_of(v), peers = peers_mean(v);
    const struct pair *best = v->pair, *worst = v->pair;
    char more[96] = "";
    for (size_t i = 0; i < v->pairs; i++) {
        gain += v->pair[i].x >= 1.1;
        best = v->pair[i].x > best->x ? &v->pair[i] : best;
        worst = v->pair[i].x < worst->x ? &v->pair[i] : worst;
    }
    const struct bm_value ours = bm_derived(mean, BM_UNIT_TIMES, v->source),
                          share = bm_derived(100 * mean / ideal_of(v), BM_UNIT_PERCENT, v->source);
    const struct bm_value most = bm_case_speedup(v->source, best->to, best->from),
                          least = bm_case_speedup(v->source, worst->to, worst->from);
    if (count == 1) {
        bm_page_picture(v->page, id, title, svg, numbers,
                        "%d threads make %s %s %v as fast as our fastest on %d: %v of the ideal.", v->threads,
                        best->from->op, best->from->shape, most, v->base_threads, efficiency(v, best));
        return;
    }
    if (gain < count)
        snprintf(more, sizeof more, "; %zu of %zu gain less than a tenth", count - gain, count);
    if (isfinite(peers))
        bm_page_picture(v->page, id, title, svg, numbers,
                        "%d threads make %d shapes %v as fast as our fastest on %d, by the geometric mean (efficiency "
                        "%v): from %v (%s) "
                        "to %v (%s)%s. The peers' own mean is %v.",
                        v->threads, (int)count, ours, v->base_threads, share, least, work_of(v, worst->from).text, most,
                        work_of(v, best->from).text, more, bm_derived(peers, BM_UNIT_TIMES, v->source));
    else
        bm_page_picture(v->page, id, title, svg, numbers,
                        "%d threads make %d shapes %v as fast as our fastest on %d, by the geometric mean (efficiency "
                        "%v): from %v (%s) "
                        "to %v (%s)%s.",
                        v->threads, (int)count, ours, v->base_threads, share, least, work_of(v, worst->from).text, most,
                        work_of(v, best->from).text, more);
}

static void show_strong(const struct view *v, const char *id, char *svg, struct bm_grid *numbers)
{
    strong_sentence(v, id, title_of(v, "Ops of few shapes"), svg, numbers);
}

/* ---- curves over threads, where there are many numbers of them ---- */

struct curve {
    const char *name;
    double y[MOST_COUNTS], low[MOST_COUNTS], high[MOST_COUNTS]; /* NAN: not measured; low and high: a band */
};

/* Curves over numbers of threads, both axes logarithmic; `ideal`: at each number. */
static char *draw_curves(struct bm_page *page, const char *id, const char *alt, const char *axis, const int *count,
                         size_t counts, const struct curve *curve, size_t curves, const double *ideal)
{
    const int bottom = 226, height = bottom + KEY_TOP + 4 + KEY_ROW * (int)(curves + 1);
    const struct bm_panel panel = { height, 54, BM_PLOT_WIDTH - 14, 10, bottom };
    struct key key = { &panel, bottom + KEY_TOP, 0 };
    struct bm_range y = { INFINITY, 0 };
    FILE *script = bm_plot_begin(height);
    bm_panel_margins(script, &panel);
    for (size_t i = 0; i < curves; i++, key.items += 2) /* names may be long: one a line */
        key_symbol(script, &key, bm_style(i), 0.75, curve[i].name);
    key_line(script, &key, IDEAL_LINE, "ideal");
    for (size_t i = 0; i < curves; i++) {
        fprintf(script, "$c%zu << EOD\n", i);
        for (size_t t = 0; t < counts; t++) {
            if (!isfinite(curve[i].y[t]))
                continue;
            bm_range_add(&y, curve[i].low[t]);
            bm_range_add(&y, curve[i].high[t]);
            fprintf(script, "%d %g %g %g\n", count[t], curve[i].y[t], curve[i].low[t], curve[i].high[t]);
        }
        fputs("EOD\n", script);
    }
    fputs("$ideal << EOD\n", script);
    for (size_t t = 0; t < counts; t++) {
        bm_range_add(&y, ideal[t]);
        fprintf(script, "%d %g\n", count[t], ideal[t]);
    }
    fprintf(script, "EOD\nset logscale xy 2\nset xrange [%d:%g]\nset yrange [%g:%g]\nset xtics (", count[0],
            1.03 * count[counts - 1], y.least / 1.15, y.most * 1.15);
    double last = 0;
    for (size_t t = 0; t < counts; t++) /* numbers that are nearer than a tenth of the axis have no room */
        if (last == 0 || log(count[t] / last) > 0.1 * log((double)count[counts - 1] / count[0])) {
            fprintf(script, "%s'%d' %d", last > 0 ? ", " : "", count[t], count[t]);
            last = count[t];
        }
    fputs(")\nset ytics format '%g'\nset xlabel 'threads' offset 0,0.4\nset ylabel ", script);
    bm_plot_text(script, axis, 34);
    fputs(" offset 1,0\nplot $c0 using 1:3:4 with filledcurves lc rgb '" BM_FAINT
          "' notitle, $ideal with lines " IDEAL_LINE " notitle",
          script);
    for (size_t i = 0; i < curves; i++) {
        const struct bm_style style = bm_style(i);
        fprintf(script, ", $c%zu with linespoints lw 1.6 dt %d pt %d ps 0.75 lc rgb '%s' notitle", i, style.dash,
                style.point, style.colour);
    }
    fputc('\n', script);
    return bm_page_draw(page, script, id, alt);
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Median and range over the shapes, of ours or the peers' own. */
static void add_point(struct curve *curve, size_t t, const struct view *v, bool peers)
{
    double *x = bm_alloc((v->pairs + 1) * sizeof *x);
    size_t n = 0;
    for (size_t i = 0; i < v->pairs; i++)
        if (!peers || v->pair[i].peer_from)
            x[n++] = peers ? peer_x(&v->pair[i]) : v->pair[i].x;
    qsort(x, n, sizeof *x, by_size);
    curve->y[t] = !n ? NAN : n % 2 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
    curve->low[t] = n && !peers ? x[0] : curve->y[t];
    curve->high[t] = n && !peers ? x[n - 1] : curve->y[t];
    free(x);
}

static struct view strong_view(struct bm_page *page, const struct bm_source *source, int base, int threads)
{
    struct view v = { .page = page,
                      .source = source,
                      .threads = threads,
                      .base_threads = base,
                      .series = levels,
                      .id = "scaling-strong",
                      .axis = base == 1 ? "times as fast as our fastest on 1 thread"
                                        : "times as fast as our fastest on the fewest threads",
                      .base_title = "no gain: 1x",
                      .base_look = BASE_LINE,
                      .base = 1,
                      .ideal = (double)threads / base,
                      .unit = BM_UNIT_TIMES,
                      .numbers = strong_numbers,
                      .show = show_strong };
    snprintf(v.ideal_title, sizeof v.ideal_title, "ideal: %gx", v.ideal);
    find_strong(&v);
    return v;
}

static void keep_op(struct view *v, const char *op)
{
    size_t kept = 0;
    for (size_t i = 0; i < v->pairs; i++)
        if (strcmp(v->pair[i].from->op, op) == 0)
            v->pair[kept++] = v->pair[i];
    v->pairs = kept;
}

/* Is it the first of its op? */
static bool begins_op(const struct view *v, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (strcmp(v->pair[k].from->op, v->pair[i].from->op) == 0)
            return false;
    return true;
}

static void strong_curve(const struct view *most, const char *op, const int *count, size_t counts, size_t picture)
{
    struct curve curve[2] = { { .name = "median of the shapes; grey: their range" }, { .name = "peers' own, median" } };
    double ideal[MOST_COUNTS] = { 0 };
    char id[64], table[80], alt[200];
    for (size_t t = 0; t < counts; t++) {
        struct view v = strong_view(most->page, most->source, count[0], count[t]);
        keep_op(&v, op);
        add_point(&curve[0], t, &v, false);
        add_point(&curve[1], t, &v, true);
        ideal[t] = (double)count[t] / count[0];
        free(v.pair);
    }
    struct view last = strong_view(most->page, most->source, count[0], count[counts - 1]);
    keep_op(&last, op);
    snprintf(id, sizeof id, "scaling-strong-%zu", picture);
    snprintf(table, sizeof table, "%s-numbers", id);
    snprintf(alt, sizeof alt, "%.60s: speed-up over %d thread%s against threads, %zu shape%s, with the ideal line.", op,
             count[0], bm_plural((size_t)count[0]), last.pairs, bm_plural(last.pairs));
    char *svg =
        draw_curves(last.page, id, alt, "speed-up", count, counts, curve, 1 + isfinite(curve[1].y[counts - 1]), ideal);
    strong_sentence(&last, id, op, svg, strong_numbers(&last, table));
    free(last.pair);
}

static void strong(struct bm_page *page, const struct bm_library *library)
{
    const struct bm_source *source = bm_library_bench(library);
    int count[MOST_COUNTS];
    if (source && !has_threads(source))
        source = bm_library_newest(library, "bench", has_threads);
    bm_page_heading(page, "Strong scaling: the same problem with more threads");
    if (!source) {
        bm_page_missing(page, "batchmark bench --threads 1,2", "cases with more than one number of threads.");
        return;
    }
    const size_t counts = counts_of(&source->run, count);
    struct view v = counts > 1 ? strong_view(page, source, count[0], count[counts - 1]) : (struct view){ 0 };
    if (!v.pairs) {
        bm_page_missing(page, "batchmark bench --threads 1,2",
                        "shapes that were timed with more than one number of threads.");
        free(v.pair);
        return;
    }
    bm_page_paragraph(
        page,
        "The fastest of our variants with %d threads against the fastest of ours on %d, on the same shape; the peers' "
        "fastest against the peers' fastest. Efficiency is the speed-up over the ideal one, %dx at %d threads.",
        v.threads, v.base_threads, v.threads / v.base_threads, v.threads);
    note_contended(&v);
    if (counts < CURVES_FROM)
        show_rows(&v);
    else {
        size_t pictures = 0;
        bm_page_gallery_begin(page);
        for (size_t i = 0; i < v.pairs; i++)
            if (begins_op(&v, i))
                strong_curve(&v, v.pair[i].from->op, count, counts, ++pictures);
        bm_page_gallery_end(page);
    }
    free(v.pair);
}

/* ---- weak scaling: a problem that grows with the threads ---- */

/* Are the shapes equal but for one number, which is `factor` times as large in the second? */
static bool is_grown(const char *a, const char *b, double factor)
{
    size_t grown = 0;
    while (*a && *b) {
        const size_t n = strcspn(a, " "), m = strcspn(b, " ");
        if (n != m || strncmp(a, b, n) != 0) {
            const size_t key = strcspn(a, " =") + 1;
            char *end_a, *end_b;
            if (key >= n || key >= m || a[key - 1] != '=' || strncmp(a, b, key) != 0)
                return false;
            const double x = strtod(a + key, &end_a), y = strtod(b + key, &end_b);
            if (end_a != a + n || end_b != b + m || !(x > 0) || y != factor * x)
                return false;
            grown++;
        }
        a += n + strspn(a + n, " ");
        b += m + strspn(b + m, " ");
    }
    return !*a && !*b && grown == 1;
}

static bool same_kernel(const struct bm_run_case *a, const struct bm_run_case *b)
{
    return strcmp(a->kernel, b->kernel) == 0 && strcmp(a->op, b->op) == 0 && strcmp(a->cache, b->cache) == 0;
}

/* The same kernel's case on `threads` threads whose shape is `factor` times as large; NULL. */
static const struct bm_run_case *grown_from(const struct bm_run *run, const struct bm_run_case *c, int threads,
                                            double factor)
{
    for (size_t i = 0; i < run->cases; i++)
        if (run->cased[i].threads == threads && same_kernel(&run->cased[i], c) &&
            is_grown(c->shape, run->cased[i].shape, factor))
            return &run->cased[i];
    return NULL;
}

/* Is it the first of a family: no other shape grows to it? */
static bool begins_family(const struct bm_run *run, const struct bm_run_case *c, const int *count, size_t counts)
{
    for (size_t t = 1; t < counts; t++)
        if (grown_from(run, c, c->threads, (double)count[0] / count[t]))
            return false;
    return true;
}

/* Of a shape and cache state the variant that is fastest with the most threads. */
static void keep_fastest(struct view *v)
{
    size_t kept = 0;
    for (size_t i = 0; i < v->pairs; i++) {
        const struct pair *p = &v->pair[i];
        bool fastest = true;
        for (size_t k = 0; k < v->pairs && fastest; k++) {
            const struct pair *other = &v->pair[k];
            fastest = other == p || !bm_same_work(other->from, p->from) ||
                      strcmp(other->from->cache, p->from->cache) != 0 ||
                      other->to->stats.median > p->to->stats.median ||
                      (other->to->stats.median == p->to->stats.median && other->to > p->to);
        }
        v->pair[i].row = fastest; /* free until the rows are set */
    }
    for (size_t i = 0; i < v->pairs; i++)
        if (v->pair[i].row)
            v->pair[kept++] = v->pair[i];
    v->pairs = kept;
}

/* The largest multiple that each family has; the view's threads: the most of any. */
static void find_weak(struct view *v)
{
    const struct bm_run *run = &v->source->run;
    int count[MOST_COUNTS];
    const size_t counts = counts_of(run, count);
    for (size_t t = counts; t-- > 1 && !v->pairs;) {
        v->base_threads = count[0];
        v->threads = count[t];
        for (const struct bm_run_case *c = run->cased; c < run->cased + run->cases; c++) {
            const struct bm_run_case *to = NULL;
            if (c->threads == count[0] && !bm_case_is_peer(c))
                to = grown_from(run, c, count[t], (double)count[t] / count[0]);
            if (to && begins_family(run, c, count, counts))
                add_pair(v,
                         (struct pair){
                             .from = c, .to = to, .x = 100 * ratio_of(c, to), .series = place_of(caches, c->cache) });
        }
    }
    keep_fastest(v);
}

static struct bm_value weak_value(const struct view *v, const struct pair *pair)
{
    return bm_value_of(pair->x, BM_UNIT_PERCENT, v->source, "100*cases[%zu].median_s/cases[%zu].median_s",
                       (size_t)(pair->from - v->source->run.cased), (size_t)(pair->to - v->source->run.cased));
}

static struct bm_grid *weak_numbers(const struct view *v, const char *id)
{
    struct bm_grid *grid = bm_grid_new(v->page, id, "Weak scaling", "Op, variant, shape", "Threads", "Cache", "Time",
                                       "Shape now", "Threads now", "Time now", "Efficiency", NULL);
    for (size_t i = 0; i < v->pairs; i++) {
        const struct pair *pair = &v->pair[i];
        bm_grid_row(grid, "%s, %s%s", pair->from->kernel, pair->from->shape, cases_note(pair->from, pair->to));
        bm_grid_cell(grid, "%d", v->base_threads);
        bm_grid_cell(grid, "%s", pair->from->cache);
        bm_grid_cell(grid, "%v", bm_case_median(v->source, pair->from));
        bm_grid_cell(grid, "%s", pair->to->shape);
        bm_grid_cell(grid, "%d", v->threads);
        bm_grid_cell(grid, "%v", bm_case_median(v->source, pair->to));
        bm_grid_cell(grid, "%v", weak_value(v, pair));
    }
    return grid;
}

static void extremes(const struct view *v, const struct pair **most, const struct pair **least)
{
    *most = *least = v->pair;
    for (size_t i = 1; i < v->pairs; i++) {
        *most = v->pair[i].x > (*most)->x ? &v->pair[i] : *most;
        *least = v->pair[i].x < (*least)->x ? &v->pair[i] : *least;
    }
}

static void show_weak(const struct view *v, const char *id, char *svg, struct bm_grid *numbers)
{
    const struct pair *most, *least;
    const char *title = title_of(v, "Ops of few shapes");
    extremes(v, &most, &least);
    if (v->pairs == 1)
        bm_page_picture(v->page, id, title, svg, numbers,
                        "%s keeps %v of its speed when %s on %d thread%s grows to %s on %d.", most->from->kernel,
                        weak_value(v, most), most->from->shape, v->base_threads, bm_plural((size_t)v->base_threads),
                        most->to->shape, v->threads);
    else
        bm_page_picture(v->page, id, title, svg, numbers,
                        "With %d threads and as many times the work of %d, %s (%s) keeps %v of the ideal, the most; %s "
                        "(%s) %v, the "
                        "least.",
                        v->threads, v->base_threads, work_of(v, most->to).text, most->from->cache, weak_value(v, most),
                        work_of(v, least->to).text, least->from->cache, weak_value(v, least));
}

static struct view weak_view(struct bm_page *page, const struct bm_source *source)
{
    struct view v = { .page = page,
                      .source = source,
                      .series = caches,
                      .id = "scaling-weak",
                      .axis = "efficiency in %",
                      .base_title = "ideal: 100 %",
                      .base_look = IDEAL_LINE,
                      .base = 100,
                      .ideal = NAN,
                      .unit = BM_UNIT_PERCENT,
                      .numbers = weak_numbers,
                      .show = show_weak };
    find_weak(&v);
    return v;
}

static void weak_curve(const struct view *most, const char *op, const int *count, size_t counts, size_t picture)
{
    struct view v = *most;
    struct curve curve[MOST_LINES] = { 0 };
    char id[64], table[80], alt[200], *name[MOST_LINES];
    double ideal[MOST_COUNTS] = { 0 };
    v.pair = NULL;
    v.pairs = 0;
    for (size_t i = 0; i < most->pairs && v.pairs < MOST_LINES; i++)
        if (strcmp(most->pair[i].from->op, op) == 0)
            add_pair(&v, most->pair[i]);
    for (size_t i = 0; i < v.pairs; i++) {
        const struct bm_run_case *from = v.pair[i].from;
        char *shape = bm_short_shape(from->shape);
        if (asprintf(&name[i], "%s x threads, %s", shape, from->cache) < 0)
            bm_die(BM_EXIT_INPUT, "out of memory");
        free(shape);
        curve[i].name = name[i];
        for (size_t t = 0; t < counts; t++) {
            const struct bm_run_case *to =
                t ? grown_from(&v.source->run, from, count[t], (double)count[t] / count[0]) : from;
            curve[i].y[t] = curve[i].low[t] = curve[i].high[t] = to ? ratio_of(to, from) : NAN;
        }
    }
    for (size_t t = 0; t < counts; t++)
        ideal[t] = 1;
    snprintf(id, sizeof id, "scaling-weak-%zu", picture);
    snprintf(table, sizeof table, "%s-numbers", id);
    snprintf(alt, sizeof alt, "%.60s: time over that of the base against threads, %zu famil%s, with the ideal line.",
             op, v.pairs, v.pairs == 1 ? "y" : "ies");
    char *svg = draw_curves(v.page, id, alt, "time over the base's", count, counts, curve, v.pairs, ideal);
    show_weak(&v, id, svg, weak_numbers(&v, table));
    for (size_t i = 0; i < v.pairs; i++)
        free(name[i]);
    free(v.pair);
}

/* The newest result of the machine with at least half as many pairs as the one with most: a few arise by chance. NULL:
 * none. */
static const struct bm_source *newest_with(const struct bm_library *library,
                                           size_t (*pairs)(const struct bm_source *source))
{
    const struct bm_source *newest = NULL;
    size_t most = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < library->sources; i++) {
            const struct bm_source *s = &library->source[i];
            const size_t n = s->is_run && strcmp(s->machine, library->machine) == 0 ? pairs(s) : 0;
            most = n > most ? n : most;
            if (pass && n && 2 * n >= most)
                newest = s;
        }
    return newest;
}

static size_t weak_pairs(const struct bm_source *source)
{
    struct view v = weak_view(NULL, source);
    free(v.pair);
    return v.pairs;
}

static void weak(struct bm_page *page, const struct bm_library *library)
{
    const struct bm_source *source = newest_with(library, weak_pairs);
    int count[MOST_COUNTS];
    bm_page_heading(page, "Weak scaling: a problem that grows with the threads");
    if (!source) {
        bm_page_missing(page, "batchmark bench --shapes scaling --variant '*_auto' --threads 1,2",
                        "shapes that grow with the number of threads.");
        return;
    }
    struct view v = weak_view(page, source);
    const size_t counts = counts_of(&source->run, count);
    size_t pictures = 0;
    bm_page_paragraph(page,
                      "One size of the problem grows as the number of threads does, so that each thread has the same "
                      "work. Efficiency "
                      "is the time on %d thread%s over the time with more.",
                      v.base_threads, bm_plural((size_t)v.base_threads));
    note_contended(&v);
    if (counts < CURVES_FROM)
        show_rows(&v);
    else {
        bm_page_gallery_begin(page);
        for (size_t i = 0; i < v.pairs; i++)
            if (begins_op(&v, i))
                weak_curve(&v, v.pair[i].from->op, count, counts, ++pictures);
        bm_page_gallery_end(page);
    }
    free(v.pair);
}

/* ---- warm against cold cache ---- */

static void find_cold(struct view *v)
{
    const struct bm_run *run = &v->source->run;
    for (const struct bm_run_case *c = run->cased; c < run->cased + run->cases; c++) {
        if (strcmp(c->cache, "cold") != 0 || bm_case_fastest(run, c, v->threads, false) != c)
            continue;
        const struct bm_run_case *warm = NULL; /* the same kernel's */
        for (const struct bm_run_case *w = run->cased; w < run->cased + run->cases && !warm; w++)
            if (strcmp(w->cache, "warm") == 0 && w->threads == c->threads && strcmp(w->kernel, c->kernel) == 0 &&
                bm_same_work(w, c))
                warm = w;
        if (warm)
            add_pair(v, (struct pair){
                            .from = warm, .to = c, .x = ratio_of(c, warm), .series = place_of(levels, warm->level) });
    }
}

static struct bm_grid *cold_numbers(const struct view *v, const char *id)
{
    struct bm_grid *grid =
        bm_grid_new(v->page, id, "Warm and cold cache: the variant of ours that is fastest when cold",
                    "Op, variant, shape", "Threads", "Warm arrays in", "Warm", "Cold", "Cold over warm", NULL);
    for (size_t i = 0; i < v->pairs; i++) {
        const struct pair *pair = &v->pair[i];
        bm_grid_row(grid, "%s, %s%s", pair->from->kernel, pair->from->shape, cases_note(pair->from, pair->to));
        bm_grid_cell(grid, "%d", v->threads);
        bm_grid_cell(grid, "%s", pair->from->level);
        bm_grid_cell(grid, "%v", bm_case_median(v->source, pair->from));
        bm_grid_cell(grid, "%v", bm_case_median(v->source, pair->to));
        bm_grid_cell(grid, "%v", bm_case_speedup(v->source, pair->from, pair->to));
    }
    return grid;
}

static void show_cold(const struct view *v, const char *id, char *svg, struct bm_grid *numbers)
{
    const struct pair *most, *least;
    char title[128];
    extremes(v, &most, &least);
    snprintf(title, sizeof title, "%.60s, %d thread%s", title_of(v, "Ops of few shapes"), v->threads,
             bm_plural((size_t)v->threads));
    const double mean = mean_of(v);
    const size_t count = v->pairs;
    const struct bm_value slowest = bm_case_speedup(v->source, most->from, most->to),
                          nearest = bm_case_speedup(v->source, least->from, least->to);
    if (count == 1)
        bm_page_picture(v->page, id, title, svg, numbers,
                        "%s on %s takes %v its warm time when its arrays are cold; warm, they are in %s.",
                        most->from->kernel, most->from->shape, slowest, most->from->level);
    else
        bm_page_picture(v->page, id, title, svg, numbers,
                        "Cold arrays take %v the time of warm ones, by the geometric mean over %d: the most, %v, with "
                        "%s (%s when warm); the "
                        "least, %v, with %s (%s).",
                        bm_derived(mean, BM_UNIT_TIMES, v->source), (int)count, slowest, work_of(v, most->from).text,
                        most->from->level, nearest, work_of(v, least->from).text, least->from->level);
}

static struct view cold_view(struct bm_page *page, const struct bm_source *source, int threads)
{
    struct view v = { .page = page,
                      .source = source,
                      .threads = threads,
                      .base_threads = threads,
                      .series = levels,
                      .axis = "time cold over time warm",
                      .base_title = "as warm: 1x",
                      .base_look = BASE_LINE,
                      .base = 1,
                      .ideal = NAN,
                      .log = true,
                      .unit = BM_UNIT_TIMES,
                      .numbers = cold_numbers,
                      .show = show_cold };
    find_cold(&v);
    return v;
}

static size_t cold_pairs(const struct bm_source *source)
{
    int count[MOST_COUNTS];
    const size_t counts = counts_of(&source->run, count);
    struct view v = cold_view(NULL, source, counts ? count[0] : 1);
    free(v.pair);
    return v.pairs;
}

static void cold(struct bm_page *page, const struct bm_library *library)
{
    const struct bm_source *source = newest_with(library, cold_pairs);
    int count[MOST_COUNTS];
    bm_page_heading(page, "Warm against cold cache");
    if (!source) {
        bm_page_missing(page, "batchmark bench --shapes scaling --variant '*_auto' --cache warm,cold",
                        "cases that were timed with a warm and with a cold cache.");
        return;
    }
    const size_t counts = counts_of(&source->run, count);
    bm_page_paragraph(page, "Warm: the same arrays again and again, as far as caches hold them. Cold: each call finds "
                            "other arrays, which no "
                            "cache holds. Marks tell where the warm arrays are.");
    for (size_t t = 0; t<counts; t += counts> 1 ? counts - 1 : 1) { /* the fewest threads, and the most */
        struct view v = cold_view(page, source, count[t]);
        char id[48];
        snprintf(id, sizeof id, "scaling-cold-%d", count[t]);
        v.id = id;
        note_contended(&v);
        show_rows(&v);
        free(v.pair);
    }
}

void bm_part_scaling(struct bm_page *page, const struct bm_library *library)
{
    bm_page_part(page, "scaling", "Scaling");
    strong(page, library);
    weak(page, library);
    cold(page, library);
}
