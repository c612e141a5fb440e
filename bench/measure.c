/* SPDX-License-Identifier: MIT */
#include "measure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "clock.h"
#include "contention.h"
#include "counters.h"
#include "gbench.h"
#include "disturbance.h"
#include "peer_calls.h"
#include "peer_team.h"
#include "result.h"
#include "roofline.h"
#include "samples.h"
#include "timed_case.h"
#include "topology.h"
#include "verify.h"
#include "versus_rows.h"

/* ---- the process ---- */

/* Calls longer than this need no warm-up and get no call beside the samples. */
static const double SLOW_SECONDS = 0.003;
/* Limits are the best of all launches: each needs only a few rounds. */
static const double LIMITS_EFFORT = 0.1;

struct peer_use {
    struct bm_peer_team team;
    bool good;
    struct bm_error error;
};

struct bm_measurer {
    const struct bm_bench_plan *plan;
    struct bm_limits limits[BM_ISA_COUNT][BM_MAX_THREAD_COUNTS];
    bool measured[BM_ISA_COUNT][BM_MAX_THREAD_COUNTS];
    double *rate;              /* of each kernel: the best seconds per unit of work so far; 0 unknown */
    struct bm_core_watch core[BM_MAX_TEAM]; /* of each thread */
    struct peer_use *peer_use; /* what was asked of each peer so far */
    size_t peer_uses;
    struct bm_counters counters; /* .count 0: there are none */
    double began;
    json_t *answer;
};

struct bm_measurer *bm_measurer_start(const struct bm_bench_plan *plan)
{
    struct bm_measurer *m = bm_alloc(sizeof *m);
    size_t kernels = 0;
    while (bm_kernels[kernels])
        kernels++;
    m->plan = plan;
    m->rate = bm_alloc(kernels * sizeof *m->rate);
    struct bm_counter_event events[BM_COUNTERS];
    bm_counters_open(&m->counters, events, bm_counter_events(events), NULL); /* the provenance says why not */
    return m;
}

/* Whose peak limits a kernel: that of its ISA; of one that chooses at run time, the best that our kernels of the op
 * use here. */
static enum bm_isa limiting_isa(const struct bm_kernel *kernel)
{
    enum bm_isa isa = kernel->isa;
    for (const struct bm_kernel *const *k = bm_kernels; *k && (kernel->peer || bm_is_auto(kernel)); k++)
        if ((*k)->op == kernel->op && (*k)->isa > isa && (*k)->isa <= bm_isa_available())
            isa = (*k)->isa;
    return isa;
}

static json_t *count_or_null(int count) { return count < 0 ? json_null() : json_integer(count); }

/* Asks a peer once per number of threads whether it uses them; the team is pinned again afterwards. */
static const struct peer_use *use_of_peer(struct bm_measurer *m, const struct bm_kernel *kernel, int threads)
{
    for (size_t i = 0; i < m->peer_uses; i++)
        if (m->peer_use[i].team.peer == kernel->peer && m->peer_use[i].team.threads == threads)
            return &m->peer_use[i];
    char name[64];
    snprintf(name, sizeof name, "gemm_%s", kernel->peer);
    struct peer_use *grown = realloc(m->peer_use, (m->peer_uses + 1) * sizeof *grown);
    if (!grown)
        bm_die(BM_EXIT_INPUT, "out of memory");
    m->peer_use = grown;
    struct peer_use *use = &grown[m->peer_uses++];
    use->good = bm_peer_team(bm_find(name), threads, &use->team, &use->error);
    bm_pin_team(threads, false, NULL);
    json_array_append_new(json_object_get(m->answer, "peer_teams"),
                          json_pack("{s:s, s:i, s:o, s:o, s:i}", "peer", kernel->peer, "threads", threads, "worked",
                                    count_or_null(use->team.worked), "small_worked",
                                    count_or_null(use->team.small_worked), "own_threads", use->team.own));
    return use;
}

static double *rate_of(struct bm_measurer *m, const struct bm_kernel *kernel)
{
    size_t i = 0;
    while (bm_kernels[i] != kernel)
        i++;
    return &m->rate[i];
}

