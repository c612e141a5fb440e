/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "part_common.h"
#include "parts.h"
#include "scaling_pairs.h"
#include "train_report.h"

static struct bm_value nothing(void) { return bm_derived(NAN, BM_UNIT_PLAIN, NULL); }

/* ---- how fast ---- */

/* Ours of the highest rate, in GFLOP/s or in GB/s, of an op (NULL: of any); NULL: none. */
static const struct bm_run_case *highest_rate(const struct bm_source *s, const char *op, bool flops)
{
    const struct bm_run_case *best = NULL;
    for (size_t i = 0; i < s->run.cases; i++) {
        const struct bm_run_case *c = &s->run.cased[i];
        if (bm_case_is_warm(c) && !bm_case_is_peer(c) && bm_counts_flops(c) == flops && (!op || strcmp(c->op, op) == 0) &&
            (!best || bm_case_rate(s, c).x > bm_case_rate(s, best).x))
            best = c;
    }
    return best;
}

/* Total times of naive and of the fastest variant over all shapes of BN and GEMM on one thread that have both. */
static struct bm_total add_up(const struct bm_run *run)
{
    struct bm_totals t = { 0 };
    for (size_t i = 0; i < run->cases; i++) {
        const struct bm_run_case *c = &run->cased[i];
        if (!bm_case_is_warm(c) || c->threads != 1 || strcmp(bm_case_variant(c), "naive") != 0 ||
            (!strstr(c->op, "bn_") && strncmp(c->op, "gemm", 4) != 0))
            continue;
        bm_totals_add(&t, c, bm_case_fastest(run, c, 1, false));
    }
    return bm_totals_end(&t);
}

static void answer_speed(struct bm_page *page, const struct bm_source *s)
{
    static const char question[] = "How fast?";
    const struct bm_run_case *gemm = s ? highest_rate(s, "gemm", true) : NULL,
                             *bn = s ? highest_rate(s, "bn_forward", false) : NULL;
    if (s && !gemm)
        gemm = highest_rate(s, NULL, true);
    if (s && !bn)
        bn = highest_rate(s, NULL, false);
    if (!gemm && !bn) {
        bm_page_answer(page, question, nothing(),
                       "Not known: there is no result of bench with a warm cache; make bench makes one.");
        return;
    }
    const struct bm_total total = add_up(&s->run);
    const struct bm_run_case *first = gemm ? gemm : bn;
    if (gemm && bn && total.cases)
        bm_page_answer(
            page, question, bm_case_rate(s, gemm),
            "%s reaches %v and %s %v, at best. The fastest kernels are %v as fast as naive ones%i, by total time over "
            "the %d shape%+ of BN and GEMM on one thread.",
            gemm->kernel, bm_case_rate(s, gemm), bn->kernel, bm_case_rate(s, bn),
            bm_derived(total.ratio, BM_UNIT_TIMES, s), bm_range_of(total.interval, 1, BM_UNIT_TIMES, s),
            (int)total.cases);
    else
        bm_page_answer(page, question, bm_case_rate(s, first), "%s reaches %v, at best.", first->kernel,
                       bm_case_rate(s, first));
}

/* ---- how near the limit ---- */

static double share(const struct bm_run_case *c) { return c->bound_s / c->stats.median; }

/* Our fastest variant of every work and number of threads. */
struct fastest {
    struct bm_total total; /* their limits, and their times */
    size_t contended;
    const struct bm_run_case *least, *most; /* by share of the limit */
};

static struct fastest find_fastest(const struct bm_source *s)
{
    struct fastest f = { 0 };
    struct bm_totals totals = { 0 };
    for (size_t i = 0; i < s->run.cases; i++) {
        const struct bm_run_case *c = &s->run.cased[i];
        if (!bm_case_is_warm(c) || bm_case_is_peer(c) || !(c->bound_s > 0) ||
            bm_case_fastest(&s->run, c, c->threads, false) != c)
            continue;
        bm_totals_add_limit(&totals, c);
        f.contended += c->contended;
        f.least = !f.least || share(c) < share(f.least) ? c : f.least;
        f.most = !f.most || share(c) > share(f.most) ? c : f.most;
    }
    f.total = bm_totals_end(&totals);
    return f;
}

