/* cmd_bench.c - batchmark bench: verify, then time, then set against the machine's limits. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "gbench.h"
#include "roofline.h"
#include "options.h"
#include "peer_team.h"
#include "result.h"
#include "stats.h"
#include "topology.h"
#include "verify.h"
#include "versus.h"

enum { WARM, COLD, CACHES };
static const char *const cache_names[] = { "warm", "cold", NULL };

struct bench_options {
    struct bm_options common;
    bool cache[CACHES];
    double min_time, max_call;
    int repetitions; /* 0: not given */
    bool dry_run, versus;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct bench_options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        for (int i = 0; i < 6; i++)
            state->child_inputs[i] = &o->common;
        return 0;
    case 'c': {
        char *rest = NULL;
        o->cache[WARM] = o->cache[COLD] = false;
        for (char *word = strtok_r(arg, ",", &rest); word; word = strtok_r(NULL, ",", &rest))
            o->cache[bm_read_word("--cache", word, cache_names)] = true;
        return 0;
    }
    case 'n': o->repetitions = (int)bm_read_long("--repetitions", arg, 1, 10000); return 0;
    case 'm': o->min_time = bm_read_double("--min-time", arg, 1e-6, 3600); return 0;
    case 'x': o->max_call = bm_read_double("--max-call", arg, 1e-6, 3600); return 0;
    case 'd': o->dry_run = true; return 0;
    case 'V': {
        static const char *const against[] = { "peers", NULL };
        o->versus = bm_read_word("--versus", arg, against) == 0;
        return 0;
    }
    case ARGP_KEY_ARG: argp_error(state, "unexpected argument '%s'", arg); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* ---- the arrays of a group ---- */

/* The operands of one problem for one number of threads, once (warm) or often enough that the caches forget (cold). */
struct arena {
    int threads;
    int cache;
    size_t copies, copy_bytes;
    struct bm_buffer pool;
};

/* Each array starts on a line of its own, and 128 bytes further into a page than the one before it, or stores to one
 * array would seem to hit the loads from another (4 KiB aliasing) in a way that depends on the allocator. */
static size_t lay_out(const struct bm_problem *p, char *base, void *array[])
{
    size_t at = 0;
    for (unsigned i = 0; i < p->count; i++) {
        at = (at + 63) / 64 * 64 + (i ? 128 : 0);
        array[i] = base ? base + at : NULL;
        at += bm_footprint_bytes(&p->operand[i]);
    }
    return (at + 4095) / 4096 * 4096;
}

static void arena_make(struct arena *a, const struct bm_problem *p, int threads, int cache)
{
    void *array[BM_MAX_OPERANDS];
    *a = (struct arena){ .threads = threads, .cache = cache, .copies = 1, .copy_bytes = lay_out(p, NULL, array) };
    if (cache == COLD) { /* by the time a copy comes round again, three times the last level cache has passed */
        size_t pool = 3 * bm_cache_team_bytes(3, bm_cores_available());
        a->copies = pool / a->copy_bytes + 2;
    }
    a->pool = bm_pool(a->copies * a->copy_bytes, false);
    bm_first_touch(a->pool.data, a->pool.bytes, threads);
    for (size_t i = 0; i < a->copies; i++) {
        lay_out(p, (char *)a->pool.data + i * a->copy_bytes, array);
        bm_problem_load(p, array);
    }
}

/* ---- one case: a variant on a shape with a number of threads and a cache state ---- */

struct bench_case {
    const struct bm_kernel *kernel;
    const struct bm_problem *problem;
    struct arena *arena;
    int threads;
    bool own_threads;    /* of a peer that brings its own instead of OpenMP's */
    size_t next;         /* copy of the arena */
    union bm_args *args; /* one a copy */
    struct bm_buffer scratch;
    struct bm_verification verification;
    const struct bm_limits *limits;
    char name[320];
    int repetitions, done;
    double *real_s, *cpu_s;
    int64_t *iterations;
    int *map; /* observed CPU of each thread */
    struct bm_stats stats;
    double bound_s;
    enum bm_level level;
};

