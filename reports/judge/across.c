/* SPDX-License-Identifier: MIT */
#include "across.h"

#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"

static json_t *known(double value) { return isfinite(value) && value > 0 ? json_real(value) : json_null(); }

/* ---- machines ---- */

static double ghz_of(const struct bm_run *run)
{
    const json_t *context = json_object_get(json_object_get(run->json, "context"), "batchmark");
    return 1e-9 * bm_member_number(json_object_get(context, "clock"), "running_hz");
}

static const char *text_of(const struct bm_run *run, const char *key)
{
    const char *text = json_string_value(json_object_get(run->fingerprint, key));
    return text ? text : "unknown";
}

static json_t *machine_json(const struct bm_run *run, size_t runs, size_t i)
{
    json_t *notes = json_array();
    const int cores = (int)json_integer_value(json_object_get(run[i].fingerprint, "cores_available"));
    char label[128];
    size_t twins = 0;
    for (size_t k = 0; k < runs; k++) /* two results of one machine must not look like one */
        twins += strcmp(text_of(&run[k], "cpu"), text_of(&run[i], "cpu")) == 0;
    snprintf(label, sizeof label, "%.40s, %.12s, %d core%s", text_of(&run[i], "cpu"), text_of(&run[i], "isa"), cores,
             cores == 1 ? "" : "s");
    if (twins > 1)
        snprintf(label + strlen(label), sizeof label - strlen(label), " (result %zu)", i + 1);
    if (run[i].edited)
        json_array_append_new(notes, json_string("its checksum does not hold: it was edited after it was written"));
    if (!run[i].complete)
        json_array_append_new(notes, json_string("its run was interrupted"));
    return json_pack("{s:s, s:s, s:s, s:i, s:o, s:s, s:s, s:o}", "label", label, "cpu", text_of(&run[i], "cpu"), "isa",
                     text_of(&run[i], "isa"), "cores", cores, "ghz", known(ghz_of(&run[i])), "path", run[i].path,
                     "commit", run[i].commit, "notes", notes);
}

/* The machine's best FMA peak with so many threads, and the copy bandwidth of the same measurement; NaN: not measured.
 */
static void find_limits(const struct bm_run *run, int threads, const char *level, double *gflops, double *gbs)
{
    const json_t *one;
    size_t i;
    *gflops = *gbs = NAN;
    json_array_foreach(json_object_get(run->ours, "limits"), i, one)
    {
        const double here = json_number_value(json_object_get(one, "fma_gflops"));
        if (json_integer_value(json_object_get(one, "threads")) != threads || !(here > 0) || here <= *gflops)
            continue;
        *gflops = here;
        *gbs = json_number_value(json_object_get(json_object_get(one, "copy_gbs"), level));
    }
}

/* ---- work ---- */

struct work {
    const char *kernel, *level; /* "" where mixed */
    int threads;
    double s, bound_s, flops, bytes;
    double low_s, high_s; /* 0 and infinity: not known */
};

static struct work work_of(const struct bm_run_case *c)
{
    return (struct work){
        c->kernel,    c->level,     c->threads, c->stats.median, c->bound_s, c->flops, c->read_bytes + c->write_bytes,
        c->stats.low, c->stats.high
    };
}

/* 95 % of the time over the first machine's, and of the share of the limit. */
static void add_intervals(json_t *json, const struct work *w, const struct work *first)
{
    const bool known_here = isfinite(w->high_s), same = w == first, both = known_here && isfinite(first->high_s);
    const struct {
        const char *key;
        double x;
    } end[] = {
        { "low_s", known_here ? w->low_s : NAN },
        { "high_s", w->high_s },
        { "of_limit_low", known_here ? w->bound_s / w->high_s : NAN },
        { "of_limit_high", known_here ? w->bound_s / w->low_s : NAN },
        { "times_first_low", same   ? 1
                             : both ? w->low_s / first->high_s
                                    : NAN },
        { "times_first_high", same   ? 1
                              : both ? w->high_s / first->low_s
                                     : NAN },
    };
    for (size_t i = 0; i < sizeof end / sizeof *end; i++)
        json_object_set_new(json, end[i].key, known(end[i].x));
}

