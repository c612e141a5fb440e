/* curves.c - the learning curves of an experiment's variants. */
#include <string.h>

#include "pictures.h"

static const struct panel {
    const char *figure, *title;
    double x, y;
} panels[] = {
    { "loss", "Training loss", 0.06, 0.6 },
    { "val_loss", "Validation loss", 0.56, 0.6 },
    { "accuracy", "Training accuracy", 0.06, 0.18 },
    { "val_accuracy", "Validation accuracy", 0.56, 0.18 },
};
enum { PANELS = sizeof panels / sizeof *panels };

/* Okabe and Ito's colours, which the colour-blind can tell apart, without their yellow. */
static const char *const colours[] = { "#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                       "#000000", "#e69f00", "#56b4e9", "#999999" };
enum { COLOURS = sizeof colours / sizeof *colours };

/* With an epoch to draw. */
static bool of_experiment(const json_t *summary, const char *experiment)
{
    const json_t *first = json_array_get(json_object_get(summary, "epochs"), 0);
    return strcmp(json_string_value(json_object_get(summary, "experiment")), experiment) == 0 &&
           json_is_number(json_object_get(json_object_get(first, "val_loss"), "median"));
}

static void put_number(FILE *script, const json_t *number)
{
    if (json_is_number(number))
        fprintf(script, " %.7g", json_number_value(number));
    else
        fprintf(script, " NaN");
}

/* One block a variant: the epoch, then median, least and most of each panel's figure. */
static void put_data(FILE *script, const json_t *summary, unsigned number)
{
    size_t i;
    const json_t *epoch;
    fprintf(script, "$v%u << EOD\n", number);
    json_array_foreach(json_object_get(summary, "epochs"), i, epoch)
    {
        fprintf(script, "%zu", i + 1);
        for (int p = 0; p < PANELS; p++) {
            const json_t *figure = json_object_get(epoch, panels[p].figure);
            put_number(script, json_object_get(figure, "median"));
            put_number(script, json_object_get(figure, "min"));
            put_number(script, json_object_get(figure, "max"));
        }
        fprintf(script, "\n");
    }
    fprintf(script, "EOD\n");
}

static void put_panel(FILE *script, const json_t *summaries, const char *experiment, int p)
{
    size_t i;
    const json_t *summary;
    unsigned number = 0;
    fprintf(script,
            "set title '%s'\nset lmargin at screen %g\nset rmargin at screen %g\nset bmargin at screen %g\n"
            "set tmargin at screen %g\n%s\nplot",
            panels[p].title, panels[p].x, panels[p].x + 0.42, panels[p].y, panels[p].y + 0.32,
            p == PANELS - 1 ? "set key at screen 0.5, 0.01 center bottom horizontal" : "unset key");
    json_array_foreach(summaries, i, summary) if (of_experiment(summary, experiment))
    {
        const char *bn = json_string_value(json_object_get(json_object_get(summary, "config"), "bn"));
        const char *colour = colours[number % COLOURS];
        fprintf(script,
                "%s $v%u using 1:%d:%d with filledcurves fc rgb '%s' fs transparent solid 0.2 notitle,"
                " $v%u using 1:%d with linespoints lc rgb '%s' lw 2 pt 7 ps 0.4 dt %d title '%s'",
                number ? "," : "", number, 3 + 3 * p, 4 + 3 * p, colour, number, 2 + 3 * p, colour,
                strcmp(bn, "none") == 0 ? 2 : 1, json_string_value(json_object_get(summary, "variant")));
        number++;
    }
    fprintf(script, "\n");
}

bool bm_draw_curves(const json_t *result, const char *experiment, const char *path, struct bm_error *error)
{
    const json_t *summaries = json_object_get(json_object_get(result, "batchmark"), "summaries"), *summary;
    unsigned number = 0;
    size_t i;
    FILE *script = tmpfile();
    if (!script)
        return bm_failed(error, "no temporary file for gnuplot's script; set TMPDIR or make room");
    fprintf(script,
            "set encoding utf8\nset terminal svg noenhanced size 1000,850 background '#ffffff' font 'sans,13'\n"
            "set datafile missing 'NaN'\nset xtics 1 nomirror\nset ytics nomirror\nset grid ytics lc rgb '#dddddd'\n"
            "set border 3\nset offsets 0.05, 0.05, 0, 0\nset autoscale xfix\n");
    json_array_foreach(summaries, i, summary) if (of_experiment(summary, experiment))
        put_data(script, summary, number++);
    if (number == 0) {
        fclose(script);
        return bm_failed(error, "%s: no whole epoch of %s was finished: there is nothing to draw", path, experiment);
    }
    fprintf(script,
            "set multiplot\nset label 1 '%s by epoch: median over the seeds, band from least to most; "
            "dashed: without BN' at screen 0.5, 0.98 center\n",
            experiment);
    for (int p = 0; p < PANELS; p++) {
        put_panel(script, summaries, experiment, p);
        fprintf(script, "unset label 1\n");
    }
    fprintf(script, "unset multiplot\n");
    return bm_gnuplot_draw(script, path, error);
}
