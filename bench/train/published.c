/* SPDX-License-Identifier: MIT */
#include "published.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "record.h"
#include "training_data.h"

static bool is_accuracy(enum bm_figure f) { return f == BM_ACCURACY || f == BM_VAL_ACCURACY || f == BM_TEST_ACCURACY; }

struct bm_verdict bm_judge(const struct bm_seed_runs *runs, const struct bm_published *p)
{
    struct bm_verdict v = { .ours = bm_figure_stats(runs, p->epoch, p->figure) };
    double low = v.ours.min, high = v.ours.max;
    if (is_accuracy(p->figure)) {
        low -= BM_WIDER_ACCURACY;
        high += BM_WIDER_ACCURACY;
    } else {
        low *= 1 - BM_WIDER_LOSS;
        high *= 1 + BM_WIDER_LOSS;
    }
    v.reproduced = v.ours.n && p->value >= low && p->value <= high;
    return v;
}

static const struct bm_seed_runs *find(const struct bm_seed_runs *runs, size_t n, const char *variant)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(runs[i].variant.name, variant) == 0)
            return &runs[i];
    return NULL;
}

static double published(const struct bm_variant *v, size_t epoch, enum bm_figure figure)
{
    for (unsigned i = 0; i < v->published_count; i++)
        if (v->published[i].epoch == epoch && v->published[i].figure == figure)
            return v->published[i].value;
    return NAN;
}

/* ---- claims ----------------------------------------------------------------------------------- */

/* The claim's variant with the highest figure of the last epoch; -1 unless all of them have it. */
static int best(const struct bm_claim *claim, const struct bm_seed_runs *runs, size_t n, enum bm_figure figure,
                bool ours)
{
    double highest = -INFINITY;
    int at = -1;
    for (unsigned i = 0; i < claim->variants; i++) {
        const struct bm_seed_runs *r = find(runs, n, claim->variant[i]);
        if (!r)
            return -1;
        size_t last = r->variant.config.epochs;
        double x = ours ? bm_figure_stats(r, last, figure).median : published(&r->variant, last, figure);
        if (!isfinite(x))
            return -1;
        if (x > highest) {
            highest = x;
            at = (int)(r - runs);
        }
    }
    return at;
}

static unsigned reproduced(const struct bm_seed_runs *r)
{
    unsigned count = 0;
    for (unsigned i = 0; i < r->variant.published_count; i++)
        count += bm_judge(r, &r->variant.published[i]).reproduced;
    return count;
}

struct bm_claim_verdict bm_judge_claim(const struct bm_claim *claim, const struct bm_seed_runs *runs, size_t n)
{
    struct bm_claim_verdict v = { -1, -1, -1, -1, -1 };
    unsigned most = 0;
    if (claim->kind == BM_CLAIM_BEST) {
        v.published_by_accuracy = best(claim, runs, n, BM_ACCURACY, false);
        v.published_by_val_accuracy = best(claim, runs, n, BM_VAL_ACCURACY, false);
        v.ours_by_accuracy = best(claim, runs, n, BM_ACCURACY, true);
        v.ours_by_val_accuracy = best(claim, runs, n, BM_VAL_ACCURACY, true);
        return v;
    }
    for (unsigned i = 0; i < claim->variants; i++) {
        const struct bm_seed_runs *r = find(runs, n, claim->variant[i]);
        if (!r)
            return v;
        if (reproduced(r) > most) {
            most = reproduced(r);
            v.trained_as = (int)(r - runs);
        }
    }
    return v;
}

size_t bm_nearest_epoch(const struct bm_seed_runs *fresh, double loss)
{
    size_t nearest = 0;
    double least = INFINITY;
    for (size_t e = 1; e <= bm_last_epoch(fresh); e++) {
        double away = fabs(bm_figure_stats(fresh, e, BM_LOSS).median - loss);
        if (away < least) {
            least = away;
            nearest = e;
        }
    }
    return nearest;
}

