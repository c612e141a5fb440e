/* SPDX-License-Identifier: MIT */
#include "moves.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIGNIFICANT 0.003

/* The levels of a class in the results in which it has its own. */
struct levels {
    struct bm_drift *drift;
    int class;         /* -1: of all */
    double *level, *s; /* logs; the same as factors */
    size_t *result;
    size_t n, runs;
    double *z; /* of each result, for bm_canaries_fit() */
};

/* ---- steps and lines ---- */

struct step {
    struct bm_change change; /* .at: the first of level[] after it */
    struct bm_canary_fit fit;
    double p;
    bool unknown; /* no canary spans it */
};

/* What a straight line through the levels leaves, as a sum of squares; *change: from its first to its last result. */
static double line_of(const struct levels *l, double *change)
{
    double mean = 0, middle = 0, xy = 0, xx = 0, squares = 0;
    for (size_t i = 0; i < l->n; i++) {
        mean += l->level[i] / (double)l->n;
        middle += (double)l->result[i] / (double)l->n;
    }
    for (size_t i = 0; i < l->n; i++) {
        const double x = (double)l->result[i] - middle;
        xy += x * l->level[i];
        xx += x * x;
    }
    for (size_t i = 0; i < l->n; i++) {
        const double rest = l->level[i] - mean - xy / xx * ((double)l->result[i] - middle);
        squares += rest * rest;
    }
    *change = xy / xx * (double)(l->result[l->n - 1] - l->result[0]);
    return squares;
}

static double squares_left(const struct levels *l, const struct bm_change *step, size_t steps)
{
    double squares = 0;
    for (size_t i = 0, k = 0; i < l->n; i++) {
        k += k < steps && step[k].at == i;
        const double rest = l->level[i] - log(k ? step[k - 1].after : step[0].before);
        squares += rest * rest;
    }
    return squares;
}

/* Schwarz's criterion: which description is worth its parameters? The smaller. */
static double criterion(double squares, size_t n, size_t parameters)
{
    return (double)n * log(squares / (double)n + 1e-12) + (double)parameters * log((double)n);
}

/* That a change of the levels is none. Levels wander where canaries come and go, so that only those on both sides are
 * evidence. */
static double p_of(const struct bm_canary_fit *fit, double change)
{
    const double both = change * fit->change > 0 ? fmin(fabs(change), fabs(fit->change)) : 0;
    return isfinite(fit->error) ? bm_student_p(both / fit->error, fit->df) : 1;
}

static void fit_step(const struct levels *l, const struct step *step, size_t steps, struct step *one)
{
    const size_t k = (size_t)(one - step), at = one->change.at;
    const size_t from = k ? l->result[step[k - 1].change.at] : 0,
                 to = k + 1 < steps ? l->result[step[k + 1].change.at] : l->runs;
    for (size_t r = from; r < to; r++)
        l->z[r] = r >= l->result[at];
    one->fit = bm_canaries_fit(l->drift->canaries, l->class, l->z, NULL, from, to);
    one->p = p_of(&one->fit, log(one->change.after / one->change.before));
    one->unknown = false;
    for (size_t r = l->result[at - 1] + 1; r <= l->result[at]; r++)
        one->unknown |= l->drift->unknown[r] && !isfinite(one->fit.error);
}

/* The steps' sizes, between each other. */
static void measure_steps(const struct levels *l, struct step *step, size_t steps)
{
    size_t *at = bm_alloc((steps + 1) * sizeof *at);
    for (size_t k = 0; k < steps; k++)
        at[k] = step[k].change.at;
    for (size_t k = 0; k < steps; k++)
        step[k].change = bm_change_at(l->s, l->n, at, steps, k, 0, 1);
    free(at);
}

/* Leaves those of which canaries are sure, and those that they do not span. */
static size_t keep_sure(const struct levels *l, struct step *step, size_t steps)
{
    while (steps) {
        size_t worst = 0;
        measure_steps(l, step, steps);
        for (size_t k = 0; k < steps; k++) {
            fit_step(l, step, steps, &step[k]);
            if (step[k].unknown)
                step[k].p = 0;
            if (step[k].p > step[worst].p)
                worst = k;
        }
        if (step[worst].p < SIGNIFICANT)
            break;
        memmove(step + worst, step + worst + 1, (--steps - worst) * sizeof *step);
    }
    return steps;
}

