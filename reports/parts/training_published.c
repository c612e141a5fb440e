/* SPDX-License-Identifier: MIT */
/* training_published.c - published figures beside ours. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "marks.h"
#include "train_report.h"

enum { ROWS = 26, WHYS = 16 };

static const json_t *all_of(const struct bm_source *source)
{
    return json_object_get(source->document.ours, "published");
}

static struct bm_value figure_of(const struct bm_source *source, size_t i, const char *member)
{
    return bm_value_from(BM_UNIT_FRACTION, source, "published[%zu].%s", i, member);
}

static struct bm_value ours_of(const struct bm_source *source, size_t i) { return figure_of(source, i, "ours.median"); }

static bool is_loss(const json_t *one) { return strstr(bm_member_text(one, "figure"), "loss") != NULL; }

static const char *verdict_of(const json_t *one)
{
    const json_t *reproduced = json_object_get(one, "reproduced");
    return json_is_true(reproduced) ? "reproduced" : json_is_false(reproduced) ? "not reproduced" : "not run";
}

/* Those of an experiment, losses or the others. */
static size_t list_of(const struct bm_source *source, const char *experiment, bool losses, size_t list[static ROWS])
{
    const json_t *one;
    size_t i, n = 0;
    json_array_foreach(all_of(source), i, one)
    {
        if (n < ROWS && strcmp(bm_member_text(one, "experiment"), experiment) == 0 && is_loss(one) == losses &&
            isfinite(figure_of(source, i, "published").x))
            list[n++] = i;
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

static FILE *published_script(const struct bm_source *source, const size_t *list, size_t n, bool losses)
{
    enum { OURS = 3, PUBLISHED = 9 };
    struct bm_marks marks;
    char name[256];
    bm_marks_begin(&marks);
    for (size_t i = 0; i < n; i++) {
        const double median = ours_of(source, list[i]).x, low = figure_of(source, list[i], "ours.min").x,
                     high = figure_of(source, list[i], "ours.max").x;
        name_of(json_array_get(all_of(source), list[i]), name);
        bm_marks_row(&marks, name, 28, "");
        bm_marks_add(&marks, median, isfinite(low) ? low : median, isfinite(high) ? high : median, OURS);
        bm_marks_add(&marks, figure_of(source, list[i], "published").x, NAN, NAN, PUBLISHED);
    }
    bm_marks_key(&marks, OURS, "ours: median, range", 24, "point");
    bm_marks_key(&marks, PUBLISHED, "published", 24, "point");
    const bool is_log = losses && marks.least > 0 && marks.most > 3 * marks.least;
    FILE *data = bm_marks_end(&marks, losses ? "loss (cross-entropy)" : "accuracy (share)", is_log);
    bm_plot_set(data, "notes", 0);
    return bm_plot_script(data, "marks");
}

static double distance_of(const struct bm_source *source, size_t i)
{
    return fabs(ours_of(source, i).x - figure_of(source, i, "published").x);
}

static void put_list(struct bm_page *page, const struct bm_source *source, const char *experiment, const char *slug,
                     bool losses)
{
    size_t list[ROWS], n = list_of(source, experiment, losses, list), off = SIZE_MAX;
    int held = 0, run = 0;
    char id[96];
    if (n == 0)
        return;
    for (size_t i = 0; i < n; i++) {
        const json_t *reproduced = json_object_get(json_array_get(all_of(source), list[i]), "reproduced");
        run += json_is_boolean(reproduced);
        held += json_is_true(reproduced);
        if (isfinite(distance_of(source, list[i])) &&
            (off == SIZE_MAX || distance_of(source, list[i]) > distance_of(source, off)))
            off = list[i];
    }
    snprintf(id, sizeof id, "%s-published-%s", slug, losses ? "loss" : "accuracy");
    const char *title = losses ? "Published losses and ours" : "Published accuracies and ours";
    char *svg = bm_page_draw(
        page, published_script(source, list, n, losses), id,
        "Published figures and ours, a row each: a circle for the published one, median and range for ours");
    if (off == SIZE_MAX)
        bm_page_picture(page, id, title, svg, NULL,
                        "No figure of ours is there to be set beside the published: their epochs were not run.");
    else
        bm_page_picture(page, id, title, svg, NULL,
                        "%d of %d figure%+ whose epoch was run %s reproduced (\u2260: not). The farthest is that of "
                        "%w: %v published, %v ours.",
                        held, run, held == 1 ? "is" : "are",
                        bm_member_text(json_array_get(all_of(source), off), "variant"),
                        figure_of(source, off, "published"), ours_of(source, off));
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
    json_array_foreach(all_of(source), i, one)
    {
        const char *why = bm_member_text(one, "why");
        size_t k = 0;
        while (k < n && strcmp(said[k], why) != 0)
            k++;
        if (k < n || n == WHYS || !*why || strcmp(bm_member_text(one, "experiment"), experiment) != 0)
            continue;
        said[n++] = why;
        bm_page_paragraph(page, "Why not, %w: %s", bm_member_text(one, "variant"), why);
    }
}

void bm_training_verdicts(struct bm_page *page, const struct bm_source *source, const char *experiment,
                          const char *slug)
{
    const json_t *one;
    size_t i;
    char id[96];
    snprintf(id, sizeof id, "%s-published", slug);
    struct bm_grid *grid = bm_grid_new(page, id, "Published figures and ours", "variant", "figure", "epoch",
                                       "published", "ours, median", "least", "most", "verdict", NULL);
    json_array_foreach(all_of(source), i, one)
    {
        if (strcmp(bm_member_text(one, "experiment"), experiment) != 0)
            continue;
        bm_grid_row(grid, "%w|%w", bm_member_text(one, "variant"), bm_member_text(one, "figure"));
        if (bm_member_number(one, "epoch") > 0)
            bm_grid_cell(grid, "%v", bm_value_from(BM_UNIT_COUNT, source, "published[%zu].epoch", i));
        else
            bm_grid_cell(grid, "after training");
        bm_grid_cell(grid, "%v|%v|%v|%v|%s", figure_of(source, i, "published"), ours_of(source, i),
                     figure_of(source, i, "ours.min"), figure_of(source, i, "ours.max"), verdict_of(one));
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