static void case_run(void *context)
{
    struct bench_case *c = context;
    c->kernel->run(&c->args[c->next]);
    if (++c->next == c->arena->copies)
        c->next = 0;
}

static void case_setup(void *context)
{
    struct bench_case *c = context;
    bm_pin_team(c->threads, false, NULL); /* was possible when the case was planned */
    if (c->own_threads)                   /* or our idle team would spin on the cores of the peer's threads */
        bm_let_idle_sleep();
    if (c->arena->cache == WARM)
        case_run(c); /* warm-up, not timed */
}

static void case_report(void *user, int index, int repetition, int64_t iterations, double real_s, double cpu_s)
{
    struct bench_case *c = (struct bench_case *)user + index;
    (void)repetition;
    if (c->done >= c->repetitions)
        return;
    c->real_s[c->done] = real_s;
    c->cpu_s[c->done] = cpu_s;
    c->iterations[c->done++] = iterations;
}

static void case_prepare(struct bench_case *c, int repetitions)
{
    const struct bm_problem *p = c->problem;
    c->args = bm_alloc(c->arena->copies * sizeof *c->args);
    for (size_t i = 0; i < c->arena->copies; i++) {
        void *array[BM_MAX_OPERANDS];
        lay_out(p, (char *)c->arena->pool.data + i * c->arena->copy_bytes, array);
        p->op->bind(&p->shape, array, &c->args[i]);
        c->args[i].means.threads = c->threads;
    }
    c->scratch = bm_pool(bm_scratch_bytes(c->kernel, c->args), false);
    for (size_t i = 0; i < c->arena->copies; i++)
        c->args[i].means.scratch = c->scratch.data;
    c->repetitions = repetitions;
    c->real_s = bm_alloc((size_t)repetitions * sizeof *c->real_s);
    c->cpu_s = bm_alloc((size_t)repetitions * sizeof *c->cpu_s);
    c->iterations = bm_alloc((size_t)repetitions * sizeof *c->iterations);
    c->map = bm_alloc((size_t)c->threads * sizeof *c->map);
}

static void case_free(struct bench_case *c)
{
    free(c->args);
    bm_buffer_free(&c->scratch);
    free(c->real_s);
    free(c->cpu_s);
    free(c->iterations);
    free(c->map);
}

/* ---- the run ---- */

struct bench {
    const struct bench_options *o;
    struct bm_limits limits[BM_ISA_COUNT][BM_MAX_THREAD_COUNTS];
    bool measured[BM_ISA_COUNT][BM_MAX_THREAD_COUNTS];
    int threads[BM_MAX_THREAD_COUNTS], thread_counts; /* threads[0] is 1: the serial kernels' */
    bool one_asked;                                   /* --threads has a 1: the _omp kernels run with it too */
    double *rate; /* of each kernel: the best seconds per unit of work so far; 0 unknown */
    json_t *result;
    char *path;
    size_t timed, skipped, wrong;
    struct peer_use {
        struct bm_peer_team team;
        bool good;
        struct bm_error error;
    } * peer_use; /* what was asked of each peer so far */
    size_t peer_uses;
};

static bool wanted(const struct bench_options *o, const struct bm_kernel *k)
{
    return bm_wanted(&o->common, k) && (!o->versus || bm_versus_wanted(k));
}

/* Does the bench time a variant with threads[t]? Peers and <op>_auto on every number that is timed. The others: serial
 * ones on one thread, _omp ones on the numbers that were asked for, else on all cores. */
static bool times_with(const struct bench *b, const struct bm_kernel *k, int t)
{
    if (k->peer || bm_is_auto(k))
        return true;
    if (!k->omp)
        return t == 0;
    return t > 0 || (b->o->common.thread_counts ? b->one_asked : b->thread_counts == 1);
}

/* Whose peak limits a variant: that of its ISA; of one that chooses at run time, the best that our variants of the op
 * use here. */
static enum bm_isa limiting_isa(const struct bm_kernel *kernel)
{
    enum bm_isa isa = kernel->isa;
    for (const struct bm_kernel *const *k = bm_kernels; *k && (kernel->peer || bm_is_auto(kernel)); k++)
        if ((*k)->op == kernel->op && (*k)->isa > isa && (*k)->isa <= bm_isa_available())
            isa = (*k)->isa;
    return isa;
}