/* Measured once a launch, when they are first asked for: plan->threads[] begins with 1. */
static const struct bm_limits *limits_for(struct bm_measurer *m, enum bm_isa isa, int threads)
{
    struct bm_error error;
    int t = 0;
    while (m->plan->threads[t] != threads)
        t++;
    if (!m->measured[isa][t]) {
        const struct bm_limits *alone = threads > 1 ? limits_for(m, isa, 1) : NULL;
        if (!bm_measure_limits(isa, threads, LIMITS_EFFORT, alone, &m->limits[isa][t], &error))
            bm_die(BM_EXIT_INPUT, "%s", error.text);
        json_array_append_new(json_object_get(m->answer, "limits"), bm_limits_json(&m->limits[isa][t]));
        m->measured[isa][t] = true;
    }
    return &m->limits[isa][t];
}

json_t *bm_measure_limits_again(const json_t *rows)
{
    json_t *list = json_array();
    const json_t *one;
    size_t i;
    json_array_foreach(rows, i, one)
    {
        struct bm_limits row, now;
        if (bm_limits_of_json(one, &row) && bm_measure_limits(row.isa, row.threads, LIMITS_EFFORT, NULL, &now, NULL))
            json_array_append_new(list, bm_limits_json(&now));
    }
    return list;
}

/* ---- the answer ---- */

static json_t *answer_case(struct bm_measurer *m, size_t index)
{
    json_t *about = json_pack("{s:I}", "case", (json_int_t)index);
    json_array_append_new(json_object_get(m->answer, "cases"), about);
    return about;
}

static void skip(struct bm_measurer *m, size_t index, bool wrong, const char *reason)
{
    json_t *about = answer_case(m, index);
    json_object_set_new(about, "skip", json_string(reason));
    if (wrong)
        json_object_set_new(about, "wrong", json_true());
}

__attribute__((format(printf, 2, 3))) static void note(struct bm_measurer *m, const char *format, ...)
{
    char text[1200];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    json_array_append_new(json_object_get(m->answer, "notes"), json_string(text));
}

/* The timing library did not do what it was told: nothing that it says can be trusted. */
static void fail(struct bm_measurer *m, const struct bm_timed_case *c)
{
    json_object_set_new(m->answer, "error",
                        json_sprintf("Google Benchmark %s took %d samples of %s instead of %d", bm_gbench_version(),
                                     c->done, c->planned->kernel->name, c->samples));
}

/* So many significant digits as a clock has: files stay small. */
static json_t *rounded(double value, int digits)
{
    char text[40];
    snprintf(text, sizeof text, "%.*g", digits, value);
    return json_real(strtod(text, NULL));
}

/* Of a launch: a list beside its samples, left out if all are 0. */
static void add_counts(json_t *raw, const char *key, const struct bm_timed_case *c, long (*count)(const struct bm_timed_sample *))
{
    json_t *list = json_array();
    long all = 0;
    for (int i = 0; i < c->done; i++) {
        const long n = count(&c->sample[i]);
        all += n;
        json_array_append_new(list, json_integer(n));
    }
    if (all > 0)
        json_object_set(raw, key, list);
    json_decref(list);
}

static long switches(const struct bm_timed_sample *s) { return s->after.switches - s->before.switches; }
static long throttled(const struct bm_timed_sample *s) { return s->after.throttled - s->before.throttled; }
static long migrations(const struct bm_timed_sample *s) { return s->after.migrations - s->before.migrations; }

static json_t *raw_json(const struct bm_timed_case *c, double began)
{
    json_t *ns = json_array(), *at = json_array(), *clock = json_array(), *cpus = json_array(),
           *contended = json_array();
    for (int i = 0; i < c->done; i++) {
        const struct bm_timed_sample *s = &c->sample[i];
        json_array_append_new(ns, rounded(s->real_s * 1e9, 6));
        json_array_append_new(at, json_real(round((s->at_s - began) * 1e4) / 1e4));
        json_array_append_new(clock, isnan(s->clock) ? json_null() : rounded(s->clock, 4));
        json_array_append_new(contended, s->contention > 0 ? rounded(s->contention, 3) : json_null());
    }
    for (int i = 0; i < c->planned->threads; i++)
        json_array_append_new(cpus, json_integer(c->cpus[i]));
    json_t *raw = json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "iterations", (json_int_t)c->iterations, "cpus",
                            cpus, "ns", ns, "at_s", at, "clock", clock, "contention", contended, "cpu_ns",
                            rounded(c->cpu_s / c->done * 1e9, 6));
    add_counts(raw, "switches", c, switches);
    add_counts(raw, "throttled", c, throttled);
    add_counts(raw, "migrations", c, migrations);
    return raw;
}

