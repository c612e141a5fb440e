#include "roofline.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <unistd.h>

#include "buffers.h"
#include "clock.h"
#include "roofline_table.h"
#include "topology.h"

/* Rounds are short so that some of them escape the other processes on a busy machine; they go on until there are enough
 * and the best two agree, or until patience ends. At effort 1: */
enum { REPETITIONS = 9, MAX_REPETITIONS = 400 };
static const double round_s = 0.0005, agreement = 0.02, patience_s = 0.08;
static const double stair_effort = 0.25; /* of that: neighbouring sizes tell which one was disturbed */

const char *bm_level_name(enum bm_level level)
{
    static const char *const name[] = { "L1", "L2", "L3", "memory" };
    return name[level];
}

/* One loop under measurement. */
struct probe {
    bm_limit_loop loop;
    float *data;
    size_t stride, floats; /* from one thread's part to the next; used by each */
    int threads;
    double effort;
    bool private; /* the threads share nothing: a team that takes longer than one thread is disturbed */
    size_t passes;
    int done;                       /* rounds that count so far */
    double own_s, best_s, second_s; /* of a pass: least of one thread, least two of the team */
    bool finished;
    double deadline;
    double pass_s[MAX_REPETITIONS];
};

/* Takes the time of one round: of the loop on this thread alone, which tells how many passes make a round long enough
 * (rounds before that are the warm-up), and of the team, which counts. */
