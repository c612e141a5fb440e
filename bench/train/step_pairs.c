/* SPDX-License-Identifier: MIT */
#include "step_pairs.h"

#include <math.h>
#include <stdlib.h>

#include "clock.h"
#include "contention.h"
#include "disturbance.h"
#include "evaluation.h"
#include "pairs.h"
#include "samples.h"
#include "stats.h"
#include "streams.h"
#include "topology.h"

enum { WARM_UP = 3, LEAST_TURNS = 4, MOST_TURNS = 12, WATCHED = 64 /* cores */ };
static const double visit_seconds = 1e-3, round_seconds = 0.1; /* of a visit at least; of a round, if that allows it */

/* One of the networks. */
struct side {
    struct bm_split data;
    struct bm_network net;
    struct bm_plan plan;
    size_t at;                /* the image with which the next step begins */
    size_t steps;             /* timed, of a visit */
    double visit[MOST_TURNS]; /* seconds a step */
};

/* ---- a network ---- */

static bool side_make(struct side *s, const struct bm_train_config *c, const struct bm_dataset *data,
                      struct bm_error *error)
{
    struct bm_random order = bm_random_start(c->seed, BM_STREAM_SHUFFLE);
    if (!bm_train_check(c, error) || !bm_images_check(c, data, error) || !bm_images_split(c, data, &s->data, error))
        return false;
    bm_random_shuffle(&order, s->data.train.row, s->data.train.count);
    s->plan = (struct bm_plan){ .training = true, .rows = c->batch, .counted = c->batch, .all_rows = c->batch };
    if (!bm_network_create(&s->net, c, &s->plan, 1, error))
        return false;
    s->net.steps_per_epoch = s->data.train.count / c->batch;
    return true;
}

static void sides_free(struct side *side, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        bm_network_free(&side[i].net);
        free(side[i].data.rows.row);
    }
    free(side);
}

static void take_steps(struct side *s, size_t steps)
{
    struct bm_sums sums = { 0, 0, 0 };
    for (; steps; steps--) {
        if (s->data.train.count - s->at < s->plan.rows)
            s->at = 0;
        bm_pass(&s->net, &s->plan, &s->data.train, s->at, &sums);
        s->at += s->plan.rows;
    }
}

/* ---- disturbances ---- */

static bool is_disturbed(const struct bm_disturbance *a, const struct bm_disturbance *b)
{
    return a->switches != b->switches || a->migrations != b->migrations || a->throttled != b->throttled ||
           a->suspended != b->suspended;
}

/* Did something else use a core of the team, by the loops before a visit and after it? */
static bool is_contended(int threads, const double *before)
{
    static struct bm_core_watch core[WATCHED];
    double after[WATCHED], clock[WATCHED];
    bool contended = false;
    bm_contention_team(threads, after, clock);
    for (int i = 0; i < threads; i++)
        contended |= bm_contention(&core[i], fmax(before[i], after[i]), clock[i]) > BM_CONTENTION_MOST;
    return contended;
}

/* ---- a round ---- */

/* Seconds a step; NaN: it holds a pause. */
static double visit(struct side *s, struct bm_step_visits *visits)
{
    const size_t team = s->net.config->threads;
    const int threads = team < WATCHED ? (int)team : WATCHED;
    double ticks[WATCHED];
    take_steps(s, 1);
    bm_contention_team(threads, ticks, NULL);
    const struct bm_disturbance before = bm_disturbance_now();
    const double start = bm_now_s();
    take_steps(s, s->steps);
    const double seconds = (bm_now_s() - start) / (double)s->steps;
    const struct bm_disturbance after = bm_disturbance_now();
    const bool contended = is_contended(threads, ticks);
    visits->visits++;
    visits->disturbed += contended || is_disturbed(&before, &after);
    return after.suspended == before.suspended ? seconds : NAN;
}

/* Chooses the steps of a visit and returns how many turns the round has. */
static int warm_up(struct side *side, unsigned count)
{
    double turn = 0;
    for (unsigned i = 0; i < count; i++) {
        take_steps(&side[i], 1);
        const double start = bm_now_s();
        take_steps(&side[i], WARM_UP);
        const double step = (bm_now_s() - start) / WARM_UP;
        side[i].steps = step < visit_seconds ? (size_t)ceil(visit_seconds / step) : 1;
        turn += (double)(side[i].steps + 1) * step;
    }
    return (int)fmin(MOST_TURNS, fmax(LEAST_TURNS, round_seconds / turn));
}

static struct bm_step_time time_of(const struct side *s, const struct side *last, int turns)
{
    double seconds[MOST_TURNS], change[MOST_TURNS];
    size_t n = 0, pairs = 0;
    for (int t = 0; t < turns; t++) {
        seconds[n] = s->visit[t];
        n += isfinite(s->visit[t]);
        change[pairs] = log(s->visit[t] / last->visit[t]);
        pairs += isfinite(change[pairs]);
    }
    return (struct bm_step_time){ bm_summarise(seconds, n).median, pairs ? exp(bm_pairs_launch(change, pairs)) : NAN };
}

bool bm_pair_steps(const struct bm_train_config *config, unsigned count, const struct bm_dataset *data,
                   const volatile sig_atomic_t *interrupted, struct bm_step_time *time, struct bm_step_visits *visits,
                   struct bm_error *error)
{
    struct side *side = bm_alloc(count * sizeof *side);
    bool ok = bm_pin_team((int)config[0].threads, false, error), stopped = false;
    for (unsigned i = 0; i < count && ok; i++)
        ok = config[i].threads == config[0].threads
                 ? side_make(&side[i], &config[i], data, error)
                 : bm_failed(error, "threads = %zu and %zu: what is timed in turns has one team", config[0].threads,
                             config[i].threads);
    const int turns = ok ? warm_up(side, count) : 0;
    for (int t = 0; t < turns; t++)
        for (unsigned k = 0; k < count && !stopped; k++) {
            struct side *s = &side[t % 2 ? count - 1 - k : k];
            s->visit[t] = visit(s, visits);
            stopped = interrupted && *interrupted;
        }
    for (unsigned i = 0; i < count && ok; i++)
        time[i] = stopped ? (struct bm_step_time){ NAN, NAN } : time_of(&side[i], &side[count - 1], turns);
    sides_free(side, count);
    return ok;
}
