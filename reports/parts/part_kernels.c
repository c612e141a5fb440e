/*
 * part_kernels.c - the variants of each op side by side: heat maps of who wins where, and per shape the distribution of
 * all raw samples with the limit and the peers.
 */
#include "part_common.h"
#include "parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "plot.h"
#include "rows.h"
#include "winner.h"

struct section {
    struct bm_page *page;
    const struct bm_source *source;
    const struct bm_run *run;
    const struct bm_work *work;
    size_t works;
    size_t number; /* of the first work, for ids */
    const char *title;
    bool several; /* ops */
};

static size_t place_of(const struct section *s, const struct bm_run_case *c) { return (size_t)(c - s->run->cased); }

static bool is_warm(const struct bm_run_case *c) { return strcmp(c->cache, "warm") == 0; }

/* ---- heat maps ---- */

/* Columns: naive first, then by ISA, auto, and the peers last. */
static int rank_of(const struct bm_run_case *c)
{
    static const char *const family[] = { "naive", "autovec", "avx2", "avx512" };
    const char *variant = bm_case_variant(c);
    if (bm_case_is_peer(c))
        return 6;
    if (strcmp(variant, "auto") == 0)
        return 5;
    for (int i = 3; i >= 0; i--)
        if (strncmp(variant, family[i], strlen(family[i])) == 0)
            return i;
    return 4;
}

static int by_rank(const void *a, const void *b)
{
    const struct bm_run_case *c = *(const struct bm_run_case *const *)a, *d = *(const struct bm_run_case *const *)b;
    const int order = rank_of(c) - rank_of(d);
    return order ? order : strcmp(bm_case_variant(c), bm_case_variant(d));
}

/* A work's cases with that many threads. */
static bool is_of(const struct bm_run_case *c, const struct bm_work *work, int threads)
{
    return is_warm(c) && (!threads || c->threads == threads) && bm_same_work(c, work->first);
}

/* A case of each variant that a section has with that many threads; free() it. */
static const struct bm_run_case **variants_of(const struct section *s, int threads, size_t *count)
{
    const struct bm_run_case **list = bm_alloc((s->run->cases + 1) * sizeof *list);
    *count = 0;
    for (const struct bm_run_case *c = s->run->cased; c < s->run->cased + s->run->cases; c++)
        for (size_t w = 0; w < s->works; w++) {
            size_t known = 0;
            if (!is_of(c, &s->work[w], threads))
                continue;
            while (known < *count && strcmp(bm_case_variant(list[known]), bm_case_variant(c)) != 0)
                known++;
            if (known == *count)
                list[(*count)++] = c;
            break;
        }
    if (*count)
        qsort(list, *count, sizeof *list, by_rank);
    return list;
}

static const struct bm_run_case *fastest_of(const struct section *s, const struct bm_work *work, int threads)
{
    const struct bm_run_case *ours = bm_case_fastest(s->run, work->first, threads, false);
    const struct bm_run_case *peer = bm_case_fastest(s->run, work->first, threads, true);
    return !ours || (peer && peer->stats.median < ours->stats.median) ? peer : ours;
}

/* What a heat map's sentence says of the variant that wins most. */
struct winner {
    int wins, rows;
    const char *name;
    double least; /* its lowest speed, in percent of the winner's; 101: it always wins */
    const struct bm_run_case *at, *best;
};

