/* SPDX-License-Identifier: MIT */
#include "reading.h"

#include <math.h>
#include <stdio.h>

static double median(const struct bm_seed_runs *r, size_t epoch, enum bm_figure f)
{
    return bm_figure_stats(r, epoch, f).median;
}

static double last(const struct bm_seed_runs *r, enum bm_figure f) { return median(r, bm_last_epoch(r), f); }

static bool same_but_bn(const struct bm_train_config *a, const struct bm_train_config *b)
{
    return a->batch == b->batch && a->epochs == b->epochs && a->lr == b->lr && a->optimizer == b->optimizer &&
           a->earlier_epochs == b->earlier_epochs && a->optimizer_of == b->optimizer_of &&
           a->precision == b->precision;
}

const struct bm_seed_runs *bm_counterpart(const struct bm_seed_runs *with, const struct bm_seed_runs *runs, size_t n)
{
    for (size_t i = 0; i < n && with->variant.config.bn; i++)
        if (!runs[i].variant.config.bn && same_but_bn(&with->variant.config, &runs[i].variant.config) &&
            bm_last_epoch(&runs[i]))
            return &runs[i];
    return NULL;
}

size_t bm_least_val_loss(const struct bm_seed_runs *r)
{
    size_t least = 0;
    for (size_t e = 1; e <= bm_last_epoch(r); e++) {
        double loss = median(r, e, BM_VAL_LOSS);
        if (isfinite(loss) && (!least || loss < median(r, least, BM_VAL_LOSS)))
            least = e;
    }
    return least;
}

static void target_text(const struct bm_seed_runs *r, char text[static 64])
{
    struct bm_to_target t = bm_to_target(r);
    if (isfinite(t.epochs.median))
        snprintf(text, 64, "after %g epoch%s", t.epochs.median, t.epochs.median > 1 ? "s" : "");
    else
        snprintf(text, 64, "not in %zu of %zu runs", t.runs - t.reached, t.runs);
}

static void print_convergence(FILE *out, const struct bm_seed_runs *with, const struct bm_seed_runs *without)
{
    char a[64], b[64];
    const char *name = with->variant.name, *other_name = without->variant.name;
    double target = with->variant.config.target, loss = median(with, 1, BM_LOSS), other = median(without, 1, BM_LOSS);
    struct bm_to_target t = bm_to_target(with), u = bm_to_target(without);
    target_text(with, a);
    target_text(without, b);
    if (target > 0 && t.runs && u.runs && t.epochs.median == u.epochs.median)
        fprintf(out, "    Neither reaches %.4g before the other: %s %s, %s %s.\n", target, name, a, other_name, b);
    else if (target > 0 && t.runs && u.runs)
        fprintf(out, "    %s reaches %.4g first: %s %s, %s %s.\n",
                t.epochs.median < u.epochs.median ? name : other_name, target, name, a, other_name, b);
    fprintf(out, "    After epoch 1 the training loss is %.4f with BN and %.4f without: %s is ahead.\n", loss, other,
            loss < other ? "BN" : "no BN");
}

static void print_final(FILE *out, const struct bm_seed_runs *with, const struct bm_seed_runs *without)
{
    double a = last(with, BM_VAL_ACCURACY), b = last(without, BM_VAL_ACCURACY);
    if (!isfinite(a - b))
        return;
    fprintf(
        out,
        "    At the end BN is %.2f points of validation accuracy %s (%.4f and %.4f); validation loss %.4f and %.4f.\n",
        100 * fabs(a - b), a >= b ? "ahead" : "behind", a, b, last(with, BM_VAL_LOSS), last(without, BM_VAL_LOSS));
}

static void print_fit(FILE *out, const struct bm_seed_runs *r)
{
    size_t end = bm_last_epoch(r), least = bm_least_val_loss(r);
    double gap = last(r, BM_ACCURACY) - last(r, BM_VAL_ACCURACY);
    if (!least || !isfinite(gap))
        return;
    fprintf(out, "    %s: training accuracy is %.2f points %s validation accuracy at the end; ", r->variant.name,
            100 * fabs(gap), gap >= 0 ? "above" : "below");
    if (least < end)
        fprintf(out, "validation loss is least after epoch %zu (%.4f) and then rises to %.4f.\n", least,
                median(r, least, BM_VAL_LOSS), last(r, BM_VAL_LOSS));
    else
        fprintf(out, "validation loss falls to the end.\n");
}

static void print_overhead(FILE *out, const struct bm_seed_runs *with, const struct bm_seed_runs *without)
{
    double a = bm_epoch_seconds(with).median, b = bm_epoch_seconds(without).median;
    if (isfinite(a - b))
        fprintf(out, "    BN makes an epoch %.1f %% %s (%.3f s and %.3f s).\n", 100 * fabs(a / b - 1),
                a >= b ? "longer" : "shorter", a, b);
}

/* Is it another batch size of the same? */
static bool sibling(const struct bm_train_config *a, const struct bm_train_config *b)
{
    struct bm_train_config same_batch = *b;
    same_batch.batch = a->batch;
    return a->bn == b->bn && same_but_bn(a, &same_batch);
}

/* Once for each group of batch sizes, at its first variant. */
static void print_best_batch(FILE *out, const struct bm_seed_runs *r, const struct bm_seed_runs *runs, size_t n)
{
    const struct bm_seed_runs *best = r;
    unsigned group = 0;
    for (size_t i = 0; i < n; i++) {
        if (!sibling(&r->variant.config, &runs[i].variant.config))
            continue;
        if (&runs[i] < r)
            return;
        group++;
        if (last(&runs[i], BM_VAL_ACCURACY) > last(best, BM_VAL_ACCURACY))
            best = &runs[i];
    }
    if (group < 2 || !isfinite(last(best, BM_VAL_ACCURACY)))
        return;
    fprintf(out, "  Best batch %s BN by validation accuracy: %zu (", r->variant.config.bn ? "with" : "without",
            best->variant.config.batch);
    for (size_t i = 0, shown = 0; i < n; i++)
        if (sibling(&r->variant.config, &runs[i].variant.config))
            fprintf(out, "%s%zu: %.4f", shown++ ? ", " : "", runs[i].variant.config.batch,
                    last(&runs[i], BM_VAL_ACCURACY));
    fprintf(out, ").\n");
}

/* Without BN, and set beside one with it. */
static bool has_partner(const struct bm_seed_runs *without, const struct bm_seed_runs *runs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bm_last_epoch(&runs[i]) && bm_counterpart(&runs[i], runs, n) == without)
            return true;
    return false;
}

void bm_reading_print(FILE *out, const struct bm_seed_runs *runs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct bm_seed_runs *with = &runs[i], *without = bm_counterpart(with, runs, n);
        if (!bm_least_val_loss(with) || has_partner(with, runs, n))
            continue;
        if (!without) {
            fprintf(out, "  %s by itself\n", with->variant.name);
            print_fit(out, with);
            continue;
        }
        fprintf(out, "  %s against %s\n", with->variant.name, without->variant.name);
        print_convergence(out, with, without);
        print_final(out, with, without);
        print_fit(out, with);
        print_fit(out, without);
        print_overhead(out, with, without);
    }
    for (size_t i = 0; i < n; i++)
        if (bm_last_epoch(&runs[i]))
            print_best_batch(out, &runs[i], runs, n);
}