static json_t *work_json(const struct bm_run *run, const struct work *w, const struct work *first)
{
    double peak, bandwidth;
    find_limits(run, w->threads, w->level, &peak, &bandwidth);
    const bool flops = w->flops > 2 * w->bytes;
    const double rate = (flops ? w->flops : w->bytes) / w->s * 1e-9, core = rate / w->threads;
    json_t *json =
        json_pack("{s:s, s:s, s:f, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "kernel", w->kernel, "level",
                  w->level, "median_s", w->s, "bound_s", known(w->bound_s), "rate", flops ? "GFLOP/s" : "GB/s",
                  "per_second", known(rate), "per_core", known(core), "per_cycle", known(core / ghz_of(run)), "of_peak",
                  known(w->flops / w->s * 1e-9 / peak), "of_bandwidth", known(w->bytes / w->s * 1e-9 / bandwidth),
                  "of_limit", known(w->bound_s / w->s), "times_first", known(w->s / first->s));
    add_intervals(json, w, first);
    return json;
}

/* ---- shapes that all machines timed ---- */

struct shape {
    const struct bm_run_case *of;       /* in the first run: op, shape, threads, cache, origin, weight */
    const struct bm_run_case **fastest; /* of our variants, one a run; NULL: not timed there */
    bool all;
    bool summed;
};

static bool same_row(const struct bm_run_case *a, const struct bm_run_case *b)
{
    return a->threads == b->threads && strcmp(a->shape, b->shape) == 0 && strcmp(a->op, b->op) == 0 &&
           strcmp(a->cache, b->cache) == 0;
}

static struct shape *find_shapes(const struct bm_run *run, size_t runs, const char *kernel, size_t *count)
{
    struct shape *shape = bm_alloc((run->cases + 1) * sizeof *shape);
    *count = 0;
    for (size_t r = 0; r < runs; r++)
        for (size_t i = 0; i < run[r].cases; i++) {
            const struct bm_run_case *c = &run[r].cased[i];
            size_t k = 0;
            if (bm_case_is_peer(c) || (kernel && fnmatch(kernel, c->kernel, 0) != 0) || !(c->stats.median > 0))
                continue;
            while (k < *count && !same_row(shape[k].of, c))
                k++;
            if (k == *count && r > 0)
                continue;
            if (k == *count)
                shape[(*count)++] = (struct shape){ .of = c, .fastest = bm_alloc(runs * sizeof *shape[k].fastest) };
            const struct bm_run_case **fastest = &shape[k].fastest[r];
            if (!*fastest || c->stats.median < (*fastest)->stats.median)
                *fastest = c;
        }
    for (size_t k = 0; k < *count; k++) {
        shape[k].all = true;
        for (size_t r = 0; r < runs; r++)
            shape[k].all &= shape[k].fastest[r] != NULL;
    }
    return shape;
}

static json_t *shape_json(const struct bm_run *run, size_t runs, const struct shape *s)
{
    json_t *machines = json_array();
    const struct work first = work_of(s->fastest[0]);
    for (size_t r = 0; r < runs; r++) {
        const struct work w = work_of(s->fastest[r]);
        json_array_append_new(machines, work_json(&run[r], r ? &w : &first, &first));
    }
    return json_pack("{s:s, s:s, s:s, s:i, s:s, s:o}", "op", s->of->op, "shape", s->of->shape, "origin", s->of->origin,
                     "threads", s->of->threads, "cache", s->of->cache, "machines", machines);
}

/* ---- networks ---- */

static size_t network_length(const struct bm_run_case *c) { return strcspn(c->origin, ":"); }

/* The text behind "layout=" in a shape; "" for one that has no layout. */
static const char *layout_of(const struct bm_run_case *c, size_t *length)
{
    const char *at = strstr(c->shape, "layout=");
    at = at ? at + strlen("layout=") : "";
    *length = strcspn(at, " ");
    return at;
}

static bool same_network(const struct bm_run_case *a, const struct bm_run_case *b)
{
    size_t left, right;
    const char *x = layout_of(a, &left), *y = layout_of(b, &right);
    return network_length(a) == network_length(b) && strncmp(a->origin, b->origin, network_length(a)) == 0 &&
           left == right && strncmp(x, y, left) == 0 && a->threads == b->threads && strcmp(a->op, b->op) == 0 &&
           strcmp(a->cache, b->cache) == 0;
}

