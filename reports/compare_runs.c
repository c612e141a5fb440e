#include "compare_runs.h"

#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *bm_verdict_name(enum bm_verdict verdict)
{
    static const char *const name[BM_VERDICTS] = { "slower", "faster", "inconclusive", "same" };
    return name[verdict];
}

/* ---- one case ---- */

static void measure(struct bm_compared_case *c)
{
    const struct bm_trimmed base = bm_run_case_log(c->base), now = bm_run_case_log(c->now);
    c->p = 1;
    c->half = INFINITY;
    c->change.mean = NAN;
    if (!isfinite(base.mean) || !isfinite(now.mean)) {
        c->why = "a time of 0";
        return;
    }
    c->change.mean = now.mean - base.mean;
    if (c->base->launches < BM_LEAST_LAUNCHES || c->now->launches < BM_LEAST_LAUNCHES) {
        c->why = "fewer than 3 launches";
        return;
    }
    if (c->base->contended || c->now->contended) {
        c->why = c->base->contended ? "others used its cores in BASE" : "others used its cores in NEW";
        return;
    }
    c->change = bm_trimmed_difference(&base, &now);
    c->half = bm_trimmed_half_width(&c->change, BM_COMPARE_ALPHA);
    c->p = bm_trimmed_p(&c->change);
}

/* Launch k of one side was measured next to launch k of the other: what disturbed the machine then is in both, and not in
 * their ratio. */
static void measure_pairs(struct bm_compared_case *c)
{
    double *change = bm_alloc((c->base->launches + 1) * sizeof *change);
    size_t pairs = 0;
    for (size_t i = 0; i < c->base->launches; i++)
        for (size_t k = 0; k < c->now->launches; k++)
            if (c->base->launch[i].launch == c->now->launch[k].launch && c->base->launch[i].median_s > 0 &&
                c->now->launch[k].median_s > 0)
                change[pairs++] = log(c->now->launch[k].median_s / c->base->launch[i].median_s);
    c->change = bm_trim(change, pairs);
    free(change);
    c->why = pairs < BM_LEAST_LAUNCHES ? "fewer than 3 pairs of launches" : NULL;
    c->half = c->why ? INFINITY : bm_trimmed_half_width(&c->change, BM_COMPARE_ALPHA);
    c->p = c->why ? 1 : bm_trimmed_p(&c->change);
}

static void judge(struct bm_compared_case *c, size_t cases)
{
    const double change = fabs(c->change.mean);
    const bool certain = c->p < BM_COMPARE_ALPHA;
    c->visible =
        c->why ? INFINITY : fmax(c->margin, bm_trimmed_half_width(&c->change, BM_COMPARE_ALPHA / (double)cases));
    if (c->why)
        c->verdict = BM_INCONCLUSIVE;
    else if (certain && change > c->margin)
        c->verdict = c->change.mean > 0 ? BM_SLOWER : BM_FASTER;
    else
        c->verdict = certain || change + c->half <= c->margin ? BM_SAME : BM_INCONCLUSIVE;
}

/* ---- the drift guard ---- */

/* What the controls of a class (or of all) did. */
struct drift {
    size_t controls;
    double centre;
    double reach[2]; /* the two largest distances from it of controls that changed for certain; -1: none */
    const struct bm_compared_case *farthest;
};

enum { ALL_CLASSES = -1 };

static bool counts(const struct bm_compared_case *c, long class)
{
    return c->control && !c->why && (class == ALL_CLASSES || (size_t) class == c->class);
}

static struct drift find_drift(const struct bm_comparison *all, long class)
{
    struct drift d = { 0, 0, { -1, -1 }, NULL };
    double *change = bm_alloc((all->cases + 1) * sizeof *change);
    for (size_t i = 0; i < all->cases; i++)
        if (counts(&all->compared[i], class))
            change[d.controls++] = all->compared[i].change.mean;
    if (d.controls)
        d.centre = bm_summarise(change, d.controls).median;
    free(change);
    for (size_t i = 0; i < all->cases; i++) {
        const struct bm_compared_case *c = &all->compared[i];
        const double reach = fabs(c->change.mean - d.centre);
        if (!counts(c, class) || c->p >= BM_COMPARE_ALPHA)
            continue;
        if (reach > d.reach[0]) {
            d.reach[1] = d.reach[0];
            d.reach[0] = reach;
            d.farthest = c;
        } else if (reach > d.reach[1])
            d.reach[1] = reach;
    }
    return d;
}

/* For a case, which does not count in its own guard, or for one whose code changed (NULL); NaN: too few controls. */
static double guard_from(const struct drift *d, const struct bm_compared_case *of)
{
    const size_t controls = d->controls - (of && of->control && !of->why);
    const double reach = d->reach[of && of == d->farthest];
    if (controls < BM_LEAST_CONTROLS)
        return NAN;
    return reach < 0 ? 0 : fabs(d->centre) + reach * fmax(1, log(1 / BM_GUARD_TAIL) / log((double)controls));
}

static double guard(const struct drift *class, const struct drift *all, const struct bm_compared_case *of)
{
    double g = guard_from(class, of);
    if (isnan(g))
        g = guard_from(all, of);
    return isnan(g) ? 0 : g;
}

static void set_guards(struct bm_comparison *all)
{
    const struct drift whole = find_drift(all, ALL_CLASSES);
    for (size_t k = 0; k < all->classes; k++) {
        struct bm_compare_class *class = &all->class[k];
        const struct drift own = find_drift(all, (long)k);
        class->controls = own.controls;
        class->centre = own.centre;
        class->farthest = own.farthest ? own.farthest->change.mean : 0;
        class->guard = guard(&own, &whole, NULL);
        for (size_t i = 0; i < all->cases; i++)
            if (all->compared[i].class == k)
                all->compared[i].margin = fmax(all->compared[i].margin, guard(&own, &whole, &all->compared[i]));
    }
}

