/* SPDX-License-Identifier: MIT */
#include "measure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "call_caches.h"
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
#include "team_limits.h"
#include "timed_case.h"
#include "topology.h"
#include "tuning.h"
#include "verify.h"

/* ---- the process ---- */

/* Calls longer than this need no warm-up and get no call beside the samples. */
static const double SLOW_SECONDS = 0.003;

struct peer_use {
    struct bm_peer_team team;
    bool good;
    struct bm_error error;
};

struct bm_measurer {
    const struct bm_bench_plan *plan;
    struct bm_team_limits limits;
    double *rate;              /* of each kernel: the best seconds per unit of work so far; 0 unknown */
    struct bm_core_watch core[BM_MAX_TEAM]; /* of each thread */
    struct peer_use *peer_use; /* what was asked of each peer so far */
    size_t peer_uses;
    struct bm_counters counters; /* .count 0: there are none */
    double began;
    json_t *answer;
    struct bm_listener listener;
    double told_s;
    bool ended;                  /* the listener wants no more of this group */
    struct bm_timed_case *timed; /* those that are being timed */
    size_t count;
    double sampled_s; /* of those of the group that were before */
};

struct bm_measurer *bm_measurer_start(const struct bm_bench_plan *plan)
{
    struct bm_measurer *m = bm_alloc(sizeof *m);
    size_t kernels = 0;
    while (bm_kernels[kernels])
        kernels++;
    m->plan = m->limits.plan = plan;
    m->rate = bm_alloc(kernels * sizeof *m->rate);
    struct bm_counter_event events[BM_COUNTERS];
    bm_counters_open(&m->counters, events, bm_counter_events(events), NULL); /* the provenance says why not */
    return m;
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
static bool can_run(struct bm_measurer *m, const struct bm_problem *problem, const struct bm_case_plan *planned,
                    size_t index, bool trusted)
{
    const char *why;
    struct bm_error error;
    if (!bm_runnable(planned->kernel, &why)) {
        skip(m, index, false, why);
        return false;
    }
    if ((why = bm_arena_refuses(problem, planned->cache == BM_COLD))) {
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
        json_object_set_new(json, m->counters.name[i], bm_rounded(per_call[i], 9));
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

/* What there is to tell besides samples, so that these can be told at any time. */
static void describe(struct bm_measurer *m, struct bm_timed_case *c, bool described, bool limits)
{
    const enum bm_isa isa = bm_limiting_isa(c->planned->kernel);
    if (limits || described)
        bm_team_limits_need(&m->limits, isa, c->planned->threads, json_object_get(m->answer, "limits"));
    if (!described)
        return;
    const enum bm_level level =
        c->planned->cache == BM_COLD ? BM_MEMORY : bm_level_of(c->arena->copy_bytes, c->planned->threads);
    c->about = json_pack("{s:s, s:s, s:f, s:I, s:o*, s:s*}", "peak_isa", bm_isa_name(isa), "level", bm_level_name(level),
                         "worst_error", c->worst_error, "copies", (json_int_t)c->arena->copies, "counters",
                         count_call(m, c), "implementation", implementation(c));
}

static void answer_measured(struct bm_measurer *m, struct bm_timed_case *c, uint64_t right_hash)
{
    char hash[24];
    json_t *about = answer_case(m, c->index);
    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)right_hash);
    json_object_set_new(about, "hash", json_string(hash));
    if (c->own_threads)
        json_object_set_new(about, "own_threads", json_true());
    json_object_set_new(about, "raw", bm_case_raw(c, m->began));
    if (c->about)
        json_object_set(about, "about", c->about);
}

static json_t *new_answer(void)
{
    return json_pack("{s:[], s:[], s:[], s:[], s:[], s:f}", "cases", "peer_teams", "limits", "notes", "least", "sampled_s",
                     0.0);
}

/* Returns what it answers. */
static double answer_sampled(struct bm_measurer *m)
{
    double sampled = m->sampled_s;
    for (size_t i = 0; i < m->count; i++)
        sampled += bm_case_sampled_s(&m->timed[i]);
    json_object_set_new(m->answer, "sampled_s", json_real(sampled));
    return sampled;
}

/* Samples are told while they are taken: what was told is not lost if the process is killed. Their kernels were right
 * before they were timed; whether they still are is asked at the end. */
static void tell(void *user)
{
    struct bm_measurer *m = user;
    if (m->ended || m->listener.every_s <= 0 || bm_now_s() - m->told_s < m->listener.every_s)
        return;
    for (size_t i = 0; i < m->count; i++)
        if (m->timed[i].done && m->timed[i].known)
            answer_measured(m, &m->timed[i], m->timed[i].right_hash);
    answer_sampled(m);
    json_object_set_new(m->answer, "so_far", json_true());
    m->ended = !m->listener.tell(m->listener.user, m->answer);
    json_decref(m->answer);
    m->answer = new_answer();
    m->told_s = bm_now_s();
}

static bool wanted(void *user) { return !((const struct bm_measurer *)user)->ended; }

/* First calls, which are slow (pages, a library's own preparations), and the plan: the calls of a sample and the number
 * of samples, unless an earlier launch settled them. */
static void plan_case(struct bm_measurer *m, struct bm_timed_case *c)
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
    c->wanted = wanted;
    c->taken = tell;
    c->user = m;
}

