/* SPDX-License-Identifier: MIT */
/* arena.h - the arrays of a problem for timing, laid out alike in every process. */
#ifndef BATCHMARK_ARENA_H
#define BATCHMARK_ARENA_H

#include "buffers.h"
#include "problem.h"

/* Once (warm cache), or often enough that the caches forget a copy before it comes round again (cold). */
struct bm_arena {
    size_t copies, copy_bytes;
    struct bm_buffer pool;
};

/* Why there is not the memory for it, whose problem was made; NULL: there is. */
const char *bm_arena_refuses(const struct bm_problem *problem, bool cold);

/* The pages are touched by a team of so many threads, which is pinned already: each touches an equal part of every array, as
 * kernels divide it that share rows. */
void bm_arena_make(struct bm_arena *arena, const struct bm_problem *problem, int threads, bool cold);
void bm_arena_touch(const struct bm_arena *arena, const struct bm_problem *problem, int threads);
void bm_arena_free(struct bm_arena *arena);

/* The arrays of a copy. */
void bm_arena_arrays(const struct bm_arena *arena, const struct bm_problem *problem, size_t copy, void *array[]);

#endif
