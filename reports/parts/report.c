/* SPDX-License-Identifier: MIT */
#include "report.h"

#include "parts.h"

static const struct part {
    const char *doing;
    void (*put)(struct bm_page *page, const struct bm_library *library);
} parts[] = {
    { "the answers", bm_part_summary },   { "the ladder", bm_part_ladder },   { "the machine", bm_part_machine },
    { "the roofline", bm_part_roofline }, { "the kernels", bm_part_kernels }, { "other libraries", bm_part_versus },
    { "scaling", bm_part_scaling },       { "numerics", bm_part_numerics },   { "training", bm_part_training },
    { "the claims", bm_part_claims },
    { "the history", bm_part_history },   { "the fleet", bm_part_fleet },     { "other machines", bm_part_across },
};
enum { PARTS = sizeof parts / sizeof *parts };

bool bm_report(const struct bm_library *library, enum bm_page_format format, const char *path, const char *only,
               void (*progress)(size_t done, size_t all, const char *text), struct bm_error *error)
{
    struct bm_page *page = bm_page_new(format, library, path, only);
    bm_page_wide(page);
    for (size_t i = 0; i < PARTS; i++) {
        progress(i, PARTS, parts[i].doing);
        parts[i].put(page, library);
    }
    progress(0, 0, NULL);
    return bm_page_end(page, error);
}
