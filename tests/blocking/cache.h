/* SPDX-License-Identifier: MIT */
/* cache.h - a core's caches, simulated line by line: sets of ways, the least recently used line leaves. What a level misses
 * goes to the next one, which then has the line, too. Nothing is fetched ahead. */
#ifndef BATCHMARK_TEST_CACHE_H
#define BATCHMARK_TEST_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LEVELS = 3 };

struct level {
    size_t sets, ways; /* no sets: there is no such level */
    uint64_t *line;    /* [sets][ways], the most recently used first; ~0: none */
    uint64_t misses;
};

struct caches {
    struct level level[LEVELS];
    unsigned line_bytes;
    uint64_t last; /* line: nothing changes if it is touched again */
};

void caches_make(struct caches *c, const size_t bytes[LEVELS], const unsigned ways[LEVELS], unsigned line_bytes);
void caches_free(struct caches *c);
void caches_touch(struct caches *c, uintptr_t address, size_t bytes);

#endif
