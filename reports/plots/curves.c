/* curves.c - the learning curves of an experiment's variants. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "train_report.h"

/* ---- members ---- */

double bm_member_of_range(const json_t *object, const char *range, const char *which)
{
    return bm_member_number(json_object_get(object, range), which);
}

bool bm_has_bn(const json_t *configured)
{
    const char *bn = bm_member_text(json_object_get(configured, "config"), "bn");
    return *bn && strcmp(bn, "none") != 0;
}

/* ---- what pictures have in common ---- */

enum { PANEL = 148, PANEL_TOP = 26, PANEL_BOTTOM = 10, NUMBERS = 14 };

int bm_below(size_t entries) { return (int)((entries + 1) / 2) * BM_KEY_ROW + BM_X_NAME; }

void bm_put_x_name(FILE *script, int height, size_t entries, const char *name)
{
    fputs("set label 100 ", script);
    bm_plot_text(script, name, 50);
    fprintf(script, " at screen 0.55, screen %g center textcolor rgb '" BM_INK "'\n",
            (bm_below(entries) - BM_X_NAME / 2.0) / height);
}

void bm_put_key(FILE *script, int height, size_t entries, size_t place, struct bm_style style, bool line,
                const char *text)
{
    const double x = place % 2 ? 0.54 : 0.05;
    const double y = ((double)((entries + 1) / 2 - place / 2) - 0.5) * BM_KEY_ROW / height;
    if (line)
        fprintf(script,
                "set arrow %zu from screen %g, screen %g to screen %g, screen %g nohead lw 2.2 lc rgb '%s' dt %d\n",
                101 + place, x - 0.03, y, x + 0.05, y, style.colour, style.dash);
    fprintf(script, "set label %zu ", 101 + place);
    bm_plot_text(script, text, 20);
    fprintf(script,
            " at screen %g, screen %g left point pt %d ps 0.8 lc rgb '%s' offset char %g,-0.2 textcolor rgb '" BM_INK
            "'\n",
            x + 0.01, y, style.point, style.colour, line ? 3.0 : 1.6);
}

void bm_put_marks(FILE *script, const char *axis, double least, double most, bool is_log)
{
    const double rough = (most - least) / 3, decade = rough > 0 ? pow(10, floor(log10(rough))) : 1,
                 lead = rough / decade;
    if (!is_log) {
        fprintf(script, "set %stics %g\n", axis,
                lead < 1.5 ? decade
                : lead < 3 ? 2 * decade
                : lead < 6 ? 5 * decade
                           : 10 * decade);
        return;
    }
    fprintf(script, "set %stics ", axis);
    if (most > 200 * least) { /* gnuplot's decades */
        fputs("auto\n", script);
        return;
    }
    for (double unit = pow(10, floor(log10(least))), first = unit; unit <= most; unit *= 10)
        fprintf(script, "%s%.9g, %.9g, %.9g", unit == first ? "(" : ", ", unit, 2 * unit, 5 * unit);
    fputs(")\n", script);
}

void bm_put_range(FILE *script, double least, double most)
{
    const double edge = most > least ? 0.07 * (most - least) : 0.07 * (most > 0 ? most : 1);
    fprintf(script, "set yrange [%.9g:%.9g]\n", fmax(least - edge, 0), most + edge);
}

struct bm_panels bm_panels_begin(size_t count, size_t entries)
{
    const int height = (int)count * PANEL + NUMBERS + bm_below(entries);
    FILE *script = bm_plot_begin(height);
    fprintf(script, "set multiplot\nset lmargin at screen 0.135\nset rmargin at screen 0.97\nunset key\n");
    return (struct bm_panels){ script, count, 0, entries, height };
}

bool bm_panel_next(struct bm_panels *p, const char *title, const char *x_name)
{
    const double top = (double)p->drawn * PANEL + PANEL_TOP, bottom = (double)(p->drawn + 1) * PANEL - PANEL_BOTTOM;
    fprintf(p->script, "set tmargin at screen %g\nset bmargin at screen %g\nset format x '%s'\nset label 99 ",
            1 - top / p->height, 1 - bottom / p->height, ++p->drawn == p->count ? "%g" : "");
    bm_plot_text(p->script, title, 50);
    fprintf(p->script, " at screen 0.01, screen %g left textcolor rgb '" BM_INK "'\n", 1 - (top - 15) / p->height);
    if (p->drawn == p->count)
        bm_put_x_name(p->script, p->height, p->entries, x_name);
    return p->drawn == p->count;
}

/* ---- which variants ---- */