static void put_heat_row(struct section *s, struct bm_grid *grid, const struct bm_work *work, int threads,
                         const struct bm_run_case *const *variant, size_t variants, struct winner *all)
{
    char name[BM_WORK_NAME];
    const struct bm_run_case *best = fastest_of(s, work, threads);
    if (!best)
        return;
    bm_grid_row(grid, "%s", bm_work_name(work, s->several, name));
    for (size_t i = 0; i < variants; i++) {
        const struct bm_run_case *c = bm_case_beside(s->run, work->first, bm_case_variant(variant[i]), threads);
        all[i].rows++;
        if (!c) {
            bm_grid_cell(grid, "");
            continue;
        }
        const double percent = 100 * best->stats.median / c->stats.median;
        const bool wins = c == best || bm_ties(best, c);
        bm_grid_heat(grid, percent / 100, wins, "%v", bm_case_percent(s->source, c, best, BM_UNIT_COUNT));
        all[i].wins += wins;
        if (!wins && percent < all[i].least) {
            all[i].least = percent;
            all[i].at = c;
            all[i].best = best;
        }
    }
}

static void put_heat_map(struct section *s, int threads)
{
    size_t variants;
    const struct bm_run_case **variant = variants_of(s, threads, &variants);
    const char **column = bm_alloc((variants + 1) * sizeof *column);
    char(*head)[128] = bm_alloc((variants + 1) * sizeof *head);
    struct winner *all = bm_alloc((variants + 1) * sizeof *all), *most = all;
    char id[64], title[64], caption[160];
    snprintf(title, sizeof title, "%s", s->title);
    column[0] = s->several ? "Op and shape" : "Shape";
    for (size_t i = 0; i < variants; i++) {
        column[i + 1] = bm_shortened(bm_case_variant(variant[i]), BM_ROW_NAME, head[i]);
        all[i] = (struct winner){ .name = bm_case_variant(variant[i]), .least = 101 };
    }
    snprintf(caption, sizeof caption, "%s with %d thread%s: speed in percent of the fastest of the row",
             bm_text_whole(title), threads, bm_plural((size_t)threads));
    bm_work_id(threads == 1 ? "heat-1" : "heat", s->several ? "other" : s->title, s->number, id);
    struct bm_grid *grid = bm_grid_of(s->page, id, caption, column, variants + 1);
    for (size_t w = 0; w < s->works; w++)
        put_heat_row(s, grid, &s->work[w], threads, variant, variants, all);
    for (size_t i = 1; i < variants; i++)
        if (all[i].wins > most->wins)
            most = &all[i];
    if (most->wins == most->rows)
        bm_page_heat_map(s->page, grid, most->rows == 1 ? "%s is the fastest, or ties with it."
                                                         : "%s is the fastest, or ties with it, on all %d rows.",
                         most->name, most->rows);
    else if (most->least > 100)
        bm_page_heat_map(s->page, grid, "%s is the fastest, or ties with it, most often: on %d of %d rows.", most->name,
                         most->wins, most->rows);
    else
        bm_page_heat_map(s->page, grid,
                         "%s is the fastest, or ties with it, most often: on %d of %d rows; elsewhere it has at least "
                         "%v of the fastest one's speed.",
                         most->name, most->wins, most->rows,
                         bm_case_percent(s->source, most->at, most->best, BM_UNIT_PERCENT));
    free(all);
    free(column);
    free(head);
    free(variant);
}

/* ---- distributions ---- */

static int by_median(const void *a, const void *b)
{
    const struct bm_run_case *c = *(const struct bm_run_case *const *)a, *d = *(const struct bm_run_case *const *)b;
    return c->stats.median != d->stats.median ? (c->stats.median < d->stats.median ? -1 : 1) : c < d ? -1 : c > d;
}

/* One row of a picture: a case, and all its raw samples, sorted. */
struct row {
    const struct bm_run_case *c;
    double *s;
    size_t samples;
};

/* Of all launches, also of those that do not count. */
static void read_samples(const struct section *s, struct row *row)
{
    const json_t *json = json_array_get(json_object_get(s->run->ours, "cases"), place_of(s, row->c));
    const json_t *raw = json_object_get(json, "raw"), *launch, *ns;
    size_t i, k;
    row->samples = 0;
    json_array_foreach(raw, i, launch) row->samples += json_array_size(json_object_get(launch, "ns"));
    row->s = bm_alloc((row->samples + 1) * sizeof *row->s);
    row->samples = 0;
    json_array_foreach(raw, i, launch) json_array_foreach(json_object_get(launch, "ns"), k, ns) row->s[row->samples++] =
        1e-9 * json_number_value(ns);
    bm_sort(row->s, row->samples);
}