static void answer_limit(struct bm_page *page, const struct bm_source *s)
{
    static const char question[] = "How near the limit?";
    struct fastest f = { 0 };
    if (s)
        f = find_fastest(s);
    if (!f.total.cases) {
        bm_page_answer(page, question, nothing(), "Not known: no result of bench has times beside their limits.");
        return;
    }
    const int n = (int)f.total.cases;
    bm_page_answer(
        page, question, bm_derived(100 * f.total.ratio, BM_UNIT_PERCENT, s),
        "of the roofline's limit%i is what our fastest kernels reach, by total time over %d case%+; from %v%i (%s) to "
        "%v%i (%s).%s%s",
        bm_range_of(f.total.interval, 100, BM_UNIT_PERCENT, s), n, bm_case_of_limit(s, f.least),
        bm_range_of(bm_share_interval(f.least), 100, BM_UNIT_PERCENT, s), f.least->kernel, bm_case_of_limit(s, f.most),
        bm_range_of(bm_share_interval(f.most), 100, BM_UNIT_PERCENT, s), f.most->kernel,
        share(f.most) > 1 ? " Above 100 % the limit was set too low." : "",
        2 * (int)f.contended > n ? " Others used the cores in most of them, so that they could do better." : "");
}

/* ---- did it get slower ---- */

static struct bm_value counted(const struct bm_last_change *l, enum bm_verdict verdict)
{
    return bm_derived((double)l->comparison.verdicts[verdict], BM_UNIT_COUNT, l->now);
}

static void answer_change(struct bm_page *page, const struct bm_library *library, const struct bm_source *s)
{
    static const char question[] = "Did it get slower?";
    struct bm_last_change l;
    bm_last_change(library, s, &l);
    if (l.why) {
        bm_page_answer(page, question, nothing(), "It cannot be told: %s.", l.why);
        return;
    }
    const size_t slower = l.comparison.verdicts[BM_SLOWER];
    bm_page_answer(page, question, counted(&l, BM_SLOWER),
                   "%s of %v cases became slower since %s (commit %s); %v faster, %v the same, %v inconclusive.",
                   slower ? "" : "None", bm_derived((double)l.comparison.cases, BM_UNIT_COUNT, l.now), l.before->date,
                   *l.before->commit ? l.before->commit : "unknown", counted(&l, BM_FASTER), counted(&l, BM_SAME),
                   counted(&l, BM_INCONCLUSIVE));
    bm_last_change_free(&l);
}

/* ---- what it buys in training ---- */

static const json_t *sets_of(const struct bm_source *s) { return json_object_get(s->document.ours, "kernel_sets"); }

static bool has_kernel_sets(const struct bm_source *s) { return json_array_size(sets_of(s)) > 0; }

static bool has_sets_of_images(const struct bm_source *s)
{
    return has_kernel_sets(s) && !bm_data_is_generated(s->document.ours);
}

/* Of a set; -1: not known. */
static struct bm_value set_value(const struct bm_source *s, int set, const char *figure)
{
    return bm_value_from(BM_UNIT_SECONDS, s, "kernel_sets[%d].%s", set, figure);
}

/* The set with the least `figure` of a variant (NULL; any) that does or does not use naive kernels; -1: none. */
static int least_set(const struct bm_source *s, const char *figure, const char *variant, bool naive)
{
    const json_t *set;
    size_t i;
    int best = -1;
    json_array_foreach(sets_of(s), i, set)
    {
        const double x = set_value(s, (int)i, figure).x;
        if ((!variant || strcmp(bm_member_text(set, "variant"), variant) == 0) &&
            (strcmp(bm_member_text(set, "kernels"), "naive") == 0) == naive && x > 0 &&
            !(set_value(s, best, figure).x <= x))
            best = (int)i;
    }
    return best;
}