/* ---- moves ---- */

/* Equal moves of several classes are one. */
static void add_move(struct bm_drift *d, struct bm_move m)
{
    for (size_t i = 0; i < d->moves; i++) {
        struct bm_move *one = &d->move[i];
        const bool near =
            one->from <= m.from + 1 && m.from <= one->from + 1 && one->to <= m.to + 1 && m.to <= one->to + 1;
        if (!near || one->steps != m.steps || one->unknown != m.unknown || (one->change > 0) != (m.change > 0))
            continue;
        const double classes = __builtin_popcount(one->classes);
        one->change = (classes * one->change + m.change) / (classes + 1);
        one->low = fmin(one->low, m.low);
        one->high = fmax(one->high, m.high);
        one->classes |= m.classes;
        return;
    }
    d->move[d->moves++] = m;
}

static void add_line(const struct levels *l, double change)
{
    const size_t from = l->result[0], to = l->result[l->n - 1];
    for (size_t r = 0; r < l->runs; r++)
        l->z[r] = (double)r / (double)(to - from);
    const struct bm_canary_fit fit = bm_canaries_fit(l->drift->canaries, l->class, l->z, NULL, 0, l->runs);
    if (!(p_of(&fit, change) < SIGNIFICANT))
        return;
    const double half = bm_student_t(0.05, fit.df) * fit.error;
    add_move(l->drift, (struct bm_move){ .from = from,
                                         .to = to,
                                         .classes = l->class < 0 ? 0 : 1u << l->class,
                                         .change = change,
                                         .low = change - half,
                                         .high = change + half });
}

static bool is_slower(const struct step *s) { return s->change.after > s->change.before; }

/* Steps in one direction that follow each other are one move. */
static void add_steps(const struct levels *l, const struct step *step, size_t steps, double threshold)
{
    for (size_t k = 0, last; k < steps; k = last + 1) {
        const bool slower = is_slower(&step[k]);
        double squared = 0, df = INFINITY;
        struct bm_move m = { .from = l->result[step[k].change.at - 1], .classes = l->class < 0 ? 0 : 1u << l->class };
        for (last = k; last < steps && is_slower(&step[last]) == slower; last++) {
            squared += step[last].fit.error * step[last].fit.error;
            df = fmin(df, step[last].fit.df);
            m.unknown |= step[last].unknown;
            m.steps++;
        }
        last--;
        m.to = l->result[step[last].change.at];
        m.change = log(step[last].change.after / step[k].change.before);
        const double half = bm_student_t(0.05, df) * sqrt(squared);
        m.low = m.change - half;
        m.high = m.change + half;
        if (fabs(m.change) > log1p(threshold))
            add_move(l->drift, m);
    }
}

static void find_moves(const struct levels *l, double threshold)
{
    if (l->n < 2 * BM_LEAST_SEGMENT)
        return;
    struct bm_change *found = bm_alloc((l->n / BM_LEAST_SEGMENT + 1) * sizeof *found);
    struct step *step = bm_alloc((l->n / BM_LEAST_SEGMENT + 1) * sizeof *step);
    const size_t steps = bm_changes(l->s, l->n, threshold, found);
    double change;
    const double line = line_of(l, &change), stairs = steps ? squares_left(l, found, steps) : INFINITY;
    for (size_t k = 0; k < steps; k++)
        step[k].change = found[k];
    if (fabs(change) > log1p(threshold) && criterion(line, l->n, 2) < criterion(stairs, l->n, 3 * steps + 1))
        add_line(l, change);
    else
        add_steps(l, step, keep_sure(l, step, steps), threshold);
    free(found);
    free(step);
}

static int by_time(const void *a, const void *b)
{
    const struct bm_move *x = a, *y = b;
    return x->from != y->from ? (x->from > y->from) - (x->from < y->from)
                              : (x->classes > y->classes) - (x->classes < y->classes);
}