/* The rows of a work with the fewest and with the most threads, the fastest first; free_rows() them. */
static struct row *rows_of(const struct section *s, const struct bm_work *work, size_t *rows)
{
    const struct bm_run_case **list = bm_alloc((s->run->cases + 1) * sizeof *list);
    const int most = bm_work_most(s->run, work);
    *rows = 0;
    for (const struct bm_run_case *c = s->run->cased; c < s->run->cased + s->run->cases; c++)
        if (is_of(c, work, 0) && (c->threads == work->first->threads || c->threads == most))
            list[(*rows)++] = c;
    qsort(list, *rows, sizeof *list, by_median);
    struct row *row = bm_alloc(*rows * sizeof *row);
    for (size_t i = 0; i < *rows; i++) {
        row[i].c = list[i];
        read_samples(s, &row[i]);
    }
    free(list);
    return row;
}

static void free_rows(struct row *row, size_t rows)
{
    for (size_t i = 0; i < rows; i++)
        free(row[i].s);
    free(row);
}

/* The density of the middle 98 % of the samples over the logarithm of time, by a Gaussian kernel of Silverman's width
 * (Density Estimation, 1986, eq. 3.31), its peak 0.6 rows high; at least a unit of the picture wide. */
static void put_cloud(FILE *script, const struct row *row, size_t at, double unit)
{
    enum { MOST = 24 };
    const double from = log(bm_quantile(row->s, row->samples, 0.01)), to = log(bm_quantile(row->s, row->samples, 0.99));
    const double middle = log(bm_quantile(row->s, row->samples, 0.75) / bm_quantile(row->s, row->samples, 0.25));
    const double width = fmax(0.9 * middle / 1.34 * pow((double)row->samples, -0.2), unit);
    const double left = from - 2 * width, right = to + 2 * width;
    const size_t points = (size_t)fmin(MOST, 7 + (right - left) / unit / 4);
    double density[MOST], top = 0;
    for (size_t k = 0; k < points; k++) {
        const double x = left + (right - left) * (double)k / (double)(points - 1);
        density[k] = 0;
        for (size_t i = 0; i < row->samples; i++) {
            const double z = (log(row->s[i]) - x) / width;
            density[k] += exp(-0.5 * z * z);
        }
        top = fmax(top, density[k]);
    }
    for (size_t k = 0; k < points; k++)
        fprintf(script, "%.6g %.3f\n", exp(left + (right - left) * (double)k / (double)(points - 1)),
                (double)at + 0.2 - (k == 0 || k == points - 1 ? 0 : 0.62 * density[k] / top));
    fputc('\n', script);
}

/* Horizontal or upright line, cut at the axis' ends. */
static void put_line(FILE *script, double x, double y, double to_x, double to_y, double low, double high)
{
    if (to_x >= low && x <= high)
        fprintf(script, "%.6g %.3f\n%.6g %.3f\n\n", fmax(x, low), y, fmin(to_x, high), to_y);
}

/* The time axis: all but what is far off: the last hundredth of the samples, and limits below a thirtieth. */
static void axis_of(const struct row *row, size_t rows, double *low, double *high)
{
    double least = INFINITY, most = 0;
    for (size_t i = 0; i < rows; i++) {
        least = fmin(least, row[i].s[0]);
        most = fmax(most, fmax(row[i].c->stats.median, bm_quantile(row[i].s, row[i].samples, 0.99)));
    }
    *low = least;
    for (size_t i = 0; i < rows; i++)
        if (row[i].c->bound_s > least / 30)
            *low = fmin(*low, row[i].c->bound_s);
    *low /= 1.06;
    *high = fmax(most * 1.06, *low * 1.6);
}

