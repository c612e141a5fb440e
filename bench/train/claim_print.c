/* SPDX-License-Identifier: MIT */
#include "claim_print.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SHOWN = 3 }; /* variants side by side: 80 columns */

/* In at most five characters. */
static const char *short_text(double x, char text[static 16])
{
    snprintf(text, 16, fabs(x) < 9.9995 ? "%.3f" : fabs(x) < 999.95 ? "%.1f" : "%.0e", x);
    return text;
}

/* "0.977 (0.976..0.978)" */
static void print_cell(const struct bm_claim_data *d, unsigned variant, unsigned panel, unsigned point, int m)
{
    const struct bm_stats s = bm_claim_stats(d, variant, panel, point, m);
    char text[64] = "-", median[16], least[16], most[16];
    if (s.n)
        snprintf(text, sizeof text, "%s (%s..%s)", short_text(s.median, median), short_text(s.min, least),
                 short_text(s.max, most));
    printf("  %-20s", text);
}

static void print_header(const struct bm_claim_data *d, unsigned first, unsigned end, unsigned panel, int m)
{
    const struct bm_experiment *e = d->experiment;
    char label[BM_POINT_LABEL], title[BM_AXIS_KEY];
    printf("\n%s, median (range) over %u seed%s", bm_measured_names[m], d->seeds, d->seeds == 1 ? "" : "s");
    if (e->panels.points)
        printf(", %s %s", bm_axis_title(&e->panels, title), bm_axis_label(&e->panels, panel, label));
    printf("\n  %-11.11s", e->sweep.points ? bm_axis_title(&e->sweep, title) : "");
    for (unsigned v = first; v < end; v++)
        printf("  %-20.20s", e->variant[v].name);
    printf("\n");
}

static void print_figure(const struct bm_claim_data *d, int m)
{
    const struct bm_experiment *e = d->experiment;
    char label[BM_POINT_LABEL];
    for (unsigned panel = 0; panel < d->panels; panel++)
        for (unsigned first = 0; first < e->variants; first += SHOWN) {
            const unsigned end = first + SHOWN < e->variants ? first + SHOWN : e->variants;
            print_header(d, first, end, panel, m);
            for (unsigned point = 0; point < d->points; point++) {
                printf("  %-11.11s", e->sweep.points ? bm_axis_label(&e->sweep, point, label) : "");
                for (unsigned v = first; v < end; v++)
                    print_cell(d, v, panel, point, m);
                printf("\n");
            }
        }
}

static void print_verdict(const struct bm_claim_data *d, const struct bm_claim *claim, enum bm_holds *holds)
{
    struct bm_cell *cell = bm_alloc(BM_MAX_CELLS * sizeof *cell);
    size_t cells, by[BM_NOT_RUN + 1] = { 0 };
    *holds = bm_judge_general(d, claim, cell, &cells);
    for (size_t i = 0; i < cells; i++)
        by[cell[i].support]++;
    printf("\n%s:\n  %s\n", bm_holds_names[*holds], claim->text);
    printf("  %s of %s against %s\n", claim->figure, claim->variant[0], claim->variant[1]);
    printf("  of %zu comparison%s %zu support%s it, %zu contradict%s it, %zu show%s no difference", cells,
           cells == 1 ? "" : "s", by[BM_SUPPORTS], by[BM_SUPPORTS] == 1 ? "s" : "", by[BM_CONTRADICTS],
           by[BM_CONTRADICTS] == 1 ? "s" : "", by[BM_NO_DIFFERENCE], by[BM_NO_DIFFERENCE] == 1 ? "s" : "");
    printf("\n");
    if (by[BM_NOT_RUN])
        printf("  %zu have fewer than two seeds\n", by[BM_NOT_RUN]);
    if (cells == 1 && cell[0].seeds > 1)
        printf("  the difference is %.4g (95 %% interval %.4g to %.4g)\n", cell[0].mean, cell[0].low, cell[0].high);
    free(cell);
}

void bm_claim_print(const struct bm_claim_data *d, const char *note)
{
    const struct bm_experiment *e = d->experiment;
    bool shown[BM_MEASURED_COUNT + 1] = { false };
    enum bm_holds of[BM_MAX_CLAIMS];
    size_t n = 0;
    for (unsigned i = 0; i < e->claims; i++) {
        const int m = bm_measured_named(e->claim[i].figure);
        if (bm_claim_is_general(e->claim[i].kind) && m < BM_MEASURED_COUNT && !shown[m])
            print_figure(d, m);
        shown[m] = true;
    }
    for (unsigned i = 0; i < e->claims; i++)
        if (bm_claim_is_general(e->claim[i].kind))
            print_verdict(d, &e->claim[i], &of[n++]);
    printf("\nVerdict%s: %s\n", note, bm_holds_names[bm_holds_together(of, n)]);
}