/* Sums over the lines of the network that `from` is the first of; marks them. */
static json_t *network_json(const struct bm_run *run, size_t runs, struct shape *shape, size_t count, size_t from)
{
    struct work *sum = bm_alloc(runs * sizeof *sum);
    const struct bm_run_case *of = shape[from].of;
    json_t *machines = json_array();
    size_t lines = 0, length;
    double uses = 0;
    for (size_t k = from; k < count; k++) {
        if (!shape[k].all || !same_network(of, shape[k].of))
            continue;
        shape[k].summed = true;
        lines++;
        uses += shape[k].of->weight;
        for (size_t r = 0; r < runs; r++) {
            const struct work w = work_of(shape[k].fastest[r]);
            const bool level = lines == 1 || strcmp(sum[r].level, w.level) == 0;
            sum[r] = (struct work){ "",
                                    level ? w.level : "",
                                    w.threads,
                                    sum[r].s + shape[k].of->weight * w.s,
                                    sum[r].bound_s + shape[k].of->weight * w.bound_s,
                                    sum[r].flops + shape[k].of->weight * w.flops,
                                    sum[r].bytes + shape[k].of->weight * w.bytes,
                                    sum[r].low_s + shape[k].of->weight * w.low_s,
                                    sum[r].high_s + shape[k].of->weight * w.high_s };
        }
    }
    for (size_t r = 0; r < runs; r++)
        json_array_append_new(machines, work_json(&run[r], &sum[r], &sum[0]));
    free(sum);
    const char *layout = layout_of(of, &length);
    return json_pack("{s:s%, s:s, s:s%, s:i, s:s, s:i, s:f, s:o}", "network", of->origin, network_length(of), "op",
                     of->op, "layout", layout, length, "threads", of->threads, "cache", of->cache, "lines", (int)lines,
                     "uses", uses, "machines", machines);
}

json_t *bm_across(const struct bm_run *run, size_t runs, const char *kernel)
{
    json_t *machines = json_array(), *shapes = json_array(), *networks = json_array();
    size_t count, left_out = 0;
    struct shape *shape = find_shapes(run, runs, kernel, &count);
    for (size_t i = 0; i < runs; i++)
        json_array_append_new(machines, machine_json(run, runs, i));
    for (size_t k = 0; k < count; k++) {
        left_out += !shape[k].all;
        if (!shape[k].all)
            continue;
        json_array_append_new(shapes, shape_json(run, runs, &shape[k]));
        if (shape[k].of->origin[0] && shape[k].of->weight > 0 && !shape[k].summed)
            json_array_append_new(networks, network_json(run, runs, shape, count, k));
    }
    for (size_t k = 0; k < count; k++)
        free(shape[k].fastest);
    free(shape);
    return json_pack("{s:o, s:o, s:o, s:I}", "machines", machines, "shapes", shapes, "networks", networks, "left_out",
                     (json_int_t)left_out);
}

/* ---- tables ---- */

static const char *string(const json_t *object, const char *key) { return bm_member_text(object, key); }

static struct bm_value value(const json_t *work, const char *key, double factor, enum bm_unit unit,
                             const struct bm_source *source)
{
    return bm_derived(factor * bm_member_number(work, key), unit, source);
}

static struct bm_range_value interval(const json_t *work, const char *key, double factor, enum bm_unit unit,
                                      const struct bm_source *source)
{
    char low[48], high[48];
    snprintf(low, sizeof low, "%s_low", key);
    snprintf(high, sizeof high, "%s_high", key);
    return (struct bm_range_value){ value(work, low, factor, unit, source), value(work, high, factor, unit, source) };
}

static void put_work(struct bm_grid *grid, const json_t *w, const struct bm_source *s)
{
    const enum bm_unit rate = strcmp(string(w, "rate"), "GB/s") == 0 ? BM_UNIT_GBS : BM_UNIT_GFLOPS;
    bm_grid_cell(grid, "%v|%v|%r|%v|%v|%v|%v|%v%s%s|%v|%r", value(w, "median_s", 1, BM_UNIT_SECONDS, s),
                 value(w, "times_first", 1, BM_UNIT_TIMES, s), interval(w, "times_first", 1, BM_UNIT_TIMES, s),
                 value(w, "per_second", 1, rate, s), value(w, "per_core", 1, rate, s),
                 value(w, "per_cycle", 1, BM_UNIT_PLAIN, s), value(w, "of_peak", 100, BM_UNIT_PERCENT, s),
                 value(w, "of_bandwidth", 100, BM_UNIT_PERCENT, s), *string(w, "level") ? " of " : "",
                 string(w, "level"), value(w, "of_limit", 100, BM_UNIT_PERCENT, s),
                 interval(w, "of_limit", 100, BM_UNIT_PERCENT, s));
}

