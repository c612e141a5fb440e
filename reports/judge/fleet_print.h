/* SPDX-License-Identifier: MIT */
/* fleet_print.h - a fleet for a terminal, as Markdown, JSON or CSV, and the pieces that the report has of it as well. */
#ifndef BATCHMARK_FLEET_PRINT_H
#define BATCHMARK_FLEET_PRINT_H

#include "fleet.h"
#include "page.h"

/* What there is; the nodes to look at, with reasons; a heat map of at most `most` nodes, those to look at first; how far
 * equal nodes lie apart. */
void bm_fleet_put_head(struct bm_page *page, const struct bm_fleet *fleet);
void bm_fleet_put_slower(struct bm_page *page, const struct bm_fleet *fleet);
void bm_fleet_put_heat_map(struct bm_page *page, const struct bm_fleet *fleet, size_t most);
void bm_fleet_put_groups(struct bm_page *page, const struct bm_fleet *fleet);

/* BM_TEXT, BM_MARKDOWN, BM_JSON or BM_CSV (a row a node, group and figure). `all`: every node, and all that was left out
 * by name; JSON and CSV always have them. */
void bm_fleet_print(const struct bm_fleet *fleet, enum bm_page_format format, bool all, FILE *out);

#endif
