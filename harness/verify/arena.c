/* SPDX-License-Identifier: MIT */
#include "arena.h"

#include "topology.h"

/* Each array starts on a line of its own, and 128 bytes further into a page than the one before it, or stores to one
 * array would seem to hit the loads from another (4 KiB aliasing) in a way that depends on the allocator. */
static size_t lay_out(const struct bm_problem *p, char *base, void *array[])
{
    size_t at = 0;
    for (unsigned i = 0; i < p->count; i++) {
        at = (at + 63) / 64 * 64 + (i ? 128 : 0);
        array[i] = base ? base + at : NULL;
        at += bm_footprint_bytes(&p->operand[i]);
    }
    return (at + 4095) / 4096 * 4096;
}

void bm_arena_arrays(const struct bm_arena *a, const struct bm_problem *p, size_t copy, void *array[])
{
    lay_out(p, (char *)a->pool.data + copy * a->copy_bytes, array);
}

void bm_arena_make(struct bm_arena *a, const struct bm_problem *p, int threads, bool cold)
{
    void *array[BM_MAX_OPERANDS];
    *a = (struct bm_arena){ .copies = 1, .copy_bytes = lay_out(p, NULL, array) };
    if (cold) /* three times the last level cache passes before a copy comes round again */
        a->copies = 3 * bm_cache_team_bytes(3, bm_cores_available()) / a->copy_bytes + 2;
    a->pool = bm_pool(a->copies * a->copy_bytes, false);
    bm_first_touch(a->pool.data, a->pool.bytes, threads);
    for (size_t i = 0; i < a->copies; i++) {
        bm_arena_arrays(a, p, i, array);
        bm_problem_load(p, array);
    }
}

void bm_arena_free(struct bm_arena *a) { bm_buffer_free(&a->pool); }
