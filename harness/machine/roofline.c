/* SPDX-License-Identifier: MIT */
#include "roofline.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <unistd.h>

#include "buffers.h"
#include "clock.h"
#include "memory_budget.h"
#include "roofline_table.h"
#include "topology.h"

/* Rounds are short so that some of them escape the other processes on a busy machine; they go on until there are enough
 * and the best two agree, or until patience ends. At effort 1: */
enum { REPETITIONS = 9, MAX_REPETITIONS = 400 };
static const double round_s = 0.0005, agreement = 0.02, patience_s = 0.08;
/* Rounds of the memory level take pieces of its working set in turn; when a loop begins, the caches hold what the one
 * before left there, and so many pieces, as much as the caches hold, do not count. At least so many rounds do: of
 * L3 and memory, which others use as well, more, as long as patience lasts. */
enum { PIECES = 16, FIRST_PIECES = 4, LEAST_ROUNDS = 3, LEAST_SHARED = 8 };
/* What is disturbed is measured so often at most, and not again after so long (at effort 1). */
enum { MOST_TRIES = 5 };
static const double again_s = 2;
static const double stair_effort = 0.25; /* of that: neighbouring sizes tell which one was disturbed */

const char *bm_level_name(enum bm_level level)
{
    static const char *const name[] = { "L1", "L2", "L3", "memory" };
    return name[level];
}

void bm_limits_raise(struct bm_limits *best, const struct bm_limits *again)
{
    bm_raise_to(&best->fma_gflops, again->fma_gflops);
    bm_raise_to(&best->fma_median_gflops, again->fma_median_gflops);
    bm_raise_to(&best->stream_copy_gbs, again->stream_copy_gbs);
    bm_raise_to(&best->stream_copy_median_gbs, again->stream_copy_median_gbs);
    bm_raise_to(&best->stream_write_gbs, again->stream_write_gbs);
    bm_raise_to(&best->stream_write_median_gbs, again->stream_write_median_gbs);
    for (enum bm_level level = BM_L1; level < BM_LEVEL_COUNT; level++) {
        bm_raise_to(&best->read_gbs[level], again->read_gbs[level]);
        bm_raise_to(&best->read_median_gbs[level], again->read_median_gbs[level]);
        bm_raise_to(&best->copy_gbs[level], again->copy_gbs[level]);
        bm_raise_to(&best->copy_median_gbs[level], again->copy_median_gbs[level]);
        bm_raise_to(&best->write_gbs[level], again->write_gbs[level]);
        bm_raise_to(&best->write_median_gbs[level], again->write_median_gbs[level]);
        bm_raise_to(&best->update_gbs[level], again->update_gbs[level]);
        bm_raise_to(&best->update_median_gbs[level], again->update_median_gbs[level]);
    }
}

