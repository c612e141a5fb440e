/* show_bench.c - of bench: per op, shape and thread count the fastest of our variants, and how near the limit it is. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bars.h"
#include "case_table.h"
#include "show.h"
#include "stats.h"
#include "table.h"
#include "winner.h"

/* The fastest of ours on a shape with a number of threads, and what it is set against. */
struct row {
    const struct bm_run_case *best;
    struct bm_ratio naive, peer; /* their times over ours; without launches: not there */
    const char *peer_name;
    char ties[BM_TIES_ROOM];
};

struct bench {
    struct bm_show *show;
    struct bm_run run;
    json_t *peers; /* kernel: peer, of the kernels that are peers' */
    struct row *row;
    size_t rows;
};

/* ---- what there is ---- */

static json_t *read_peers(struct bm_show *s)
{
    const json_t *one, *list = bm_show_list(s, "kernels");
    json_t *peers = json_object();
    size_t i;
    json_array_foreach(list, i, one)
    {
        bm_show_at(s, "kernels[%zu]", i);
        const char *name = bm_text_of(&s->r, one, "name");
        if (!json_is_null(json_object_get(one, "peer")))
            json_object_set_new(peers, name, json_string(bm_text_of(&s->r, one, "peer")));
    }
    return peers;
}

static void add_row(struct bench *b, const struct bm_run_case *group, size_t count, int threads, const char *cache)
{
    const struct bm_run_case **ours = bm_alloc((count + 1) * sizeof *ours),
                             **peers = bm_alloc((count + 1) * sizeof *peers), *peer = NULL;
    size_t n = 0, others = 0;
    for (size_t i = 0; i < count; i++) {
        const struct bm_run_case *c = &group[i];
        if (c->threads != threads || strcmp(c->cache, cache) != 0)
            continue;
        if (json_object_get(b->peers, c->kernel))
            peers[others++] = c;
        else if (bm_show_wanted(b->show, c->op, c->kernel))
            ours[n++] = c;
    }
    if (n) {
        struct row *row = &b->row[b->rows++];
        *row = (struct row){ .best = ours[bm_fastest_of(ours, n)], .peer_name = "" };
        row->naive = bm_over_naive(group, count, row->best);
        bm_ties_text(row->best, ours, n, row->ties);
        if (others) {
            peer = peers[bm_fastest_of(peers, others)];
            row->peer = bm_ratio_of_cases(peer, row->best);
            row->peer_name = json_string_value(json_object_get(b->peers, peer->kernel));
        }
    }
    free(ours);
    free(peers);
}

/* A row for each thread count of the group, fewest first; of others than warm cases only where there are none. */
static void add_rows(struct bench *b, const struct bm_run_case *group, size_t count)
{
    const char *cache = group[0].cache;
    for (size_t i = 0; i < count; i++)
        if (strcmp(group[i].cache, "warm") == 0)
            cache = "warm";
    for (int last = 0, next;; last = next) {
        next = 0;
        for (size_t i = 0; i < count; i++)
            if (group[i].threads > last && (!next || group[i].threads < next))
                next = group[i].threads;
        if (!next)
            return;
        add_row(b, group, count, next, cache);
    }
}

/* ---- is it right? ---- */

static void put_wrong(struct bm_show *s)
{
    const json_t *one, *skipped = bm_show_list(s, "skipped");
    size_t i, wrong = 0;
    json_array_foreach(skipped, i, one)
    {
        bm_show_at(s, "skipped[%zu]", i);
        if (!bm_show_flag(s, one, "wrong"))
            continue;
        wrong++;
        bm_show_text(s, "  WRONG    ", "%s, %s: %s", bm_text_of(&s->r, one, "kernel"), bm_text_of(&s->r, one, "shape"),
                     bm_text_of(&s->r, one, "reason"));
    }
    if (wrong)
        fprintf(s->out, "  WRONG    in all %zu: these were not timed\n", wrong);
}

static void put_errors(struct bench *b)
{
    const json_t *cases = json_object_get(b->show->document->ours, "cases"), *one;
    double worst[2] = { NAN, NAN };
    size_t i;
    char ours[24], peers[24];
    json_array_foreach(cases, i, one)
    {
        bm_show_at(b->show, "cases[%zu]", i);
        double *most = &worst[json_object_get(b->peers, b->run.cased[i].kernel) != NULL];
        *most = fmax(*most, bm_show_maybe(b->show, one, "worst_error")); /* of a number and NaN: the number */
    }
    bm_show_text(b->show, "  right?   ",
                 "what was timed was verified: worst error of our variants %s of its bound, of peers %s",
                 bm_show_figure("%.3g", worst[0], ours), bm_show_figure("%.3g", worst[1], peers));
    put_wrong(b->show);
}

