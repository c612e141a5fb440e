/* SPDX-License-Identifier: MIT */
/*
 * part_kernels.c - the variants of each op side by side: per shape the distribution of all raw samples with the limit
 * and the peers; before them heat maps of who wins where (kernels_heat.c).
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "kernels_section.h"
#include "part_common.h"
#include "parts.h"
#include "plot.h"
#include "winner.h"
#include "works.h"

static size_t place_of(const struct bm_section *s, const struct bm_run_case *c) { return (size_t)(c - s->run->cased); }

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
static void read_samples(const struct bm_section *s, struct row *row)
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
static struct row *rows_of(const struct bm_section *s, const struct bm_work *work, size_t *rows)
{
    const struct bm_run_case **list = bm_alloc((s->run->cases + 1) * sizeof *list);
    const int most = bm_work_most(s->run, work);
    *rows = 0;
    for (const struct bm_run_case *c = s->run->cased; c < s->run->cased + s->run->cases; c++)
        if (bm_is_of(c, work, 0) && (c->threads == work->first->threads || c->threads == most))
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

enum { AXIS = 200 }; /* its length, about, in units of the picture */

/* The density of the middle 98 % of the samples over the logarithm of time, by a Gaussian kernel of Silverman's width
 * (Density Estimation, 1986, eq. 3.31), its peak 0.6 rows high; at least a unit of the picture wide. */
static void put_cloud(FILE *data, const struct row *row, size_t at, double unit)
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
        fprintf(data, "%.6g %.3f\n", exp(left + (right - left) * (double)k / (double)(points - 1)),
                (double)at + 0.2 - (k == 0 || k == points - 1 ? 0 : 0.62 * density[k] / top));
    fputc('\n', data);
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

/* "avx512_omp 2", with a star if others used the cores; as much as has room. */
static void put_name(FILE *data, const struct bm_run_case *c)
{
    char text[64];
    const char *variant = bm_case_variant(c);
    const int room = BM_ROW_NAME - snprintf(NULL, 0, " %d%s", c->threads, c->contended ? "*" : "");
    if (bm_text_width(variant) <= room)
        snprintf(text, sizeof text, "%s %d%s", variant, c->threads, c->contended ? "*" : "");
    else
        snprintf(text, sizeof text, "%s", variant);
    bm_plot_text(data, bm_text_whole(text), BM_ROW_NAME);
}

static void put_row(FILE *data, const struct bm_section *s, const struct row *row, size_t at)
{
    char value[32];
    const struct bm_run_case *c = row->c, *naive = bm_case_beside(s->run, c, "naive", 1);
    const struct bm_value limit = bm_case_of_limit(s->source, c),
                          speedup = naive ? bm_case_speedup(s->source, c, naive) : limit;
    const bool interval = c->launches >= BM_LEAST_INTERVAL;
    bm_plot_numbers(data, (double[]){ (double)at }, 1);
    put_name(data, c);
    bm_plot_text(data, bm_value_text(&limit, value), 8);
    bm_plot_text(data, naive ? bm_value_text(&speedup, value) : "", 8);
    bm_plot_row(data, row->s[0], row->s[row->samples - 1], interval ? c->stats.low : NAN,
                interval ? c->stats.high : NAN, c->bound_s, c->stats.median, bm_style_of_variant(bm_case_variant(c)));
}

static FILE *script_of(const struct bm_section *s, const struct row *row, size_t rows)
{
    double low, high;
    FILE *data = bm_plot_begin();
    axis_of(row, rows, &low, &high);
    bm_plot_set(data, "low", low);
    bm_plot_set(data, "high", high);
    bm_plot_block(data, "rows");
    for (size_t i = 0; i < rows; i++)
        put_row(data, s, &row[i], i + 1);
    bm_plot_block_end(data);
    bm_plot_block(data, "launches");
    for (size_t i = 0; i < rows; i++)
        for (size_t k = 0; k < row[i].c->launches; k++)
            bm_plot_row(data, (double)i + 1, row[i].c->launch[k].median_s);
    bm_plot_block_end(data);
    bm_plot_block(data, "cloud");
    for (size_t i = 0; i < rows; i++)
        put_cloud(data, &row[i], i + 1, log(high / low) / AXIS);
    bm_plot_block_end(data);
    return bm_plot_script(data, "kernels");
}