/* Asks a peer once per number of threads whether it uses them; the team is pinned again afterwards. */
static const struct peer_use *use_of_peer(struct bench *b, const struct bm_kernel *kernel, int threads)
{
    for (size_t i = 0; i < b->peer_uses; i++)
        if (b->peer_use[i].team.peer == kernel->peer && b->peer_use[i].team.threads == threads)
            return &b->peer_use[i];
    char name[64];
    snprintf(name, sizeof name, "gemm_%s", kernel->peer);
    struct peer_use *grown = realloc(b->peer_use, (b->peer_uses + 1) * sizeof *grown);
    if (!grown)
        bm_die(BM_EXIT_INPUT, "out of memory");
    b->peer_use = grown;
    struct peer_use *use = &grown[b->peer_uses++];
    use->good = bm_peer_team(bm_find(name), threads, &use->team, &use->error);
    bm_pin_team(threads, false, NULL);
    json_array_append_new(bm_result_list(b->result, "peer_teams"),
                          json_pack("{s:s, s:i, s:o, s:i}", "peer", kernel->peer, "threads", threads, "worked",
                                    use->team.worked < 0 ? json_null() : json_integer(use->team.worked), "own_threads",
                                    use->team.own));
    return use;
}

/* Work of a call in nominal operations, to predict what a slow kernel needs on the next shape. */
static double work(const struct bm_op *op, const struct bm_shape *shape)
{
    struct bm_traffic t = bm_traffic(op, shape);
    return op->flops(shape) + t.read_bytes + t.write_bytes;
}

static size_t index_of(const struct bm_kernel *kernel)
{
    size_t i = 0;
    while (bm_kernels[i] != kernel)
        i++;
    return i;
}

static void skip(struct bench *b, const char *kernel, const char *shape, const char *reason)
{
    b->skipped++;
    json_array_append_new(bm_result_list(b->result, "skipped"),
                          json_pack("{s:s, s:s, s:s}", "kernel", kernel, "shape", shape, "reason", reason));
}

static const struct bm_limits *limits_for(struct bench *b, enum bm_isa isa, int threads)
{
    for (int t = 0; t < b->thread_counts; t++)
        if (b->threads[t] == threads) {
            struct bm_error error;
            if (!b->measured[isa][t]) {
                bm_progress(0, 1, "measuring the machine's limits");
                if (!bm_measure_limits(isa, threads, 0.5, &b->limits[isa][t], &error))
                    bm_die(BM_EXIT_FAILED, "%s", error.text);
                json_array_append_new(bm_result_list(b->result, "limits"), bm_limits_json(&b->limits[isa][t]));
                b->measured[isa][t] = true;
            }
            return &b->limits[isa][t];
        }
    return NULL;
}

static void case_name(struct bench_case *c, const char *label)
{
    char parts[BM_LABEL];
    strcpy(parts, label);
    for (char *p = parts; *p; p++)
        *p = *p == ' ' ? '/' : *p == '=' ? ':' : *p;
    snprintf(c->name, sizeof c->name, "%s/%s/threads:%d/%s/real_time", c->kernel->name, parts, c->threads,
             cache_names[c->arena->cache]);
}

/* Rates as people quote them: GFLOP/s where a byte takes many operations, GB/s of compulsory traffic elsewhere. */
static bool counts_flops(const struct bm_op *op, const struct bm_shape *s)
{
    struct bm_traffic t = bm_traffic(op, s);
    return op->flops(s) > 2 * (t.read_bytes + t.write_bytes);
}

