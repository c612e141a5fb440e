#include "versus.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "result.h"

bool bm_is_auto(const struct bm_kernel *kernel)
{
    return strcmp(kernel->name + strlen(kernel->op->name), "_auto") == 0;
}

bool bm_versus_wanted(const struct bm_kernel *kernel)
{
    bool compared = false;
    for (const struct bm_kernel *const *k = bm_kernels; *k; k++)
        compared |= (*k)->peer && (*k)->op == kernel->op;
    return compared && (kernel->peer || bm_is_auto(kernel) || kernel->isa >= BM_AVX2);
}

static void print_rate(const struct bm_versus_shape *row, const struct bm_versus_case *c)
{
    if (!c)
        printf(" %9s", "-");
    else if (row->in_flops)
        printf(" %9.1f", row->flops / c->median_s / 1e9);
    else
        printf(" %9.2f", c->median_s * 1e6);
}

static void print_ratio(double ratio)
{
    if (ratio > 0)
        printf(" %9.2f", ratio);
    else
        printf(" %9s", "-");
}

static void print_head(const struct bm_versus_shape *row)
{
    printf("\n%s: %s; auto/peer and ours/peer: speed over the fastest peer's; share: of %s, by %s_auto (without it, by "
           "the best of ours)\n",
           row->op->name, row->in_flops ? "GFLOP/s" : "microseconds",
           row->in_flops ? "the FMA peak of these threads" : "the roofline's limit", row->op->name);
    printf("%-32s %3s %9s %9s", "shape", "thr", "auto", "ours");
    for (const struct bm_kernel *const *k = bm_kernels; *k; k++)
        if ((*k)->op == row->op && (*k)->peer)
            printf(" %9s", (*k)->peer);
    printf(" %9s %9s %6s  %s\n", "auto/peer", "ours/peer", "share", "best of ours");
}

static json_t *case_json(const struct bm_versus_case *c)
{
    return c ? json_pack("{s:s, s:i, s:f}", "kernel", c->kernel->name, "threads", c->threads, "median_s", c->median_s)
             : json_null();
}

static json_t *number(double value) { return value > 0 ? json_real(value) : json_null(); }

void bm_versus_add(json_t *result, const struct bm_versus_shape *row)
{
    json_t *list = bm_result_list(result, "versus"), *last = json_array_get(list, json_array_size(list) - 1),
           *peers = json_array();
    const struct bm_versus_case *automatic = NULL, *ours = NULL, *peer = NULL;
    for (size_t i = 0; i < row->count; i++) {
        const struct bm_versus_case *c = &row->cases[i];
        if (c->kernel->peer && c->threads == row->threads) {
            json_array_append_new(peers, case_json(c));
            if (!peer || c->median_s < peer->median_s)
                peer = c;
        } else if (bm_is_auto(c->kernel) && c->threads == row->threads)
            automatic = c;
        else if (!c->kernel->peer && !bm_is_auto(c->kernel) && c->threads <= row->threads &&
                 (!ours || c->median_s < ours->median_s))
            ours = c;
    }
    const struct bm_versus_case *shown = automatic ? automatic : ours;
    double auto_ratio = peer && automatic ? peer->median_s / automatic->median_s : 0,
           ours_ratio = peer && ours ? peer->median_s / ours->median_s : 0,
           least = row->in_flops ? row->flops / (row->fma_gflops * 1e9) : row->bound_s,
           share = shown ? least / shown->median_s : 0;

    if (!last || strcmp(json_string_value(json_object_get(last, "op")), row->op->name) != 0)
        print_head(row);
    printf("%-32s %3d", row->label, row->threads);
    print_rate(row, automatic);
    print_rate(row, ours);
    for (const struct bm_kernel *const *k = bm_kernels; *k; k++) {
        const struct bm_versus_case *this = NULL;
        if ((*k)->op != row->op || !(*k)->peer)
            continue;
        for (size_t i = 0; i < row->count; i++)
            if (row->cases[i].kernel == *k && row->cases[i].threads == row->threads)
                this = &row->cases[i];
        print_rate(row, this);
    }
    print_ratio(auto_ratio);
    print_ratio(ours_ratio);
    if (shown)
        printf(" %5.1f%%", 100 * share);
    else
        printf(" %6s", "-");
    printf("  %s\n", ours ? ours->kernel->name : "-");
    fflush(stdout);
    json_array_append_new(list, json_pack("{s:s, s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:o}", "op", row->op->name, "shape",
                                          row->label, "threads", row->threads, "auto", case_json(automatic), "ours",
                                          case_json(ours), "peers", peers, "auto_ratio", number(auto_ratio),
                                          "ours_ratio", number(ours_ratio), "share", number(share)));
}

/* Of one column of ratios, over the rows of an op and thread count. */
struct tally {
    size_t shapes, below_1, below_098;
    double mean; /* geometric */
};

static struct tally tally(const json_t *list, const char *op, int threads, const char *column)
{
    struct tally t = { 0, 0, 0, 0 };
    size_t i;
    const json_t *row;
    json_array_foreach(list, i, row)
    {
        double ratio = json_real_value(json_object_get(row, column));
        if (strcmp(json_string_value(json_object_get(row, "op")), op) != 0 ||
            json_integer_value(json_object_get(row, "threads")) != threads || !(ratio > 0))
            continue;
        t.shapes++;
        t.below_1 += ratio < 1;
        t.below_098 += ratio < 0.98;
        t.mean += log(ratio);
    }
    t.mean = t.shapes ? exp(t.mean / (double)t.shapes) : 0;
    return t;
}

static json_t *tally_json(const struct tally *t)
{
    return json_pack("{s:I, s:o, s:I, s:I}", "shapes", (json_int_t)t->shapes, "geometric_mean", number(t->mean),
                     "below_1", (json_int_t)t->below_1, "below_098", (json_int_t)t->below_098);
}

static void print_tally(const char *what, const struct tally *t)
{
    if (t->shapes)
        printf("  %-14s geometric mean %.3f; below 1.00 on %zu, below 0.98 on %zu of %zu shapes\n", what, t->mean,
               t->below_1, t->below_098, t->shapes);
}

void bm_versus_summarise(json_t *result)
{
    json_t *list = bm_result_list(result, "versus"), *summary = bm_result_list(result, "versus_summary");
    size_t i, k;
    const json_t *row, *done;
    json_array_foreach(list, i, row)
    {
        const char *op = json_string_value(json_object_get(row, "op"));
        json_t *threads = json_object_get(row, "threads");
        bool again = false;
        json_array_foreach(summary, k, done) again |= strcmp(json_string_value(json_object_get(done, "op")), op) == 0 &&
                                                      json_equal(json_object_get(done, "threads"), threads);
        if (again)
            continue;
        int n = (int)json_integer_value(threads);
        struct tally automatic = tally(list, op, n, "auto_ratio"), ours = tally(list, op, n, "ours_ratio");
        printf("\n%s, %d thread%s, speed over the fastest peer's:\n", op, n, n == 1 ? "" : "s");
        print_tally("auto", &automatic);
        print_tally("best of ours", &ours);
        if (!automatic.shapes && !ours.shapes)
            printf("  nothing to compare\n");
        json_array_append_new(summary, json_pack("{s:s, s:i, s:o, s:o}", "op", op, "threads", n, "auto",
                                                 tally_json(&automatic), "ours", tally_json(&ours)));
    }
    for (const struct bm_kernel *const *p = bm_kernels; *p; p++) {
        const char *why;
        if ((*p)->peer && !bm_runnable(*p, &why))
            printf("  %s is absent: %s\n", (*p)->name, why);
    }
}