/* The levels of a class (-1: of all). */
static void find_class(struct levels *l, int class, double threshold)
{
    const struct bm_drift *d = l->drift;
    l->class = class;
    l->n = 0;
    for (size_t r = 0; r < l->runs; r++)
        if (class < 0 || d->told_by[class][r] >= BM_DRIFT_LEAST) {
            l->level[l->n] = class < 0 ? d->all[r] : d->level[class][r];
            l->s[l->n] = exp(l->level[l->n]);
            l->result[l->n++] = r;
        }
    find_moves(l, threshold);
}

void bm_moves_find(struct bm_drift *d, size_t runs, double threshold)
{
    const size_t size = (runs + 1) * sizeof(double);
    struct levels l = { .drift = d,
                        .level = bm_alloc(size),
                        .s = bm_alloc(size),
                        .z = bm_alloc(size),
                        .result = bm_alloc((runs + 1) * sizeof *l.result),
                        .runs = runs };
    bool any = false;
    d->move = bm_alloc((BM_DRIFT_CLASSES * (runs / BM_LEAST_SEGMENT + 1) + 1) * sizeof *d->move);
    for (int class = 0; class < BM_DRIFT_CLASSES; class ++)
        if (d->own[class]) {
            find_class(&l, class, threshold);
            any = true;
        }
    if (!any)
        find_class(&l, -1, threshold);
    free(l.level), free(l.s), free(l.z), free(l.result);
    for (size_t i = 0; i < d->moves; i++) {
        struct bm_move *m = &d->move[i];
        for (int class = 0; class < BM_DRIFT_CLASSES; class ++)
            m->told_by += !m->classes || m->classes >> class & 1 ? d->told_by[class][m->to] : 0;
    }
    qsort(d->move, d->moves, sizeof *d->move, by_time);
}

/* ---- in words ---- */

const char *bm_move_classes(unsigned classes, char text[static 128])
{
    const int half = BM_DRIFT_CLASSES / 2;
    const char *between = "";
    if (!classes)
        return strcpy(text, "all classes");
    *text = '\0';
    for (int i = 0; i < BM_DRIFT_CLASSES; i++) {
        if (i % half == 0 && classes >> i & 15) {
            strcat(text, *text ? "; " : "");
            strcat(text, i ? "more threads: " : "1 thread: ");
            between = "";
        }
        if (classes >> i & 1) {
            strcat(strcat(text, between), bm_pairs_class_level(i));
            between = ", ";
        }
    }
    return text;
}

const char *bm_move_sentence(const struct bm_history *h, const struct bm_move *m, char text[static 512])
{
    char classes[128], steps[32] = "little by little", range[64] = "";
    const double sign = m->change > 0 ? 100 : -100, low = sign * expm1(m->low), high = sign * expm1(m->high);
    if (m->steps)
        snprintf(steps, sizeof steps, "in %zu step%s", m->steps, m->steps == 1 ? "" : "s");
    if (isfinite(low) && isfinite(high))
        snprintf(range, sizeof range, " (%.1f to %.1f %%)", fmin(low, high), fmax(low, high));
    snprintf(text, 512, "The machine became %.1f %% %s%s from %.10s to %.10s, %s; %s; by %zu cases %s",
             sign * expm1(m->change), m->change > 0 ? "slower" : "faster", range, h->run[m->from].date,
             h->run[m->to].date, steps, bm_move_classes(m->classes, classes), m->told_by,
             m->unknown ? "of which none has known and equal code on both sides: it may be their code."
                        : "whose code did not change.");
    return text;
}

const char *bm_unknown_sentence(const struct bm_history *h, size_t run, char text[static 512])
{
    snprintf(
        text, 512,
        "From %.10s to %.10s the machine is unknown, since fewer than %d kernels are known to have equal code: what "
        "%d cases or more share is taken for the machine's, and may be their code's",
        h->run[run - 1].date, h->run[run].date, BM_DRIFT_FEW, BM_DRIFT_LEAST);
    return text;
}
