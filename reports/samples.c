/* samples.c - one image of each class. */
#include <stdlib.h>
#include <string.h>

#include "pictures.h"

enum { COLUMNS = 5, CELL = 150 };

static unsigned byte_of(const char *hex)
{
    char two[3] = { hex[0], hex[1], '\0' };
    return (unsigned)strtoul(two, NULL, 16);
}

/* Lines "x y red green blue"; pixels are planar, and one plane is grey. False if there are fewer than promised. */
static bool put_image(FILE *script, const json_t *sample, unsigned number)
{
    const char *hex = json_string_value(json_object_get(sample, "pixels"));
    size_t h = (size_t)json_integer_value(json_object_get(sample, "h"));
    size_t w = (size_t)json_integer_value(json_object_get(sample, "w"));
    size_t c = (size_t)json_integer_value(json_object_get(sample, "c"));
    if (!hex || strlen(hex) != 2 * h * w * c || (c != 1 && c != 3))
        return false;
    fprintf(script, "$s%u << EOD\n", number);
    for (size_t y = 0; y < h; y++)
        for (size_t x = 0; x < w; x++) {
            fprintf(script, "%zu %zu", x, y);
            for (size_t plane = 0; plane < 3; plane++)
                fprintf(script, " %u", byte_of(hex + 2 * ((c == 3 ? plane : 0) * h * w + y * w + x)));
            fprintf(script, "\n");
        }
    fprintf(script, "EOD\n");
    return true;
}

bool bm_draw_samples(const json_t *result, const char *experiment, const char *path, struct bm_error *error)
{
    const json_t *samples = json_object_get(json_object_get(result, "batchmark"), "samples"), *sample;
    size_t i, n = json_array_size(samples), rows = (n + COLUMNS - 1) / COLUMNS;
    FILE *script = tmpfile();
    if (!script)
        return bm_failed(error, "no temporary file for gnuplot's script; set TMPDIR or make room");
    fprintf(script,
            "set encoding utf8\nset terminal svg noenhanced size %d,%zu background '#ffffff' font 'sans,13'\n"
            "unset key\nunset tics\nunset border\nset size ratio -1\nset yrange [*:*] reverse\n",
            COLUMNS * CELL, rows * (CELL + 20) + 30);
    json_array_foreach(samples, i, sample) if (!put_image(script, sample, (unsigned)i))
    {
        fclose(script);
        return bm_failed(error, "%s: sample %zu of the result has no pixels that fit its size", path, i);
    }
    if (n == 0) {
        fclose(script);
        return bm_failed(error, "%s: the result has no samples", path);
    }
    fprintf(script, "set multiplot layout %zu,%d title '%s: images of %s'\n", rows, COLUMNS, experiment,
            json_string_value(json_object_get(json_array_get(samples, 0), "data")));
    json_array_foreach(samples, i, sample) fprintf(script, "set title '%s'\nplot $s%zu using 1:2:3:4:5 with rgbimage\n",
                                                   json_string_value(json_object_get(sample, "name")), i);
    fprintf(script, "unset multiplot\n");
    return bm_gnuplot_draw(script, path, error);
}
