/* SPDX-License-Identifier: MIT */
/*
 * record.h - which thread of a team writes which word, of kernels as they are built, and without threads.
 *
 * The OpenMP that kernels call is answered here: the threads of a team run one after the other, each up to the next barrier.
 * What they all do between two barriers is a phase. In a phase each finds the watched memory as it was at the beginning of the
 * phase: a kernel that relies on what another thread writes meanwhile computes something else. Pages are write-protected; what
 * a thread changed of those that it wrote to is found by comparing. So a value that is stored where it was before is not seen.
 */
#ifndef BATCHMARK_TEST_RECORD_H
#define BATCHMARK_TEST_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    RECORD_PAGE = 4096,
    RECORD_WORD = 2, /* bytes: the smallest element, bf16 */
    RECORD_WORDS = RECORD_PAGE / RECORD_WORD,
    RECORD_NOBODY = 0xffff,
    RECORD_MOST_THREADS = 256
};

/* A page that a phase wrote to. */
struct record_page {
    unsigned char before[RECORD_PAGE], after[RECORD_PAGE];
    uint16_t writer[RECORD_WORDS]; /* the last one, or RECORD_NOBODY */
    uint16_t first;                /* who wrote to the page first */
    unsigned char *at;
};

/* Memory to watch from now on, in whole pages; and no more of it. */
void record_watch(void *p, size_t bytes);
void record_forget(void);

/* Calls run(args). After each phase, `phase` is told the pages that it wrote to. NULL, or what a team did that no team may:
 * two threads wrote the same word, or some of them met a barrier and others did not. */
const char *record_run(void (*run)(const void *args), const void *args,
                       void (*phase)(const struct record_page *page, size_t pages, void *to), void *to);

/* Teams that were recorded until now. */
unsigned record_teams(void);

#endif
