#include "case_table.h"

#include <string.h>

#include "table.h"

bool bm_counts_flops(const struct bm_run_case *c) { return c->flops > 2 * (c->read_bytes + c->write_bytes); }

static bool same_group(const struct bm_run_case *a, const struct bm_run_case *b)
{
    return strcmp(a->op, b->op) == 0 && strcmp(a->shape, b->shape) == 0 && strcmp(a->origin, b->origin) == 0;
}

/* Median of the naive variant on the same shape and in the same cache state; 0: not there. */
static double naive_of(const struct bm_run_case *group, size_t count, const char *cache)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(group[i].kernel + strlen(group[i].op), "_naive") == 0 && strcmp(group[i].cache, cache) == 0)
            return group[i].stats.median;
    return 0;
}

static void print_case(FILE *file, const struct bm_run_case *c, double naive)
{
    char time[16], width[16] = "-", rate[24], speedup[16] = "";
    const bool flops = bm_counts_flops(c);
    const double m = c->stats.median;
    if (c->launches >= BM_LEAST_INTERVAL)
        snprintf(width, sizeof width, "%.1f%%", 50 * (c->stats.high - c->stats.low) / m);
    snprintf(rate, sizeof rate, "%.1f %s", (flops ? c->flops : c->read_bytes + c->write_bytes) / m / 1e9,
             flops ? "GFLOP/s" : "GB/s");
    if (naive > 0)
        snprintf(speedup, sizeof speedup, "%.1fx", naive / m);
    fprintf(file, "  %-28s %3d %-4s %10s %6s %13s %6.0f%% %-8s %7s\n", c->kernel, c->threads, c->cache,
            bm_seconds_text(m, time), width, rate, 100 * c->bound_s / m, c->bound, speedup);
}

void bm_print_cases(FILE *file, const struct bm_run *run)
{
    for (size_t begin = 0, end; begin < run->cases; begin = end) {
        const struct bm_run_case *c = &run->cased[begin];
        for (end = begin + 1; end < run->cases && same_group(c, &run->cased[end]);)
            end++;
        fprintf(file, "\n%s  %s%s%s\n", c->op, c->shape, c->origin[0] ? "   " : "", c->origin);
        fprintf(file, "  %-28s %3s %-4s %10s %6s %13s %14s %8s\n", "variant", "thr", "mem", "median", "+-95%", "rate",
                "of limit", "vs naive");
        for (size_t i = begin; i < end; i++)
            print_case(file, &run->cased[i], naive_of(c, end - begin, run->cased[i].cache));
    }
}