static void finish_case(struct bench *b, struct bench_case *c, const struct bm_shape_line *line, const char *label)
{
    const struct bm_op *op = c->kernel->op;
    const struct bm_shape *s = &line->shape;
    struct bm_traffic t = bm_traffic(op, s);
    double *sorted = bm_alloc((size_t)c->done * sizeof *sorted);
    memcpy(sorted, c->real_s, (size_t)c->done * sizeof *sorted);
    c->stats = bm_summarise(sorted, (size_t)c->done);
    free(sorted);
    c->level = c->arena->cache == COLD ? BM_MEMORY : bm_level_of(c->arena->copy_bytes, c->threads);
    c->bound_s = bm_bound_s(c->limits, op->flops(s), t, c->level);
    b->timed++;

    json_t *map = json_array();
    for (int i = 0; i < c->threads; i++)
        json_array_append_new(map, json_integer(c->map[i]));
    json_t *about = json_pack(
        "{s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:i, s:f, s:f, s:f, s:f, s:f, s:s, s:s, s:I, s:f, s:s, s:o, s:f, s:f, s:f, s:f}",
        "name", c->name, "kernel", c->kernel->name, "op", op->name, "shape", label, "threads", c->threads, "cache",
        cache_names[c->arena->cache], "origin", line->origin, "weight", (int)line->weight, "flops", op->flops(s),
        "read_bytes", t.read_bytes, "write_bytes", t.write_bytes, "again_bytes", t.again_bytes, "bound_s", c->bound_s,
        "bound", bm_bound_name(c->limits, op->flops(s), t, c->level), "level", bm_level_name(c->level), "copies", (json_int_t)c->arena->copies, "worst_error", c->verification.worst, "timing",
        "caller's wall time of a batch of calls, fork and join included", "cpus", map, "median_s", c->stats.median,
        "median_low_s", c->stats.low, "median_high_s", c->stats.high, "min_s", c->stats.min);
    json_array_append_new(bm_result_list(b->result, "cases"), about);
    for (int r = 0; r < c->done; r++) {
        json_t *sample =
            json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:I, s:f, s:f, s:s, s:s}", "name", c->name, "run_name", c->name,
                      "run_type", "iteration", "repetitions", c->repetitions, "repetition_index", r, "threads",
                      c->threads, "iterations", (json_int_t)c->iterations[r], "real_time", c->real_s[r] * 1e9,
                      "cpu_time", c->cpu_s[r] * 1e9, "time_unit", "ns", "batchmark_kernel", c->kernel->name);
        json_array_append_new(json_object_get(b->result, "benchmarks"), sample);
    }
}

static const char *human_time(double s, char text[static 16])
{
    const char *const unit[] = { "s", "ms", "us", "ns" };
    int i = 0;
    while (i < 3 && s < 0.9995)
        s *= 1e3, i++;
    snprintf(text, 16, "%.*f %s", s < 9.995 ? 2 : s < 99.95 ? 1 : 0, s, unit[i]);
    return text;
}

static void print_group(const struct bench_case *cases, int count, const struct bm_op *op,
                        const struct bm_shape_line *line, const char *label)
{
    double naive[CACHES] = { 0, 0 };
    for (int i = 0; i < count; i++)
        if (strcmp(cases[i].kernel->name + strlen(op->name), "_naive") == 0)
            naive[cases[i].arena->cache] = cases[i].stats.median;
    printf("\n%s  %s%s%s\n", op->name, label, line->origin[0] ? "   " : "", line->origin);
    printf("  %-28s %3s %-4s %10s %6s %13s %14s %8s\n", "variant", "thr", "mem", "median", "+-95%", "rate", "of limit",
           "vs naive");
    for (int i = 0; i < count; i++) {
        const struct bench_case *c = &cases[i];
        char time[16], rate[24], speedup[16] = "";
        struct bm_traffic t = bm_traffic(op, &line->shape);
        bool flops = counts_flops(op, &line->shape);
        double m = c->stats.median, base = naive[c->arena->cache], done = op->flops(&line->shape);
        if (!c->done)
            continue;
        snprintf(rate, sizeof rate, "%.1f %s", (flops ? done : t.read_bytes + t.write_bytes) / m / 1e9,
                 flops ? "GFLOP/s" : "GB/s");
        if (base > 0)
            snprintf(speedup, sizeof speedup, "%.1fx", base / m);
        printf("  %-28s %3d %-4s %10s %5.1f%% %13s %6.0f%% %-8s %7s\n", c->kernel->name, c->threads,
               cache_names[c->arena->cache], human_time(m, time), 50 * (c->stats.high - c->stats.low) / m, rate,
               100 * c->bound_s / m, bm_bound_name(c->limits, done, t, c->level), speedup);
    }
    fflush(stdout);
}

