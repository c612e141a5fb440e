#include "parts.h"

void bm_part_summary(struct bm_page *page, const struct bm_library *library)
{
    (void)page;
    (void)library;
}