/* ---- measuring ---- */

/* Holds the kernel against the oracle unless it is refused, too slow, or the threads cannot be had. False: it is left
 * out. */
static bool verify_case(struct bm_measurer *m, struct bm_stage *stage, const struct bm_group *g, struct bm_timed_case *c)
{
    const struct bm_case_plan *planned = c->planned;
    const size_t index = c->index;
    const struct bm_kernel *k = planned->kernel;
    const double max_call = m->plan->options->max_call, units = bm_work(g->op, &g->line->shape);
    char reason[640];
    double *rate = rate_of(m, k);
    if (*rate * units > max_call) {
        snprintf(reason, sizeof reason, "one call would take about %.1f s; --max-call allows %g s", *rate * units,
                 max_call);
        skip(m, index, false, reason);
        return false;
    }
    struct bm_verification v = bm_verify(stage, k, &planned->threads, 1, 1);
    c->worst_error = v.worst;
    c->call_s = v.seconds;
    if (v.verdict == BM_REFUSED) {
        skip(m, index, false, v.text);
        return false;
    }
    if (v.verdict == BM_INACCURATE)
        note(m, "NOTE %s: %s\n     a library's accuracy is its own: it is timed all the same", k->name, v.text);
    if (v.verdict == BM_WRONG) {
        note(m, "WRONG %s: %s\n      it is not timed; again: %s", k->name, v.text, v.command);
        skip(m, index, true, v.text);
        return false;
    }
    if (units > 0 && (*rate == 0 || v.seconds / units < *rate))
        *rate = v.seconds / units;
    if (v.seconds > max_call) {
        snprintf(reason, sizeof reason, "one call takes %.2f s; --max-call allows %g s", v.seconds, max_call);
        skip(m, index, false, reason);
    }
    if (v.seconds > max_call)
        return false;
    void *array[BM_MAX_OPERANDS];
    for (unsigned i = 0; i < c->problem->count; i++)
        array[i] = stage->buffer[BM_ALIGNED][i].data;
    c->known = true;
    c->right_hash = bm_problem_hash(c->problem, array);
    return true;
}

/* Can it run here, with these threads? */
static bool can_run(struct bm_measurer *m, const struct bm_case_plan *planned, size_t index, bool trusted)
{
    const char *why;
    struct bm_error error;
    if (!bm_runnable(planned->kernel, &why)) {
        skip(m, index, false, why);
        return false;
    }
    if (!bm_pin_team(planned->threads, false, &error)) {
        skip(m, index, false, error.text);
        return false;
    }
    if (planned->kernel->peer && !trusted && !use_of_peer(m, planned->kernel, planned->threads)->good) {
        skip(m, index, false, use_of_peer(m, planned->kernel, planned->threads)->error.text);
        return false;
    }
    return true;
}

static bool still_right(struct bm_measurer *m, struct bm_timed_case *c)
{
    bm_pin_team(c->planned->threads, false, NULL);
    if (!c->checked) {
        bm_case_load_outputs(c);
        bm_case_run(c);
        bm_case_check_outputs(c);
    }
    bm_observed_map(c->planned->threads, c->cpus);
    if (c->right)
        return true;
    const struct bm_difference *d = &c->difference;
    note(m, "WRONG %s after it was timed: %s[%zu][%zu] is %.9g, want %.9g; its times are dropped",
         c->planned->kernel->name, d->operand, d->row, d->col, d->got, d->want);
    skip(m, c->index, true, "wrong after it was timed");
    return false;
}

/* What a call executes and misses, apart from its samples. Of one thread: those of a team spin while they wait. NULL: there
 * are no counters for it. */
static json_t *count_call(const struct bm_measurer *m, struct bm_timed_case *c)
{
    double per_call[BM_COUNTERS];
    if (!m->counters.count || c->planned->threads > 1 || c->own_threads)
        return NULL;
    bm_pin_team(1, false, NULL);
    if (!c->slow)
        bm_case_run(c);
    if (!bm_counters_count(&m->counters, bm_case_run, c, (uint64_t)c->iterations, per_call))
        return NULL;
    json_t *json = json_object();
    for (size_t i = 0; i < m->counters.count; i++)
        json_object_set_new(json, m->counters.name[i], rounded(per_call[i], 9));
    return json;
}

