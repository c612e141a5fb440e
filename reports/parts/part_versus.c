/* SPDX-License-Identifier: MIT */
/* part_versus.c - our kernels against the libraries of others: over all shapes of a run of bench --versus peers, and by their
 * sizes, so that one sees where the weak places are. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "part_common.h"
#include "parts.h"

/* Sizes of 1 to 3, 4 to 15, ... 1024 and more; so many shapes of an op make a map. */
enum { BINS = 6, MAP_SHAPES = 20 };

static const json_t *rows_of(const struct bm_source *s)
{
    return s->is_run ? json_object_get(s->run.ours, "versus") : NULL;
}

static const char *text_of(const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));
    return text ? text : "";
}

static bool is_of_peers(const json_t *row)
{
    return strcmp(text_of(row, "against"), "peers") == 0 && strcmp(text_of(row, "cache"), "warm") == 0 &&
           json_is_number(json_object_get(row, "auto_ratio"));
}

static bool has_peers(const struct bm_source *s)
{
    const json_t *row;
    size_t i;
    json_array_foreach(rows_of(s), i, row) if (is_of_peers(row)) return true;
    return false;
}

/* In older results all rows are warm, and say nothing of it. */
static bool is_warm(const json_t *row) { return !*text_of(row, "cache") || strcmp(text_of(row, "cache"), "warm") == 0; }

/* ---- over all shapes ---- */

static void put_summary(struct bm_page *page, const struct bm_source *s)
{
    const json_t *list = json_object_get(s->run.ours, "versus_summary"), *one;
    struct bm_grid *grid = bm_grid_new(page, "versus-all", "Speed of <op>_auto over the fastest peer's, over all shapes", "Op",
                                       "Threads", "Shapes", "Geometric mean", "Low", "High", "A tenth at or below", "Slower",
                                       "Faster", NULL);
    size_t i;
    json_array_foreach(list, i, one)
    {
        const json_t *shapes = json_object_get(json_object_get(one, "auto"), "shapes");
        if (json_integer_value(shapes) < 1 || !is_warm(one))
            continue;
        bm_grid_row(grid, "%s|%v|%v|%v|%v|%v|%v|%v|%v", text_of(one, "op"),
                    bm_value_from(BM_UNIT_COUNT, s, "versus_summary[%zu].threads", i),
                    bm_value_from(BM_UNIT_COUNT, s, "versus_summary[%zu].auto.shapes", i),
                    bm_value_from(BM_UNIT_CHANGE, s, "versus_summary[%zu].auto.geometric_mean", i),
                    bm_value_from(BM_UNIT_CHANGE, s, "versus_summary[%zu].auto.geometric_mean_low", i),
                    bm_value_from(BM_UNIT_CHANGE, s, "versus_summary[%zu].auto.geometric_mean_high", i),
                    bm_value_from(BM_UNIT_CHANGE, s, "versus_summary[%zu].auto.lowest_tenth", i),
                    bm_value_from(BM_UNIT_COUNT, s, "versus_summary[%zu].auto.below", i),
                    bm_value_from(BM_UNIT_COUNT, s, "versus_summary[%zu].auto.above", i));
    }
    bm_page_table(page, grid);
    bm_page_paragraph(page, "Slower and faster: on how many shapes the 95 %% interval of the ratio lies below 1, or above.");
}

/* ---- by sizes ---- */

/* Two sizes of a shape, which are the axes of a map. */
struct axes { const char *down, *across; };

/* The number behind "M=" in a shape; 0: there is none. */
static double size_in(const char *shape, const char *axis)
{
    const size_t length = strlen(axis);
    for (const char *p = shape; p; p = strchr(p, ' ')) {
        p += *p == ' ';
        if (strncmp(p, axis, length) == 0 && p[length] == '=')
            return strtod(p + length + 1, NULL);
    }
    return 0;
}

static int bin_of(double size)
{
    int bin = 0;
    for (; size >= 4 && bin < BINS - 1; size /= 4)
        bin++;
    return bin;
}

