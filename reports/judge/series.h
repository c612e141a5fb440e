/* SPDX-License-Identifier: MIT */
/* series.h - what the results say of each case without the machine, and where its code changed its time. */
#ifndef BATCHMARK_SERIES_H
#define BATCHMARK_SERIES_H

#include "history.h"

/*
 * Values. Where the codes of neighbouring results were timed in pairs (struct bm_beside), the chain of their measured
 * changes (chain.h); a result of equal code has the same value. Elsewhere the floor over the level of the machine
 * (drift.h).
 *
 * Changes. A pair is one if it is beyond the floor of the history for certain. Other values are searched for change
 * points (changes.h), which go to a result in which the code changed if that explains them as well; then each other
 * change of the code is tested at its own place, so that two results of the new code can be enough. Of the changes of
 * code that are called, and of the others, at most BM_PAIRS_FALSE are false on average (Benjamini and Hochberg).
 */
void bm_series_find(struct bm_history *h);

#endif
