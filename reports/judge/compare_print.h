/* SPDX-License-Identifier: MIT */
/* compare_print.h - a comparison for a terminal, as Markdown or JSON. */
#ifndef BATCHMARK_COMPARE_PRINT_H
#define BATCHMARK_COMPARE_PRINT_H

#include "compare_runs.h"
#include "page.h"

extern const char *const bm_compare_formats[]; /* as bm_page_format has them */

struct bm_comparison_view {
    const char *label[2]; /* of BASE and NEW; NULL: the paths of their files */
    int format; /* BM_TEXT, BM_MARKDOWN or BM_JSON */
    bool all;           /* list every case, and those of one side only */
    double threshold;   /* as it was compared with */
    const char *noise;  /* path of the noise file; NULL: none */
    json_t *notes;      /* sentences that a reader must know before the figures */
    const char *settle; /* the command for the inconclusive cases; NULL: none */
};

/* Cases of the list, with linked numbers if there are sources. */
void bm_comparison_table(struct bm_page *page, const char *id, const struct bm_comparison *all, size_t from, size_t to,
                         const struct bm_source *base, const struct bm_source *now);
char *bm_comparison_name(const struct bm_compared_case *c); /* as the table has it; free() it */

void bm_comparison_print(const struct bm_comparison_view *view, const struct bm_comparison *comparison, FILE *out);

#endif