static void put_data(FILE *script, const struct row *row, size_t rows, double low, double high, double unit)
{
    fputs("$cloud << EOD\n", script);
    for (size_t i = 0; i < rows; i++)
        put_cloud(script, &row[i], i + 1, unit);
    fputs("EOD\n$thin << EOD\n", script);
    for (size_t i = 0; i < rows; i++) {
        const struct bm_run_case *c = row[i].c;
        put_line(script, row[i].s[0], (double)i + 1.2, row[i].s[row[i].samples - 1], (double)i + 1.2, low, high);
        for (size_t k = 0; k < c->launches; k++)
            put_line(script, c->launch[k].median_s, (double)i + 1.29, c->launch[k].median_s, (double)i + 1.45, low,
                     high);
    }
    fputs("EOD\n$interval << EOD\n", script);
    for (size_t i = 0; i < rows; i++)
        if (row[i].c->launches >= BM_LEAST_INTERVAL)
            put_line(script, row[i].c->stats.low, (double)i + 1.2, row[i].c->stats.high, (double)i + 1.2, low, high);
    fputs("EOD\n$limit << EOD\n", script);
    for (size_t i = 0; i < rows; i++)
        put_line(script, row[i].c->bound_s, (double)i + 0.6, row[i].c->bound_s, (double)i + 1.4, low, high);
    fputs("EOD\n$median << EOD\n", script);
    for (size_t i = 0; i < rows; i++) {
        const struct bm_style style = bm_style_of_variant(bm_case_variant(row[i].c));
        fprintf(script, "%.6g %.2f %d %ld\n", row[i].c->stats.median, (double)i + 1.2, style.point,
                strtol(style.colour + 1, NULL, 16));
    }
    fputs("EOD\n", script);
}

static void put_names(FILE *script, const struct section *s, const struct row *row, size_t rows)
{
    char text[64], value[32];
    bm_rows_name(script, 0, "variant, threads");
    bm_rows_note(script, 0, 1, "x naive");
    bm_rows_note(script, 0, 0, "of limit");
    for (size_t i = 0; i < rows; i++) {
        const struct bm_run_case *c = row[i].c, *naive = bm_case_beside(s->run, c, "naive", 1);
        struct bm_value limit = bm_case_of_limit(s->source, c);
        const int room = BM_ROW_NAME - snprintf(NULL, 0, " %d%s", c->threads, c->contended ? "*" : "");
        const char *variant = bm_case_variant(c);
        if (bm_text_width(variant) <= room)
            snprintf(text, sizeof text, "%s %d%s", variant, c->threads, c->contended ? "*" : "");
        else
            snprintf(text, sizeof text, "%s", variant);
        bm_text_whole(text);
        bm_rows_name(script, i + 1, text);
        if (naive) {
            const struct bm_value speedup = bm_case_speedup(s->source, c, naive);
            bm_rows_note(script, i + 1, 1, bm_value_text(&speedup, value));
        }
        bm_rows_note(script, i + 1, 0, bm_value_text(&limit, value));
    }
}

static FILE *script_of(const struct section *s, const struct row *row, size_t rows)
{
    double low, high, length;
    int longest = 16;
    for (size_t i = 0; i < rows; i++) {
        const int width = bm_text_width(bm_case_variant(row[i].c)) + 3 + row[i].c->contended + (row[i].c->threads > 9);
        longest = width > longest ? width : longest;
    }
    axis_of(row, rows, &low, &high);
    FILE *script = bm_rows_begin(rows, longest, 2, low, high, "time of a call", bm_axis_seconds, &length);
    put_names(script, s, row, rows);
    put_data(script, row, rows, low, high, log(high / low) / length);
    fprintf(script,
            "plot $cloud with filledcurves closed fs transparent solid 0.45 noborder lc rgb '%s',"
            "$thin with lines lw 0.8 lc rgb '" BM_INK "',$interval with lines lw 3 lc rgb '" BM_INK "',"
            "$limit with lines lw 2 lc rgb '" BM_LIMIT "',"
            "$median using 1:2:3:4 with points pt variable lc rgb variable ps 0.6\n",
            bm_style(0).colour);
    return script;
}