/* ---- the report ------------------------------------------------------------------------------- */

static void report_figure(const struct bm_seed_runs *r, const struct bm_published *p, const char *experiment,
                          json_t *result, unsigned *missed)
{
    struct bm_verdict v = bm_judge(r, p);
    char when[32] = "after training";
    if (p->epoch)
        snprintf(when, sizeof when, "epoch %zu", p->epoch);
    *missed += v.ours.n && !v.reproduced;
    if (v.ours.n)
        printf("    %-14s %-13s %8.4f  %8.4f (%.4f..%.4f)  %s\n", when, bm_figure_names[p->figure], p->value,
               v.ours.median, v.ours.min, v.ours.max, v.reproduced ? "reproduced" : "not reproduced");
    else
        printf("    %-14s %-13s %8.4f  not run\n", when, bm_figure_names[p->figure], p->value);
    json_array_append_new(bm_result_list(result, "published"),
                          json_pack("{s:s, s:s, s:I, s:s, s:f, s:o, s:o, s:s}", "experiment", experiment, "variant",
                                    r->variant.name, "epoch", (json_int_t)p->epoch, "figure",
                                    bm_figure_names[p->figure], "published", p->value, "ours", bm_stats_json(&v.ours),
                                    "reproduced", v.ours.n ? json_boolean(v.reproduced) : json_null(), "why",
                                    v.ours.n && !v.reproduced ? r->variant.why : ""));
}

static void report_variant(const struct bm_seed_runs *r, const char *experiment, json_t *result)
{
    unsigned missed = 0;
    printf("  %s, %zu seed%s\n", r->variant.name, r->count, r->count == 1 ? "" : "s");
    for (unsigned i = 0; i < r->variant.published_count; i++)
        report_figure(r, &r->variant.published[i], experiment, result, &missed);
    if (missed)
        printf("    why: %s\n", *r->variant.why ? r->variant.why : "no reason is known");
}

/* Which epoch of fresh runs, or of the runs that went on from there, has the first loss that was published? */
static void report_fresh(const struct bm_seed_runs *again, const struct bm_seed_runs *fresh, const char *experiment,
                         json_t *result)
{
    const struct bm_published *p = again->variant.published;
    while (p < again->variant.published + again->variant.published_count && p->figure != BM_LOSS)
        p++;
    if (p == again->variant.published + again->variant.published_count || !fresh || !bm_last_epoch(fresh))
        return;
    size_t epoch = bm_nearest_epoch(fresh, p->value), later = bm_nearest_epoch(again, p->value);
    double loss = bm_figure_stats(fresh, epoch, BM_LOSS).median;
    printf("  The published loss of epoch %zu, %.4f, is nearest to epoch %zu of a fresh run (%s, %.4f, %+.1f %%)",
           p->epoch, p->value, epoch, fresh->variant.name, loss, 100 * (loss / p->value - 1));
    if (later)
        printf(";\n  of %s, which is trained %zu epochs before, to epoch %zu (%.4f), the %zuth from the start",
               again->variant.name, again->variant.config.earlier_epochs, later,
               bm_figure_stats(again, later, BM_LOSS).median, again->variant.config.earlier_epochs + later);
    printf(".\n");
    json_array_append_new(bm_result_list(result, "claims"),
                          json_pack("{s:s, s:s, s:s, s:s, s:f, s:I, s:f, s:I}", "experiment", experiment, "claim",
                                    "epoch of a fresh run with the published loss", "variant", again->variant.name,
                                    "fresh", fresh->variant.name, "published", p->value, "nearest_epoch",
                                    (json_int_t)epoch, "nearest_loss", loss, "nearest_epoch_run_again",
                                    (json_int_t)later));
}

static const char *name_at(const struct bm_seed_runs *runs, int at)
{
    return at < 0 ? "unknown" : runs[at].variant.name;
}