/* ---- at a glance ---- */

/* Over the rows of one op and thread count; sorted, NaN left out. */
struct spread {
    size_t n;
    double *value;
};

static void spread_add(struct spread *s, double value)
{
    if (!isnan(value))
        s->value[s->n++] = value;
}

static double spread_median(struct spread *s)
{
    bm_sort(s->value, s->n);
    return s->n ? bm_quantile(s->value, s->n, 0.5) : NAN;
}

static bool same_line(const struct row *a, const struct row *b)
{
    return a->best->threads == b->best->threads && strcmp(a->best->op, b->best->op) == 0;
}

static void glance_line(const struct bench *b, size_t first, struct bm_table *t)
{
    struct spread of[3];
    size_t contended = 0;
    char cut[BM_CUT_ROOM], bar[BM_BAR_ROOM], naive[24], peer[24];
    const struct row *row = &b->row[first];
    for (int k = 0; k < 3; k++)
        of[k] = (struct spread){ 0, bm_alloc(b->rows * sizeof(double)) };
    for (size_t i = first; i < b->rows; i++)
        if (same_line(row, &b->row[i])) {
            spread_add(&of[0], b->row[i].best->bound_s / b->row[i].best->stats.median);
            spread_add(&of[1], bm_ratio_times(&b->row[i].naive));
            spread_add(&of[2], bm_ratio_times(&b->row[i].peer));
            contended += b->row[i].best->contended;
        }
    const double share = spread_median(&of[0]);
    bm_table_add(t, "  %s", bm_cut(row->best->op, 20, cut));
    bm_table_add(t, "%d", row->best->threads);
    bm_table_add(t, "%zu", of[0].n);
    bm_table_add(t, "%s %3.0f%%", bm_bar(share, bar), 100 * share);
    bm_table_add(t, "%.0f to %.0f%%", 100 * of[0].value[0], 100 * of[0].value[of[0].n - 1]);
    bm_table_add(t, "%s", bm_show_figure("%.1fx", spread_median(&of[1]), naive));
    bm_table_add(t, "%s", bm_show_figure("%.2fx", spread_median(&of[2]), peer));
    bm_table_add(t, "%zu", contended);
    for (int k = 0; k < 3; k++)
        free(of[k].value);
}

static void put_glance(struct bench *b)
{
    struct bm_table t = { .columns = 8, .left = 1 };
    static const char *const head[] = { "  op",    "thr",        "shapes",    "share of limit",
                                        "from to", "over naive", "over peer", "contended" };
    bm_show_title(b->show, "At a glance: the fastest of our variants, medians over the shapes");
    for (size_t i = 0; i < t.columns; i++)
        bm_table_add(&t, "%s", head[i]);
    for (size_t i = 0; i < b->rows; i++) {
        size_t first = 0;
        while (!same_line(&b->row[first], &b->row[i]))
            first++;
        if (first == i)
            glance_line(b, i, &t);
    }
    bm_table_print(&t, false, b->show->out);
}

/* ---- a row a shape and thread count ---- */

/* ", /naive 6.2 to 6.4" */
static void put_interval(const char *name, int digits, const struct bm_ratio *ratio, const char *between, FILE *out)
{
    const struct bm_interval i = bm_ratio_interval(ratio);
    if (isfinite(i.high))
        fprintf(out, "%s%s %.*f to %.*f", between, name, digits, i.low, digits, i.high);
}

/* What is not certain of a row, if there is anything to say. */
static void put_uncertain(const struct row *row, FILE *out)
{
    const bool naive = isfinite(bm_ratio_interval(&row->naive).high),
               peer = isfinite(bm_ratio_interval(&row->peer).high);
    if (!naive && !peer && !*row->ties)
        return;
    fputs("     ", out);
    put_interval("/naive", 1, &row->naive, " ", out);
    put_interval("/peer", 2, &row->peer, naive ? ", " : " ", out);
    fprintf(out, "%s\n", row->ties);
}

static void put_row(const struct row *row, FILE *out)
{
    const struct bm_run_case *c = row->best;
    const size_t op = strlen(c->op);
    const bool short_name = strncmp(c->kernel, c->op, op) == 0 && c->kernel[op] == '_';
    const double share = c->bound_s / c->stats.median;
    char cut[BM_CUT_ROOM], time[16], width[16], rate[24], bar[BM_BAR_ROOM], naive[24], peer[24], name[BM_CUT_ROOM];
    fprintf(out, "  %3d %-17s %7s%c %5s %13s %s %3.0f%% %-8s %6s %6s %s\n", c->threads,
            bm_cut(c->kernel + (short_name ? op + 1 : 0), 17, cut), bm_seconds_text(c->stats.median, time),
            c->contended ? '*' : ' ', bm_interval_text(c, width), bm_rate_text(c, rate), bm_bar(share, bar),
            100 * share, c->bound, bm_show_figure("%.1fx", bm_ratio_times(&row->naive), naive),
            bm_show_figure("%.2fx", bm_ratio_times(&row->peer), peer), bm_cut(row->peer_name, 8, name));
    put_uncertain(row, out);
}