/* That of a variant without BN with the same kernels; -1: none. */
static int without_bn(const struct bm_source *s, const json_t *has)
{
    const json_t *run, *set;
    size_t i, k;
    json_array_foreach(json_object_get(s->document.ours, "runs"), i, run) json_array_foreach(sets_of(s), k, set)
    {
        const char *variant = bm_member_text(set, "variant");
        if (strcmp(bm_member_text(json_object_get(run, "config"), "bn"), "none") == 0 &&
            strcmp(bm_member_text(run, "variant"), variant) == 0 &&
            strcmp(bm_member_text(has, "variant"), variant) != 0 &&
            strcmp(bm_member_text(set, "kernels"), bm_member_text(has, "kernels")) == 0)
            return (int)k;
    }
    return -1;
}

/* One set's time over another's, by the figures that are named. */
static struct bm_value sets_ratio(const struct bm_source *s, int slow, const char *of_slow, int fast,
                                  const char *of_fast)
{
    return bm_value_from(BM_UNIT_TIMES, s, "kernel_sets[%d].%s/kernel_sets[%d].%s", slow, of_slow, fast, of_fast);
}

static void answer_training(struct bm_page *page, const struct bm_library *library)
{
    static const char question[] = "What does it buy in training?";
    char note[BM_DATA_NOTE] = "";
    const struct bm_source *s = bm_library_newest(library, "train", has_sets_of_images);
    if (!s)
        s = bm_library_newest(library, "train", has_kernel_sets);
    const bool target = s && least_set(s, "target_seconds", NULL, false) >= 0;
    const char *figure = target ? "target_seconds" : "epoch_seconds";
    const int best = s ? least_set(s, figure, NULL, false) : -1;
    const json_t *set = best < 0 ? NULL : json_array_get(sets_of(s), (size_t)best);
    const int naive = best < 0 ? -1 : least_set(s, figure, bm_member_text(set, "variant"), true);
    if (naive < 0) {
        bm_page_answer(page, question, nothing(),
                       "Not known: no training was timed with naive and other kernels; batchmark train "
                       "--compare-kernels does it.");
        return;
    }
    const struct bm_value times = sets_ratio(s, naive, figure, best, figure),
                          least = sets_ratio(s, naive, "epoch_seconds_min", best, "epoch_seconds_max"),
                          most = sets_ratio(s, naive, "epoch_seconds_max", best, "epoch_seconds_min"),
                          fast = set_value(s, best, figure), slow = set_value(s, naive, figure);
    bm_page_caveat(page, bm_data_note(s->document.ours, note));
    if (target)
        bm_page_answer(page, question, times,
                       "as fast to the accuracy that is the target (%v to %v by the range of the epochs): %v with %s "
                       "kernels, %v with naive ones (%s). Without BN: %v.",
                       least, most, fast, bm_member_text(set, "kernels"), slow, bm_member_text(set, "variant"),
                       bm_value_or(set_value(s, without_bn(s, set), figure), "not reached"));
    else
        bm_page_answer(page, question, times,
                       "as fast an epoch (%v to %v by the range of the epochs): %v with %s kernels, %v with naive ones "
                       "(%s). No run reached its target accuracy.",
                       least, most, fast, bm_member_text(set, "kernels"), slow, bm_member_text(set, "variant"));
    bm_page_caveat(page, "");
}

/* ---- beside the reference ---- */

enum { MOST_WORKS = 6 };

struct headline {
    const char *op, *origin, *level; /* what is asked for; "": any; origin: a part of it */
};

/* The largest work that fits and that both runs timed with so many threads. */
static const struct bm_run_case *find_work(const struct bm_run *here, const struct bm_run *there,
                                           const struct headline *h, int threads)
{
    const struct bm_run_case *best = NULL;
    for (size_t i = 0; i < here->cases; i++) {
        const struct bm_run_case *c = &here->cased[i];
        const double work = c->flops + c->read_bytes, most = best ? best->flops + best->read_bytes : -1;
        if (bm_case_is_warm(c) && c->threads == threads && strcmp(c->op, h->op) == 0 && strstr(c->origin, h->origin) &&
            (!*h->level || strcmp(c->level, h->level) == 0) && work > most &&
            bm_case_fastest(here, c, threads, false) && bm_case_fastest(there, c, threads, false))
            best = c;
    }
    return best;
}

