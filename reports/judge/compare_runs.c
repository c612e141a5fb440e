/* SPDX-License-Identifier: MIT */
#include "compare_runs.h"

#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *bm_verdict_name(enum bm_verdict verdict)
{
    static const char *const name[BM_VERDICTS] = { "slower", "faster", "inconclusive", "same" };
    return name[verdict];
}

/* ---- the cases of both sides ---- */

static const struct bm_run_case *find(const struct bm_side *side, const char *name)
{
    const struct bm_run_case *c = NULL;
    for (size_t i = 0; i < side->runs && !c; i++)
        c = bm_run_find(&side->run[i], name);
    return c;
}

static struct bm_floor pooled_floor(const struct bm_side *side, const struct bm_run_case *first)
{
    if (side->runs == 1)
        return first->floor;
    json_t *raw = json_array();
    for (size_t i = 0; i < side->runs; i++) {
        const struct bm_run_case *c = bm_run_find(&side->run[i], first->name);
        if (c) {
            json_array_extend(raw, c->raw);
            if (c->floor_raw)
                json_array_extend(raw, c->floor_raw);
        }
    }
    const struct bm_floor floor = bm_floor_of(raw);
    json_decref(raw);
    return floor;
}

static size_t count_cases(const struct bm_side *side)
{
    size_t n = 0;
    for (size_t i = 0; i < side->runs; i++)
        n += side->run[i].cases;
    return n;
}

static void take(struct bm_comparison *all, const struct bm_side side[2], int which, const struct bm_run_case *c)
{
    const struct bm_run_case *other = find(&side[!which], c->name);
    if (!other)
        all->only[which][all->only_count[which]++] = c;
    else if (which == 0)
        all->compared[all->cases++] = (struct bm_compared_case){
            .base = c, .now = other, .floor = { pooled_floor(&side[0], c), pooled_floor(&side[1], other) }
        };
}

static void match(struct bm_comparison *all, const struct bm_side side[2], const char *kernel)
{
    *all = (struct bm_comparison){ .side = { side[0], side[1] },
                                   .compared = bm_alloc((count_cases(side) + 1) * sizeof *all->compared) };
    for (int which = 0; which < 2; which++) {
        all->only[which] = bm_alloc((count_cases(&side[which]) + 1) * sizeof *all->only[which]);
        for (size_t r = 0; r < side[which].runs; r++)
            for (size_t i = 0; i < side[which].run[r].cases; i++) {
                const struct bm_run_case *c = &side[which].run[r].cased[i];
                if (find(&side[which], c->name) == c && (!kernel || fnmatch(kernel, c->kernel, 0) == 0))
                    take(all, side, which, c);
            }
    }
}

static int worst_first(const void *a, const void *b)
{
    const struct bm_compared_case *x = a, *y = b;
    const double left = fabs(x->change), right = fabs(y->change);
    if (x->verdict != y->verdict)
        return (x->verdict > y->verdict) - (x->verdict < y->verdict);
    if (!x->why != !y->why)
        return x->why ? 1 : -1;
    return left != right ? (left < right) - (left > right) : strcmp(x->base->name, y->base->name);
}

bool bm_same_code(const struct bm_compared_case *c)
{
    return c->base->code[0] && strcmp(c->base->code, c->now->code) == 0;
}

static void conclude(struct bm_comparison *all)
{
    double *visible = bm_alloc((all->cases + 1) * sizeof *visible);
    for (size_t i = 0; i < all->cases; i++) {
        const struct bm_compared_case *c = &all->compared[i];
        all->verdicts[c->verdict]++;
        if (c->why)
            continue;
        visible[all->decidable++] = c->visible;
        all->same_code_called += c->verdict <= BM_FASTER && bm_same_code(c);
        all->total_s[0] += c->floor[0].s;
        all->total_s[1] += c->floor[1].s;
    }
    const struct bm_stats s = bm_summarise(visible, all->decidable);
    all->visible = s.median;
    all->all_visible = s.max;
    free(visible);
    qsort(all->compared, all->cases, sizeof *all->compared, worst_first);
}

/* ---- by floors ---- */

static enum bm_verdict verdict_of(double change, double half, double threshold)
{
    return change - half > threshold                                   ? BM_SLOWER
           : change + half < -threshold                                ? BM_FASTER
           : change - half >= -threshold && change + half <= threshold ? BM_SAME
                                                                       : BM_INCONCLUSIVE;
}

static void judge(struct bm_compared_case *c, double threshold, const struct bm_noise *noise)
{
    const bool stands[] = { bm_floor_stands(&c->floor[0]), bm_floor_stands(&c->floor[1]) };
    const double margin = bm_noise_margin(noise, c->base);
    c->change = log(c->floor[1].s / c->floor[0].s);
    c->why = !stands[0] && !stands[1] ? "no floor in either"
             : !stands[0]             ? "no floor in BASE"
             : !stands[1]             ? "no floor in NEW"
             : isinf(margin)          ? "no margin known"
                                      : NULL;
    c->half = c->why ? INFINITY : log1p(margin);
    c->visible = c->half + threshold;
    c->verdict = verdict_of(c->change, c->half, threshold);
}

void bm_compare(const struct bm_side side[2], double threshold, const char *kernel, const struct bm_noise *noise,
                struct bm_comparison *all)
{
    match(all, side, kernel);
    for (size_t i = 0; i < all->cases; i++)
        judge(&all->compared[i], log1p(threshold), noise);
    conclude(all);
}

void bm_comparison_free(struct bm_comparison *all)
{
    free(all->compared);
    free(all->only[0]);
    free(all->only[1]);
    *all = (struct bm_comparison){ 0 };
}
