/* SPDX-License-Identifier: MIT */
/* ab_tuning.c - the thresholds that calls of each side use. */
#include <stdlib.h>

#include "ab.h"
#include "call_caches.h"
#include "tuning.h"

void bm_ab_tuning(struct bm_pairs_run *run, const bool without[], bool untold, json_t *notes)
{
    struct bm_error error = { "" };
    if (without[BM_A] && without[BM_B])
        return;
    if (!bm_tuning_use(&error)) {
        if (*error.text)
            json_array_append_new(notes, json_sprintf("%s; not used, `batchmark tune` writes a new one", error.text));
        return;
    }
    char *text = bm_tuning_text();
    if (untold || !bm_pairs_take_thresholds(run))
        json_array_append_new(notes,
                              json_sprintf("a build cannot be told thresholds, so both sides go without %s", text));
    else {
        for (int s = BM_A; s <= BM_B; s++)
            if (!without[s])
                run->side[s].thresholds = bm_call_caches()->thresholds;
        json_array_append_new(notes, json_sprintf("thresholds were measured on this machine%s: %s",
                                                  without[BM_A]   ? ", and B uses them"
                                                  : without[BM_B] ? ", and A uses them"
                                                                  : "",
                                                  text));
    }
    free(text);
}