static void put_rows(const struct bench *b)
{
    FILE *out = b->show->out;
    const struct bm_run_case *last = NULL;
    for (size_t i = 0; i < b->rows; last = b->row[i++].best) {
        const struct bm_run_case *c = b->row[i].best;
        const bool new_op = !last || strcmp(last->op, c->op) != 0;
        if (new_op)
            fprintf(out, "\n%-23s %7s  %5s %13s %-24s %6s %6s\n", c->op, "median", "+-95%", "rate", "share of limit",
                    "/naive", "/peer");
        if (new_op || strcmp(last->shape, c->shape) != 0 || strcmp(last->origin, c->origin) != 0)
            fprintf(out, "  %s%s%s%s\n", c->shape, strcmp(c->cache, "warm") == 0 ? "" : "   not warm",
                    c->origin[0] ? "   " : "", c->origin);
        put_row(&b->row[i], out);
    }
}

static void put_legend(const struct bench *b)
{
    bool contended = false;
    for (size_t i = 0; i < b->run.cases; i++)
        contended |= b->run.cased[i].contended;
    fputc('\n', b->show->out);
    bm_show_text(b->show, "",
                 "share of limit: the least time that the roofline allows over the median; /naive and /peer: "
                 "speed over the naive variant on one thread, and over the fastest peer on as many threads, in the "
                 "launches that both have, with 95 %% intervals; ties: variants that are not slower by more than %g %% "
                 "for certain",
                 100 * BM_TIE);
    if (contended)
        bm_show_text(b->show, "",
                     "*: contended: others used its cores nearly all the time, it is slower than the kernel is");
}

/* ---- at the end ---- */

static void put_skipped(struct bm_show *s)
{
    const json_t *one, *skipped = bm_show_list(s, "skipped");
    json_t *reasons = json_object(), *count;
    const char *reason;
    size_t i;
    json_array_foreach(skipped, i, one)
    {
        bm_show_at(s, "skipped[%zu]", i);
        reason = bm_text_of(&s->r, one, "reason");
        const json_int_t before = json_integer_value(json_object_get(reasons, reason));
        json_object_set_new(reasons, reason, json_integer(before + 1));
    }
    if (json_array_size(skipped))
        bm_show_title(s, "Skipped: %zu cases", json_array_size(skipped));
    json_object_foreach(reasons, reason, count)
    {
        char label[32];
        snprintf(label, sizeof label, "  %5lld  ", (long long)json_integer_value(count));
        bm_show_text(s, label, "%s", reason);
    }
    json_decref(reasons);
    put_wrong(s);
}

static void put_counts(const struct bench *b)
{
    const json_t *cases = json_object_get(b->show->document->ours, "cases"), *one;
    size_t i, samples = 0, contended = 0;
    double disturbed = 0;
    json_array_foreach(cases, i, one)
    {
        samples += b->run.cased[i].samples;
        contended += b->run.cased[i].contended;
        disturbed += json_number_value(json_object_get(one, "disturbed")); /* was checked */
    }
    bm_show_title(b->show, "%zu cases (%zu contended), %zu launches, %zu samples, %.0f %% of them disturbed",
                  b->run.cases, contended, json_array_size(json_object_get(b->show->document->ours, "launches")),
                  samples, samples ? 100 * disturbed / (double)samples : 0);
}

static void put_bench(struct bench *b)
{
    b->row = bm_alloc((b->run.cases + 1) * sizeof *b->row);
    for (size_t begin = 0, end; begin < b->run.cases; begin = end) {
        end = bm_case_group_end(&b->run, begin);
        add_rows(b, &b->run.cased[begin], end - begin);
    }
    put_errors(b);
    if (b->rows)
        put_glance(b);
    else
        bm_show_title(b->show, "No case of ours%s", b->run.cases ? " matches" : "");
    if (b->show->options->all)
        bm_print_matching_cases(b->show->out, &b->run, b->show->options->op, b->show->options->kernel);
    else
        put_rows(b);
    if (b->rows)
        put_legend(b);
    put_counts(b);
    put_skipped(b->show);
    free(b->row);
}

void bm_show_bench(struct bm_show *s)
{
    struct bench b = { .show = s };
    if (!s->r.ok || !(s->r.ok = bm_run_read(s->document, &b.run, s->r.error)))
        return;
    b.peers = read_peers(s);
    put_bench(&b);
    json_decref(b.peers);
    bm_run_free(&b.run);
}