/* 95 % of how many times as fast one is as the other; nothing if one of them is not there. */
static struct bm_range_value range_of(const struct bm_section *s, const struct bm_run_case *slow,
                                      const struct bm_run_case *fast)
{
    const struct bm_interval none = { 0, INFINITY };
    return bm_range_of(slow && fast ? bm_times_interval(slow, fast) : none, 1, BM_UNIT_TIMES, s->source);
}

static struct bm_grid *numbers_of(const struct bm_section *s, const struct row *row, size_t rows, const char *id,
                                  const char *title)
{
    struct bm_grid *grid = bm_grid_new(s->page, id, title, "Kernel, threads", "Floor (samples of launches)", "Median",
                                       "+- 95 %", "Of the limit", "x naive 1", "+- 95 %", NULL);
    for (size_t i = 0; i < rows; i++) {
        const struct bm_run_case *c = row[i].c, *naive = bm_case_beside(s->run, c, "naive", 1);
        bm_grid_row(grid, "%s, %d%s|%v (%d of %d)|%v|%v|%v", bm_case_variant(c), c->threads, c->contended ? " *" : "",
                    bm_case_floor(s->source, c), (int)c->floor.samples, (int)c->floor.launches,
                    bm_case_median(s->source, c), bm_case_half(s->source, c), bm_case_of_limit(s->source, c));
        if (!naive) {
            bm_grid_cell(grid, "-");
            continue;
        }
        const struct bm_value gain = bm_case_speedup(s->source, c, naive);
        const struct bm_range_value range = range_of(s, naive, c);
        bm_grid_cell(grid, "%v|%v", gain,
                     bm_derived(50 * (range.high.x - range.low.x) / gain.x, BM_UNIT_PERCENT, s->source));
    }
    return grid;
}

/* ---- a picture and its sentence ---- */

static const struct bm_run_case *first_of(const struct row *row, size_t rows, bool peer)
{
    for (size_t i = 0; i < rows; i++)
        if (bm_case_competes(row[i].c, peer))
            return row[i].c;
    return NULL;
}

static struct bm_value ratio_of(const struct bm_section *s, const struct bm_run_case *slow,
                                const struct bm_run_case *fast)
{
    return slow ? bm_case_speedup(s->source, fast, slow)
                : bm_value_or(bm_derived(NAN, BM_UNIT_TIMES, NULL), "not timed");
}

/* "avx512_omp with 2 threads" */
static const char *words_of(const struct bm_run_case *c, char text[static 96])
{
    char variant[64];
    snprintf(variant, sizeof variant, "%s", bm_case_variant(c));
    snprintf(text, 96, "%s with %d thread%s%s", bm_text_whole(variant), c->threads, bm_plural((size_t)c->threads),
             bm_case_on_slow_path(c) ? " on a slow path" : "");
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
        if (bm_case_competes(row[i].c, bm_case_is_peer(best)))
            alike[n++] = row[i].c;
    snprintf(text, 96 + BM_TIES_ROOM, "%s%s", words_of(best, who), bm_ties_text(best, alike, n, ties));
    free(alike);
    return text;
}

static void put_picture(struct bm_section *s, const struct bm_work *work)
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
    snprintf(alt, sizeof alt, "Distribution of the times of %zu kernel%s on %s, the fastest at the top: %s", rows,
             bm_plural(rows), title, words_of(row[0].c, who));
    char *svg = bm_page_draw(s->page, script_of(s, row, rows), id, alt);
    struct bm_grid *grid = numbers_of(s, row, rows, table, title);
    winner_of(row, rows, best, who);
    const bool ahead = peer && ours && ours->stats.median <= peer->stats.median;
    const struct bm_run_case *slow = ahead ? peer : ours, *fast = ahead ? ours : peer;
    if (peer && ours)
        bm_page_picture(s->page, id, title, svg, grid,
                        "Fastest of ours: %s, %v of its limit%i; speed over naive with 1 thread: %v%i. %s, the fastest "
                        "peer, is %v %s%i.",
                        who, limit, limits, ratio_of(s, naive, best), range_of(s, naive, best),
                        winner_of(row, rows, peer, whom), ratio_of(s, slow, fast), ahead ? "slower" : "faster",
                        range_of(s, slow, fast));
    else
        bm_page_picture(s->page, id, title, svg, grid,
                        "Fastest: %s, %v of its limit%i; speed over naive with 1 thread: %v%i.", who, limit, limits,
                        ratio_of(s, naive, best), range_of(s, naive, best));
    free_rows(row, rows);
}

