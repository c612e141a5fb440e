/* SPDX-License-Identifier: MIT */
#include "claim.h"

#include <math.h>
#include <string.h>

const char *const bm_measured_names[BM_MEASURED_COUNT] = {
    "accuracy",
    "val_accuracy",
    "best_val_accuracy",
    "test_accuracy",
    "gap",
    "epochs_to_target",
    "loss",
    "gradient_decades",
    "constant_units",
    "input_shift",
    "gradient_change",
    "uphill",
    "loss_range",
    "step_us",
    "step_ratio",
    "added_share",
    "seconds_to_target",
};
const char *const bm_support_names[] = { "no difference shown", "supports", "contradicts", "not run" };
const char *const bm_holds_names[] = { "no difference shown", "holds here", "holds in part", "does not hold here" };

int bm_measured_named(const char *name)
{
    int m = 0;
    while (m < BM_MEASURED_COUNT && strcmp(bm_measured_names[m], name) != 0)
        m++;
    return m;
}

/* ---- what is asked for ---- */

static bool asks_for(const struct bm_experiment *e, int first, int end)
{
    for (unsigned i = 0; i < e->claims; i++) {
        const int m = bm_measured_named(e->claim[i].figure);
        if (bm_claim_is_general(e->claim[i].kind) && m >= first && m < end)
            return true;
    }
    return false;
}

bool bm_claim_trains(const struct bm_experiment *e)
{
    return asks_for(e, 0, BM_STEP_US) || asks_for(e, BM_SECONDS_TO_TARGET, BM_SECONDS_TO_TARGET + 1);
}

bool bm_claim_times(const struct bm_experiment *e) { return asks_for(e, BM_STEP_US, BM_MEASURED_COUNT); }

struct bm_train_config bm_claim_config(const struct bm_experiment *e, unsigned variant, unsigned panel, unsigned point,
                                       unsigned seed)
{
    struct bm_train_config c = e->variant[variant].config;
    struct bm_error error;
    if ((e->panels.points && !bm_axis_set(&e->panels, panel, &c, &error)) ||
        (e->sweep.points && !bm_axis_set(&e->sweep, point, &c, &error)))
        bm_die(BM_EXIT_USAGE, "%s: %s", e->variant[variant].name, error.text);
    c.seed = c.seed_list[seed];
    return c;
}

/* ---- of a run ---- */

void bm_measure_run(const struct bm_train_config *c, const struct bm_train_result *r,
                    double measured[BM_MEASURED_COUNT])
{
    const bool diverged = r->status == BM_EXIT_FAILED;
    const struct bm_train_epoch *last = r->epochs ? &r->epoch[r->epochs - 1] : NULL;
    double best = 0;
    for (int m = 0; m < BM_STEP_US; m++)
        measured[m] = NAN;
    measured[BM_SECONDS_TO_TARGET] = NAN;
    if ((r->status != BM_EXIT_OK && !diverged) || (!diverged && !last))
        return;
    for (size_t i = 0; i < r->epochs; i++)
        best = fmax(best, r->epoch[i].val_accuracy);
    measured[BM_FINAL_ACCURACY] = diverged ? 0 : last->accuracy;
    measured[BM_FINAL_VAL_ACCURACY] = diverged ? 0 : last->val_accuracy;
    measured[BM_BEST_VAL_ACCURACY] = best;
    measured[BM_FINAL_TEST_ACCURACY] = diverged ? 0 : r->test_accuracy;
    measured[BM_GAP] = diverged ? NAN : last->accuracy - last->val_accuracy;
    measured[BM_FINAL_LOSS] = diverged ? NAN : last->loss;
    if (r->recorded.steps) {
        measured[BM_GRADIENT_DECADES] = r->recorded.gradient_decades;
        measured[BM_CONSTANT_UNITS] = r->recorded.constant_units;
        measured[BM_INPUT_SHIFT] = r->recorded.input_shift;
        measured[BM_GRADIENT_CHANGE] = r->recorded.gradient_change;
        measured[BM_UPHILL] = r->recorded.uphill;
        measured[BM_LOSS_RANGE] = r->recorded.loss_range;
    }
    if (c->target > 0) {
        measured[BM_EPOCHS_TO_TARGET] = r->target_epoch ? (double)r->target_epoch : (double)c->epochs + 1;
        measured[BM_SECONDS_TO_TARGET] =
            measured[BM_EPOCHS_TO_TARGET] * (double)r->steps_per_epoch * 1e-6 * measured[BM_STEP_US];
    }
}

size_t bm_claim_runs(const struct bm_claim_data *d)
{
    return (size_t)d->experiment->variants * d->panels * d->points * d->seeds;
}

