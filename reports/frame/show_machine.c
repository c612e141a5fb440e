/* show_machine.c - of machine: what it is, and its measured limits; of noise: how much times change by themselves. */
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bars.h"
#include "show.h"
#include "table.h"

static const char *const level_names[] = { "L1", "L2", "L3", "memory" };
static const char *const directions[] = { "read_gbs", "copy_gbs", "write_gbs" };
enum { LEVELS = 4, DIRECTIONS = 3 };

/* ---- topology ---- */

static void put_cache(struct bm_show *s, const json_t *cache)
{
    bm_show_text(s, "  cache    ", "L%d %.0f KiB, lines of %d bytes, shared by %d of the cores given",
                 bm_count_of(&s->r, cache, "level", 1, 9), bm_number_of(&s->r, cache, "bytes", 0, 1e15) / 1024,
                 bm_count_of(&s->r, cache, "line_bytes", 0, 1 << 20),
                 bm_count_of(&s->r, cache, "available_cores_sharing", 0, 1 << 20));
}

static void put_topology(struct bm_show *s)
{
    const json_t *context = json_object_get(json_object_get(s->document->json, "context"), "batchmark");
    const json_t *topology = bm_show_object(s, context, "topology"), *system = bm_show_object(s, context, "system");
    const json_t *clock = bm_show_object(s, context, "clock"), *one;
    char ghz[24], memory[24];
    size_t i;
    bm_show_at(s, "context.batchmark.topology");
    bm_show_text(
        s, "  topology ", "packages %d, NUMA nodes %d, cores %d, CPUs %d; given to the process: cores %d, CPUs %d",
        bm_count_of(&s->r, topology, "packages", 0, 1 << 20), bm_count_of(&s->r, topology, "numa_nodes", 0, 1 << 20),
        bm_count_of(&s->r, topology, "cores", 0, 1 << 20), bm_count_of(&s->r, topology, "cpus", 0, 1 << 20),
        bm_count_of(&s->r, topology, "cores_available", 0, 1 << 20),
        bm_count_of(&s->r, topology, "cpus_available", 0, 1 << 20));
    json_array_foreach(bm_list_of(&s->r, topology, "caches"), i, one) put_cache(s, one);
    bm_show_at(s, "context.batchmark");
    bm_show_text(s, "  clock    ", "%s GHz when it was measured; memory %s GiB",
                 bm_show_figure("%.2f", bm_show_maybe(s, clock, "running_hz") / 1e9, ghz),
                 bm_show_figure("%.1f", bm_show_maybe(s, system, "memory_bytes") / 1073741824, memory));
}

/* ---- limits ---- */

static void add_bar(struct bm_table *t, double value, double most)
{
    char bar[BM_BAR_ROOM], figure[24];
    bm_table_add(t, "%s %6s", bm_bar(value / most, bar), bm_show_figure("%.4g", value, figure));
}

static void add_heads(struct bm_table *t, const char *const *head)
{
    for (size_t i = 0; i < t->columns; i++)
        bm_table_add(t, "%s", head[i]);
}

static void put_fma(struct bm_show *s, const json_t *limits)
{
    static const char *const head[] = { "  isa", "threads", "peak GFLOP/s", "median" };
    struct bm_table t = { .columns = 4, .left = 1 };
    char cut[BM_CUT_ROOM];
    const json_t *one;
    double most = 0;
    size_t i;
    json_array_foreach(limits, i, one) most = fmax(most, json_number_value(json_object_get(one, "fma_gflops")));
    add_heads(&t, head);
    json_array_foreach(limits, i, one)
    {
        bm_show_at(s, "limits[%zu]", i);
        bm_table_add(&t, "  %s", bm_cut(bm_text_of(&s->r, one, "isa"), 12, cut));
        bm_table_add(&t, "%d", bm_count_of(&s->r, one, "threads", 1, 1 << 20));
        add_bar(&t, bm_number_of(&s->r, one, "fma_gflops", 0, 1e12), most);
        bm_table_add(&t, "%.4g", bm_number_of(&s->r, one, "fma_median_gflops", 0, 1e12));
    }
    bm_show_title(s, "Peak of fused multiply-adds (bars: share of the largest)");
    bm_table_print(&t, false, s->out);
}

static double bandwidth_of(const json_t *limit, int direction, int level)
{
    const json_t *n = json_object_get(json_object_get(limit, directions[direction]), level_names[level]);
    return json_is_number(n) && json_number_value(n) >= 0 ? json_number_value(n) : NAN; /* a machine may lack a level */
}

static double largest_bandwidth(const json_t *limits)
{
    const json_t *one;
    double most = 0;
    size_t i;
    json_array_foreach(limits, i, one) for (int k = 0; k < DIRECTIONS * LEVELS; k++) most =
        fmax(most, bandwidth_of(one, k / LEVELS, k % LEVELS));
    return most;
}

static void add_bandwidths(struct bm_show *s, const json_t *limit, double most, struct bm_table *t)
{
    char cut[BM_CUT_ROOM];
    for (int level = 0; level <= LEVELS; level++) { /* the last: memory with stores past the caches */
        bm_table_add(t, "  %s", level ? "" : bm_cut(bm_text_of(&s->r, limit, "isa"), 12, cut));
        if (level)
            bm_table_add(t, "%s", "");
        else
            bm_table_add(t, "%d", bm_count_of(&s->r, limit, "threads", 1, 1 << 20));
        bm_table_add(t, "%s", level < LEVELS ? level_names[level] : "memory, streaming stores");
        for (int d = 0; d < DIRECTIONS; d++)
            if (level < LEVELS)
                add_bar(t, bandwidth_of(limit, d, level), most);
            else if (d == 0)
                bm_table_add(t, "-");
            else
                add_bar(t, bm_number_of(&s->r, limit, d == 1 ? "stream_copy_gbs" : "stream_write_gbs", 0, 1e12), most);
    }
}