static const char *holds(const struct bm_claim *claim, const struct bm_seed_runs *runs, int at)
{
    return at < 0 ? "not decided" : strcmp(runs[at].variant.name, claim->variant[0]) == 0 ? "holds" : "does not hold";
}

static void report_best(const struct bm_claim *claim, const struct bm_seed_runs *runs, const struct bm_claim_verdict *v,
                        const char *experiment, json_t *result)
{
    const struct {
        const char *by;
        int published, ours;
    } row[] = {
        { "training accuracy", v->published_by_accuracy, v->ours_by_accuracy },
        { "validation accuracy", v->published_by_val_accuracy, v->ours_by_val_accuracy },
    };
    for (int i = 0; i < 2; i++) {
        printf("    by %s of the last epoch: by the published figures %s, it %s; by ours %s, it %s\n", row[i].by,
               name_at(runs, row[i].published), holds(claim, runs, row[i].published), name_at(runs, row[i].ours),
               holds(claim, runs, row[i].ours));
        json_array_append_new(bm_result_list(result, "claims"),
                              json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "experiment", experiment, "claim",
                                        claim->text, "by", row[i].by, "published_best", name_at(runs, row[i].published),
                                        "published_verdict", holds(claim, runs, row[i].published), "our_best",
                                        name_at(runs, row[i].ours), "our_verdict", holds(claim, runs, row[i].ours)));
    }
}

static void report_trained_as(const struct bm_claim *claim, const struct bm_seed_runs *runs, size_t n,
                              const struct bm_claim_verdict *v, const char *experiment, json_t *result)
{
    for (unsigned i = 0; i < claim->variants; i++) {
        const struct bm_seed_runs *r = find(runs, n, claim->variant[i]);
        if (r)
            printf("    %s reproduces %u of %u published figures; its loss of epoch 1 is %.4f, published %.4f\n",
                   r->variant.name, reproduced(r), r->variant.published_count, bm_figure_stats(r, 1, BM_LOSS).median,
                   published(&r->variant, 1, BM_LOSS));
    }
    printf("    so the original was trained as %s\n", name_at(runs, v->trained_as));
    json_array_append_new(bm_result_list(result, "claims"),
                          json_pack("{s:s, s:s, s:s}", "experiment", experiment, "claim", claim->text, "trained_as",
                                    name_at(runs, v->trained_as)));
}

static bool can_judge(const struct bm_claim *claim, const struct bm_seed_runs *runs, size_t n)
{
    for (unsigned i = 0; i < claim->variants; i++) {
        const struct bm_seed_runs *r = find(runs, n, claim->variant[i]);
        if (!r || !r->variant.published_count || !bm_last_epoch(r))
            return false;
    }
    return true;
}

void bm_published_report(const struct bm_experiment *e, const char *name, const struct bm_seed_runs *runs, size_t n,
                         json_t *result)
{
    bool any = false;
    char data[BM_DATA_TITLE];
    for (size_t i = 0; i < n; i++) {
        if (!runs[i].variant.published_count)
            continue;
        if (!any)
            printf(
                "\nPublished against ours: median (range over the seeds); reproduced: within the range widened by %g "
                "points of\n  accuracy or %g %% of loss%s\n",
                100 * BM_WIDER_ACCURACY, 100 * BM_WIDER_LOSS, bm_data_title(result, data));
        any = true;
        report_variant(&runs[i], name, result);
        if (*runs[i].variant.fresh)
            report_fresh(&runs[i], find(runs, n, runs[i].variant.fresh), name, result);
    }
    for (unsigned i = 0; i < e->claims; i++) {
        const struct bm_claim *claim = &e->claim[i];
        if (!can_judge(claim, runs, n))
            continue;
        struct bm_claim_verdict v = bm_judge_claim(claim, runs, n);
        printf("  Claim: %s\n", claim->text);
        if (claim->kind == BM_CLAIM_BEST)
            report_best(claim, runs, &v, name, result);
        else
            report_trained_as(claim, runs, n, &v, name, result);
    }
}
