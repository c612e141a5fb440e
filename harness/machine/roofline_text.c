/* SPDX-License-Identifier: MIT */
/* roofline_text.c - measured limits as tables. */
#include <math.h>
#include <stdio.h>

#include "roofline.h"

/* At memory, the better of ordinary and non-temporal stores. */
static void print_rate(FILE *file, const struct bm_limits *l, enum bm_way way, enum bm_level level)
{
    const double *const rates[BM_WAYS] = { l->read_gbs, l->copy_gbs, l->write_gbs, l->update_gbs };
    const double past[BM_WAYS] = { 0, l->stream_copy_gbs, l->stream_write_gbs, 0 };
    if (level < BM_MEMORY && l->capacity_bytes[level] == 0)
        fprintf(file, "%6s ", "-");
    else
        fprintf(file, "%6.0f%c", fmax(rates[way][level], level == BM_MEMORY ? past[way] : 0),
                l->disturbed & bm_disturbed_bit(way, level) ? '?' : ' ');
}

void bm_print_limits(FILE *file, const struct bm_limits limits[], size_t n)
{
    static const enum bm_way ways[][2] = { { BM_READ, BM_WRITE }, { BM_COPY, BM_UPDATE } };
    bool disturbed = false, in_cache = false;
    for (int pair = 0; pair < 2; pair++) {
        fprintf(file, "%s%-10s%3s %8s |%18s GB/s      |%18s GB/s\n", pair ? "\n" : "", "limits", "", "GFLOP/s",
                bm_way_name[ways[pair][0]], bm_way_name[ways[pair][1]]);
        fprintf(file, "%-10s%3s %8s ", "isa", "thr", "FMA");
        for (int k = 0; k < 2; k++)
            fprintf(file, "|%6s %6s %6s %6s ", "L1", "L2", "L3", "mem");
        for (size_t i = 0; i < n; i++) {
            const struct bm_limits *l = &limits[i];
            disturbed |= l->disturbed;
            in_cache |= bm_limits_in_cache(l);
            fprintf(file, "\n%-10s%3d %8.1f%c", bm_isa_name(l->isa), l->threads, l->fma_gflops,
                    l->disturbed & BM_FMA_DISTURBED ? '?' : ' ');
            for (int k = 0; k < 2; k++) {
                fputc('|', file);
                for (enum bm_level level = BM_L1; level < BM_LEVEL_COUNT; level++)
                    print_rate(file, l, ways[pair][k], level);
            }
        }
        fputc('\n', file);
    }
    fputs("Best of several repetitions, whole team. Copy and update (in place) count bytes read and bytes\n"
          "written. At memory, copy and write are the better of ordinary and non-temporal stores.\n",
          file);
    if (disturbed)
        fputs("?: others disturbed it each time: it cannot be the machine's, and nothing is held against it.\n", file);
    if (in_cache)
        fputs("There is too little memory to measure that level outside the caches: its rates may be theirs.\n", file);
}

void bm_print_limits_short(FILE *file, const struct bm_limits *l)
{
    char fma[32] = "disturbed";
    if (!(l->disturbed & BM_FMA_DISTURBED))
        snprintf(fma, sizeof fma, "%.4g GFLOP/s", l->fma_gflops);
    fprintf(file, "%d thread%s, %s: FMA %s; reading", l->threads, l->threads == 1 ? "" : "s", bm_isa_name(l->isa), fma);
    for (enum bm_level level = BM_L1; level < BM_LEVEL_COUNT; level++) {
        const char *from = bm_level_name(level);
        if (l->disturbed & bm_disturbed_bit(BM_READ, level))
            fprintf(file, "%s %s disturbed", level ? "," : "", from);
        else if (l->read_gbs[level] > 0)
            fprintf(file, "%s %s %.3g GB/s", level ? "," : "", from, l->read_gbs[level]);
    }
    fputc('\n', file);
}

/* "5.5K", "64M": at most 5 characters. */
static void print_size(FILE *file, size_t bytes)
{
    static const char unit[] = "KMGTPE";
    double size = (double)bytes / 1024;
    int i = 0;
    for (; size >= 1000; i++)
        size /= 1024;
    fprintf(file, "%5.*f%c", size < 10 && size != floor(size) ? 1 : 0, size, unit[i]);
}

static double stair_rate(const struct bm_stair *s, int kind)
{
    return kind == 0 ? s->copy_gbs : kind == 1 ? s->read_gbs : s->write_gbs;
}

static void print_stairs(FILE *file, const struct bm_stair stairs[], size_t n)
{
    static const char *const kinds[] = { "copy", "read", "write" };
    fprintf(file, "%-7s", "bytes");
    for (size_t i = 0; i < n; i++)
        print_size(file, stairs[i].bytes);
    for (int kind = 0; kind < 3; kind++) {
        fprintf(file, "\n%-7s", kinds[kind]);
        for (size_t i = 0; i < n; i++)
            if (stairs[i].disturbed)
                fprintf(file, "%6s", "?");
            else
                fprintf(file, "%6.0f", stair_rate(&stairs[i], kind));
    }
    fputc('\n', file);
}

void bm_print_staircase(FILE *file, const struct bm_stair stairs[], size_t n)
{
    const size_t lines = (n + 14) / 15, each = (n + lines - 1) / lines;
    fprintf(file, "Bandwidth by each thread's working set, %s, %d thread%s, GB/s\n", bm_isa_name(stairs->isa),
            stairs->threads, stairs->threads == 1 ? "" : "s");
    for (size_t i = 0; i < n; i += each)
        print_stairs(file, stairs + i, n - i < each ? n - i : each);
}
