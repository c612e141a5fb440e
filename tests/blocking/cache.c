/* SPDX-License-Identifier: MIT */
#include "cache.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"

void caches_make(struct caches *c, const size_t bytes[LEVELS], const unsigned ways[LEVELS], unsigned line_bytes)
{
    *c = (struct caches){ .line_bytes = line_bytes, .last = UINT64_MAX };
    for (int l = 0; l < LEVELS && bytes[l]; l++) {
        struct level *level = &c->level[l];
        level->ways = ways[l];
        level->sets = bytes[l] / line_bytes / ways[l];
        level->line = bm_alloc(level->sets * level->ways * sizeof *level->line);
        memset(level->line, 0xff, level->sets * level->ways * sizeof *level->line);
    }
}

void caches_free(struct caches *c)
{
    for (int l = 0; l < LEVELS; l++)
        free(c->level[l].line);
}

/* Was the line there? It is now, as the most recently used of its set. */
static bool touch(struct level *level, uint64_t line)
{
    uint64_t *set = level->line + line % level->sets * level->ways;
    size_t way = 1;
    if (set[0] == line)
        return true;
    while (way < level->ways && set[way] != line)
        way++;
    const bool hit = way < level->ways;
    for (way -= !hit; way > 0; way--)
        set[way] = set[way - 1];
    set[0] = line;
    level->misses += !hit;
    return hit;
}

void caches_touch(struct caches *c, uintptr_t address, size_t bytes)
{
    const uint64_t first = address / c->line_bytes, end = (address + bytes - 1) / c->line_bytes;
    for (uint64_t line = first; line <= end; line++) {
        if (line == c->last)
            continue;
        c->last = line;
        for (int l = 0; l < LEVELS && c->level[l].sets && !touch(&c->level[l], line); l++)
            ;
    }
}