/* The op's largest work, and its largest in L2: arithmetic and memory at their clearest. */
static bool is_telling(const struct bm_section *s, size_t w)
{
    size_t l2 = s->works;
    for (size_t i = 0; i < s->works; i++)
        if (strcmp(s->work[i].first->level, "L2") == 0)
            l2 = i;
    return !s->several && (w + 1 == s->works || w == l2);
}

static void put_pictures(struct bm_section *s)
{
    char title[64], summary[128];
    size_t more = 0;
    snprintf(title, sizeof title, "%s", s->title);
    for (size_t w = 0; w < s->works; w++)
        more += !is_telling(s, w);
    snprintf(summary, sizeof summary, "%s: %zu more shape%s", bm_text_whole(title), more, bm_plural(more));
    for (int folded = 0; folded < (more ? 2 : 1); folded++) {
        if (folded)
            bm_page_more_begin(s->page, summary);
        bm_page_gallery_begin(s->page);
        for (size_t w = 0; w < s->works; w++)
            if (is_telling(s, w) != folded)
                put_picture(s, &s->work[w]);
        bm_page_gallery_end(s->page);
        if (folded)
            bm_page_more_end(s->page);
    }
}

static void put_section(struct bm_section *s)
{
    int fewest = s->work[0].first->threads, most = 0;
    for (size_t w = 0; w < s->works; w++) {
        const int threads = bm_work_most(s->run, &s->work[w]);
        fewest = s->work[w].first->threads < fewest ? s->work[w].first->threads : fewest;
        most = threads > most ? threads : most;
    }
    bm_page_more_begin(s->page, s->title);
    bm_put_heat_map(s, fewest);
    if (most != fewest)
        bm_put_heat_map(s, most);
    put_pictures(s);
    bm_page_more_end(s->page);
}

static void put_guide(struct bm_page *page, const struct bm_source *source)
{
    size_t contended = 0, peers = 0, slow = 0;
    for (size_t i = 0; i < source->run.cases; i++) {
        contended += source->run.cased[i].contended;
        peers += bm_case_is_peer(&source->run.cased[i]);
        slow += bm_case_on_slow_path(&source->run.cased[i]);
    }
    bm_page_paragraph(
        page,
        "How to read the pictures: one row a kernel, the fastest at the top. The cloud is the density of all "
        "raw samples, the thin line their range, a tick below it the median of a process launch. The symbol "
        "is the median, the thick line its 95 %% interval. The red tick is the least time that the machine's "
        "limits allow for that ISA and that many threads. Hollow symbols are kernels with OpenMP. A line "
        "that reaches the right end goes on beyond it. At the right: the speed-up over naive with 1 thread "
        "on the same shape, and the share of the limit that was reached. Kernels tie with the fastest if it is "
        "not certain that they are slower by more than 2 %%, launch by launch. In the tables, the floor is the least "
        "sample, with how many samples of how many launches lie within 1 %% of it; +- 95 %% of the median is "
        "that of its share of the limit, too.");
    if (contended)
        bm_page_paragraph(page, "* others used the cores in most samples: %v of %v cases. They would be faster alone.",
                          bm_value_of((double)contended, BM_UNIT_COUNT, source, "%s", ""),
                          bm_value_of((double)source->run.cases, BM_UNIT_COUNT, source, "count(cases[*].median_s)"));
    if (slow)
        bm_page_paragraph(
            page,
            "A peer on a slow path took plain loops or SSE4.1, by its own word: oneDNN does so where the "
            "channels are no multiple of its vectors, and on channels-first. So it is in %v of %v cases of "
            "peers; to be ahead there says less.",
            bm_value_of((double)slow, BM_UNIT_COUNT, source, "%s", ""),
            bm_value_of((double)peers, BM_UNIT_COUNT, source, "%s", ""));
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
        struct bm_section s = { page, source, &source->run, work + begin, 0, begin + 1, NULL, false };
        end = bm_works_section(work, works, begin, &s.title);
        s.works = end - begin;
        s.several = strcmp(s.title, work[begin].first->op) != 0;
        put_section(&s);
    }
    free(work);
}