static const struct {
    const char *figure, *title;
} panels[] = {
    { "val_accuracy", "Validation accuracy (share)" },
    { "val_loss", "Validation loss (nats an image)" },
    { "loss", "Training loss (nats an image)" },
};
enum { PANELS = sizeof panels / sizeof *panels };

/* With a figure to draw: the run of all epochs may have diverged later. */
static bool is_drawn(const json_t *summary)
{
    const json_t *epoch;
    size_t e;
    json_array_foreach(json_object_get(summary, "epochs"), e,
                       epoch) for (int p = 0; p < PANELS; p++) if (isfinite(bm_member_of_range(epoch, panels[p].figure,
                                                                                               "median"))) return true;
    return false;
}

size_t bm_curves_group(const json_t *ours, const char *experiment, struct bm_curves group[static BM_CURVE_GROUPS])
{
    const json_t *list = json_object_get(ours, "summaries"), *summary;
    size_t pair[2] = { SIZE_MAX, SIZE_MAX }, i, groups = 0;
    memset(group, 0, BM_CURVE_GROUPS * sizeof *group);
    for (int pass = 0; pass < 2; pass++) { /* the pair first */
        json_array_foreach(list, i, summary)
        {
            if (strcmp(bm_member_text(summary, "experiment"), experiment) != 0 || !is_drawn(summary))
                continue;
            size_t *first = &pair[bm_has_bn(summary)];
            if (pass == 0 && *first != SIZE_MAX)
                continue;
            if (pass == 1 && (i == pair[0] || i == pair[1]))
                continue;
            if (pass == 0)
                *first = i;
            if (groups == 0 || (pass == 1 && (groups == 1 || group[groups - 1].count == BM_CURVES_MOST))) {
                if (groups == BM_CURVE_GROUPS)
                    return groups;
                groups++;
            }
            struct bm_curves *g = &group[groups - 1];
            g->summary[g->count++] = i;
        }
    }
    return groups;
}

/* ---- the runs of a summary ---- */

/* The same settings but for the seed and, beside others, the threads? Runs that only timed a kernel set have others. */
static bool is_of(const json_t *run, const json_t *summary)
{
    const json_t *config = json_object_get(run, "config");
    json_t *value;
    const char *key;
    if (strcmp(bm_member_text(run, "experiment"), bm_member_text(summary, "experiment")) != 0 ||
        strcmp(bm_member_text(run, "variant"), bm_member_text(summary, "variant")) != 0)
        return false;
    json_object_foreach(json_object_get(summary, "config"), key,
                        value) if (strcmp(key, "seed") != 0 && strcmp(key, "threads") != 0 &&
                                   !json_equal(json_object_get(config, key), value)) return false;
    return true;
}

const json_t *bm_run_of_summary(const json_t *ours, const json_t *summary, size_t which)
{
    const size_t seeds = json_array_size(json_object_get(summary, "seeds"));
    const json_t *run;
    size_t i;
    if (which >= seeds) /* what comes behind the seeds' runs timed kernel sets */
        return NULL;
    json_array_foreach(json_object_get(ours, "runs"), i, run) if (is_of(run, summary) && which-- == 0) return run;
    return NULL;
}

/* ---- drawing ---- */

struct bm_style bm_curve_style(const json_t *summary, size_t place, bool pair)
{
    static const size_t others[BM_CURVES_MOST] = { 4, 5, 6, 7, 1, 0 };
    const bool bn = bm_has_bn(summary);
    struct bm_style style = bm_style(pair ? (bn ? 2 : 3) : others[place % BM_CURVES_MOST]);
    style.dash = bn ? 1 : 2;
    return style;
}

/* Lines "epoch, then each panel's figure"; of long runs every `stride`-th epoch. `range`: its figures are ranges. */
static void put_epochs(FILE *script, const json_t *epochs, size_t stride, bool range)
{
    const json_t *epoch;
    size_t e, n = json_array_size(epochs);
    json_array_foreach(epochs, e, epoch)
    {
        if (e % stride && e + 1 != n)
            continue;
        fprintf(script, "%zu", e + 1);
        for (int p = 0; p < PANELS; p++) {
            const double x = range ? bm_member_of_range(epoch, panels[p].figure, "median")
                                   : bm_member_number(epoch, panels[p].figure);
            fprintf(script, isfinite(x) ? " %.7g" : " NaN", x);
        }
        fputc('\n', script);
    }
}

/* What a picture spans. */
struct span {
    double least[PANELS], most[PANELS];
    size_t epochs, stride;
};

static void widen(struct span *s, int p, double x)
{
    if (!isfinite(x))
        return;
    s->least[p] = fmin(s->least[p], x);
    s->most[p] = fmax(s->most[p], x);
}

