/* SPDX-License-Identifier: MIT */
/* counters.h - the CPU's own counters, where the system passes them on (Linux: perf_event_open): what a call executed
 * and missed, of the calling thread, without the kernel of the system. */
#ifndef BATCHMARK_COUNTERS_H
#define BATCHMARK_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct bm_counter_event {
    const char *name;
    uint32_t type; /* as perf_event_open() takes them */
    uint64_t config;
};

enum { BM_COUNTERS = 4 };

/* Instructions, cycles, and misses in L1 (loads) and L2, as far as there is a number for them: the last depends on the
 * CPU's maker. Returns how many. */
size_t bm_counter_events(struct bm_counter_event event[BM_COUNTERS]);

/* A group of counters that count at the same time. */
struct bm_counters {
    size_t count;
    const char *name[BM_COUNTERS];
    int fd[BM_COUNTERS];
};

/* Events that cannot be had are left out. False, with the reason, if the first of them cannot. */
bool bm_counters_open(struct bm_counters *counters, const struct bm_counter_event *events, size_t count,
                      struct bm_error *error);
void bm_counters_close(struct bm_counters *counters);

/*
 * Calls run(context) so many times, three times over, and stores the least of each event per call, without what
 * counting itself costs. False: something else had the counters meanwhile.
 */
bool bm_counters_count(const struct bm_counters *counters, void (*run)(void *context), void *context, uint64_t calls,
                       double per_call[BM_COUNTERS]);

/* "instructions, cycles, l1_misses, l2_misses": those of this machine; or "no counters: " and the reason. Valid until
 * the program ends. */
const char *bm_counters_text(void);

#endif
