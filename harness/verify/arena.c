/* SPDX-License-Identifier: MIT */
#include "arena.h"

#include <math.h>
#include <stdio.h>

#include "memory_budget.h"
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

/* Three times the last level cache passes before a copy comes round again. */
static size_t cold_copies(size_t copy_bytes) { return 3 * bm_last_cache_bytes(bm_cores_available()) / copy_bytes + 2; }

const char *bm_arena_refuses(const struct bm_problem *p, bool cold)
{
    static char why[320];
    void *array[BM_MAX_OPERANDS];
    const size_t copy_bytes = lay_out(p, NULL, array), copies = cold ? cold_copies(copy_bytes) : 1;
    const double bytes = bm_problem_bytes(p) + (cold ? (double)copies * (double)copy_bytes : 0);
    if (bytes <= bm_memory_for_arrays())
        return NULL;
    snprintf(why, sizeof why,
             "a cold cache takes %zu copies, three times the last level caches: %.0f MiB in all, and arrays can have %.0f "
             "MiB here (of %s)",
             copies, ceil(bytes / 0x1p20), floor(bm_memory_for_arrays() / 0x1p20), bm_memory_budget().bound);
    return why;
}

/* A page that two arrays share is touched with the first. */
void bm_arena_touch(const struct bm_arena *a, const struct bm_problem *p, int threads)
{
    void *array[BM_MAX_OPERANDS];
    struct bm_span span[BM_MAX_OPERANDS];
    const size_t page = 4096;
    uintptr_t done = 0;
    bm_arena_arrays(a, p, 0, array);
    for (unsigned i = 0; i < p->count; i++) {
        const uintptr_t first = (uintptr_t)array[i] / page * page, begin = first > done ? first : done;
        const uintptr_t end = ((uintptr_t)array[i] + bm_footprint_bytes(&p->operand[i]) + page - 1) / page * page;
        done = end > begin ? end : begin;
        span[i] = (struct bm_span){ (void *)begin, done - begin };
    }
    bm_first_touch(span, p->count, a->copies, a->copy_bytes, threads);
}

void bm_arena_make(struct bm_arena *a, const struct bm_problem *p, int threads, bool cold)
{
    void *array[BM_MAX_OPERANDS];
    *a = (struct bm_arena){ .copies = 1, .copy_bytes = lay_out(p, NULL, array) };
    if (cold)
        a->copies = cold_copies(a->copy_bytes);
    a->pool = bm_pool(a->copies * a->copy_bytes, false);
    bm_arena_touch(a, p, threads);
    for (size_t i = 0; i < a->copies; i++) {
        bm_arena_arrays(a, p, i, array);
        bm_problem_load(p, array);
    }
}

void bm_arena_free(struct bm_arena *a) { bm_buffer_free(&a->pool); }
