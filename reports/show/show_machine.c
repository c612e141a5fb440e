/* SPDX-License-Identifier: MIT */
/* show_machine.c - of machine: what it is, and its measured limits; of noise: how much times change by themselves. */
#include <math.h>
#include <string.h>

#include "show.h"

#define COLUMNS(column) (column), sizeof(column) / sizeof *(column)

static const char *const levels[] = { "L1", "L2", "L3", "memory" };
static const char *const directions[] = { "read_gbs", "copy_gbs", "write_gbs" };
enum { LEVELS = 4, DIRECTIONS = 3 };

static const struct bm_column peaks[] = {
    { "isa", "isa", BM_HOW_TEXT, NULL, 0 },
    { "threads", "threads", BM_HOW_COUNT, NULL, 0 },
    { "peak GFLOP/s", "fma_gflops", BM_HOW_BAR, "%.4g", 0 },
    { "median", "fma_median_gflops", BM_HOW_NUMBER, "%.4g", 0 },
};
static const struct bm_column staircase[] = {
    { "isa", "isa", BM_HOW_TEXT, NULL, 0 },
    { "thr", "threads", BM_HOW_COUNT, NULL, 0 },
    { "KiB", "bytes", BM_HOW_NUMBER, "%.6g", 1.0 / 1024 },
    { "read", "read_gbs", BM_HOW_BAR, "%.4g", 0 },
    { "copy", "copy_gbs", BM_HOW_BAR, "%.4g", 0 },
    { "write", "write_gbs", BM_HOW_BAR, "%.4g", 0 },
};
static const struct bm_column margins[] = {
    { "level", "level", BM_HOW_TEXT, NULL, 0 },
    { "threads", "threads", BM_HOW_COUNT, NULL, 0 },
    { "changes", "changes", BM_HOW_COUNT, NULL, 0 },
    { "margin (-: not known)", "margin", BM_HOW_BAR, "%.1f %%", 100 },
};
static const struct bm_column pairs[] = {
    { "level", "level", BM_HOW_TEXT, NULL, 0 },
    { "threads", "parallel", BM_HOW_FLAG, "several|1|-", 0 },
    { "cases", "cases", BM_HOW_COUNT, NULL, 0 },
    { "error", "error", BM_HOW_NUMBER, "%.2f %%", 100 },
};

static int count(const json_t *object, const char *key) { return (int)fmax(0, bm_member_number(object, key)); }

static void put_topology(const struct bm_show *s)
{
    const json_t *context = json_object_get(json_object_get(s->document->json, "context"), "batchmark");
    const json_t *topology = json_object_get(context, "topology"), *cache;
    char ghz[24], memory[24];
    size_t i;
    bm_page_note(s->page, "topology",
                 "packages %d, NUMA nodes %d, cores %d, CPUs %d; given to the process: cores %d, CPUs %d",
                 count(topology, "packages"), count(topology, "numa_nodes"), count(topology, "cores"),
                 count(topology, "cpus"), count(topology, "cores_available"), count(topology, "cpus_available"));
    json_array_foreach(json_object_get(topology, "caches"), i, cache) bm_page_note(
        s->page, "cache", "L%d %.0f KiB, lines of %d bytes, shared by %d of the cores given", count(cache, "level"),
        bm_member_number(cache, "bytes") / 1024, count(cache, "line_bytes"), count(cache, "available_cores_sharing"));
    bm_page_note(s->page, "clock", "%s GHz when it was measured; memory %s GiB",
                 bm_show_figure("%.2f", bm_show_number(context, "clock.running_hz") / 1e9, ghz),
                 bm_show_figure("%.1f", bm_show_number(context, "system.memory_bytes") / 1073741824, memory));
}

static double bandwidth_of(const json_t *limit, int direction, int level)
{
    return bm_member_number(json_object_get(limit, directions[direction]), levels[level]); /* it may lack a level */
}

/* A row a level, the last of them memory with stores past the caches. */
static void put_levels(struct bm_grid *grid, const json_t *limit, double most)
{
    char text[24];
    for (int level = 0; level <= LEVELS; level++) {
        bm_grid_text(grid, "%s", level ? "" : bm_member_text(limit, "isa"));
        bm_grid_text(grid, "%s", level ? "" : bm_show_figure("%.0f", bm_member_number(limit, "threads"), text));
        bm_grid_text(grid, "%s", level < LEVELS ? levels[level] : "memory, streaming stores");
        for (int d = 0; d < DIRECTIONS; d++) {
            const double rate = level < LEVELS ? bandwidth_of(limit, d, level)
                                : d == 0       ? NAN
                                         : bm_member_number(limit, d == 1 ? "stream_copy_gbs" : "stream_write_gbs");
            bm_grid_bar(grid, rate / most, "%s", bm_show_figure("%.4g", rate, text));
        }
    }
}

static void put_bandwidth(const struct bm_show *s, const json_t *limits)
{
    struct bm_grid *grid =
        bm_grid_new(s->page, "", "Bandwidth, GB/s (a copy: bytes read and written; bars: share of the largest)", "isa",
                    "thr", "level", "read", "copy", "write", NULL);
    const json_t *one;
    double most = 0;
    size_t i;
    bm_grid_left(grid, 3);
    json_array_foreach(limits, i, one) for (int k = 0; k < DIRECTIONS * LEVELS; k++) most =
        fmax(most, bandwidth_of(one, k / LEVELS, k % LEVELS));
    json_array_foreach(limits, i, one) put_levels(grid, one, most);
    bm_page_table(s->page, grid);
}

void bm_show_machine(struct bm_show *s)
{
    put_topology(s);
    const json_t *limits = bm_show_list(s, "limits");
    bm_show_table(s, limits, "Peak of fused multiply-adds (bars: share of the largest)", 1, COLUMNS(peaks));
    put_bandwidth(s, limits);
    bm_show_table(s, bm_show_list(s, "staircase"), "Bandwidth by size, GB/s (bars: share of the largest)", 1,
                  COLUMNS(staircase));
}

void bm_show_noise(struct bm_show *s)
{
    if (json_array_size(bm_show_list(s, "pairs"))) {
        bm_page_note(s->page, "noise", "from this build against itself: smaller changes are the machine's own");
        bm_show_table(s, bm_show_list(s, "pairs"),
                      "How far pairs of equal code lie apart (exceeded by 0.5 % of the cases)", 1, COLUMNS(pairs));
        return;
    }
    bm_page_note(s->page, "noise", "from %zu runs of equal code: smaller changes of a floor are the machine's own",
                 json_array_size(bm_show_list(s, "of")));
    bm_show_table(s, bm_show_list(s, "margins"),
                  "How far floors of equal code lie apart between runs (bars: share of the largest)", 1,
                  COLUMNS(margins));
}
