/* SPDX-License-Identifier: MIT */
/* part_fleet.c - the nodes of a fleet: who is slow, in what, and why. Other parts show one of them. */
#include "fleet_print.h"
#include "part_common.h"
#include "parts.h"

/* Files that cannot be read are told among the sources. */
static void keep_silent(void *context, const char *path, enum bm_added added, const struct bm_error *error)
{
    (void)context, (void)path, (void)added, (void)error;
}

static bool read_fleet(const struct bm_library *library, struct bm_fleet *fleet)
{
    struct bm_error error;
    bm_fleet_add(fleet, library->fleet.path, library->fleet.count, keep_silent, NULL);
    return fleet->results && bm_fleet_find(fleet, BM_LAST_THRESHOLD, false, &error);
}

static void put_shown(struct bm_page *page, const struct bm_library *library)
{
    const struct bm_source *s = bm_library_newest(library, "bench", NULL);
    if (s)
        bm_page_paragraph(page, "The other parts show %s, whose result is the newest.",
                          bm_member_text(json_object_get(s->document.json, "context"), "host_name"));
}

void bm_part_fleet(struct bm_page *page, const struct bm_library *library)
{
    struct bm_fleet fleet = { .machine = library->machine };
    if (read_fleet(library, &fleet)) {
        bm_page_part(page, "fleet", "The fleet");
        bm_fleet_put_head(page, &fleet);
        put_shown(page, library);
        bm_fleet_put_heat_map(page, &fleet, bm_page_takes_all(page) ? fleet.nodes : BM_MOST_ROWS);
        bm_fleet_put_slower(page, &fleet);
        bm_page_more_begin(page, "Groups of kernels, and what is called in each");
        bm_fleet_put_groups(page, &fleet);
        bm_page_more_end(page);
    }
    bm_fleet_free(&fleet);
}