/* One loop under measurement. */
struct probe {
    bm_limit_loop loop;
    float *data;
    size_t stride, floats; /* from one thread's part to the next; used by each in a round */
    int fewest;            /* rounds */
    size_t pieces, piece;  /* that rounds take in turn; 1: all rounds use the same floats */
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
    p->piece++;
    if (p->pieces > 1 && p->piece < FIRST_PIECES)
        return;
    if (p->pieces == 1 && p->own_s * passes < round_s / 2) {
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
    p->finished = p->done == MAX_REPETITIONS ||
                  (p->done >= p->effort * REPETITIONS && p->done >= p->fewest && steady) ||
                  (p->done >= LEAST_ROUNDS && now > p->deadline);
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
    p->piece = 0;
    p->done = 0;
    p->own_s = INFINITY;
    p->finished = false;
    p->deadline = bm_now_s() + p->effort * (p->private ? 3 : 1) * patience_s;
#pragma omp parallel num_threads(p->threads)
    {
        int me = omp_get_thread_num();
        float *mine = p->data + (size_t)me * p->stride;
        do {
#pragma omp barrier
            double start = bm_now_s();
#pragma omp barrier
            double own_start = bm_now_s();
            p->loop(mine + p->piece % p->pieces * p->floats, p->floats, p->passes);
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

static size_t least(size_t a, size_t b) { return a < b ? a : b; }
static size_t most(size_t a, size_t b) { return a > b ? a : b; }

/* Bytes for each thread; see roofline.h. */
static size_t working_set(enum bm_level level, int threads)
{
    const size_t L1 = bm_cache_team_bytes(1, threads), L2 = bm_cache_team_bytes(2, threads),
                 L3 = bm_cache_team_bytes(3, threads), memory = (size_t)bm_memory_for_limits();
    const size_t bytes = level == BM_L1   ? L1 / 2
                         : level == BM_L2 ? least(2 * L1, L2 / 2)
                         : level == BM_L3 ? least(2 * L2, most(L3 / 2, L2 / 4 * 5))
                                          : least(4 * bm_last_cache_bytes(threads), memory);
    const size_t block = BM_LOOP_FLOATS * (level == BM_MEMORY ? PIECES : 1) * sizeof(float);
    return most(bytes / (size_t)threads / block, 1) * block;
}

/* Memory of each thread's own for `bytes`. It is kept for the next measurement, which may be short against the time that
 * so many new pages take; where memory is not equally near to all, for one by the same threads. */
static float *pool_of(int threads, size_t bytes)
{
    static struct bm_buffer pool;
    static int touched_by;
    if (pool.bytes < bytes * (size_t)threads || (touched_by != threads && bm_topology()->numa_nodes > 1)) {
        bm_buffer_free(&pool);
        pool = bm_pool(bytes * (size_t)threads, false);
        bm_first_touch(&(struct bm_span){ pool.data, pool.bytes }, 1, 1, 0, threads);
        touched_by = threads;
    }
    return pool.data;
}

static const struct bm_limit_loops *loops_of(enum bm_isa isa)
{
#define LOOPS(ID, name, ...) &bm_limit_loops_##name,
    static const struct bm_limit_loops *const loops[] = { BM_ISAS(LOOPS) };
    while (!loops[isa])
        isa = bm_isa_base(isa);
    return loops[isa];
}

/* Pins the team and gives each of its threads memory of its own for working sets of up to `bytes`. NULL: failed. */
static const struct bm_limit_loops *begin(struct probe *p, enum bm_isa isa, int threads, size_t bytes, double effort,
                                          struct bm_error *error)
{
    if (!bm_isa_runs(isa)) {
        bm_failed(error, "the limits of %s cannot be measured: this CPU or BATCHMARK_MAX_ISA ends at %s",
                  bm_isa_name(isa), bm_isa_name(bm_isa_best()));
        return NULL;
    }
    if (!bm_pin_team(threads, true, error))
        return NULL;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t share = (bytes + page - 1) / page * page; /* whole pages, so that bm_first_touch() divides as this does */
    *p = (struct probe){ .data = pool_of(threads, share),
                         .stride = share / sizeof(float),
                         .fewest = LEAST_ROUNDS,
                         .pieces = 1,
                         .threads = threads,
                         .effort = effort };
    return loops_of(isa);
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

/* The bandwidth of a level. */
static void run_level(struct probe *p, const struct bm_limit_loops *loops, enum bm_level level, struct bm_limits *l)
{
    const size_t bytes = l->working_set_bytes[level];
    const struct {
        bm_limit_loop loop;
        double moved;
    } updates[] = { { loops->update, 2 }, { loops->update_streams, 2 }, { loops->update_from, 1.5 } };
    double best, median;
    p->pieces = level == BM_MEMORY ? PIECES : 1;
    p->fewest = level >= BM_L3 ? LEAST_SHARED : LEAST_ROUNDS;
    const struct bm_stair s = run_stair(p, loops, l->isa, bytes / p->pieces);
    l->read_gbs[level] = s.read_gbs;
    l->copy_gbs[level] = s.copy_gbs;
    l->write_gbs[level] = s.write_gbs;
    l->read_median_gbs[level] = s.read_median_gbs;
    l->copy_median_gbs[level] = s.copy_median_gbs;
    l->write_median_gbs[level] = s.write_median_gbs;
    l->update_gbs[level] = 0;
    for (size_t i = 0; i < sizeof updates / sizeof *updates; i++) {
        p->loop = updates[i].loop;
        run(p, updates[i].moved * (double)s.bytes, &best, &median);
        if (best > l->update_gbs[level]) {
            l->update_gbs[level] = best;
            l->update_median_gbs[level] = median;
        }
    }
}

static void run_peak(struct probe *p, const struct bm_limit_loops *loops, struct bm_limits *l)
{
    p->pieces = 1;
    p->fewest = LEAST_ROUNDS;
    p->loop = loops->fma;
    p->private = true;
    run(p, loops->flops(), &l->fma_gflops, &l->fma_median_gflops);
    p->private = false;
}

static void run_past_caches(struct probe *p, const struct bm_limit_loops *loops, struct bm_limits *l)
{
    const double bytes = (double)(p->floats * sizeof(float)); /* of a piece of memory */
    p->loop = loops->stream_copy;
    run(p, bytes, &l->stream_copy_gbs, &l->stream_copy_median_gbs);
    p->loop = loops->stream_write;
    run(p, bytes, &l->stream_write_gbs, &l->stream_write_median_gbs);
}

/* The levels of some rates. */
static unsigned of_level(enum bm_level level)
{
    unsigned bits = 0;
    for (int way = 0; way < BM_WAYS; way++)
        bits |= bm_disturbed_bit(way, level);
    return bits;
}

/* Measures the peak and the levels of which a rate is wanted. */
static void run_limits(struct probe *p, const struct bm_limit_loops *loops, unsigned wanted, struct bm_limits *l)
{
    if (wanted & BM_FMA_DISTURBED)
        run_peak(p, loops, l);
    for (enum bm_level level = BM_L1; level < BM_LEVEL_COUNT; level++)
        if (wanted & of_level(level) && (level == BM_MEMORY || l->capacity_bytes[level] > 0))
            run_level(p, loops, level, l);
    if (wanted & of_level(BM_MEMORY))
        run_past_caches(p, loops, l);
}

bool bm_measure_limits(enum bm_isa isa, int threads, double effort, const struct bm_limits *alone,
                       struct bm_limits *limits, struct bm_error *error)
{
    struct probe p;
    struct bm_limits again = { .isa = isa, .threads = threads };
    for (enum bm_level level = BM_L1; threads > 0 && level < BM_LEVEL_COUNT; level++) {
        again.working_set_bytes[level] = working_set(level, threads);
        if (level < BM_MEMORY)
            again.capacity_bytes[level] = bm_cache_team_bytes((int)level + 1, threads);
    }
    const struct bm_limit_loops *loops =
        begin(&p, isa, threads, again.working_set_bytes[BM_MEMORY], effort, error);
    if (!loops)
        return false;
    *limits = again;
    limits->disturbed = BM_ALL_DISTURBED;
    const double end = bm_now_s() + effort * again_s;
    for (int tries = 0; tries < MOST_TRIES && limits->disturbed && (tries == 0 || bm_now_s() < end); tries++) {
        run_limits(&p, loops, limits->disturbed, &again);
        bm_limits_raise(limits, &again);
        limits->disturbed = bm_limits_judge(limits, alone);
    }
    return true;
}

/* Two steps to an octave, in whole blocks of the loops, and the size of the memory level as the last. */
static size_t stair_bytes(int step, size_t largest)
{
    const double block = BM_LOOP_FLOATS * sizeof(float), bytes = BM_STAIR_LEAST * exp2(step / 2.0);
    return bytes < (double)largest ? (size_t)(floor(bytes / block) * block) : largest;
}

static void raise_stair(struct bm_stair *best, struct bm_stair again)
{
    bm_raise_to(&best->read_gbs, again.read_gbs);
    bm_raise_to(&best->copy_gbs, again.copy_gbs);
    bm_raise_to(&best->write_gbs, again.write_gbs);
    bm_raise_to(&best->read_median_gbs, again.read_median_gbs);
    bm_raise_to(&best->copy_median_gbs, again.copy_median_gbs);
    bm_raise_to(&best->write_median_gbs, again.write_median_gbs);
}

bool bm_judge_stairs(struct bm_stair stairs[], size_t n)
{
    double read = 0, copy = 0, write = 0; /* the best of the larger ones */
    bool any = false;
    for (size_t i = n; i-- > 0;) {
        struct bm_stair *s = &stairs[i];
        s->disturbed = 2 * s->read_gbs < read || 2 * s->copy_gbs < copy || 2 * s->write_gbs < write;
        any |= s->disturbed;
        bm_raise_to(&read, s->read_gbs);
        bm_raise_to(&copy, s->copy_gbs);
        bm_raise_to(&write, s->write_gbs);
    }
    return any;
}

size_t bm_measure_staircase(enum bm_isa isa, int threads, double effort, struct bm_stair stairs[static BM_MAX_STAIRS],
                            struct bm_error *error)
{
    struct probe p;
    const size_t largest = threads > 0 ? working_set(BM_MEMORY, threads) : 0;
    const struct bm_limit_loops *loops = begin(&p, isa, threads, largest, effort * stair_effort, error);
    if (!loops)
        return 0;
    size_t n = 0;
    const double end = bm_now_s() + effort * again_s;
    do {
        stairs[n] = run_stair(&p, loops, isa, stair_bytes((int)n, largest));
    } while (stairs[n++].bytes < largest && n < BM_MAX_STAIRS);
    bool any = bm_judge_stairs(stairs, n);
    for (int tries = 1; tries < MOST_TRIES && any && bm_now_s() < end; tries++) {
        for (size_t i = 0; i < n; i++)
            if (stairs[i].disturbed)
                raise_stair(&stairs[i], run_stair(&p, loops, isa, stairs[i].bytes));
        any = bm_judge_stairs(stairs, n);
    }
    return n;
}

enum bm_level bm_level_of(size_t working_set_bytes, int threads)
{
    enum bm_level level = BM_L1;
    while (level < BM_MEMORY && working_set_bytes > bm_cache_team_bytes((int)level + 1, threads))
        level++;
    return level;
}