/* All samples of all cases, interleaved. A number of threads at a time: a team that waits for the next region keeps its
 * cores busy, which may share a core with the first. */
static void time_cases(struct bm_measurer *m, bool described, bool limits)
{
    struct bm_timed_case *cases = m->timed;
    const size_t count = m->count;
    struct bm_timed *timed = bm_alloc((count + 1) * sizeof *timed);
    for (size_t i = 0; i < count && !m->ended; i++) {
        plan_case(m, &cases[i]);
        describe(m, &cases[i], described, limits);
        tell(m);
    }
    for (int t = 0; t < m->plan->thread_counts && !m->ended; t++) {
        int n = 0;
        if (m->plan->threads[t] == 1)
            bm_let_idle_sleep();
        for (size_t i = 0; i < count; i++) {
            struct bm_timed_case *c = &cases[i];
            if (c->planned->threads != m->plan->threads[t])
                continue;
            bm_pin_team(c->planned->threads, false, NULL);
            bm_observed_map(c->planned->threads, c->cpus);
            timed[n++] = (struct bm_timed){ bm_case_setup, bm_case_run, bm_case_finish, c, c->iterations, c->samples };
        }
        if (n)
            bm_time_all(timed, n);
    }
    for (size_t i = 0; i < count && !m->ended; i++)
        if (cases[i].done != cases[i].samples)
            fail(m, &cases[i]);
    free(timed);
}

/* Those of so many threads, or of all (0): at any time there is one arena of each cache state at most. */
static void measure_cases(struct bm_measurer *m, const json_t *request, struct bm_problem *p, struct bm_timed_case *all,
                          size_t count, int threads)
{
    struct bm_arena arena[BM_CACHE_STATES] = { { .copies = 0 } };
    struct bm_timed_case *cases = bm_alloc((count + 1) * sizeof *cases);
    size_t n = 0;
    for (size_t i = 0; i < count && !m->ended; i++) {
        if (threads && all[i].planned->threads != threads)
            continue;
        struct bm_timed_case *c = &cases[n++];
        *c = all[i];
        c->arena = &arena[c->planned->cache];
        if (c->arena->copies)
            continue;
        bm_pin_team(threads ? threads : 1, false, NULL);
        bm_arena_make(c->arena, p, threads ? threads : 1, c->planned->cache == BM_COLD);
    }
    m->timed = cases;
    m->count = n;
    if (n && !m->ended && json_is_true(json_object_get(request, "samples")))
        time_cases(m, json_is_true(json_object_get(request, "verify")), json_is_true(json_object_get(request, "limits")));
    m->sampled_s = answer_sampled(m);
    for (size_t i = 0; i < n; i++)
        if (cases[i].done && still_right(m, &cases[i]))
            answer_measured(m, &cases[i], cases[i].hash);
    m->count = 0;
    for (size_t i = 0; i < n; i++)
        bm_case_free(&cases[i]);
    for (int cache = 0; cache < BM_CACHE_STATES; cache++)
        if (arena[cache].copies)
            bm_arena_free(&arena[cache]);
    free(cases);
}

static void measure_group(struct bm_measurer *m, const json_t *request)
{
    const struct bm_group *g = &m->plan->group[json_integer_value(json_object_get(request, "group"))];
    const bool verify = json_is_true(json_object_get(request, "verify"));
    const json_t *list = json_object_get(request, "cases"), *asked;
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
        tell(m);
        if (m->ended || !can_run(m, &p, planned, index, trusted) ||
            (verify && !verify_case(m, &stage, g, c)))
            continue;
        c->own_threads =
            planned->kernel->peer && !trusted && use_of_peer(m, planned->kernel, planned->threads)->team.own > 0;
        count++;
    }
    if (verify)
        bm_stage_free(&stage);
    /* Where all memory is equally near, all numbers of threads share arrays; else each has them anew, near its threads. */
    for (int t = 0; count && t < m->plan->thread_counts && !m->ended; t++)
        if (bm_topology()->numa_nodes > 1)
            measure_cases(m, request, &p, cases, count, m->plan->threads[t]);
        else if (t == 0)
            measure_cases(m, request, &p, cases, count, 0);
    free(cases);
    bm_problem_free(&p);
}

json_t *bm_measure(struct bm_measurer *m, const json_t *request, double began, const struct bm_listener *listener)
{
    const json_t *least = json_object_get(request, "least"), *cycles;
    const struct bm_thresholds thresholds = bm_thresholds_of_json(json_object_get(request, "thresholds"));
    size_t i;
    m->began = began;
    m->listener = *listener;
    m->told_s = bm_now_s();
    m->ended = false;
    m->sampled_s = 0;
    m->answer = new_answer();
    bm_use_thresholds(&thresholds);
    json_array_foreach(least, i, cycles) if (i < BM_MAX_TEAM) m->core[i].least = json_number_value(cycles);
    measure_group(m, request);
    for (i = 0; i < BM_MAX_TEAM && m->core[i].least > 0; i++)
        json_array_append_new(json_object_get(m->answer, "least"), json_real(m->core[i].least));
    json_t *answer = m->answer;
    m->answer = NULL;
    return answer;
}
