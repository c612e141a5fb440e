/* SPDX-License-Identifier: MIT */
#include "report.h"

#include "parts.h"

/* What the reader sees first, and the sheets behind its three doors. */
static const struct part {
    const char *doing;
    void (*put)(struct bm_page *page, const struct bm_library *library);
    const char *sheet, *title; /* a sheet that begins with the part; NULL: it goes on */
} parts[] = {
    { "the answers", bm_part_summary, NULL, NULL },
    { "three pictures", bm_part_pictures, NULL, NULL },
    { "the kernels in short", bm_part_machine_door, NULL, NULL },
    { "the changes in short", bm_part_changes_door, NULL, NULL },
    { "training in short", bm_part_training_door, NULL, NULL },
    { "the ladder", bm_part_ladder, "machine", "Machine and kernels" },
    { "the machine", bm_part_machine, NULL, NULL },
    { "the roofline", bm_part_roofline, NULL, NULL },
    { "the kernels", bm_part_kernels, NULL, NULL },
    { "other libraries", bm_part_versus, NULL, NULL },
    { "scaling", bm_part_scaling, NULL, NULL },
    { "numerics", bm_part_numerics, NULL, NULL },
    { "the fleet", bm_part_fleet, NULL, NULL },
    { "other machines", bm_part_across, NULL, NULL },
    { "the history", bm_part_history, "changes", "Changes" },
    { "a reference", bm_part_beside, NULL, NULL },
    { "training", bm_part_training, "training", "Training and BN" },
    { "the claims", bm_part_claims, NULL, NULL },
};
enum { PARTS = sizeof parts / sizeof *parts };

bool bm_report(const struct bm_library *library, enum bm_page_format format, const char *path, const char *only,
               void (*progress)(size_t done, size_t all, const char *text), struct bm_error *error)
{
    struct bm_page *page = bm_page_new(format, library, path, only);
    bm_page_wide(page);
    for (size_t i = 0; i < PARTS; i++) {
        progress(i, PARTS, parts[i].doing);
        if (parts[i].sheet)
            bm_page_sheet(page, parts[i].sheet, parts[i].title);
        parts[i].put(page, library);
    }
    progress(0, 0, NULL);
    return bm_page_end(page, error);
}