/* What is timed in turns reads the same images. */
static bool of_one_set(const struct bm_claim_data *d, struct bm_error *error)
{
    const struct bm_experiment *e = d->experiment;
    for (unsigned v = 1; v < e->variants; v++)
        for (unsigned panel = 0; panel < d->panels; panel++)
            for (unsigned point = 0; point < d->points; point++) {
                const struct bm_train_config first = bm_claim_config(e, 0, panel, point, 0),
                                             c = bm_claim_config(e, v, panel, point, 0);
                if (strcmp(c.dataset, first.dataset) != 0)
                    return bm_failed(error, "[%s]: all variants of a claim about times have the same dataset",
                                     e->variant[v].name);
            }
    return true;
}

bool bm_claim_data_make(struct bm_claim_data *d, const struct bm_experiment *e, struct bm_error *error)
{
    const struct bm_train_config *first = &e->variant[0].config;
    unsigned general = 0;
    for (unsigned i = 0; i < e->claims; i++)
        general += bm_claim_is_general(e->claim[i].kind);
    if (!general)
        return bm_failed(error,
                         "it says nothing that can be judged; it needs a line such as claim.higher.val_accuracy = bn, "
                         "no-bn: text");
    for (unsigned i = 0; i < e->variants; i++)
        if (e->variant[i].config.seeds != first->seeds ||
            memcmp(e->variant[i].config.seed_list, first->seed_list, first->seeds * sizeof *first->seed_list) != 0)
            return bm_failed(error, "[%s]: all variants of a claim have the same seeds", e->variant[i].name);
    *d = (struct bm_claim_data){ e, e->panels.points ? e->panels.points : 1, e->sweep.points ? e->sweep.points : 1,
                                 (unsigned)first->seeds, NULL };
    if (bm_claim_times(e) && !of_one_set(d, error))
        return false;
    d->figure = bm_alloc(bm_claim_runs(d) * BM_MEASURED_COUNT * sizeof *d->figure);
    for (size_t i = 0; i < bm_claim_runs(d) * BM_MEASURED_COUNT; i++)
        d->figure[i] = NAN;
    return true;
}

double *bm_claim_figures(const struct bm_claim_data *d, unsigned variant, unsigned panel, unsigned point, unsigned seed)
{
    const size_t run = (((size_t)variant * d->panels + panel) * d->points + point) * d->seeds + seed;
    return d->figure + run * BM_MEASURED_COUNT;
}

bool bm_claim_is_trained(const double figure[BM_MEASURED_COUNT]) { return !isnan(figure[BM_FINAL_VAL_ACCURACY]); }
bool bm_claim_is_timed(const double figure[BM_MEASURED_COUNT]) { return !isnan(figure[BM_STEP_US]); }

bool bm_claim_is_run(const struct bm_claim_data *d, const double figure[BM_MEASURED_COUNT])
{
    return (!bm_claim_trains(d->experiment) || bm_claim_is_trained(figure)) &&
           (!bm_claim_times(d->experiment) || bm_claim_is_timed(figure));
}

struct bm_stats bm_claim_stats(const struct bm_claim_data *d, unsigned variant, unsigned panel, unsigned point,
                               int measured)
{
    double sample[BM_MAX_SEEDS];
    size_t n = 0;
    for (unsigned seed = 0; seed < d->seeds; seed++) {
        sample[n] = bm_claim_figures(d, variant, panel, point, seed)[measured];
        n += isfinite(sample[n]);
    }
    return bm_summarise(sample, n);
}

/* ---- of a cell ---- */

struct question {
    const struct bm_claim_data *data;
    enum bm_claim_kind kind;
    int measured;
    unsigned variant[2]; /* a and b */
    double comparisons;
};

static double figure(const struct question *q, int side, unsigned panel, unsigned point, unsigned seed)
{
    return bm_claim_figures(q->data, q->variant[side], panel, point, seed)[q->measured];
}

/* Of one seed what a variant has over the whole sweep. NaN if a run is missing. */
static double over_sweep(const struct question *q, int side, unsigned panel, unsigned seed)
{
    double least = INFINITY, most = -INFINITY, trained = 0, last = 0;
    for (unsigned p = 0; p < q->data->points; p++) {
        const double f = figure(q, side, panel, p, seed);
        if (isnan(f))
            return NAN;
        least = fmin(least, f), most = fmax(most, f);
        const bool trains = f >= q->data->experiment->trains;
        trained += trains;
        last = trains ? p + 1 : last;
    }
    return q->kind == BM_CLAIM_WIDER     ? trained
           : q->kind == BM_CLAIM_HIGHEST ? last
           : q->kind == BM_CLAIM_PEAK    ? most
                                         : most - least;
}

