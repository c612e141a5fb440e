/* SPDX-License-Identifier: MIT */
/* training_published.c - published figures beside ours. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "marks.h"
#include "train_report.h"

enum { ROWS = 26, WHYS = 16 };

struct published {
    const struct bm_source *source;
    const json_t *one;
    size_t number;
};

static struct bm_value figure_of(const struct published *p)
{
    return bm_value_of(bm_member_number(p->one, "published"), BM_UNIT_FRACTION, p->source, "published[%zu].published",
                       p->number);
}

static struct bm_value ours_of(const struct published *p, const char *which)
{
    return bm_value_of(bm_member_of_range(p->one, "ours", which), BM_UNIT_FRACTION, p->source, "published[%zu].ours.%s",
                       p->number, which);
}

static bool is_loss(const json_t *one) { return strstr(bm_member_text(one, "figure"), "loss") != NULL; }

static const char *verdict_of(const json_t *one)
{
    const json_t *reproduced = json_object_get(one, "reproduced");
    return json_is_true(reproduced) ? "reproduced" : json_is_false(reproduced) ? "not reproduced" : "not run";
}

/* Those of an experiment, losses or the others. */
static size_t list_of(const struct bm_source *source, const char *experiment, bool losses,
                      struct published list[static ROWS])
{
    const json_t *one;
    size_t i, n = 0;
    json_array_foreach(json_object_get(source->document.ours, "published"), i, one)
    {
        const struct published p = { source, one, i };
        if (n < ROWS && strcmp(bm_member_text(one, "experiment"), experiment) == 0 && is_loss(one) == losses &&
            isfinite(figure_of(&p).x))
            list[n++] = p;
    }
    return n;
}

/* "bn val. loss 10": variant, figure and epoch, after training without one. */
static void name_of(const json_t *one, char name[static 256])
{
    const char *figure = bm_member_text(one, "figure");
    const double epoch = bm_member_number(one, "epoch");
    char variant[128];
    const int n = snprintf(name, 256, "%s%s %s", json_is_false(json_object_get(one, "reproduced")) ? "\u2260 " : "",
                           bm_shortened(bm_member_text(one, "variant"), 11, variant),
                           strncmp(figure, "val_", 4) == 0    ? "valid."
                           : strncmp(figure, "test_", 5) == 0 ? "test"
                                                              : "train.");
    if (epoch > 0)
        snprintf(name + n, (size_t)(256 - n), " %.0f", fmin(epoch, 99999));
}

static FILE *published_script(const struct published *list, size_t n, bool losses)
{
    enum { OURS = 3, PUBLISHED = 9 };
    struct bm_marks marks;
    char name[256];
    bm_marks_begin(&marks);
    for (size_t i = 0; i < n; i++) {
        const double median = ours_of(&list[i], "median").x, low = ours_of(&list[i], "min").x,
                     high = ours_of(&list[i], "max").x;
        name_of(list[i].one, name);
        bm_marks_row(&marks, name, 28, "");
        bm_marks_add(&marks, median, isfinite(low) ? low : median, isfinite(high) ? high : median, OURS);
        bm_marks_add(&marks, figure_of(&list[i]).x, NAN, NAN, PUBLISHED);
    }
    bm_marks_key(&marks, OURS, "ours: median, range", 24, "point");
    bm_marks_key(&marks, PUBLISHED, "published", 24, "point");
    const bool is_log = losses && marks.least > 0 && marks.most > 3 * marks.least;
    FILE *data = bm_marks_end(&marks, losses ? "loss (nats an image)" : "accuracy (share)", is_log);
    bm_plot_set(data, "notes", 0);
    return bm_plot_script(data, "marks");
}

