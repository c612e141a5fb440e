/* SPDX-License-Identifier: MIT */
/* summary.h - the runs of an experiment's variants in tables: figures over the seeds, and time to accuracy by the
 * protocol of seeds.h. */
#ifndef BATCHMARK_SUMMARY_H
#define BATCHMARK_SUMMARY_H

#include "seeds.h"

/* `data`: bm_data_title(), for the titles. */
void bm_summary_print(const struct bm_seed_runs *runs, size_t n, const char *data);

#endif
