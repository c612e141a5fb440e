/* SPDX-License-Identifier: MIT */
/*
 * buffers.h - memory for verification and for timing, and what happens when a kernel leaves it.
 *
 * Out of memory ends the program with a message. All memory is mapped directly, so the
 * checks are the same under AddressSanitizer.
 */
#ifndef BATCHMARK_BUFFERS_H
#define BATCHMARK_BUFFERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "op.h"

enum { BM_GUARD_BYTES = 4096 };

/* What outputs and padding hold before a kernel runs: a quiet NaN that no computation makes; of integers of 8 bits, a number
 * that spoils a sum. */
#define BM_POISON      0x7fc0deadu
#define BM_POISON_BF16 0x7fdeu
#define BM_POISON_BYTE 0xdb

struct bm_buffer {
    void *data;          /* the first element */
    enum bm_type type;
    size_t bytes;
    unsigned char *map;  /* the mapping around it */
    size_t map_bytes;
    size_t fence_bytes;  /* at its end, inaccessible or not used */
};

/*
 * Guarded: data starts `offset` elements after a 64-byte boundary, with at least BM_GUARD_BYTES before and after. The
 * guards hold signalling NaN of the type (of 8 bits: numbers that are not 0): read by mistake they spoil the result, and arithmetic that writes them back
 * quiets them, which changes the bits.
 * Fenced: data ends where an inaccessible page starts, so that any access past the end faults; guard before it.
 * Both are zero inside.
 */
struct bm_buffer bm_guarded(enum bm_type type, size_t elements, size_t offset);
struct bm_buffer bm_fenced(enum bm_type type, size_t elements);

/* Another guarded array, without offset, in the pages of the last one if they suffice; what it holds is anybody's guess. */
void bm_guarded_again(struct bm_buffer *buffer, enum bm_type type, size_t elements);

/* True if no guard was written. Otherwise *element is where, counted in elements from the array's first: negative
 * before the array, at least its length after it; the nearest to the array if several. */
bool bm_guards_intact(const struct bm_buffer *buffer, ptrdiff_t *element);

/* For timing: whole pages, untouched. With `huge`, aligned to 2 MiB and marked MADV_HUGEPAGE; without, the system's
 * setting for transparent huge pages decides. */
struct bm_buffer bm_pool(size_t bytes, bool huge);

/*
 * Writes 0 to every page of some arrays, each of `threads` threads to its contiguous share of every array (team.h), so
 * that on NUMA machines the pages of its rows lie near the thread that will compute on them. All of that `copies` times,
 * `apart` bytes apart. Arrays begin with a page. Pin first.
 */
struct bm_span { void *p; size_t bytes; };
void bm_first_touch(const struct bm_span array[], size_t arrays, size_t copies, size_t apart, int threads);

void bm_buffer_free(struct bm_buffer *buffer);

void bm_poison(enum bm_type type, void *p, size_t elements);

/*
 * While a text is set, SIGSEGV, SIGBUS and SIGILL print it on stderr and end the program with status 1; NULL makes them
 * deadly again. Say which kernel runs and the command that repeats it. Up to 1023 bytes are copied. AddressSanitizer
 * keeps its own handler and prints the text with its report.
 */
void bm_fault_message(const char *text);

#endif