static void note(struct probe *p, double start, double own_s)
{
    double now = bm_now_s(), passes = (double)p->passes;
    p->own_s = fmin(p->own_s, own_s / passes);
    if (p->own_s * passes < round_s / 2) {
        double more = ceil(round_s / fmax(p->own_s * passes, 1e-9));
        p->passes *= more < 16 ? (size_t)more : 16;
        p->done = 0;
        return;
    }
    double pass_s = (now - start) / passes;
    if (p->done == 0 || pass_s < p->best_s) {
        p->second_s = p->done == 0 ? INFINITY : p->best_s;
        p->best_s = pass_s;
    } else {
        p->second_s = fmin(p->second_s, pass_s);
    }
    p->pass_s[p->done++] = pass_s;
    bool steady = p->second_s <= p->best_s * (1 + agreement) && (!p->private || p->best_s < 1.25 * p->own_s);
    steady |= now > p->deadline;
    p->finished = p->done == MAX_REPETITIONS || (p->done >= p->effort * REPETITIONS && p->done >= 3 && steady);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Work per second of the whole team, in units of 1e9; `work` is that of one pass of one thread. */
static void run(struct probe *p, double work, double *best, double *median)
{
    p->passes = 1;
    p->done = 0;
    p->own_s = INFINITY;
    p->finished = false;
    p->deadline = bm_now_s() + p->effort * (p->private ? 10 : 1) * patience_s;
#pragma omp parallel num_threads(p->threads)
    {
        int me = omp_get_thread_num();
        float *mine = p->data + (size_t)me * p->stride;
        do {
#pragma omp barrier
            double start = bm_now_s();
#pragma omp barrier
            double own_start = bm_now_s();
            p->loop(mine, p->floats, p->passes);
            double own_s = bm_now_s() - own_start;
#pragma omp barrier
            if (me == 0)
                note(p, start, own_s);
#pragma omp barrier
        } while (!p->finished);
    }
    qsort(p->pass_s, (size_t)p->done, sizeof p->pass_s[0], compare);
    *best = work * p->threads / p->best_s * 1e-9;
    *median = work * p->threads / p->pass_s[p->done / 2] * 1e-9;
}

/* Bytes for each thread; see roofline.h. */
static size_t working_set(enum bm_level level, int threads)
{
    size_t team = (size_t)threads, bytes;
    size_t L2 = bm_cache_team_bytes(2, threads), L3 = bm_cache_team_bytes(3, threads);
    if (level == BM_MEMORY) {
        size_t memory = (size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE);
        bytes = 4 * L3 < memory / 4 ? 4 * L3 : memory / 4;
    } else if (level == BM_L3) {
        bytes = L3 / 2 > L2 / 4 * 5 ? L3 / 2 : L2 / 4 * 5;
    } else {
        bytes = bm_cache_team_bytes(level == BM_L1 ? 1 : 2, threads) / 2;
    }
    size_t floats = bytes / team / sizeof(float) / BM_LOOP_FLOATS * BM_LOOP_FLOATS;
    return (floats > 0 ? floats : BM_LOOP_FLOATS) * sizeof(float);
}

/* Pins the team and gives each of its threads memory of its own for working sets of up to `bytes`. NULL: failed. */
static const struct bm_limit_loops *begin(struct probe *p, struct bm_buffer *pool, enum bm_isa isa, int threads,
                                          size_t bytes, double effort, struct bm_error *error)
{
    static const struct bm_limit_loops *const table[] = { &bm_limit_loops_baseline, &bm_limit_loops_avx2,
                                                          &bm_limit_loops_avx512, &bm_limit_loops_avx512bf16 };
    if (isa > bm_isa_available()) {
        bm_failed(error, "the limits of %s cannot be measured: this CPU or BATCHMARK_MAX_ISA ends at %s",
                  bm_isa_name(isa), bm_isa_name(bm_isa_available()));
        return NULL;
    }
    if (!bm_pin_team(threads, true, error))
        return NULL;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t share = (bytes + page - 1) / page * page; /* whole pages, so that bm_first_touch() divides as this does */
    *pool = bm_pool(share * (size_t)threads, false);
    bm_first_touch(pool->data, pool->bytes, threads);
    *p = (struct probe){ .data = pool->data, .stride = share / sizeof(float), .threads = threads, .effort = effort };
    return table[isa];
}

/* The bandwidth of a working set of `bytes` for each thread. */
static struct bm_stair run_stair(struct probe *p, const struct bm_limit_loops *loops, enum bm_isa isa, size_t bytes)
{
    struct bm_stair s = { .isa = isa, .threads = p->threads, .bytes = bytes };
    p->floats = bytes / sizeof(float);
    p->loop = loops->read;
    run(p, (double)bytes, &s.read_gbs, &s.read_median_gbs);
    p->loop = loops->copy;
    run(p, (double)bytes, &s.copy_gbs, &s.copy_median_gbs);
    p->loop = loops->write;
    run(p, (double)bytes, &s.write_gbs, &s.write_median_gbs);
    return s;
}

bool bm_measure_limits(enum bm_isa isa, int threads, double effort, struct bm_limits *limits, struct bm_error *error)
{
    struct probe p;
    struct bm_buffer pool;
    size_t most = 0;
    *limits = (struct bm_limits){ .isa = isa, .threads = threads };
    for (enum bm_level level = BM_L1; threads > 0 && level < BM_LEVEL_COUNT; level++) {
        limits->working_set_bytes[level] = working_set(level, threads);
        if (limits->working_set_bytes[level] > most)
            most = limits->working_set_bytes[level];
    }
    const struct bm_limit_loops *loops = begin(&p, &pool, isa, threads, most, effort, error);
    if (!loops)
        return false;

    p.loop = loops->fma;
    p.private = true;
    run(&p, loops->flops, &limits->fma_gflops, &limits->fma_median_gflops);
    p.private = false;
    for (enum bm_level level = BM_L1; level < BM_LEVEL_COUNT; level++) {
        const struct bm_stair s = run_stair(&p, loops, isa, limits->working_set_bytes[level]);
        limits->read_gbs[level] = s.read_gbs;
        limits->copy_gbs[level] = s.copy_gbs;
        limits->write_gbs[level] = s.write_gbs;
        limits->read_median_gbs[level] = s.read_median_gbs;
        limits->copy_median_gbs[level] = s.copy_median_gbs;
        limits->write_median_gbs[level] = s.write_median_gbs;
    }
    double bytes = (double)limits->working_set_bytes[BM_MEMORY];
    p.loop = loops->stream_copy;
    run(&p, bytes, &limits->stream_copy_gbs, &limits->stream_copy_median_gbs);
    p.loop = loops->stream_write;
    run(&p, bytes, &limits->stream_write_gbs, &limits->stream_write_median_gbs);
    bm_buffer_free(&pool);
    return true;
}

/* Two steps to an octave, in whole blocks of the loops, and the size of the memory level as the last. */
static size_t stair_bytes(int step, size_t most)
{
    const double block = BM_LOOP_FLOATS * sizeof(float), bytes = BM_STAIR_LEAST * exp2(step / 2.0);
    return bytes < (double)most ? (size_t)(floor(bytes / block) * block) : most;
}

size_t bm_measure_staircase(enum bm_isa isa, int threads, double effort, struct bm_stair stairs[static BM_MAX_STAIRS],
                            struct bm_error *error)
{
    struct probe p;
    struct bm_buffer pool;
    const size_t most = threads > 0 ? working_set(BM_MEMORY, threads) : 0;
    const struct bm_limit_loops *loops = begin(&p, &pool, isa, threads, most, effort * stair_effort, error);
    if (!loops)
        return 0;
    size_t n = 0;
    do {
        stairs[n] = run_stair(&p, loops, isa, stair_bytes((int)n, most));
    } while (stairs[n++].bytes < most && n < BM_MAX_STAIRS);
    bm_buffer_free(&pool);
    return n;
}

enum bm_level bm_level_of(size_t working_set_bytes, int threads)
{
    enum bm_level level = BM_L1;
    while (level < BM_MEMORY && working_set_bytes > bm_cache_team_bytes((int)level + 1, threads))
        level++;
    return level;
}

static double copy_rate(const struct bm_limits *l, enum bm_level level)
{
    return level == BM_MEMORY ? fmax(l->copy_gbs[level], l->stream_copy_gbs) : l->copy_gbs[level];
}

static double write_rate(const struct bm_limits *l, enum bm_level level)
{
    return level == BM_MEMORY ? fmax(l->write_gbs[level], l->stream_write_gbs) : l->write_gbs[level];
}

/* In nanoseconds. */
static double move(const struct bm_limits *l, double read_bytes, double write_bytes, enum bm_level level)
{
    double both = fmin(read_bytes, write_bytes);
    return 2 * both / copy_rate(l, level) + (read_bytes - both) / l->read_gbs[level] +
           (write_bytes - both) / write_rate(l, level);
}

struct bounds { double arithmetic, level, ports; };

static struct bounds bounds(const struct bm_limits *l, double flops, struct bm_traffic t, enum bm_level level)
{
    return (struct bounds){ flops / l->fma_gflops, move(l, t.read_bytes, t.write_bytes, level),
                            move(l, t.read_bytes + t.again_bytes, t.write_bytes, BM_L1) };
}

double bm_bound_s(const struct bm_limits *l, double flops, struct bm_traffic traffic, enum bm_level level)
{
    struct bounds b = bounds(l, flops, traffic, level);
    return fmax(b.arithmetic, fmax(b.level, b.ports)) * 1e-9;
}

const char *bm_bound_name(const struct bm_limits *l, double flops, struct bm_traffic traffic, enum bm_level level)
{
    struct bounds b = bounds(l, flops, traffic, level);
    return b.level >= fmax(b.arithmetic, b.ports) ? bm_level_name(level) : b.arithmetic >= b.ports ? "FMA" : "L1 ports";
}

void bm_print_limits(FILE *file, const struct bm_limits limits[], size_t n)
{
    fprintf(file, "%-10s%3s %8s |%18s GB/s |%18s GB/s |%18s GB/s\n", "limits", "", "GFLOP/s", "copy", "read", "write");
    fprintf(file, "%-10s%3s %8s ", "isa", "thr", "FMA");
    for (int kind = 0; kind < 3; kind++)
        fprintf(file, "|%5s %5s %5s %5s ", "L1", "L2", "L3", "mem");
    for (size_t i = 0; i < n; i++) {
        const struct bm_limits *l = &limits[i];
        fprintf(file, "\n%-10s%3d %8.1f ", bm_isa_name(l->isa), l->threads, l->fma_gflops);
        for (int kind = 0; kind < 3; kind++) {
            fputc('|', file);
            for (enum bm_level level = BM_L1; level < BM_LEVEL_COUNT; level++)
                fprintf(file, "%5.0f ",
                        kind == 0 ? copy_rate(l, level) : kind == 1 ? l->read_gbs[level] : write_rate(l, level));
        }
    }
    fputs("\nBest of several repetitions, whole team. Copy counts bytes read plus bytes written. At memory,\n"
          "copy and write are the better of ordinary and non-temporal stores.\n", file);
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