/* 95 % of how many times as fast one is as the other; nothing if one of them is not there. */
static struct bm_range_value range_of(const struct section *s, const struct bm_run_case *slow,
                                      const struct bm_run_case *fast)
{
    const struct bm_interval none = { 0, INFINITY };
    return bm_range_of(slow && fast ? bm_times_interval(slow, fast) : none, 1, BM_UNIT_TIMES, s->source);
}

static struct bm_grid *numbers_of(const struct section *s, const struct row *row, size_t rows, const char *id,
                                  const char *title)
{
    struct bm_grid *grid =
        bm_grid_new(s->page, id, title, "Variant, threads", "Floor (samples of launches)", "Median", "+- 95 %",
                    "Of the limit", "x naive 1", "+- 95 %", NULL);
    for (size_t i = 0; i < rows; i++) {
        const struct bm_run_case *c = row[i].c, *naive = bm_case_beside(s->run, c, "naive", 1);
        const size_t at = place_of(s, c);
        bm_grid_row(grid, "%s, %d%s", bm_case_variant(c), c->threads, c->contended ? " *" : "");
        bm_grid_cell(grid, "%v (%d of %d)", bm_case_floor(s->source, c), (int)c->floor.samples, (int)c->floor.launches);
        bm_grid_cell(grid, "%v", bm_case_median(s->source, c));
        if (c->launches >= BM_LEAST_INTERVAL)
            bm_grid_cell(grid, "%v",
                         bm_value_of(50 * (c->stats.high - c->stats.low) / c->stats.median, BM_UNIT_PERCENT, s->source,
                                     c->older ? ""
                                              : "50*(cases[%zu].median_high_s-cases[%zu].median_low_s)/"
                                                "cases[%zu].median_s",
                                     at, at, at));
        else
            bm_grid_cell(grid, "-");
        bm_grid_cell(grid, "%v", bm_case_of_limit(s->source, c));
        if (!naive) {
            bm_grid_cell(grid, "-");
            continue;
        }
        const struct bm_value gain = bm_case_speedup(s->source, c, naive);
        const struct bm_range_value range = range_of(s, naive, c);
        bm_grid_cell(grid, "%v", gain);
        bm_grid_cell(grid, "%v", bm_derived(50 * (range.high.x - range.low.x) / gain.x, BM_UNIT_PERCENT, s->source));
    }
    return grid;
}

/* ---- a picture and its sentence ---- */

static const struct bm_run_case *first_of(const struct row *row, size_t rows, bool peer)
{
    for (size_t i = 0; i < rows; i++)
        if (bm_case_is_peer(row[i].c) == peer)
            return row[i].c;
    return NULL;
}

static struct bm_value ratio_of(const struct section *s, const struct bm_run_case *slow, const struct bm_run_case *fast)
{
    return bm_case_speedup(s->source, fast, slow);
}

/* "avx512_omp with 2 threads" */
static const char *words_of(const struct bm_run_case *c, char text[static 96])
{
    char variant[64];
    snprintf(variant, sizeof variant, "%s", bm_case_variant(c));
    snprintf(text, 96, "%s with %d thread%s", bm_text_whole(variant), c->threads, bm_plural((size_t)c->threads));
    return text;
}