static void add_side(struct bm_grid *grid, const struct bm_source *s, const struct bm_run_case *c)
{
    bm_grid_cell(grid, "%v%s|%v|%v", bm_case_median(s, c), c->contended ? "\u00a0*" : "", bm_case_rate(s, c),
                 bm_case_of_limit(s, c));
}

/* Returns whether others used the cores. */
static bool add_work(struct bm_grid *grid, const struct bm_source *here, const struct bm_source *there,
                     const struct bm_run_case *work, int threads)
{
    const struct bm_run_case *a = bm_case_fastest(&here->run, work, threads, false),
                             *b = bm_case_fastest(&there->run, work, threads, false);
    char *shape = bm_short_shape(work->shape), of[2][BM_FROM_ROOM];
    bm_grid_row(grid, "%s %s, %d thread%+", work->op, shape, threads);
    add_side(grid, here, a);
    add_side(grid, there, b);
    bm_grid_cell(grid, "%v|%r",
                 bm_value_of(a->stats.median / b->stats.median, BM_UNIT_TIMES, here, "%s/@%d:%s",
                             bm_case_median_from(here, a, of[0]), there->number, bm_case_median_from(there, b, of[1])),
                 bm_range_of(bm_apart_interval(a, b), 1, BM_UNIT_TIMES, here));
    free(shape);
    return a->contended || b->contended;
}

static void put_beside(struct bm_page *page, const struct bm_library *library, const struct bm_source *here)
{
    static const struct headline asked[MOST_WORKS] = {
        { "gemm", "", "" },          { "gemm", ":forward", "" },
        { "bn_forward", "", "L2" },  { "bn_forward", "", "memory" },
        { "bn_backward", "", "L2" }, { "bn_backward", "", "memory" },
    };
    const struct bm_source *there = bm_library_beside(library);
    if (!there) {
        if (here->reference)
            bm_page_paragraph(
                page, "This is a reference that is kept; make bench adds a run of the machine that you are on.");
        else
            bm_page_missing(page, "git checkout results", "A reference (a compressed result) to set beside this run.");
        return;
    }
    char caption[200];
    snprintf(caption, sizeof caption,
             "This run (%.20s) beside the reference of %.60s (%.20s): our fastest kernel on either side", here->date,
             there->machine, there->date);
    struct bm_grid *grid =
        bm_grid_new(page, "beside-reference", caption, "work", "time", "rate", "of its limit", "reference's time",
                    "reference's rate", "of its limit", "time over the reference's", "95 % from", "to", NULL);
    int threads[BM_MOST_COUNTS] = { 1 };
    const size_t counts = bm_thread_counts(&here->run, threads);
    const struct bm_run_case *had[2 * MOST_WORKS] = { 0 };
    size_t n = 0;
    bool contended = false;
    for (size_t i = 0; i < MOST_WORKS; i++)
        for (size_t t = 0; t < (counts > 1 ? 2u : 1u); t++) { /* the fewest threads, and the most */
            const int with = threads[t ? counts - 1 : 0];
            const struct bm_run_case *work = find_work(&here->run, &there->run, &asked[i], with);
            bool again = !work;
            for (size_t k = 0; k < n; k++)
                again |= had[k] == work;
            if (again)
                continue;
            had[n++] = work;
            contended |= add_work(grid, here, there, work, with);
        }
    bm_page_table(page, grid);
    if (contended)
        bm_page_paragraph(page, "* Others used the cores all the time: these times are theirs, too.");
    if (!n)
        bm_page_missing(page, "make bench", "A work that both this run and the reference of %s timed.", there->machine);
}

void bm_part_summary(struct bm_page *page, const struct bm_library *library)
{
    const struct bm_source *s = bm_library_bench(library);
    answer_speed(page, s);
    answer_limit(page, s);
    answer_change(page, library, s);
    answer_training(page, library);
    if (s)
        put_beside(page, library, s);
}
