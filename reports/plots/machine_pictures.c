/* SPDX-License-Identifier: MIT */
#include "machine_pictures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "marks.h"
#include "part_common.h"
#include "result.h"
#include "roofs.h"

const json_t *bm_machine_member(const struct bm_source *s, const char *path)
{
    const json_t *at = json_object_get(json_object_get(s->document.json, "context"), "batchmark");
    char word[32];
    for (int length = 0; at && sscanf(path, "%31[^.]%n", word, &length) == 1; path += length + (path[length] == '.'))
        at = json_object_get(at, word);
    return at;
}

/* ---- bandwidth by working set ---- */

enum { MOST_STEPS = 200, WAYS = 3 };
static const char *const way_name[WAYS] = { "read", "copy", "write" };
static const size_t way_style[WAYS] = { 2, 4, 1 };

struct step {
    size_t at; /* in staircase[] */
    double bytes, gbs[WAYS];
};

/* The steps of one number of threads, ascending. */
struct staircase {
    const struct bm_source *source;
    const char *isa;
    int threads;
    struct step step[MOST_STEPS];
    size_t steps;
    struct bm_value size[BM_ROOF_LEVELS - 1]; /* of L1 to L3, a thread's share */
};

static double above_0(const json_t *number)
{
    const double x = json_number_value(number);
    return x > 0 && x < 1e15 ? x : NAN;
}

/* A cache that cores share is shared by the threads on them. */
static void set_sizes(struct staircase *c)
{
    const json_t *caches = bm_machine_member(c->source, "topology.caches"), *one;
    size_t i;
    for (int l = 0; l < BM_ROOF_LEVELS - 1; l++)
        c->size[l] = bm_derived(NAN, BM_UNIT_BYTES, NULL);
    json_array_foreach(caches, i, one)
    {
        const json_int_t level = json_integer_value(json_object_get(one, "level"));
        const double cores = json_number_value(json_object_get(one, "available_cores_sharing"));
        const int sharing = (int)fmax(1, fmin(c->threads, cores));
        if (level >= 1 && level < BM_ROOF_LEVELS)
            c->size[level - 1] =
                bm_value_from(BM_UNIT_BYTES, c->source, "/context.batchmark.topology.caches[%zu].bytes/%d", i, sharing);
    }
}

static bool read_step(const json_t *row, struct step *step)
{
    static const char *const key[WAYS] = { "read_gbs", "copy_gbs", "write_gbs" };
    bool whole = isfinite(step->bytes = above_0(json_object_get(row, "bytes")));
    for (int w = 0; w < WAYS; w++)
        whole &= isfinite(step->gbs[w] = above_0(json_object_get(row, key[w])));
    return whole;
}

static void read_staircase(const struct bm_source *source, int threads, struct staircase *c)
{
    const json_t *list = json_object_get(source->document.ours, "staircase"), *row;
    size_t i;
    *c = (struct staircase){ .source = source, .threads = threads };
    json_array_foreach(list, i, row)
    {
        const char *isa = json_string_value(json_object_get(row, "isa"));
        struct step *step = &c->step[c->steps];
        if (!isa || json_integer_value(json_object_get(row, "threads")) != threads ||
            json_is_false(json_object_get(row, "valid")) || (c->isa && strcmp(isa, c->isa) != 0) || c->steps == MOST_STEPS || !read_step(row, step) ||
            (c->steps && step->bytes <= step[-1].bytes))
            continue;
        step->at = i;
        c->isa = isa;
        c->steps++;
    }
    set_sizes(c);
}

static char *draw_staircase(struct bm_page *page, const struct staircase *c, const char *id, const char *alt)
{
    FILE *data = bm_plot_begin();
    bm_plot_block(data, "keys");
    for (int w = 0; w < WAYS; w++)
        bm_plot_key(data, bm_style(way_style[w]), way_name[w], 12, "both 1");
    bm_plot_block_end(data);
    bm_plot_block(data, "levels");
    for (int l = 0; l < BM_ROOF_LEVELS - 1; l++)
        if (c->size[l].x > c->step[0].bytes && c->size[l].x < 1.2 * c->step[c->steps - 1].bytes) {
            bm_plot_text(data, bm_roof_level[l], 8);
            bm_plot_row(data, c->size[l].x);
        }
    bm_plot_block_end(data);
    bm_plot_block(data, "steps");
    for (size_t i = 0; i < c->steps; i++)
        bm_plot_row(data, c->step[i].bytes, c->step[i].gbs[0], c->step[i].gbs[1], c->step[i].gbs[2]);
    bm_plot_block_end(data);
    return bm_page_draw(page, bm_plot_script(data, "staircase"), id, alt);
}

