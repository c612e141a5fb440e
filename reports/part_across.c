#include "parts.h"

void bm_part_across(struct bm_page *page, const struct bm_library *library)
{
    (void)library;
    bm_page_part(page, "across", "Across machines");
}
