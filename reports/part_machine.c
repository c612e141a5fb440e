#include "parts.h"

void bm_part_machine(struct bm_page *page, const struct bm_library *library)
{
    (void)library;
    bm_page_part(page, "machine", "This machine");
}