/* a - b of one seed. */
static double difference(const struct question *q, unsigned panel, unsigned point, unsigned seed)
{
    const unsigned last = q->data->points - 1;
    switch (q->kind) {
    case BM_CLAIM_HIGHER:
    case BM_CLAIM_LOWER: return figure(q, 0, panel, point, seed) - figure(q, 1, panel, point, seed);
    case BM_CLAIM_GROWS:
        return figure(q, 0, panel, last, seed) - figure(q, 1, panel, last, seed) -
               (figure(q, 0, panel, 0, seed) - figure(q, 1, panel, 0, seed));
    default: return over_sweep(q, 0, panel, seed) - over_sweep(q, 1, panel, seed);
    }
}

/* The mean of the differences and its interval. Where all of them are the same there is no doubt. */
static struct bm_cell judge_cell(const struct question *q, unsigned panel, unsigned point)
{
    struct bm_cell cell = { panel, point, 0, NAN, NAN, NAN, BM_NOT_RUN };
    double d[BM_MAX_SEEDS], sum = 0, squares = 0;
    for (unsigned s = 0; s < q->data->seeds; s++) {
        d[cell.seeds] = difference(q, panel, point, s);
        sum += isfinite(d[cell.seeds]) ? d[cell.seeds] : 0;
        cell.seeds += isfinite(d[cell.seeds]);
    }
    if (cell.seeds < 2)
        return cell;
    const double n = (double)cell.seeds;
    cell.mean = sum / n;
    for (size_t s = 0; s < cell.seeds; s++)
        squares += (d[s] - cell.mean) * (d[s] - cell.mean);
    const double half = bm_student_t(0.05 / q->comparisons, n - 1) * sqrt(squares / (n - 1) / n);
    cell.low = cell.mean - half, cell.high = cell.mean + half;
    const bool less = q->kind == BM_CLAIM_LOWER || q->kind == BM_CLAIM_STEADIER;
    const double margin = q->data->experiment->margin;
    cell.support = cell.low > margin     ? (less ? BM_CONTRADICTS : BM_SUPPORTS)
                   : cell.high < -margin ? (less ? BM_SUPPORTS : BM_CONTRADICTS)
                                         : BM_NO_DIFFERENCE;
    return cell;
}

/* ---- of a claim ---- */

static enum bm_holds holds(const struct bm_cell *cell, size_t cells)
{
    size_t supports = 0, contradicts = 0;
    for (size_t i = 0; i < cells; i++) {
        supports += cell[i].support == BM_SUPPORTS;
        contradicts += cell[i].support == BM_CONTRADICTS;
    }
    if (supports == 0)
        return contradicts ? BM_DOES_NOT_HOLD : BM_NOT_SHOWN;
    return contradicts == 0 && 2 * supports >= cells ? BM_HOLDS : BM_HOLDS_IN_PART;
}

static unsigned number_of(const struct bm_experiment *e, const char *variant)
{
    return (unsigned)(bm_experiment_variant(e, variant) - e->variant);
}

enum bm_holds bm_judge_general(const struct bm_claim_data *data, const struct bm_claim *claim,
                               struct bm_cell cell[static BM_MAX_CELLS], size_t *cells)
{
    const struct bm_experiment *e = data->experiment;
    struct question q = { data,
                          claim->kind,
                          bm_measured_named(claim->figure),
                          { number_of(e, claim->variant[0]), number_of(e, claim->variant[1]) },
                          1 };
    const unsigned points = claim->kind == BM_CLAIM_HIGHER || claim->kind == BM_CLAIM_LOWER ? data->points : 1;
    q.comparisons = (double)data->panels * points;
    *cells = 0;
    for (unsigned panel = 0; panel < data->panels && q.measured < BM_MEASURED_COUNT; panel++)
        for (unsigned point = 0; point < points; point++)
            cell[(*cells)++] = judge_cell(&q, panel, point);
    return holds(cell, *cells);
}

enum bm_holds bm_holds_together(const enum bm_holds *of, size_t n)
{
    size_t all[BM_DOES_NOT_HOLD + 1] = { 0 };
    for (size_t i = 0; i < n; i++)
        all[of[i]]++;
    if (n && all[BM_HOLDS] == n)
        return BM_HOLDS;
    if (all[BM_HOLDS] + all[BM_HOLDS_IN_PART])
        return BM_HOLDS_IN_PART;
    return all[BM_DOES_NOT_HOLD] ? BM_DOES_NOT_HOLD : BM_NOT_SHOWN;
}