/* "avx512_omp with 2 threads (ties with auto)": the fastest of ours, or of the peers, among the rows. */
static const char *winner_of(const struct row *row, size_t rows, const struct bm_run_case *best,
                             char text[static 96 + BM_TIES_ROOM])
{
    const struct bm_run_case **alike = bm_alloc((rows + 1) * sizeof *alike);
    char ties[BM_TIES_ROOM], who[96];
    size_t n = 0;
    for (size_t i = 0; i < rows; i++)
        if (bm_case_is_peer(row[i].c) == bm_case_is_peer(best))
            alike[n++] = row[i].c;
    snprintf(text, 96 + BM_TIES_ROOM, "%s%s", words_of(best, who), bm_ties_text(best, alike, n, ties));
    free(alike);
    return text;
}

static void put_picture(struct section *s, const struct bm_work *work)
{
    const size_t number = s->number + (size_t)(work - s->work);
    char id[64], table[64], title[BM_WORK_NAME], alt[320], who[96 + BM_TIES_ROOM], whom[96 + BM_TIES_ROOM];
    size_t rows;
    struct row *row = rows_of(s, work, &rows);
    const struct bm_run_case *ours = first_of(row, rows, false), *peer = first_of(row, rows, true);
    const struct bm_run_case *best = ours ? ours : peer, *naive = bm_case_beside(s->run, best, "naive", 1);
    const struct bm_value limit = bm_case_of_limit(s->source, best);
    const struct bm_range_value limits = bm_range_of(bm_share_interval(best), 100, BM_UNIT_PERCENT, s->source);
    bm_work_id("kernels", work->first->op, number, id);
    bm_work_id("samples", work->first->op, number, table);
    bm_work_name(work, true, title);
    snprintf(alt, sizeof alt, "Distribution of the times of %zu variant%s on %s, the fastest at the top: %s", rows,
             bm_plural(rows), title, words_of(row[0].c, who));
    char *svg = bm_page_draw(s->page, script_of(s, row, rows), id, alt);
    struct bm_grid *grid = numbers_of(s, row, rows, table, title);
    winner_of(row, rows, best, who);
    if (peer)
        winner_of(row, rows, peer, whom);
    const bool ahead = peer && ours && ours->stats.median <= peer->stats.median;
    const struct bm_run_case *slow = ahead ? peer : ours, *fast = ahead ? ours : peer;
    const struct bm_value against = peer && ours ? ratio_of(s, slow, fast)
                                                 : bm_value_of(NAN, BM_UNIT_TIMES, NULL, "%s", "");
    const struct bm_value gain = naive ? ratio_of(s, naive, best) : against;
    const struct bm_range_value gains = range_of(s, naive, best), againsts = range_of(s, slow, fast);
    if (naive && peer && ours)
        bm_page_picture(
            s->page, id, title, svg, grid,
            "Fastest of ours: %s, %v the speed of naive with 1 thread%i, %v of its limit%i. %s, the fastest peer, is %v "
            "%s%i.",
            who, gain, gains, limit, limits, whom, against, ahead ? "slower" : "faster", againsts);
    else if (peer && ours)
        bm_page_picture(s->page, id, title, svg, grid,
                        "Fastest of ours: %s, %v of its limit%i. %s, the fastest peer, is %v %s%i.", who, limit,
                        limits, whom, against, ahead ? "slower" : "faster", againsts);
    else if (naive)
        bm_page_picture(s->page, id, title, svg, grid,
                        "Fastest: %s, %v the speed of naive with 1 thread%i, %v of its limit%i.", who, gain, gains,
                        limit, limits);
    else
        bm_page_picture(s->page, id, title, svg, grid, "Fastest: %s, %v of its limit%i.", who, limit, limits);
    free_rows(row, rows);
}

/* The op's largest work, and its largest in L2: arithmetic and memory at their clearest. */
static bool is_telling(const struct section *s, size_t w)
{
    size_t l2 = s->works;
    for (size_t i = 0; i < s->works; i++)
        if (strcmp(s->work[i].first->level, "L2") == 0)
            l2 = i;
    return !s->several && (w + 1 == s->works || w == l2);
}

