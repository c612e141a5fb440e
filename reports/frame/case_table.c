#include "case_table.h"

#include <fnmatch.h>
#include <math.h>
#include <string.h>

#include "bars.h"
#include "cases.h"
#include "table.h"

bool bm_counts_flops(const struct bm_run_case *c) { return c->flops > 2 * (c->read_bytes + c->write_bytes); }

const char *bm_rate_text(const struct bm_run_case *c, char text[static 24])
{
    const bool flops = bm_counts_flops(c);
    const double rate = (flops ? c->flops : c->read_bytes + c->write_bytes) / c->stats.median / 1e9;
    snprintf(text, 24, rate < 999.95 ? "%.1f %s" : "%.4g %s", rate, flops ? "GFLOP/s" : "GB/s");
    return text;
}

static const char *width_text(const struct bm_interval *interval, double middle, char text[static 16])
{
    const double width = 50 * (interval->high - interval->low) / middle;
    snprintf(text, 16, width < 99.95 ? "%.1f%%" : "%.4g%%", width);
    return text;
}

const char *bm_interval_text(const struct bm_run_case *c, char text[static 16])
{
    if (c->launches < BM_LEAST_INTERVAL)
        return "-";
    return width_text(&(struct bm_interval){ c->stats.low, c->stats.high }, c->stats.median, text);
}

static bool same_group(const struct bm_run_case *a, const struct bm_run_case *b)
{
    return strcmp(a->op, b->op) == 0 && strcmp(a->shape, b->shape) == 0 && strcmp(a->origin, b->origin) == 0;
}

size_t bm_case_group_end(const struct bm_run *run, size_t begin)
{
    size_t end = begin + 1;
    while (end < run->cases && same_group(&run->cased[begin], &run->cased[end]))
        end++;
    return end;
}

struct bm_ratio bm_over_naive(const struct bm_run_case *group, size_t count, const struct bm_run_case *c)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(bm_case_variant(&group[i]), "naive") == 0 && strcmp(group[i].cache, c->cache) == 0)
            return bm_ratio_of_cases(&group[i], c);
    return (struct bm_ratio){ .launches = 0 };
}

static void print_case(FILE *file, const struct bm_run_case *c, const struct bm_ratio *over_naive)
{
    char time[16], width[16], rate[24], speedup[16] = "", certain[16] = "", bar[BM_BAR_ROOM], name[BM_CUT_ROOM];
    const double m = c->stats.median, times = bm_ratio_times(over_naive);
    const struct bm_interval interval = bm_ratio_interval(over_naive);
    if (over_naive->launches)
        snprintf(speedup, sizeof speedup, times < 9999.5 ? "%.1fx" : "%.0e", times);
    if (isfinite(interval.high))
        width_text(&interval, times, certain);
    fprintf(file, " %-22s %3d %-4s %8s%c %5s %13s %s %3.0f%% %-8s %6s %s\n", bm_cut(bm_case_variant(c), 22, name),
            c->threads, c->cache, bm_seconds_text(m, time), c->contended ? '*' : ' ', bm_interval_text(c, width),
            bm_rate_text(c, rate), bm_bar(c->bound_s / m, bar), 100 * c->bound_s / m, c->bound, speedup, certain);
}

static bool matches(const char *glob, const char *name) { return !glob || fnmatch(glob, name, 0) == 0; }

void bm_print_matching_cases(FILE *file, const struct bm_run *run, const char *op, const char *kernel)
{
    for (size_t begin = 0, end; begin < run->cases; begin = end) {
        const struct bm_run_case *c = &run->cased[begin];
        bool headed = false;
        end = bm_case_group_end(run, begin);
        for (size_t i = begin; i < end; i++) {
            if (!matches(op, c->op) || !matches(kernel, run->cased[i].kernel))
                continue;
            if (!headed) {
                fprintf(file, "\n%s  %s%s%s\n", c->op, c->shape, c->origin[0] ? "   " : "", c->origin);
                fprintf(file, " %-22s %3s %-4s %8s  %5s %13s %-24s %6s %s\n", "variant", "thr", "mem", "median",
                        "+-95%", "rate", "share of limit", "/naive", "+-95%");
            }
            headed = true;
            const struct bm_ratio over_naive = bm_over_naive(c, end - begin, &run->cased[i]);
            print_case(file, &run->cased[i], &over_naive);
        }
    }
}

void bm_print_cases(FILE *file, const struct bm_run *run) { bm_print_matching_cases(file, run, NULL, NULL); }