static struct bm_value step_value(const struct staircase *c, const struct step *step, int way)
{
    return bm_value_of(step->gbs[way], BM_UNIT_GBS, c->source, "staircase[%zu].%s_gbs", step->at, way_name[way]);
}

/* What stands for a level: the step nearest half of it, and the last one for memory. NULL: there is none. */
static const struct step *step_of(const struct staircase *c, int level)
{
    const struct step *last = &c->step[c->steps - 1], *nearest = NULL;
    if (level == BM_ROOF_LEVELS - 1) {
        double largest = 0;
        for (int l = 0; l < BM_ROOF_LEVELS - 1; l++)
            largest = fmax(largest, c->size[l].x);
        return last->bytes > 2 * largest ? last : NULL;
    }
    for (const struct step *s = c->step; s <= last; s++)
        if (s->bytes <= c->size[level].x &&
            (!nearest || fabs(log(2 * s->bytes / c->size[level].x)) < fabs(log(2 * nearest->bytes / c->size[level].x))))
            nearest = s;
    return nearest;
}

static struct bm_grid *staircase_numbers(struct bm_page *page, const struct staircase *c)
{
    struct bm_grid *grid = bm_grid_new(page, "", "Bandwidth by working set, the best of all samples", "Working set",
                                       "Read", "Copy", "Write", NULL);
    double most = 0;
    for (const struct step *s = c->step; s < c->step + c->steps; s++)
        most = fmax(most, fmax(s->gbs[0], fmax(s->gbs[1], s->gbs[2])));
    for (const struct step *s = c->step; s < c->step + c->steps; s++)
        bm_grid_row(grid, "%v|%b%v|%b%v|%b%v",
                    bm_value_of(s->bytes, BM_UNIT_BYTES, c->source, "staircase[%zu].bytes", s->at), s->gbs[0] / most,
                    step_value(c, s, 0), s->gbs[1] / most, step_value(c, s, 1), s->gbs[2] / most, step_value(c, s, 2));
    return grid;
}

/* Its sentence sets the nearest level beside the farthest. */
static void staircase_picture(struct bm_page *page, const struct staircase *c)
{
    char id[48], title[128], alt[200];
    const char *plural = bm_plural((size_t)c->threads);
    const struct step *near = NULL, *far = NULL;
    int nearest = 0, farthest = 0;
    for (int l = 0; l < BM_ROOF_LEVELS; l++)
        if (step_of(c, l)) {
            far = step_of(c, farthest = l);
            if (!near)
                near = step_of(c, nearest = l);
        }
    snprintf(id, sizeof id, "machine-staircase-%d", c->threads);
    snprintf(title, sizeof title, "Bandwidth by working set, %d thread%s (%.40s)", c->threads, plural,
             bm_isa_title(c->isa));
    snprintf(alt, sizeof alt,
             "GB/s of reading, copying and writing over the working set of each of %d thread%s: it falls where L1, L2 "
             "and L3 end, which dashed lines mark.",
             c->threads, plural);
    char *svg = draw_staircase(page, c, id, alt);
    struct bm_grid *numbers = staircase_numbers(page, c);
    if (!near)
        bm_page_picture(page, id, title, svg, numbers, "With %d thread%+: no level of the caches is known.",
                        c->threads);
    else if (near == far)
        bm_page_picture(page, id, title, svg, numbers, "With %d thread%+, a copy runs at %v in %s.", c->threads,
                        step_value(c, near, 1), bm_roof_level[nearest]);
    else
        bm_page_picture(page, id, title, svg, numbers,
                        "With %d thread%+, a copy runs at %v in %s and %v in %s: %s is %v as fast.", c->threads,
                        step_value(c, near, 1), bm_roof_level[nearest], step_value(c, far, 1), bm_roof_level[farthest],
                        bm_roof_level[nearest],
                        bm_value_from(BM_UNIT_TIMES, c->source, "staircase[%zu].copy_gbs/staircase[%zu].copy_gbs",
                                      near->at, far->at));
}