static void put_pictures(struct section *s)
{
    char title[64], summary[128];
    size_t more = 0;
    snprintf(title, sizeof title, "%s", s->title);
    bm_page_gallery_begin(s->page);
    for (size_t w = 0; w < s->works; w++) {
        if (is_telling(s, w))
            put_picture(s, &s->work[w]);
        else
            more++;
    }
    bm_page_gallery_end(s->page);
    if (!more)
        return;
    snprintf(summary, sizeof summary, "%s: %zu %s", bm_text_whole(title), more,
             s->several  ? (more == 1 ? "picture" : "pictures")
             : more == 1 ? "more shape"
                         : "more shapes");
    bm_page_more_begin(s->page, summary);
    bm_page_gallery_begin(s->page);
    for (size_t w = 0; w < s->works; w++)
        if (!is_telling(s, w))
            put_picture(s, &s->work[w]);
    bm_page_gallery_end(s->page);
    bm_page_more_end(s->page);
}

static void put_section(struct section *s)
{
    int fewest = s->work[0].first->threads, most = 0;
    for (size_t w = 0; w < s->works; w++) {
        const int threads = bm_work_most(s->run, &s->work[w]);
        fewest = s->work[w].first->threads < fewest ? s->work[w].first->threads : fewest;
        most = threads > most ? threads : most;
    }
    bm_page_heading(s->page, s->title);
    put_heat_map(s, fewest);
    if (most != fewest)
        put_heat_map(s, most);
    put_pictures(s);
}

static void put_guide(struct bm_page *page, const struct bm_source *source)
{
    size_t contended = 0, peers = 0;
    for (size_t i = 0; i < source->run.cases; i++) {
        contended += source->run.cased[i].contended;
        peers += bm_case_is_peer(&source->run.cased[i]);
    }
    bm_page_paragraph(
        page, "How to read the pictures: one row a variant, the fastest at the top. The cloud is the density of all "
              "raw samples, the thin line their range, a tick below it the median of a process launch. The symbol "
              "is the median, the thick line its 95 %% interval. The red tick is the least time that the machine's "
              "limits allow for that ISA and that many threads. Hollow symbols are variants with OpenMP. A line "
              "that reaches the right end goes on beyond it. At the right: the speed-up over naive with 1 thread "
              "on the same shape, and the share of the limit that was reached. Variants tie with the fastest if it is "
              "not certain that they are slower by more than 2 %%, launch by launch. In the tables, the floor is the least "
              "sample, with how many samples of how many launches lie within 1 %% of it; +- 95 %% of the median is "
              "that of its share of the limit, too.");
    if (contended)
        bm_page_paragraph(page, "* others used the cores in most samples: %v of %v cases. They would be faster alone.",
                          bm_value_of((double)contended, BM_UNIT_COUNT, source, "%s", ""),
                          bm_value_of((double)source->run.cases, BM_UNIT_COUNT, source, "count(cases[*].median_s)"));
    if (!peers)
        bm_page_missing(page, "batchmark bench",
                        "no peer was timed; OpenBLAS, BLIS and oneDNN are used where they are installed.");
}

void bm_part_kernels(struct bm_page *page, const struct bm_library *library)
{
    const struct bm_source *source = bm_library_bench(library);
    size_t works = 0;
    bm_page_part(page, "kernels", "Kernels");
    struct bm_work *work = source ? bm_works(&source->run, &works) : NULL;
    if (!works)
        bm_page_missing(page, "batchmark bench", "no result of bench with cases in a warm cache on this machine.");
    else
        put_guide(page, source);
    for (size_t begin = 0, end; begin < works; begin = end) {
        struct section s = { page, source, &source->run, work + begin, 0, begin + 1, NULL, false };
        end = bm_works_section(work, works, begin, &s.title);
        s.works = end - begin;
        s.several = strcmp(s.title, work[begin].first->op) != 0;
        put_section(&s);
    }
    free(work);
}
