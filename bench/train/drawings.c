/* SPDX-License-Identifier: MIT */
#include "drawings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pictures.h"
#include "result.h"
#include "train_report.h"

void bm_prepare_folder(const char *option, const char *folder)
{
    struct bm_error error;
    if (!bm_make_folder(folder, &error))
        bm_die(BM_EXIT_INPUT, "%s: %s", option, error.text);
    if (access(folder, W_OK | X_OK) != 0)
        bm_die(BM_EXIT_INPUT, "%s %s: cannot be written: %s", option, folder, strerror(errno));
}

void bm_prepare_pictures(const char *folder)
{
    struct bm_error error;
    bm_prepare_folder("--pictures", folder);
    if (!bm_gnuplot_there(&error))
        bm_die(BM_EXIT_INPUT, "--pictures: %s", error.text);
}

/* FOLDER/NAME<ending>.svg; free() it. */
static char *path_of(const char *folder, const char *name, const char *ending)
{
    const char *slash = strrchr(name, '/'), *stem = slash ? slash + 1 : name, *dot = strrchr(stem, '.');
    const int length = dot && dot > stem ? (int)(dot - stem) : (int)strlen(stem);
    char *path = NULL;
    if (asprintf(&path, "%s/%.*s%s.svg", folder, length < 63 ? length : 63, stem, ending) < 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    return path;
}

void bm_put_drawing(char *svg, const json_t *ours, const char *folder, const char *name, const char *ending,
                    const char *why)
{
    char note[BM_DATA_NOTE], *path = path_of(folder, name, ending);
    struct bm_error error;
    svg = bm_svg_noted(svg, bm_data_note(ours, note));
    char *text = svg ? bm_plot_file(svg) : NULL;
    if (!text)
        bm_die(BM_EXIT_INPUT, "--pictures: %s", why);
    if (!bm_file_write(text, strlen(text), path, &error))
        bm_die(BM_EXIT_INPUT, "--pictures: %s", error.text);
    printf("%s\n", path);
    free(text);
    free(svg);
    free(path);
}

void bm_draw_file(FILE *script, const char *alt, const json_t *ours, const char *folder, const char *name,
                  const char *ending)
{
    struct bm_error error;
    bm_put_drawing(bm_plot_end(script, alt, &error), ours, folder, name, ending, error.text);
}

void bm_draw_experiment(const json_t *result, const char *experiment, const char *folder)
{
    struct bm_error error;
    struct bm_curves group[BM_CURVE_GROUPS];
    const json_t *ours = json_object_get(result, "batchmark");
    const size_t groups = bm_curves_group(ours, experiment, group);
    if (groups == 0)
        bm_die(BM_EXIT_INPUT, "--pictures: no whole epoch of %s was finished: there is nothing to draw", experiment);
    printf("\npictures:\n");
    for (size_t g = 0; g < groups; g++) {
        char ending[32] = "-curves";
        if (g)
            snprintf(ending, sizeof ending, "-curves-%zu", g + 1);
        bm_draw_file(bm_curves_script(ours, &group[g]), "Learning curves by epoch", ours, folder, experiment, ending);
    }
    bm_put_drawing(bm_samples_svg(ours, NULL, "One image of each class", &error), ours, folder, experiment, "-samples",
                   error.text);
}
