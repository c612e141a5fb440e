#include "part_common.h"

#include <libgen.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void find_noise(struct bm_last_change *l)
{
    struct bm_error error; /* a noise file that cannot be read is none */
    char *path = strdup(l->before->run.path);
    if (!path)
        bm_die(BM_EXIT_INPUT, "out of memory");
    if (!bm_noise_find(dirname(path), l->before->run.fingerprint, &l->noise, &error))
        l->noise = (struct bm_noise){ 0 };
    free(path);
}

void bm_last_change(const struct bm_library *library, const struct bm_source *now, struct bm_last_change *l)
{
    *l = (struct bm_last_change){ .now = now };
    l->before = now ? bm_library_before(library, now) : NULL;
    if (!now)
        l->why = "there is no result of bench";
    else if (!l->before)
        l->why = "there is no earlier result of this machine with the same settings";
    else if (l->before->run.edited || now->run.edited)
        l->why = "one of the last two results was edited after it was written";
    if (l->why)
        return;
    find_noise(l);
    const struct bm_side side[] = { { &l->before->run, 1 }, { &now->run, 1 } };
    bm_compare(side, BM_LAST_THRESHOLD, NULL, l->noise.json ? &l->noise : NULL, &l->comparison);
    if (l->comparison.cases)
        return;
    bm_last_change_free(l);
    l->why = "the last two results have no case in common";
}

void bm_last_change_free(struct bm_last_change *l)
{
    if (l->why)
        return;
    bm_comparison_free(&l->comparison);
    bm_noise_free(&l->noise);
}

struct bm_value bm_derived(double x, enum bm_unit unit, const struct bm_source *source)
{
    return (struct bm_value){ x, unit, source, "" };
}

struct bm_range_value bm_range_of(struct bm_interval i, double factor, enum bm_unit unit,
                                  const struct bm_source *source)
{
    const bool known = bm_interval_known(&i);
    return (struct bm_range_value){ bm_derived(known ? factor * i.low : NAN, unit, source),
                                    bm_derived(known ? factor * i.high : NAN, unit, source) };
}

void bm_grid_range(struct bm_grid *grid, const struct bm_range_value *range)
{
    bm_grid_cell(grid, "%v", range->low);
    bm_grid_cell(grid, "%v", range->high);
}

const char *bm_plural(size_t n) { return n == 1 ? "" : "s"; }

void bm_plot_key(FILE *script, int height, size_t lines)
{
    fprintf(script,
            "set bmargin screen %.4f\nset key at screen 0.02, screen %.4f left bottom Left reverse samplen 2 maxcols 1 "
            "spacing 1.1\n",
            (58.0 + 21.0 * (double)lines) / height, 4.0 / height);
}

void bm_plot_ratios(FILE *script, double low, double high)
{
    static const double step[] = { 0.01, 0.02, 0.05, 0.1, 0.2, 0.5 };
    size_t k = 0;
    const double room = pow(high / low, 0.05);
    low = fmin(low / room, 0.97);
    high = fmax(high * room, 1.03);
    fprintf(script, "set logscale y\nset yrange [%.6g:%.6g]\n", low, high);
    while (k < sizeof step / sizeof *step && (high - low) / step[k] > 7)
        k++;
    if (k == sizeof step / sizeof *step)
        return; /* gnuplot's own do well over decades */
    fputs("set ytics (", script);
    const char *comma = "";
    for (int i = (int)ceil(low / step[k]); i * step[k] <= high; i++, comma = ", ")
        fprintf(script, "%s'%.2f' %.6g", comma, i * step[k], i * step[k]);
    fputs(")\n", script);
}

char *bm_short_shape(const char *shape)
{
    char *text = bm_alloc(strlen(shape) + 1), *to = text;
    while (*shape) {
        const size_t word = strcspn(shape, " "), key = strcspn(shape, " =");
        const bool named = key > 1 && key < word; /* M=64 stays */
        if (to > text)
            *to++ = strncmp(shape, "epilogue=", 9) == 0 ? '+' : ' ';
        to = mempcpy(to, shape + (named ? key + 1 : 0), word - (named ? key + 1 : 0));
        shape += word + strspn(shape + word, " ");
    }
    *to = '\0';
    return text;
}
