/* roofline_picture.h - the roofline in its classical form (Williams, Waterman & Patterson, CACM 52(4), 2009): roofs
 * over operations per byte, as the upper part of a picture. */
#ifndef BATCHMARK_ROOFLINE_PICTURE_H
#define BATCHMARK_ROOFLINE_PICTURE_H

#include "plot.h"
#include "roofs.h"

/* The part of a picture, BM_PLOT_WIDTH wide and `height` high, that is drawn on: pixels from its left and upper edge.
 */
struct bm_panel {
    int height, left, right, top, bottom;
};
void bm_panel_margins(FILE *script, const struct bm_panel *panel);

struct bm_range {
    double least, most;
};

/* Widens it to hold x; begin with { INFINITY, 0 }. Nothing but finite numbers above 0 counts. */
void bm_range_add(struct bm_range *range, double x);

/* Draws axes and roofs into the panel, for points of those ranges; the script must be in multiplot mode. Ends in a plot
 * command that the points go on, each series as ", '-' ...". */
void bm_roofline_begin(FILE *script, const struct bm_panel *panel, const struct bm_roofs *roofs,
                       struct bm_range intensity, struct bm_range gflops);

/* A text, and a symbol, at pixels. */
void bm_panel_label(FILE *script, const struct bm_panel *panel, double x, double y, const char *align, const char *text,
                    int most);
void bm_panel_symbol(FILE *script, const struct bm_panel *panel, double x, double y, struct bm_style style,
                     double size);

/* Moves labels at these heights, in order from the top, at least `apart` from each other and above `lowest`. */
void bm_spread(double *y, size_t count, double apart, double lowest);

#endif
