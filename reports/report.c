#include "report.h"

#include "parts.h"

bool bm_report(const struct bm_library *library, enum bm_page_format format, const char *path, const char *only,
               struct bm_error *error)
{
    struct bm_page *page = bm_page_new(format, library, path, only);
    bm_part_summary(page, library);
    bm_part_machine(page, library);
    bm_part_roofline(page, library);
    bm_part_kernels(page, library);
    bm_part_scaling(page, library);
    bm_part_numerics(page, library);
    bm_part_training(page, library);
    bm_part_history(page, library);
    bm_part_across(page, library);
    return bm_page_end(page, error);
}