/* What a peer says that it does for the case; NULL: nothing. */
static const char *implementation(const struct bm_timed_case *c)
{
    bm_peer_implementation = NULL;
    if (c->planned->kernel->peer)
        bm_refuses(c->planned->kernel, c->args);
    return bm_peer_implementation;
}

static void answer_measured(struct bm_measurer *m, struct bm_timed_case *c, bool described, bool limits)
{
    char hash[24];
    const enum bm_isa isa = limiting_isa(c->planned->kernel);
    json_t *about = answer_case(m, c->index);
    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)c->hash);
    json_object_set_new(about, "hash", json_string(hash));
    if (c->own_threads)
        json_object_set_new(about, "own_threads", json_true());
    json_object_set_new(about, "raw", raw_json(c, m->began));
    if (limits || described)
        limits_for(m, isa, c->planned->threads);
    if (!described)
        return;
    const enum bm_level level =
        c->planned->cache == BM_COLD ? BM_MEMORY : bm_level_of(c->arena->copy_bytes, c->planned->threads);
    json_object_set_new(about, "about",
                        json_pack("{s:s, s:s, s:f, s:I, s:o*, s:s*}", "peak_isa", bm_isa_name(isa), "level", bm_level_name(level),
                                  "worst_error", c->worst_error, "copies", (json_int_t)c->arena->copies, "counters",
                                  count_call(m, c), "implementation", implementation(c)));
}

/* First calls, which are slow (pages, a library's own preparations), and the plan: the calls of a sample and the number
 * of samples, unless an earlier launch settled them. */
static void plan_case(const struct bm_measurer *m, struct bm_timed_case *c)
{
    const struct bm_bench_options *o = m->plan->options;
    bm_case_prepare(c);
    c->slow = c->call_s > SLOW_SECONDS;
    c->warm_up = !c->slow && c->planned->cache == BM_WARM &&
                 bm_level_of(c->arena->copy_bytes, c->planned->threads) != BM_MEMORY;
    if (!c->slow) {
        bm_pin_team(c->planned->threads, false, NULL);
        bm_case_run(c);
    }
    if (c->slow)
        c->iterations = 1;
    else if (!c->iterations)
        bm_case_find_iterations(c, o->sample_s);
    if (!c->samples)
        c->samples = bm_samples_of_launch(c->call_s * (double)c->iterations, o->launch_s);
    c->sample = bm_alloc((size_t)c->samples * sizeof *c->sample);
}

/* All samples of all cases, interleaved. A number of threads at a time: a team that waits for the next region keeps its
 * cores busy, which may share a core with the first. */
static void time_cases(struct bm_measurer *m, struct bm_timed_case *cases, size_t count)
{
    struct bm_timed *timed = bm_alloc((count + 1) * sizeof *timed);
    struct bm_timed_case **running = bm_alloc((count + 1) * sizeof *running);
    for (size_t i = 0; i < count; i++)
        plan_case(m, &cases[i]);
    for (int t = 0; t < m->plan->thread_counts; t++) {
        int n = 0;
        if (m->plan->threads[t] == 1)
            bm_let_idle_sleep();
        for (size_t i = 0; i < count; i++) {
            struct bm_timed_case *c = &cases[i];
            if (c->planned->threads != m->plan->threads[t])
                continue;
            running[n] = c;
            timed[n++] = (struct bm_timed){ bm_case_setup, bm_case_run, bm_case_finish, c, c->iterations, c->samples };
        }
        if (n)
            bm_time_all(timed, n, bm_case_report, running);
    }
    for (size_t i = 0; i < count; i++)
        if (cases[i].done != cases[i].samples)
            fail(m, &cases[i]);
    free(running);
    free(timed);
}

/* Seconds within samples. */
static double sampled_s(const struct bm_timed_case *c)
{
    double sum = 0;
    for (int i = 0; i < c->done; i++)
        sum += c->sample[i].real_s * (double)c->iterations;
    return sum;
}

