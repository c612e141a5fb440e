/* SPDX-License-Identifier: MIT */
#include "summary.h"

#include <math.h>
#include <stdio.h>

/* "0.9774 (0.9756..0.9784)" */
static void print_range(const struct bm_stats *s)
{
    char text[48] = "-";
    if (s->n > 1)
        snprintf(text, sizeof text, "%.4f (%.4f..%.4f)", s->median, s->min, s->max);
    else if (s->n)
        snprintf(text, sizeof text, "%.4f", s->median);
    printf("  %-24s", text);
}

static void print_epoch(const struct bm_seed_runs *r, size_t epoch)
{
    printf("  %-20s %5zu", epoch == 1 ? r->variant.name : "", epoch);
    for (int f = BM_LOSS; f <= BM_VAL_ACCURACY; f++) {
        struct bm_stats s = bm_figure_stats(r, epoch, (enum bm_figure)f);
        print_range(&s);
    }
    printf("\n");
}

static void print_figures(const struct bm_seed_runs *r)
{
    struct bm_stats loss = bm_figure_stats(r, 0, BM_TEST_LOSS), accuracy = bm_figure_stats(r, 0, BM_TEST_ACCURACY);
    size_t last = bm_last_epoch(r);
    if (!last) {
        printf("  %-20s no epoch was finished\n", r->variant.name);
        return;
    }
    print_epoch(r, 1);
    if (last > 1)
        print_epoch(r, last);
    if (!loss.n)
        return;
    printf("  %-20s %5s  %-24s  %-24s", "", "test", "", "");
    print_range(&loss);
    print_range(&accuracy);
    printf("\n");
}

static void print_time(const struct bm_seed_runs *r)
{
    struct bm_to_target t = bm_to_target(r);
    double target = r->variant.config.target;
    char epochs[64] = "-";
    if (target > 0 && isfinite(t.epochs.median))
        snprintf(epochs, sizeof epochs, "%g (%g..%g), %zu of %zu", t.epochs.median, t.epochs.min, t.epochs.max,
                 t.reached, t.runs);
    else if (target > 0)
        snprintf(epochs, sizeof epochs, "not reached by %zu of %zu", t.runs - t.reached, t.runs);
    printf("  %-20s %4zu  %6.4g  %-24s", r->variant.name, r->count, target, epochs);
    if (t.epoch_seconds.n)
        printf("  %7.3f (%.3f..%.3f)", t.epoch_seconds.median, t.epoch_seconds.min, t.epoch_seconds.max);
    else
        printf("  %-22s", "no whole epoch");
    if (target > 0 && isfinite(t.seconds))
        printf("  %8.3f", t.seconds);
    else
        printf("  %8s", "-");
    printf("%s\n", r->count < BM_PROTOCOL_SEEDS ? "  *" : "");
}

void bm_summary_print(const struct bm_seed_runs *runs, size_t n, const char *data)
{
    bool fewer = false;
    printf("\nSummary: median (range) over the seeds%s\n  %-20s %5s  %-24s  %-24s  %-24s  %s\n", data, "variant",
           "epoch", "loss", "accuracy", "validation loss", "validation accuracy");
    for (size_t i = 0; i < n; i++) {
        print_figures(&runs[i]);
        fewer |= runs[i].count < BM_PROTOCOL_SEEDS;
    }
    printf("\nTime to the target validation accuracy = epochs to it x seconds per epoch, medians (ranges)%s\n"
           "  Evaluation and reading of data are not counted; a run that never reaches the target counts as infinity.\n"
           "  %-20s %4s  %6s  %-24s  %-22s  %8s\n",
           data, "variant", "runs", "target", "epochs to it", "seconds per epoch", "seconds");
    for (size_t i = 0; i < n; i++)
        print_time(&runs[i]);
    if (fewer)
        printf("  *: fewer than the %d seeds that the protocol asks for\n", BM_PROTOCOL_SEEDS);
}
