#include "roofline_picture.h"

#include <math.h>
#include <stdlib.h>

enum { NAMES = 60, LINE = 14 }; /* pixels: left of the slanted roofs for their names; a line of text */

static double across(double x) { return x / BM_PLOT_WIDTH; }
static double up(const struct bm_panel *p, double y) { return 1 - y / p->height; }

void bm_panel_margins(FILE *script, const struct bm_panel *p)
{
    fprintf(script,
            "set lmargin at screen %g\nset rmargin at screen %g\nset tmargin at screen %g\nset bmargin at screen %g\n",
            across(p->left), across(p->right), up(p, p->top), up(p, p->bottom));
}

void bm_panel_label(FILE *script, const struct bm_panel *p, double x, double y, const char *align, const char *text,
                    int most)
{
    fputs("set label ", script);
    bm_plot_text(script, text, most);
    fprintf(script, " at screen %g,%g %s tc rgb '" BM_INK "' font ',12'\n", across(x), up(p, y), align);
}

void bm_panel_symbol(FILE *script, const struct bm_panel *p, double x, double y, struct bm_style style, double size)
{
    fprintf(script, "set label '' at screen %g,%g point pt %d ps %g lc rgb '%s'\n", across(x), up(p, y), style.point,
            size, style.colour);
}

void bm_range_add(struct bm_range *range, double x)
{
    if (!isfinite(x) || x <= 0)
        return;
    range->least = fmin(range->least, x);
    range->most = fmax(range->most, x);
}

void bm_spread(double *y, size_t count, double apart, double lowest)
{
    for (size_t i = 1; i < count; i++)
        y[i] = fmax(y[i], y[i - 1] + apart);
    for (size_t i = count; i-- > 0;)
        y[i] = fmin(y[i], lowest - apart * (double)(count - 1 - i));
}

/* 1, 2 and 5 of each decade as long as there are few decades. */
static void put_tics(FILE *script, char axis, struct bm_range r)
{
    static const double step[] = { 1, 2, 5 };
    const size_t steps = log10(r.most / r.least) < 2.2 ? 3 : 1;
    const char *comma = "";
    fprintf(script, "set logscale %c\nset %crange [%g:%g]\nset %ctics (", axis, axis, r.least, r.most, axis);
    for (double decade = pow(10, floor(log10(r.least))); decade <= r.most; decade *= 10)
        for (size_t i = 0; i < steps; i++)
            if (step[i] * decade >= r.least && step[i] * decade <= r.most) {
                fprintf(script, "%s'%g' %g", comma, step[i] * decade, step[i] * decade);
                comma = ",";
            }
    fputs(")\n", script);
}

static double highest(const struct bm_roofs *roofs) { return roofs->fma[bm_roofs_widest(roofs)].x; }

struct named {
    const char *name;
    double y;
};

static int from_top(const void *a, const void *b)
{
    const double x = ((const struct named *)a)->y, y = ((const struct named *)b)->y;
    return (x > y) - (x < y);
}

static void put_names(FILE *script, const struct bm_panel *p, struct named *label, size_t count, double x,
                      const char *align)
{
    double y[BM_ROOF_ISAS];
    qsort(label, count, sizeof *label, from_top);
    for (size_t i = 0; i < count; i++)
        y[i] = label[i].y;
    bm_spread(y, count, LINE, p->bottom - 6);
    for (size_t i = 0; i < count; i++)
        bm_panel_label(script, p, x, y[i], align, label[i].name, 8);
}

/* From left of every point and of the ridge of the fastest level to right of every point and of the slowest's. */
static struct bm_range roofed(const struct bm_roofs *roofs, struct bm_range intensity)
{
    for (int l = 0; l < BM_ROOF_LEVELS; l++)
        bm_range_add(&intensity, highest(roofs) / roofs->level[l].x);
    return (struct bm_range){ intensity.least / 1.6, intensity.most * 1.6 };
}

static void put_roofs(FILE *script, const struct bm_roofs *roofs, struct bm_range x)
{
    const double top = highest(roofs);
    double fastest = 0;
    fputs("$roofs << EOD\n", script);
    for (int l = 0; l < BM_ROOF_LEVELS; l++)
        if (isfinite(roofs->level[l].x)) {
            fastest = fmax(fastest, roofs->level[l].x);
            fprintf(script, "%g %g\n%g %g\n\n", x.least, x.least * roofs->level[l].x, top / roofs->level[l].x, top);
        }
    for (size_t i = 0; i < roofs->isas; i++)
        fprintf(script, "%g %g\n%g %g\n\n", fastest > 0 ? roofs->fma[i].x / fastest : x.least, roofs->fma[i].x, x.most,
                roofs->fma[i].x);
    fputs("EOD\n", script);
}

void bm_roofline_begin(FILE *script, const struct bm_panel *p, const struct bm_roofs *roofs, struct bm_range intensity,
                       struct bm_range gflops)
{
    const struct bm_range x = roofed(roofs, intensity);
    const double decade = (p->right - p->left - NAMES) / log10(x.most / x.least); /* pixels */
    struct named level[BM_ROOF_LEVELS], isa[BM_ROOF_ISAS];
    size_t levels = 0;
    for (int l = 0; l < BM_ROOF_LEVELS; l++)
        bm_range_add(&gflops, x.least * roofs->level[l].x);
    bm_range_add(&gflops, highest(roofs));
    const struct bm_range y = { gflops.least / 1.4, gflops.most * 1.4 };
    const double rise = (p->bottom - p->top) / log(y.most / y.least);
    for (int l = 0; l < BM_ROOF_LEVELS; l++)
        if (isfinite(roofs->level[l].x))
            level[levels++] =
                (struct named){ bm_roof_level[l], p->bottom - rise * log(x.least * roofs->level[l].x / y.least) };
    for (size_t i = 0; i < roofs->isas; i++)
        isa[i] = (struct named){ bm_isa_title(roofs->isa[i]), p->bottom - rise * log(roofs->fma[i].x / y.least) };
    bm_panel_margins(script, p);
    put_names(script, p, level, levels, p->left + NAMES - 4, "right");
    put_names(script, p, isa, roofs->isas, p->right + 4, "left");
    put_tics(script, 'x', (struct bm_range){ x.least * pow(10, -NAMES / decade), x.most });
    put_tics(script, 'y', y);
    fputs("set grid xtics ytics lt 1 lw 0.5 lc rgb '" BM_FAINT "'\nset xlabel 'operations per byte' offset 0,0.4\n"
          "set ylabel 'GFLOP/s' offset 1,0\n",
          script);
    put_roofs(script, roofs, x);
    fputs("plot $roofs with lines lw 1.6 lc rgb '" BM_LIMIT "' notitle", script);
}