/* Plans a case unless the kernel is refused, wrong, too slow, or the threads cannot be had. The first copy of the arena
 * serves for verification: aligned arrays, as they will be timed. */
static bool plan_case(struct bench *b, struct bm_stage *stage, const struct bm_kernel *k, int threads,
                      const struct bm_shape_line *line, const char *label, struct bm_verification *v)
{
    char reason[256];
    struct bm_error error;
    const char *why;
    double *rate = &b->rate[index_of(k)], units = work(k->op, &line->shape);
    if (!bm_runnable(k, &why)) {
        skip(b, k->name, label, why);
        return false;
    }
    if (!bm_pin_team(threads, false, &error)) {
        skip(b, k->name, label, error.text);
        return false;
    }
    if (k->peer && !use_of_peer(b, k, threads)->good) {
        skip(b, k->name, label, use_of_peer(b, k, threads)->error.text);
        return false;
    }
    if (*rate * units > b->o->max_call) {
        snprintf(reason, sizeof reason, "one call would take about %.1f s; --max-call allows %g s", *rate * units,
                 b->o->max_call);
        skip(b, k->name, label, reason);
        return false;
    }
    *v = bm_verify(stage, k, &threads, 1, 1);
    if (v->verdict == BM_REFUSED) {
        skip(b, k->name, label, v->text);
        return false;
    }
    if (v->verdict == BM_INACCURATE) {
        bm_progress(0, 0, NULL);
        printf("\nNOTE %s: %s\n     a library's accuracy is its own: it is timed all the same\n", k->name, v->text);
    }
    if (v->verdict == BM_WRONG) {
        b->wrong++;
        bm_progress(0, 0, NULL);
        printf("\nWRONG %s: %s\n      it is not timed; again: %s\n", k->name, v->text, v->command);
        skip(b, k->name, label, v->text);
        return false;
    }
    if (units > 0 && (*rate == 0 || v->seconds / units < *rate))
        *rate = v->seconds / units;
    if (v->seconds > b->o->max_call) {
        snprintf(reason, sizeof reason, "one call takes %.2f s; --max-call allows %g s", v->seconds, b->o->max_call);
        skip(b, k->name, label, reason);
        return false;
    }
    return true;
}

/* After timing: is the kernel still right on fresh inputs, in the very arrays that it was timed in? */
static bool verify_again(struct bench *b, struct bench_case *c, const char *label)
{
    void *array[BM_MAX_OPERANDS];
    const struct bm_problem *p = c->problem;
    lay_out(p, c->arena->pool.data, array);
    bm_problem_load(p, array);
    bm_pin_team(c->threads, false, NULL);
    c->next = 0;
    case_run(c);
    bm_observed_map(c->threads, c->map);
    struct bm_difference d = bm_problem_check(p, array);
    if (!d.wrong || bm_only_inaccurate(c->kernel, p->fill, &d))
        return true;
    b->wrong++;
    printf("\nWRONG %s after it was timed: %s[%zu][%zu] is %.9g, want %.9g; its times are dropped\n", c->kernel->name,
           d.operand, d.row, d.col, d.got, d.want);
    skip(b, c->kernel->name, label, "wrong after it was timed");
    return false;
}

/* The rows of a shape against the peers, one a number of threads. */
static void compare(struct bench *b, const struct bench_case *cases, int count, const struct bm_op *op,
                    const struct bm_shape_line *line, const char *label)
{
    struct bm_versus_case *timed = bm_alloc((size_t)count * sizeof *timed);
    for (int cache = 0; cache < CACHES; cache++)
        for (int t = 0; t < b->thread_counts; t++) {
            struct bm_versus_shape row = { .op = op, .shape = &line->shape, .label = label, .cases = timed };
            row.threads = b->threads[t];
            row.in_flops = counts_flops(op, &line->shape);
            for (int i = 0; i < count; i++) {
                const struct bench_case *c = &cases[i];
                if (!c->done || c->arena->cache != cache)
                    continue;
                timed[row.count++] = (struct bm_versus_case){ c->kernel, c->threads, c->stats.median };
                if (c->threads == row.threads && (!row.bound_s || c->bound_s < row.bound_s)) {
                    row.bound_s = c->bound_s;
                    row.fma_gflops = c->limits->fma_gflops;
                }
            }
            if (row.bound_s > 0)
                bm_versus_add(b->result, &row);
        }
    free(timed);
}