/* A cell with a bar, of a member of one of limits[]. */
static void put_rate(struct bm_grid *grid, const struct bm_source *s, size_t row, const char *member, double most)
{
    const char *level = strchr(member, '.');
    if (bm_roof_disturbed(json_array_get(json_object_get(s->document.ours, "limits"), row), member, level ? level + 1 : "")) {
        bm_grid_cell(grid, "disturbed");
        return;
    }
    const struct bm_value rate = bm_value_from(BM_UNIT_GBS, s, "limits[%zu].%s", row, member);
    bm_grid_cell(grid, "%b%v", rate.x / most, rate);
}

void bm_machine_levels(struct bm_page *page, const struct bm_source *s)
{
    const json_t *limits = json_object_get(s->document.ours, "limits"), *row;
    struct bm_grid *grid = bm_grid_new(page, "machine-levels", "Bandwidth by level, the best of all samples",
                                       "ISA, threads", "level", "read", "copy", "write", NULL);
    double most = 0;
    size_t i;
    char member[48];
    bm_grid_left(grid, 2);
    json_array_foreach(limits, i, row) for (int k = 0; k < WAYS * BM_ROOF_LEVELS; k++)
    {
        snprintf(member, sizeof member, "%s_gbs", way_name[k % WAYS]);
        most = fmax(most, bm_member_number(json_object_get(row, member), bm_roof_level[k / WAYS]));
    }
    json_array_foreach(limits, i, row)
    {
        for (int l = 0; l < BM_ROOF_LEVELS; l++) {
            bm_grid_row(grid, "%s, %d|%s", bm_isa_title(bm_member_text(row, "isa")),
                        (int)bm_member_number(row, "threads"), bm_roof_level[l]);
            for (int w = 0; w < WAYS; w++) {
                snprintf(member, sizeof member, "%s_gbs.%s", way_name[w], bm_roof_level[l]);
                put_rate(grid, s, i, member, most);
            }
        }
        bm_grid_row(grid, "|memory, past the caches|");
        put_rate(grid, s, i, "stream_copy_gbs", most);
        put_rate(grid, s, i, "stream_write_gbs", most);
    }
    bm_page_table(page, grid);
}

void bm_machine_staircases(struct bm_page *page, const struct bm_source *s, const int *threads, size_t counts)
{
    struct staircase *c = bm_alloc(sizeof *c);
    for (size_t t = 0; t < counts; t++) {
        read_staircase(s, threads[t], c);
        if (c->steps > 1)
            staircase_picture(page, c);
    }
    free(c);
}

bool bm_machine_has_staircase(const struct bm_source *s, const int *threads, size_t counts)
{
    struct staircase *c = bm_alloc(sizeof *c);
    bool any = false;
    for (size_t t = 0; t < counts && !any; t++) {
        read_staircase(s, threads[t], c);
        any = c->steps > 1;
    }
    free(c);
    return any;
}

/* ---- peak of fused multiply-adds ---- */

enum { PEAK_STYLE = 3 };

struct peak {
    const char *isa;
    int threads;
    struct bm_value gflops;
};

/* ISA by ISA, as roofs have them, each with its numbers of threads. */
static size_t read_peaks(const struct bm_source *s, const int *threads, size_t counts, struct peak *peak)
{
    struct bm_roofs roofs, first;
    size_t peaks = 0;
    bm_roofs_of(s, threads[0], &first);
    for (size_t i = 0; i < first.isas; i++)
        for (size_t t = 0; t < counts; t++) {
            bm_roofs_of(s, threads[t], &roofs);
            for (size_t j = 0; j < roofs.isas; j++)
                if (strcmp(roofs.isa[j], first.isa[i]) == 0)
                    peak[peaks++] = (struct peak){ first.isa[i], threads[t], roofs.fma[j] };
        }
    return peaks;
}