static struct span span_of(const json_t *list, const struct bm_curves *c)
{
    struct span s = { .epochs = 1 };
    for (int p = 0; p < PANELS; p++) {
        s.least[p] = INFINITY;
        s.most[p] = -INFINITY;
    }
    for (size_t i = 0; i < c->count; i++) {
        const json_t *epochs = json_object_get(json_array_get(list, c->summary[i]), "epochs"), *epoch;
        size_t e;
        if (json_array_size(epochs) > s.epochs)
            s.epochs = json_array_size(epochs);
        json_array_foreach(epochs, e, epoch) for (int p = 0; p < PANELS; p++)
        {
            widen(&s, p, bm_member_of_range(epoch, panels[p].figure, "median"));
            widen(&s, p, bm_member_of_range(epoch, panels[p].figure, "min"));
            widen(&s, p, bm_member_of_range(epoch, panels[p].figure, "max"));
        }
    }
    s.stride = (s.epochs + 199) / 200;
    return s;
}

/* The seeds of a variant as one block with an empty line between them, then the medians. */
static void put_variant(FILE *script, const json_t *ours, const json_t *summary, size_t number, size_t stride)
{
    const json_t *run;
    fprintf(script, "$s%zu << EOD\n0 NaN NaN NaN\n", number);
    for (size_t which = 0; (run = bm_run_of_summary(ours, summary, which)); which++) {
        fputc('\n', script);
        put_epochs(script, json_object_get(run, "epochs"), stride, false);
    }
    fprintf(script, "EOD\n$m%zu << EOD\n", number);
    put_epochs(script, json_object_get(summary, "epochs"), stride, true);
    fputs("EOD\n", script);
}

/* One with BN and one without, or one alone? */
static bool is_pair(const json_t *list, const struct bm_curves *c)
{
    return c->count == 1 || (c->count == 2 && bm_has_bn(json_array_get(list, c->summary[0])) !=
                                                  bm_has_bn(json_array_get(list, c->summary[1])));
}

static void put_panel(FILE *script, const json_t *list, const struct bm_curves *c, int p, const struct span *s)
{
    const bool is_log = s->least[p] > 0 && s->most[p] > 30 * s->least[p];
    fprintf(script, "%sset logscale y\nset format y '%%g'\n", is_log ? "" : "un");
    bm_put_marks(script, "y", s->least[p], s->most[p], is_log);
    if (is_log)
        fputs("set yrange [*:*]\n", script);
    else
        bm_put_range(script, s->least[p], s->most[p]);
    fputs("plot ", script);
    for (size_t i = 0; i < c->count; i++) {
        const json_t *summary = json_array_get(list, c->summary[i]);
        const struct bm_style style = bm_curve_style(summary, i, is_pair(list, c));
        fprintf(script,
                "%s$s%zu using 1:%d with lines lw 0.6 lc rgb '%s' dt %d notitle, "
                "$m%zu using 1:%d with linespoints lw 2.2 lc rgb '%s' dt %d pt %d ps 0.6 pointinterval %zu",
                i ? ", " : "", i, p + 2, style.colour, style.dash, i, p + 2, style.colour, style.dash, style.point,
                s->epochs / s->stride / 12 + 1);
    }
    fputc('\n', script);
}

static void put_names(const struct bm_panels *picture, const json_t *list, const struct bm_curves *c)
{
    for (size_t i = 0; i < c->count; i++) {
        const json_t *summary = json_array_get(list, c->summary[i]);
        bm_put_key(picture->script, picture->height, c->count, i, bm_curve_style(summary, i, is_pair(list, c)), true,
                   bm_member_text(summary, "variant"));
    }
}

FILE *bm_curves_script(const json_t *ours, const struct bm_curves *c)
{
    const json_t *list = json_object_get(ours, "summaries");
    const struct span s = span_of(list, c);
    size_t drawn = 0;
    for (int p = 0; p < PANELS; p++)
        drawn += s.least[p] <= s.most[p];
    struct bm_panels picture = bm_panels_begin(drawn, c->count);
    for (size_t i = 0; i < c->count; i++)
        put_variant(picture.script, ours, json_array_get(list, c->summary[i]), i, s.stride);
    fprintf(picture.script, "set xrange [0.8:%g]\nset xtics %zu\n", (double)s.epochs + 0.2, (s.epochs + 9) / 10);
    for (int p = 0; p < PANELS; p++)
        if (s.least[p] <= s.most[p]) {
            if (bm_panel_next(&picture, panels[p].title, "epoch"))
                put_names(&picture, list, c);
            put_panel(picture.script, list, c, p, &s);
        }
    fputs("unset multiplot\n", picture.script);
    return picture.script;
}