/* Times every wanted variant of an op on one shape. They share the arrays, and their repetitions alternate at random.
 */
static void bench_shape(struct bench *b, const struct bm_op *op, const struct bm_shape_line *line)
{
    const struct bench_options *o = b->o;
    struct bm_problem p;
    struct bm_stage stage;
    char label[BM_LABEL];
    bm_shape_label(op, &line->shape, label);
    const char *why = bm_problem_make(&p, op, &line->shape, BM_RANDOM, o->common.seed);
    if (why) {
        skip(b, op->name, label, why);
        return;
    }
    bm_stage_make(&stage, &p);
    size_t room = 0;
    for (const struct bm_kernel *const *k = bm_kernels; *k; k++)
        room += (*k)->op == op;
    room *= (size_t)b->thread_counts * CACHES;
    struct bench_case *cases = bm_alloc(room * sizeof *cases);
    struct arena arenas[BM_MAX_THREAD_COUNTS][CACHES];
    bool made[BM_MAX_THREAD_COUNTS][CACHES] = { { false } };
    int count = 0;
    for (const struct bm_kernel *const *k = bm_kernels; *k && !bm_interrupted; k++) {
        if ((*k)->op != op || !wanted(o, *k))
            continue;
        for (int t = 0; t < b->thread_counts; t++) {
            struct bm_verification v;
            if (!times_with(b, *k, t) || !plan_case(b, &stage, *k, b->threads[t], line, label, &v))
                continue;
            for (int cache = 0; cache < CACHES; cache++) {
                if (!o->cache[cache])
                    continue;
                if (!made[t][cache])
                    arena_make(&arenas[t][cache], &p, b->threads[t], cache);
                made[t][cache] = true;
                struct bench_case *c = &cases[count++];
                *c = (struct bench_case){
                    .kernel = *k, .problem = &p, .arena = &arenas[t][cache], .threads = b->threads[t], .verification = v
                };
                c->limits = limits_for(b, limiting_isa(*k), c->threads);
                c->own_threads = (*k)->peer && use_of_peer(b, *k, c->threads)->team.own > 0;
                case_name(c, label);
                double budget = o->versus ? 3 : 0.5; /* of one case: a comparison wants steady medians */
                double fits =
                    budget / (v.seconds > 1e-9 ? v.seconds : 1e-9); /* slow calls: fewer samples, at least 3 */
                case_prepare(c, fits < 3 ? 3 : fits < o->repetitions ? (int)fits : o->repetitions);
            }
        }
    }
    bm_stage_free(&stage);

    struct bm_timed *timed = bm_alloc((size_t)count * sizeof *timed);
    for (int i = 0; i < count; i++)
        timed[i] =
            (struct bm_timed){ cases[i].name, case_setup, case_run, &cases[i], o->min_time, cases[i].repetitions };
    if (count && !o->dry_run && !bm_interrupted)
        bm_time_all(timed, count, case_report, cases, &bm_interrupted);
    for (int i = 0; i < count; i++) {
        if (cases[i].done && !verify_again(b, &cases[i], label))
            cases[i].done = 0;
        if (cases[i].done)
            finish_case(b, &cases[i], line, label);
        else if (o->dry_run)
            printf("%s\n", cases[i].name);
    }
    bm_progress(0, 0, NULL);
    if (count && !o->dry_run && o->versus)
        compare(b, cases, count, op, line, label);
    else if (count && !o->dry_run)
        print_group(cases, count, op, line, label);
    for (int i = 0; i < count; i++)
        case_free(&cases[i]);
    for (int t = 0; t < b->thread_counts; t++)
        for (int cache = 0; cache < CACHES; cache++)
            if (made[t][cache])
                bm_buffer_free(&arenas[t][cache].pool);
    free(cases);
    free(timed);
    bm_problem_free(&p);
}

