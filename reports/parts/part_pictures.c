/* SPDX-License-Identifier: MIT */
/* part_pictures.c - the three pictures that say the most: the ladder, time to accuracy, the roofline. */
#include "part_common.h"
#include "parts.h"
#include "train_report.h"

static void put_time_to_accuracy(struct bm_page *page, const struct bm_library *library)
{
    const struct bm_source *sets = bm_trained_with(library, "kernel_sets");
    char note[BM_DATA_NOTE];
    if (!sets) {
        bm_page_missing(page, "batchmark train --experiment mnist-sgd --compare-kernels", "time to accuracy by kernel set.");
        return;
    }
    bm_page_caveat(page, bm_data_note(sets->document.ours, note));
    bm_training_sets_picture(page, sets);
    bm_page_caveat(page, "");
}

void bm_part_pictures(struct bm_page *page, const struct bm_library *library)
{
    bm_page_part(page, "pictures", "In three pictures");
    bm_page_gallery_begin(page);
    bm_put_ladder(page, library);
    put_time_to_accuracy(page, library);
    bm_page_gallery_end(page);
    bm_put_roofline(page, library);
}