/* Two versions of what every case uses: then unchanged code may change. */
static bool same_below(const struct bm_run *base, const struct bm_run *now, const char *group, const char *key,
                       char why[160])
{
    const struct bm_run *run[] = { base, now };
    const json_t *value[2];
    for (int i = 0; i < 2; i++)
        value[i] = json_object_get(
            json_object_get(json_object_get(json_object_get(run[i]->json, "context"), "batchmark"), group), key);
    const bool known = value[0] && value[1] && !json_is_null(value[0]) && !json_is_null(value[1]);
    if (known && json_equal(value[0], value[1]))
        return true;
    snprintf(why, 160, "%s.%s %s", group, key, known ? "differs between the runs" : "is not known of both runs");
    return false;
}

static bool guarded(const struct bm_run *base, const struct bm_run *now, char why[160])
{
    return same_below(base, now, "build", "compiler", why) && same_below(base, now, "build", "libraries", why) &&
           same_below(base, now, "openmp", "runtime", why);
}

/* ---- all cases ---- */

static size_t class_of(struct bm_comparison *all, const struct bm_run_case *c)
{
    size_t k = 0;
    while (k < all->classes && (all->class[k].threads != c->threads || strcmp(all->class[k].level, c->level) != 0))
        k++;
    if (k == all->classes)
        all->class[all->classes++] = (struct bm_compare_class){ .threads = c->threads, .level = c->level };
    all->class[k].cases++;
    return k;
}

static void pair(const struct bm_run *base, const struct bm_run *now, const char *kernel, struct bm_comparison *all)
{
    const struct bm_run *run[] = { base, now };
    all->compared = bm_alloc((base->cases + 1) * sizeof *all->compared);
    all->class = bm_alloc((base->cases + 1) * sizeof *all->class);
    for (int side = 0; side < 2; side++) {
        all->only[side] = bm_alloc((run[side]->cases + 1) * sizeof *all->only[side]);
        for (size_t i = 0; i < run[side]->cases; i++) {
            const struct bm_run_case *c = &run[side]->cased[i], *other = bm_run_find(run[!side], c->name);
            if (kernel && fnmatch(kernel, c->kernel, 0) != 0)
                continue;
            if (!other)
                all->only[side][all->only_count[side]++] = c;
            else if (side == 0)
                all->compared[all->cases++] =
                    (struct bm_compared_case){ .base = c,
                                          .now = other,
                                          .class = class_of(all, c),
                                          .control = c->code[0] && strcmp(c->code, other->code) == 0 };
        }
    }
}

static int worst_first(const void *a, const void *b)
{
    const struct bm_compared_case *x = a, *y = b;
    const double left = isnan(x->change.mean) ? 0 : fabs(x->change.mean),
                 right = isnan(y->change.mean) ? 0 : fabs(y->change.mean);
    if (x->verdict != y->verdict)
        return (x->verdict > y->verdict) - (x->verdict < y->verdict);
    return left != right ? (left < right) - (left > right) : strcmp(x->base->name, y->base->name);
}

static void find_visible(struct bm_comparison *all)
{
    double *visible = bm_alloc((all->cases + 1) * sizeof *visible);
    for (size_t i = 0; i < all->cases; i++)
        if (!all->compared[i].why)
            visible[all->tested++] = all->compared[i].visible;
    const struct bm_stats s = bm_summarise(visible, all->tested);
    all->visible = s.median;
    all->all_visible = s.max;
    free(visible);
}

/* From the ratios and p of all cases to verdicts. */
static void conclude(struct bm_comparison *all)
{
    for (size_t i = 0; i < all->cases; i++) {
        judge(&all->compared[i], all->cases);
        all->verdicts[all->compared[i].verdict]++;
    }
    find_visible(all);
    qsort(all->compared, all->cases, sizeof *all->compared, worst_first);
}

static void adjust(struct bm_comparison *all)
{
    double *p = bm_alloc((all->cases + 1) * sizeof *p);
    for (size_t i = 0; i < all->cases; i++)
        p[i] = all->compared[i].p;
    bm_holm(p, all->cases);
    for (size_t i = 0; i < all->cases; i++)
        all->compared[i].p = p[i];
    free(p);
}

void bm_compare(const struct bm_run *base, const struct bm_run *now, double threshold, const char *kernel,
                const struct bm_noise *noise, struct bm_comparison *all)
{
    *all = (struct bm_comparison){ 0 };
    pair(base, now, kernel, all);
    for (size_t i = 0; i < all->cases; i++) {
        measure(&all->compared[i]);
        all->compared[i].margin = log1p(fmax(threshold, bm_noise_floor(noise, all->compared[i].base)));
    }
    adjust(all);
    if (guarded(base, now, all->unguarded))
        set_guards(all);
    conclude(all);
}

void bm_compare_pairs(const struct bm_run *a, const struct bm_run *b, double threshold, struct bm_comparison *all)
{
    *all = (struct bm_comparison){ 0 };
    pair(a, b, NULL, all);
    for (size_t i = 0; i < all->cases; i++) {
        measure_pairs(&all->compared[i]);
        all->compared[i].margin = log1p(threshold);
    }
    adjust(all);
    conclude(all);
}

void bm_comparison_free(struct bm_comparison *all)
{
    free(all->compared);
    free(all->class);
    free(all->only[0]);
    free(all->only[1]);
    *all = (struct bm_comparison){ 0 };
}