static bool any_wanted(const struct bench_options *o, const struct bm_op *op)
{
    for (const struct bm_kernel *const *k = bm_kernels; *k; k++)
        if ((*k)->op == op && wanted(o, *k))
            return true;
    return false;
}

static void save(const struct bench *b)
{
    struct bm_error error;
    if (!b->o->dry_run && !bm_result_write(b->result, b->path, &error))
        bm_die(BM_EXIT_INPUT, "%s", error.text);
}

static void record_kernels(struct bench *b)
{
    for (const struct bm_kernel *const *k = bm_kernels; *k; k++)
        if (wanted(b->o, *k))
            json_array_append_new(bm_result_list(b->result, "kernels"),
                                  json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:s?}", "name", (*k)->name, "file",
                                            (*k)->file, "compiler", (*k)->compiler, "flags", (*k)->flags, "isa",
                                            bm_isa_name((*k)->isa), "omp", (*k)->omp, "peer", (*k)->peer));
}

/* How much the machine moved while we measured. */
static void measure_limits_again(struct bench *b)
{
    double least = INFINITY, most = 0;
    for (int isa = 0; isa < BM_ISA_COUNT; isa++)
        for (int t = 0; t < b->thread_counts; t++) {
            struct bm_limits now;
            if (!b->measured[isa][t] || !bm_measure_limits((enum bm_isa)isa, b->threads[t], 0.25, &now, NULL))
                continue;
            json_array_append_new(bm_result_list(b->result, "limits_at_end"), bm_limits_json(&now));
            double ratio = now.fma_gflops / b->limits[isa][t].fma_gflops;
            least = fmin(least, ratio);
            most = fmax(most, ratio);
        }
    if (most > 0)
        printf("FMA peak at the end against the start: %.2f to %.2f\n", least, most);
}

/* What was left out and why, each reason once. */
static void print_skipped(const struct bench *b)
{
    json_t *list = bm_result_list(b->result, "skipped"), *reasons = json_object(), *count;
    const char *reason;
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one)
    {
        reason = json_string_value(json_object_get(one, "reason"));
        json_object_set_new(reasons, reason, json_integer(json_integer_value(json_object_get(reasons, reason)) + 1));
    }
    json_object_foreach(reasons, reason, count)
        printf("  %4lld skipped: %s\n", (long long)json_integer_value(count), reason);
    json_decref(reasons);
}