static void put_bandwidth(struct bm_show *s, const json_t *limits)
{
    static const char *const head[] = { "  isa", "thr", "level", "read", "copy", "write" };
    struct bm_table t = { .columns = 6, .left = 3 };
    const double most = largest_bandwidth(limits);
    const json_t *one;
    size_t i;
    add_heads(&t, head);
    json_array_foreach(limits, i, one)
    {
        bm_show_at(s, "limits[%zu]", i);
        for (int d = 0; d < DIRECTIONS; d++)
            bm_show_object(s, one, directions[d]);
        add_bandwidths(s, one, most, &t);
    }
    bm_show_title(s, "Bandwidth, GB/s (a copy: bytes read and written; bars: share of the largest)");
    bm_table_print(&t, false, s->out);
}

/* Bandwidth by the size of what is read, copied or written. */
static void put_staircase(struct bm_show *s, const json_t *steps)
{
    static const char *const head[] = { "  isa", "thr", "KiB", "read", "copy", "write" };
    struct bm_table t = { .columns = 6, .left = 1 };
    char cut[BM_CUT_ROOM];
    const json_t *one;
    double most = 0;
    size_t i;
    json_array_foreach(steps, i, one) for (int d = 0; d < DIRECTIONS; d++) most =
        fmax(most, json_number_value(json_object_get(one, directions[d])));
    add_heads(&t, head);
    json_array_foreach(steps, i, one)
    {
        bm_show_at(s, "staircase[%zu]", i);
        bm_table_add(&t, "  %s", bm_cut(bm_text_of(&s->r, one, "isa"), 12, cut));
        bm_table_add(&t, "%d", bm_count_of(&s->r, one, "threads", 1, 1 << 20));
        bm_table_add(&t, "%.6g", bm_number_of(&s->r, one, "bytes", 0, 1e15) / 1024);
        for (int d = 0; d < DIRECTIONS; d++)
            add_bar(&t, bm_show_maybe(s, one, directions[d]), most);
    }
    bm_show_title(s, "Bandwidth by size, GB/s (bars: share of the largest)");
    bm_table_print(&t, false, s->out);
}

void bm_show_machine(struct bm_show *s)
{
    put_topology(s);
    const json_t *limits = bm_show_list(s, "limits"), *steps = bm_show_list(s, "staircase");
    put_fma(s, limits);
    put_bandwidth(s, limits);
    if (json_array_size(steps))
        put_staircase(s, steps);
}

/* ---- noise ---- */

static void put_margins(struct bm_show *s, const json_t *margins)
{
    static const char *const head[] = { "  level", "threads", "changes", "margin" };
    struct bm_table t = { .columns = 4, .left = 1 };
    char cut[BM_CUT_ROOM], bar[BM_BAR_ROOM];
    const json_t *one;
    double most = 0;
    size_t i;
    json_array_foreach(margins, i, one) most = fmax(most, json_number_value(json_object_get(one, "margin")));
    add_heads(&t, head);
    json_array_foreach(margins, i, one)
    {
        bm_show_at(s, "margins[%zu]", i);
        bm_table_add(&t, "  %s", bm_cut(bm_text_of(&s->r, one, "level"), 12, cut));
        bm_table_add(&t, "%d", bm_count_of(&s->r, one, "threads", 1, 1 << 20));
        bm_table_add(&t, "%d", bm_count_of(&s->r, one, "changes", 0, INT_MAX));
        if (json_is_null(json_object_get(one, "margin")))
            bm_table_add(&t, "not known");
        else {
            const double margin = bm_number_of(&s->r, one, "margin", 0, 1e9);
            bm_table_add(&t, "%s %6.1f %%", bm_bar(margin / most, bar), 100 * margin);
        }
    }
    bm_show_title(s, "How far floors of equal code lie apart between runs (bars: share of the largest)");
    bm_table_print(&t, false, s->out);
}

static void put_pair_errors(struct bm_show *s, const json_t *pairs)
{
    static const char *const head[] = { "  level", "threads", "cases", "error" };
    struct bm_table t = { .columns = 4, .left = 1 };
    char cut[BM_CUT_ROOM];
    const json_t *one;
    size_t i;
    add_heads(&t, head);
    json_array_foreach(pairs, i, one)
    {
        bm_show_at(s, "pairs[%zu]", i);
        bm_table_add(&t, "  %s", bm_cut(bm_text_of(&s->r, one, "level"), 12, cut));
        bm_table_add(&t, json_is_true(json_object_get(one, "parallel")) ? "several" : "1");
        bm_table_add(&t, "%d", bm_count_of(&s->r, one, "cases", 0, INT_MAX));
        bm_table_add(&t, "%.2f %%", 100 * bm_number_of(&s->r, one, "error", 0, 1e9));
    }
    bm_show_title(s, "How far pairs of equal code lie apart (exceeded by 0.5 %% of the cases)");
    bm_table_print(&t, false, s->out);
}

void bm_show_noise(struct bm_show *s)
{
    const json_t *of = bm_show_list(s, "of"), *margins = bm_show_list(s, "margins"), *pairs = bm_show_list(s, "pairs");
    if (json_array_size(pairs)) {
        bm_show_text(s, "  noise    ", "from this build against itself: smaller changes are the machine's own");
        put_pair_errors(s, pairs);
        return;
    }
    bm_show_text(s, "  noise    ", "from %zu runs of equal code: smaller changes of a floor are the machine's own",
                 json_array_size(of));
    put_margins(s, margins);
}