static void put_list(struct bm_page *page, const struct bm_source *source, const char *experiment, const char *slug,
                     bool losses)
{
    struct published list[ROWS];
    const size_t n = list_of(source, experiment, losses, list);
    size_t held = 0, run = 0, off = SIZE_MAX;
    char id[96], text[128];
    if (n == 0)
        return;
    for (size_t i = 0; i < n; i++) {
        const double ours = ours_of(&list[i], "median").x;
        run += json_is_boolean(json_object_get(list[i].one, "reproduced"));
        held += json_is_true(json_object_get(list[i].one, "reproduced"));
        if (isfinite(ours) && (off == SIZE_MAX || fabs(ours - figure_of(&list[i]).x) >
                                                      fabs(ours_of(&list[off], "median").x - figure_of(&list[off]).x)))
            off = i;
    }
    snprintf(id, sizeof id, "%s-published-%s", slug, losses ? "loss" : "accuracy");
    const char *title = losses ? "Published losses and ours" : "Published accuracies and ours";
    char *svg = bm_page_draw(
        page, published_script(list, n, losses), id,
        "Published figures and ours, a row each: a circle for the published one, median and range for ours");
    if (off == SIZE_MAX)
        bm_page_picture(page, id, title, svg, NULL,
                        "No figure of ours is there to be set beside the published: their epochs were not run.");
    else
        bm_page_picture(page, id, title, svg, NULL,
                        "%d of %d figure%s whose epoch was run %s reproduced (\u2260: not). The farthest is that of "
                        "%s: %v published, %v "
                        "ours.",
                        (int)held, (int)run, run == 1 ? "" : "s", held == 1 ? "is" : "are",
                        bm_shortened(bm_member_text(list[off].one, "variant"), 40, text), figure_of(&list[off]),
                        ours_of(&list[off], "median"));
}

void bm_training_published(struct bm_page *page, const struct bm_source *source, const char *experiment,
                           const char *slug)
{
    put_list(page, source, experiment, slug, true);
    put_list(page, source, experiment, slug, false);
}

/* Each reason once. */
static void put_reasons(struct bm_page *page, const struct bm_source *source, const char *experiment)
{
    const char *said[WHYS];
    const json_t *one;
    size_t i, n = 0;
    char variant[128];
    json_array_foreach(json_object_get(source->document.ours, "published"), i, one)
    {
        const char *why = bm_member_text(one, "why");
        size_t k = 0;
        while (k < n && strcmp(said[k], why) != 0)
            k++;
        if (k < n || n == WHYS || !*why || strcmp(bm_member_text(one, "experiment"), experiment) != 0)
            continue;
        said[n++] = why;
        bm_page_paragraph(page, "Why not, %s: %s", bm_shortened(bm_member_text(one, "variant"), 40, variant), why);
    }
}

void bm_training_verdicts(struct bm_page *page, const struct bm_source *source, const char *experiment,
                          const char *slug)
{
    const json_t *one;
    size_t i;
    char id[96], text[128];
    snprintf(id, sizeof id, "%s-published", slug);
    struct bm_grid *grid = bm_grid_new(page, id, "Published figures and ours", "variant", "figure", "epoch",
                                       "published", "ours, median", "least", "most", "verdict", NULL);
    json_array_foreach(json_object_get(source->document.ours, "published"), i, one)
    {
        const struct published p = { source, one, i };
        const double epoch = bm_member_number(one, "epoch");
        if (strcmp(bm_member_text(one, "experiment"), experiment) != 0)
            continue;
        bm_grid_row(grid, "%s", bm_shortened(bm_member_text(one, "variant"), 40, text));
        bm_grid_cell(grid, "%s", bm_shortened(bm_member_text(one, "figure"), 40, text));
        if (epoch > 0)
            bm_grid_cell(grid, "%v", bm_value_of(epoch, BM_UNIT_COUNT, source, "published[%zu].epoch", i));
        else
            bm_grid_cell(grid, "after training");
        bm_grid_cell(grid, "%v", figure_of(&p));
        bm_grid_cell(grid, "%v", ours_of(&p, "median"));
        bm_grid_cell(grid, "%v", ours_of(&p, "min"));
        bm_grid_cell(grid, "%v", ours_of(&p, "max"));
        bm_grid_cell(grid, "%s", verdict_of(one));
    }
    const bool any = bm_grid_rows(grid) > 0;
    if (any)
        bm_page_more_begin(page, "Published figures, verdicts, and why not");
    else
        bm_page_paragraph(page, "No published figures of this experiment belong to these runs.");
    bm_page_table(page, grid);
    put_reasons(page, source, experiment);
    if (any)
        bm_page_more_end(page);
}