static char *draw_peaks(struct bm_page *page, const struct peak *peak, size_t peaks, const char *id, const char *alt)
{
    struct bm_marks marks;
    char name[64], text[32];
    bm_marks_begin(&marks);
    for (size_t i = 0; i < peaks; i++) {
        snprintf(name, sizeof name, "%.9s, %d thread%s", bm_isa_title(peak[i].isa), peak[i].threads,
                 bm_plural((size_t)peak[i].threads));
        snprintf(text, sizeof text, "%.0f", peak[i].gflops.x);
        bm_marks_row(&marks, name, 21, text);
        bm_marks_add(&marks, NAN, 0, peak[i].gflops.x, PEAK_STYLE);
    }
    bm_marks_key(&marks, PEAK_STYLE, "", 1, "none");
    FILE *data = bm_marks_end(&marks, "GFLOP/s", false);
    bm_plot_set(data, "thick", 11);
    return bm_page_draw(page, bm_plot_script(data, "marks"), id, alt);
}

static struct bm_grid *limit_numbers(struct bm_page *page, const struct bm_source *s)
{
    const json_t *limits = json_object_get(s->document.ours, "limits"), *row;
    struct bm_grid *grid = bm_grid_new(page, "", "Peak of fused multiply-adds", "ISA, threads", "Peak", "Median", NULL);
    double most = 0;
    size_t i;
    json_array_foreach(limits, i, row) most = fmax(most, bm_member_number(row, "fma_gflops"));
    json_array_foreach(limits, i, row) bm_grid_row(
        grid, "%s, %d%s|%b%v|%v", bm_isa_title(bm_member_text(row, "isa")), (int)bm_member_number(row, "threads"),
        bm_rate_disturbed(row, "FMA") ? " (disturbed)" : "",
        bm_member_number(row, "fma_gflops") / most, bm_value_from(BM_UNIT_GFLOPS, s, "limits[%zu].fma_gflops", i),
        bm_value_from(BM_UNIT_GFLOPS, s, "limits[%zu].fma_median_gflops", i));
    return grid;
}

static struct bm_value ratio_of(const struct peak *a, const struct peak *b)
{
    return bm_value_of(a->gflops.x / b->gflops.x, BM_UNIT_TIMES, a->gflops.source, "%s/%s", a->gflops.from,
                       b->gflops.from);
}

void bm_machine_peaks(struct bm_page *page, const struct bm_source *s, const int *threads, size_t counts)
{
    static const char id[] = "machine-fma", title[] = "Peak of fused multiply-adds";
    struct peak peak[BM_ROOF_ISAS * BM_MACHINE_THREADS];
    const size_t peaks = read_peaks(s, threads, counts, peak);
    const struct peak *best = peak, *one = NULL;
    char alt[160];
    if (!peaks) {
        bm_page_missing(page, "batchmark machine --store", "the peak of fused multiply-adds.");
        return;
    }
    for (const struct peak *p = peak; p < peak + peaks; p++)
        if (p->gflops.x > best->gflops.x)
            best = p;
    for (const struct peak *p = peak; p < peak + peaks && !one; p++)
        if (strcmp(p->isa, best->isa) == 0 && p->threads < best->threads)
            one = p;
    snprintf(alt, sizeof alt,
             "Bars of GFLOP/s for %zu pairs of ISA and number of threads; the highest is %.40s with %d thread%s.",
             peaks, bm_isa_title(best->isa), best->threads, bm_plural((size_t)best->threads));
    char *svg = draw_peaks(page, peak, peaks, id, alt);
    struct bm_grid *numbers = limit_numbers(page, s);
    if (one)
        bm_page_picture(page, id, title, svg, numbers,
                        "%s has the highest peak: %v with %d threads, %v the rate of %d thread%+ (%v).",
                        bm_isa_title(best->isa), best->gflops, best->threads, ratio_of(best, one), one->threads,
                        one->gflops);
    else
        bm_page_picture(page, id, title, svg, numbers, "%s has the highest peak: %v with %d thread%+.",
                        bm_isa_title(best->isa), best->gflops, best->threads);
}