int bm_cmd_bench(int argc, char **argv)
{
    static const struct argp_option options[] = {
        { "cache", 'c', "LIST", 0,
          "warm, cold (rotating through copies three times the last level cache), or both (default: warm)", 0 },
        { "repetitions", 'n', "N", 0, "Samples a case (default 11, with --versus 21; slow calls get fewer, at least 3)",
          0 },
        { "min-time", 'm', "S", 0, "Least seconds of one sample, a batch of calls (default 0.003)", 0 },
        { "max-call", 'x', "S", 0,
          "Leave out, and say so, what needs longer for one call (default 0.25, with --versus 2)", 0 },
        { "versus", 'V', "peers", 0,
          "Set <op>_auto and the AVX2 and AVX-512 variants against the libraries of others: a row a shape and thread "
          "count, and geometric means (default shapes: the built-in lists 'gemm_training' and 'bn_training')",
          0 },
        { "dry-run", 'd', NULL, 0, "Verify and name the cases; time and write nothing", 0 },
        { 0 }
    };
    static const struct argp_child children[] = { { &bm_filter_argp, 0, NULL, 0 },
                                                  { &bm_shape_argp, 0, NULL, 0 },
                                                  { &bm_threads_argp, 0, NULL, 0 },
                                                  { &bm_seed_argp, 0, NULL, 0 },
                                                  { &bm_json_argp, 0, NULL, 0 },
                                                  { &bm_peer_argp, 0, NULL, 0 },
                                                  { 0 } };
    static const struct argp argp = {
        options,
        parse,
        NULL,
        "Verifies every variant on every shape, times the right ones (Google Benchmark, wall time, repetitions of all "
        "variants of a shape in "
        "random order), and sets them against this machine's FMA peak and bandwidth, measured in the same run.\v"
        "Default shapes: the built-in list 'quick'. Serial variants run on one thread, _omp variants on all cores "
        "unless --threads says "
        "otherwise, <op>_auto and peers on each number of threads that is timed. 'of limit' is the least time that the "
        "roofline allows, at the level of the cache that holds the "
        "arrays, over the median.",
        children,
        NULL,
        NULL
    };
    struct bench_options o = { .common.seed = 1, .cache = { [WARM] = true }, .min_time = 0.003 };
    struct bm_error error;
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    if (!o.repetitions)
        o.repetitions = o.versus ? 21 : 11;
    if (o.max_call == 0)
        o.max_call = o.versus ? 2 : 0.25;
    const bool no_shapes = !o.common.shapes.count;
    if (no_shapes && !bm_shapes_load(&o.common.shapes, o.versus ? "gemm_training" : "quick", &error))
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    if (no_shapes && o.versus && !bm_shapes_load(&o.common.shapes, "bn_training", &error))
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    bm_load_peers(&o.common);

    struct bench b = { .o = &o, .threads = { 1 }, .thread_counts = 1 };
    for (int i = 0; i < o.common.thread_counts; i++)
        if (o.common.threads[i] == 1)
            b.one_asked = true;
        else if (b.thread_counts < BM_MAX_THREAD_COUNTS)
            b.threads[b.thread_counts++] = o.common.threads[i];
    if (!o.common.thread_counts && bm_cores_available() > 1)
        b.threads[b.thread_counts++] = bm_cores_available();
    size_t kernels = 0;
    while (bm_kernels[kernels])
        kernels++;
    b.rate = bm_alloc(kernels * sizeof *b.rate);
    b.result = bm_result_new(argc, argv);
    record_kernels(&b);
    if (!o.dry_run && !(b.path = bm_result_path(o.common.json, "bench", &error)))
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    save(&b); /* a folder that cannot be written shows now, not after the work */
    bm_catch_interrupts();

    size_t groups = 0, done = 0;
    for (const struct bm_op *const *op = bm_ops; *op; op++)
        for (size_t i = 0; i < o.common.shapes.count; i++)
            groups += any_wanted(&o, *op) && bm_shape_fits(&o.common.shapes.line[i], *op);
    for (const struct bm_op *const *op = bm_ops; *op && !bm_interrupted; op++)
        for (size_t i = 0; i < o.common.shapes.count && !bm_interrupted; i++) {
            char label[BM_LABEL], text[BM_LABEL + 64];
            const struct bm_shape_line *line = &o.common.shapes.line[i];
            if (!any_wanted(&o, *op) || !bm_shape_fits(line, *op))
                continue;
            snprintf(text, sizeof text, "%s %s", (*op)->name, bm_shape_label(*op, &line->shape, label));
            bm_progress(done++, groups, text);
            bench_shape(&b, *op, line);
            save(&b);
        }
    if (o.versus && !o.dry_run)
        bm_versus_summarise(b.result);
    if (!bm_interrupted && !o.dry_run)
        measure_limits_again(&b);
    json_object_set_new(json_object_get(b.result, "batchmark"), "complete", json_boolean(!bm_interrupted));
    save(&b);
    if (!groups)
        bm_die(BM_EXIT_USAGE, "nothing to do: no variant matches the filters, or no shape fits; see `batchmark list`");
    printf("\n%zu cases timed, %zu wrong, %zu skipped\n", b.timed, b.wrong, b.skipped);
    print_skipped(&b);
    if (!o.dry_run)
        printf("%s%s\n",
               bm_interrupted ? "interrupted; what was finished is in " : "raw samples and provenance: ", b.path);
    json_decref(b.result);
    bm_shapes_free(&o.common.shapes);
    free(b.rate);
    free(b.peer_use);
    free(b.path);
    if (bm_interrupted)
        return b.wrong ? BM_EXIT_FAILED : BM_EXIT_INTERRUPTED;
    if (!b.timed && !o.dry_run)
        bm_die(BM_EXIT_FAILED, "nothing was timed: every case was left out, for the reasons above");
    return b.wrong ? BM_EXIT_FAILED : BM_EXIT_OK;
}
