/* SPDX-License-Identifier: MIT */
#include "call_caches.h"

#include "topology.h"

static struct bm_cache_level level_of(const struct bm_cache *c)
{
    if (!c->known)
        return (struct bm_cache_level){ .bytes = 0 };
    return (struct bm_cache_level){ c->bytes, c->ways, c->line_bytes, (unsigned)c->cores };
}

static struct bm_caches caches;

const struct bm_caches *bm_call_caches(void)
{
    static bool known;
    if (!known) {
        const struct bm_cache *c = bm_topology()->cache;
        const bool no_third = c[2].known && !c[3].known && c[3].bytes == 0;
        caches.l1 = level_of(&c[1]);
        caches.l2 = level_of(&c[2]);
        caches.l3 = level_of(&c[no_third ? 2 : 3]);
        known = true;
    }
    return &caches;
}

void bm_use_thresholds(const struct bm_thresholds *measured) { caches.thresholds = *measured; }