static void measure_group(struct bm_measurer *m, const json_t *request)
{
    const struct bm_group *g = &m->plan->group[json_integer_value(json_object_get(request, "group"))];
    const bool verify = json_is_true(json_object_get(request, "verify"));
    const json_t *list = json_object_get(request, "cases"), *asked;
    struct bm_arena arena[BM_MAX_THREAD_COUNTS][BM_CACHE_STATES] = { { { .copies = 0 } } };
    struct bm_timed_case *cases = bm_alloc((json_array_size(list) + 1) * sizeof *cases);
    struct bm_problem p;
    struct bm_stage stage;
    size_t count = 0, i;
    const char *why = bm_problem_make_inputs(&p, g->op, &g->line->shape, BM_RANDOM, m->plan->options->common.seed);
    if (why) {
        json_array_foreach(list, i, asked)
            skip(m, (size_t)json_integer_value(json_object_get(asked, "case")), false, why);
        free(cases);
        return;
    }
    if (verify) {
        bm_problem_solve(&p);
        bm_stage_make(&stage, &p, 1);
    }
    json_array_foreach(list, i, asked)
    {
        const size_t index = (size_t)json_integer_value(json_object_get(asked, "case"));
        const struct bm_case_plan *planned = &g->planned[index];
        struct bm_timed_case *c = &cases[count];
        const char *hash = json_string_value(json_object_get(asked, "hash"));
        *c = (struct bm_timed_case){ .planned = planned, .index = index, .problem = &p, .core = m->core };
        c->iterations = json_integer_value(json_object_get(asked, "iterations"));
        c->samples = (int)json_integer_value(json_object_get(asked, "samples"));
        c->call_s = json_number_value(json_object_get(asked, "call_s"));
        c->known = hash;
        c->right_hash = hash ? strtoull(hash, NULL, 16) : 0;
        const bool trusted = json_is_true(json_object_get(asked, "trusted"));
        if (!can_run(m, planned, index, trusted) ||
            (verify && !verify_case(m, &stage, g, c)))
            continue;
        c->own_threads =
            planned->kernel->peer && !trusted && use_of_peer(m, planned->kernel, planned->threads)->team.own > 0;
        count++;
    }
    if (verify)
        bm_stage_free(&stage);
    for (i = 0; i < count; i++) {
        int t = 0; /* where all memory is equally near, all share arrays */
        while (m->plan->threads[t] != cases[i].planned->threads && bm_topology()->numa_nodes > 1)
            t++;
        cases[i].arena = &arena[t][cases[i].planned->cache];
        if (cases[i].arena->copies)
            continue;
        const int threads = bm_topology()->numa_nodes > 1 ? cases[i].planned->threads : 1;
        bm_pin_team(threads, false, NULL);
        bm_arena_make(cases[i].arena, &p, threads, cases[i].planned->cache == BM_COLD);
    }
    if (count && json_is_true(json_object_get(request, "samples")))
        time_cases(m, cases, count);
    double sampled = 0;
    for (i = 0; i < count; i++)
        sampled += sampled_s(&cases[i]);
    json_object_set_new(m->answer, "sampled_s", json_real(sampled));
    for (i = 0; i < count; i++)
        if (cases[i].done && still_right(m, &cases[i]))
            answer_measured(m, &cases[i], verify, json_is_true(json_object_get(request, "limits")));
    for (i = 0; i < count; i++)
        bm_case_free(&cases[i]);
    for (int t = 0; t < m->plan->thread_counts; t++)
        for (int cache = 0; cache < BM_CACHE_STATES; cache++)
            if (arena[t][cache].copies)
                bm_arena_free(&arena[t][cache]);
    free(cases);
    bm_problem_free(&p);
}

json_t *bm_measure(struct bm_measurer *m, const json_t *request, double began)
{
    const json_t *least = json_object_get(request, "least"), *cycles;
    size_t i;
    m->began = began;
    m->answer = json_pack("{s:[], s:[], s:[], s:[], s:[], s:f}", "cases", "peer_teams", "limits", "notes", "least",
                          "sampled_s", 0.0);
    json_array_foreach(least, i, cycles) if (i < BM_MAX_TEAM) m->core[i].least = json_number_value(cycles);
    measure_group(m, request);
    for (i = 0; i < BM_MAX_TEAM && m->core[i].least > 0; i++)
        json_array_append_new(json_object_get(m->answer, "least"), json_real(m->core[i].least));
    json_t *answer = m->answer;
    m->answer = NULL;
    return answer;
}
