/* SPDX-License-Identifier: MIT */
#include "timed_case.h"

#include <math.h>
#include <stdlib.h>

#include "call_caches.h"
#include "clock.h"
#include "peer_team.h"
#include "topology.h"

void bm_case_run(void *context)
{
    struct bm_timed_case *c = context;
    c->planned->kernel->run(&c->args[c->next]);
    if (++c->next == c->arena->copies)
        c->next = 0;
}

static void arrays_of(const struct bm_timed_case *c, size_t copy, void *array[])
{
    bm_arena_arrays(c->arena, c->problem, copy, array);
}

void bm_case_load_outputs(struct bm_timed_case *c)
{
    void *array[BM_MAX_OPERANDS];
    arrays_of(c, c->next, array);
    bm_problem_load_outputs(c->problem, array);
}

void bm_case_check_outputs(struct bm_timed_case *c)
{
    void *array[BM_MAX_OPERANDS];
    arrays_of(c, (c->next ? c->next : c->arena->copies) - 1, array);
    c->hash = bm_problem_hash(c->problem, array);
    c->checked = true;
    c->right = c->known && c->hash == c->right_hash;
    if (c->right)
        return;
    bm_problem_solve(c->problem);
    c->difference = bm_problem_check(c->problem, array);
    c->right = !c->difference.wrong || bm_only_inaccurate(c->planned->kernel, c->problem->fill, &c->difference);
}

/* Whose cores the contention loop looks at; of a peer with threads of its own the first only: our team must sleep. */
static int watched(const struct bm_timed_case *c)
{
    return c->own_threads ? 1 : c->planned->threads < BM_MAX_TEAM ? c->planned->threads : BM_MAX_TEAM;
}

/* After a sample: the longer of the loops before and after it. */
static void note_contention(struct bm_timed_case *c, struct bm_timed_sample *s)
{
    double ticks[BM_MAX_TEAM], clock[BM_MAX_TEAM];
    const int threads = watched(c);
    bm_contention_team(threads, ticks, clock);
    s->clock = clock[0];
    for (int i = 0; i < threads; i++)
        s->contention = fmax(s->contention, bm_contention(&c->core[i], fmax(c->ticks[i], ticks[i]), clock[i]));
}

bool bm_case_setup(void *context)
{
    struct bm_timed_case *c = context;
    struct bm_timed_sample *s = &c->sample[c->done];
    if (!c->wanted(c->user))
        return false;
    bm_pin_team(c->planned->threads, false, NULL); /* was possible when the case was verified */
    if (c->own_threads)                            /* or our idle team would spin on the cores of the peer's threads */
        bm_let_idle_sleep();
    if (c->warm_up)
        bm_case_run(c);
    if (c->slow && !c->checked)
        bm_case_load_outputs(c);
    bm_contention_team(watched(c), c->ticks, NULL);
    s->before = bm_disturbance_now();
    s->at_s = bm_now_s();
    return true;
}

void bm_case_finish(void *context, double real_s, double cpu_s)
{
    struct bm_timed_case *c = context;
    struct bm_timed_sample *s = &c->sample[c->done++];
    s->after = bm_disturbance_now();
    s->real_s = real_s;
    c->cpu_s += cpu_s;
    note_contention(c, s);
    if (c->slow && !c->checked)
        bm_case_check_outputs(c);
    c->taken(c->user);
}

void bm_case_find_iterations(struct bm_timed_case *c, double sample_s)
{
    double seconds = 0;
    int64_t calls = 1;
    for (;; calls *= 2) {
        const double begin = bm_now_s();
        for (int64_t i = 0; i < calls; i++)
            bm_case_run(c);
        seconds = bm_now_s() - begin;
        if (seconds >= sample_s / 4)
            break;
    }
    c->call_s = seconds / (double)calls;
    c->iterations = (int64_t)fmax(1, sample_s / c->call_s + 0.5);
}

/* One for all copies, or, of a kernel that keeps an input there, one for each. */
static void give_scratch(struct bm_timed_case *c)
{
    const struct bm_kernel *kernel = c->planned->kernel;
    const size_t bytes = (bm_scratch_bytes(kernel, c->args) + 63) / 64 * 64;
    c->scratch = bm_pool(bytes * (kernel->prepare ? c->arena->copies : 1), false);
    for (size_t i = 0; i < c->arena->copies; i++) {
        c->args[i].means.scratch = (char *)c->scratch.data + (kernel->prepare ? i * bytes : 0);
        if (kernel->prepare)
            kernel->prepare(&c->args[i]);
    }
}

void bm_case_prepare(struct bm_timed_case *c)
{
    const struct bm_problem *p = c->problem;
    c->args = bm_alloc(c->arena->copies * sizeof *c->args);
    for (size_t i = 0; i < c->arena->copies; i++) {
        void *array[BM_MAX_OPERANDS];
        bm_arena_arrays(c->arena, p, i, array);
        p->op->bind(&p->shape, array, &c->args[i]);
        c->args[i].means.threads = c->planned->threads;
        c->args[i].means.caches = bm_call_caches();
    }
    give_scratch(c);
    c->cpus = bm_alloc((size_t)c->planned->threads * sizeof *c->cpus);
    c->ticks = bm_alloc((size_t)c->planned->threads * sizeof *c->ticks);
}

void bm_case_free(struct bm_timed_case *c)
{
    free(c->args);
    bm_buffer_free(&c->scratch);
    free(c->sample);
    free(c->ticks);
    free(c->cpus);
    json_decref(c->about);
}
