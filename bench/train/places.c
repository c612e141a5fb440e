/* SPDX-License-Identifier: MIT */
#include "places.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "result.h"

/* Is it the first rank of its node? */
static bool leads(const struct bm_ranks *ranks, int i)
{
    int before = 0;
    while (strcmp(ranks->place[before].host, ranks->place[i].host) != 0)
        before++;
    return before == i;
}

int bm_nodes_of(const struct bm_ranks *ranks)
{
    int nodes = 0;
    for (int i = 0; i < ranks->count; i++)
        nodes += leads(ranks, i);
    return nodes;
}

void bm_places_report(const struct bm_ranks *ranks, json_t *result)
{
    enum { SHOWN = 16 };
    static const char shared[] = "ranks share CPUs: there are more of them than cores, and times say nothing";
    const int nodes = bm_nodes_of(ranks);
    bool sharing = false;
    printf("%d ranks on %d node%s, by CPUs:", ranks->count, nodes, nodes == 1 ? "" : "s");
    for (int i = 0; i < ranks->count; i++) {
        const struct bm_rank_place *p = &ranks->place[i];
        if (i < SHOWN && leads(ranks, i))
            printf(" %s", p->host);
        if (i < SHOWN)
            printf(" [%s]", p->cpus);
        sharing |= p->shared;
        json_array_append_new(bm_result_list(result, "ranks"),
                              json_pack("{s:I, s:s, s:s, s:b}", "rank", (json_int_t)i, "host", p->host, "cpus", p->cpus,
                                        "shared", p->shared));
    }
    printf("%s\n", ranks->count > SHOWN ? " ..." : "");
    if (!sharing)
        return;
    printf("NOTE: %s.\n", shared);
    json_t *provenance = json_object_get(json_object_get(result, "context"), "batchmark");
    json_array_append_new(json_object_get(provenance, "warnings"), json_string(shared));
}