struct map { double logs[BINS][BINS]; int shapes[BINS][BINS], all; };

static struct map map_of(const struct bm_source *s, const char *op, int threads, struct axes axes)
{
    struct map m = { .all = 0 };
    const json_t *row;
    size_t i;
    json_array_foreach(rows_of(s), i, row)
    {
        const char *shape = text_of(row, "shape");
        const double down = size_in(shape, axes.down), across = size_in(shape, axes.across);
        if (!is_of_peers(row) || strcmp(text_of(row, "op"), op) != 0 || down < 1 || across < 1 ||
            json_integer_value(json_object_get(row, "threads")) != threads)
            continue;
        m.logs[bin_of(down)][bin_of(across)] += log(json_number_value(json_object_get(row, "auto_ratio")));
        m.shapes[bin_of(down)][bin_of(across)]++;
        m.all++;
    }
    return m;
}

static const char *bin_name(const char *axis, int bin, char name[static 32])
{
    if (bin < BINS - 1)
        snprintf(name, 32, "%s %d to %d", axis, 1 << (2 * bin), (4 << (2 * bin)) - 1);
    else
        snprintf(name, 32, "%s from %d", axis, 1 << (2 * bin));
    return name;
}

static void put_map(struct bm_page *page, const struct bm_source *s, const char *op, int threads, struct axes axes)
{
    const struct map m = map_of(s, op, threads, axes);
    char names[BINS + 1][32], id[64], caption[160];
    const char *column[BINS + 1];
    if (m.all < MAP_SHAPES)
        return;
    column[0] = op;
    for (int i = 0; i < BINS; i++)
        column[i + 1] = bin_name(axes.across, i, names[i]);
    snprintf(id, sizeof id, "versus-%.20s-%s-%s-%d", op, axes.down, axes.across, threads);
    for (char *p = id; *p; p++)
        *p = *p == '_' ? '-' : *p;
    snprintf(caption, sizeof caption, "%.40s with %d thread%s: speed over the fastest peer's by %s and %s", op, threads,
             bm_plural((size_t)threads), axes.down, axes.across);
    struct bm_grid *grid = bm_grid_of(page, id, caption, column, BINS + 1);
    for (int i = 0; i < BINS; i++) {
        bm_grid_row(grid, "%s", bin_name(axes.down, i, names[BINS]));
        for (int j = 0; j < BINS; j++) {
            const double ratio = exp(m.logs[i][j] / m.shapes[i][j]);
            if (m.shapes[i][j])
                bm_grid_heat(grid, fmin(ratio / 2, 1), ratio >= 1, "%v", bm_derived(ratio, BM_UNIT_TIMES, s));
            else
                bm_grid_cell(grid, "");
        }
    }
    bm_page_heat_map(page, grid, "Geometric means of the shapes with such sizes, %d in all. Darker is faster; the mark says: not "
                                 "slower than the peers.", m.all);
}

/* The maps of an op: of products by M, N and K, of normalisations by rows and channels. */
static void put_maps(struct bm_page *page, const struct bm_source *s, const char *op, int threads)
{
    static const struct axes product[] = { { "M", "N" }, { "M", "K" }, { "N", "K" } }, norm[] = { { "N", "C" } };
    const bool is_product = strncmp(op, "gemm", 4) == 0;
    for (size_t i = 0; i < (is_product ? 3 : 1); i++)
        put_map(page, s, op, threads, is_product ? product[i] : norm[i]);
}

void bm_part_versus(struct bm_page *page, const struct bm_library *library)
{
    const struct bm_source *s = bm_library_newest(library, "bench", has_peers);
    const json_t *one;
    size_t i;
    if (!s)
        return;
    bm_page_part(page, "versus", "Against other libraries");
    put_summary(page, s);
    bm_page_gallery_begin(page);
    json_array_foreach(json_object_get(s->run.ours, "versus_summary"), i, one) if (is_warm(one))
        put_maps(page, s, text_of(one, "op"), (int)json_integer_value(json_object_get(one, "threads")));
    bm_page_gallery_end(page);
}