static bool same_table(const json_t *a, const json_t *b, const char *by)
{
    return strcmp(string(a, by), string(b, by)) == 0 && strcmp(string(a, "cache"), string(b, "cache")) == 0 &&
           json_equal(json_object_get(a, "threads"), json_object_get(b, "threads"));
}

/* A row a machine. */
static void put_rows(struct bm_grid *grid, const json_t *across, const json_t *row, bool network,
                     const struct bm_source *const *source)
{
    const json_t *w;
    size_t i;
    json_array_foreach(json_object_get(row, "machines"), i, w)
    {
        bm_grid_row(grid, "%s", string(json_array_get(json_object_get(across, "machines"), i), "label"));
        if (network)
            bm_grid_cell(grid, "%s%s%s: %d shapes, %v uses", string(row, "op"), *string(row, "layout") ? " " : "",
                         string(row, "layout"), (int)bm_member_number(row, "lines"),
                         value(row, "uses", 1, BM_UNIT_COUNT, NULL));
        else
            bm_grid_cell(grid, "%s: %s", string(row, "shape"), string(w, "kernel"));
        put_work(grid, w, source ? source[i] : NULL);
    }
}

void bm_across_tables(struct bm_page *page, const json_t *across, bool network, const struct bm_source *const *source)
{
    const char *by = network ? "network" : "op";
    const json_t *rows = json_object_get(across, network ? "networks" : "shapes"), *row, *other;
    size_t i, k, tables = 0;
    json_array_foreach(rows, i, row)
    {
        const int threads = (int)bm_member_number(row, "threads");
        char title[256], id[48];
        for (k = 0; !same_table(json_array_get(rows, k), row, by);)
            k++;
        if (k < i)
            continue;
        snprintf(id, sizeof id, "across-%ss-%zu", by, ++tables);
        snprintf(title, sizeof title, "%.100s%s%d thread%s, %s cache", string(row, by), *string(row, by) ? ", " : "",
                 threads, threads == 1 ? "" : "s", string(row, "cache"));
        struct bm_grid *grid =
            bm_grid_new(page, id, title, "machine", network ? "what is summed" : "shape: fastest kernel", "time",
                        "x first", "95 % from", "to", "rate", "per core", "per GHz", "FMA peak", "bandwidth", "limit",
                        "95 % from", "to", NULL);
        bm_grid_left(grid, 2);
        json_array_foreach(rows, k, other) if (same_table(row, other, by))
            put_rows(grid, across, other, network, source);
        bm_page_table(page, grid);
    }
}

void bm_across_explain(struct bm_page *page, const json_t *across)
{
    bm_page_paragraph(
        page,
        "x first: the time over that of %s. per core: the rate over the threads. per GHz: that over the clock in GHz, "
        "so FLOP or bytes a cycle and core. FMA peak, bandwidth: the share of the machine's own measured peak and copy "
        "bandwidth with as many threads. limit: the least possible time (roofline) over the time. 95 %%: the interval "
        "of the figure before. -: not known. Of a network, times are totals: of each line the median of the fastest "
        "kernel there, peers apart, times how often the network uses it; and intervals have their ends added up.",
        string(json_array_get(json_object_get(across, "machines"), 0), "label"));
}

void bm_across_print(const json_t *across, enum bm_page_format format, FILE *out)
{
    struct bm_page *page = bm_page_new(format, NULL, "", NULL);
    const json_t *machine, *text;
    size_t i, k;
    bm_page_wide(page);
    json_array_foreach(json_object_get(across, "machines"), i, machine)
    {
        const double ghz = bm_member_number(machine, "ghz");
        char number[24], clock[24] = "clock unknown";
        snprintf(number, sizeof number, "%zu.", i + 1);
        if (ghz > 0)
            snprintf(clock, sizeof clock, "%.2f GHz", ghz);
        bm_page_note(page, number, "%s, %s: commit %.12s, %s", string(machine, "label"), clock,
                     string(machine, "commit"), string(machine, "path"));
        json_array_foreach(json_object_get(machine, "notes"), k, text)
            bm_page_note(page, "NOTE", "%s: %s", string(machine, "path"), json_string_value(text));
    }
    const int left_out = (int)bm_member_number(across, "left_out");
    if (left_out)
        bm_page_note(page, "NOTE", "%d shapes of the first result are not in all of them and are left out", left_out);
    bm_across_tables(page, across, true, NULL);
    bm_across_tables(page, across, false, NULL);
    bm_across_explain(page, across);
    bm_page_print(page, out);
}
