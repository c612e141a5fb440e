/* SPDX-License-Identifier: MIT */
/*
 * roofline.h - what this machine can do at most, measured: the ceiling of the roofline (Williams, Waterman & Patterson,
 * "Roofline: An Insightful Visual Performance Model for Multicore Architectures", CACM 52(4), 2009); and the least time
 * that a call can take under it.
 *
 * All rates are for the whole team: its threads are pinned, touch their own memory first, start together, and the
 * wall time until the last one is done counts. Best of several short rounds; the median shows how steady the
 * machine was.
 *
 *   FMA     14 independent chains a thread (28 elsewhere than on x86), nothing but registers. Baseline: as many
 *           multiplications as additions;
 *           avx512bf16: its dot product of two pairs, which counts 4;
 *           avx512vnni: that of two quads of integers, which counts 8.
 *   read    loads only.   write   stores only.   copy   loads and stores; bytes read plus bytes written count.
 *   update  in place, the best of: one array and four, each load with its store, and four of which two are only read.
 *   stream copy and write to memory with non-temporal stores, which spare the read of the line that is written over.
 *
 * Only bytes that the program asks for count: an ordinary store to memory moves the line twice, and that is why its
 * write rate is lower. Working sets of a thread (source and destination together): half of L1; of L2 and L3 twice the
 * level above, but not more than half of the level (and of L3 at least 5/4 of L2): a small set is in the level whatever
 * others keep in a shared cache, and within reach of the TLB. Memory: in 16 pieces that take turns, 4 times the last level
 * caches that the team reaches, but not more than bm_memory_for_limits(): where that is less than twice those caches, what
 * is measured may be theirs (bm_limits_in_cache()). Pages are those of bm_pool() without
 * MADV_HUGEPAGE, as in the benchmarks.
 */
#ifndef BATCHMARK_ROOFLINE_H
#define BATCHMARK_ROOFLINE_H

#include <math.h>
#include <stdio.h>

#include "batchmark.h"
#include "error.h"

enum bm_level { BM_L1, BM_L2, BM_L3, BM_MEMORY, BM_LEVEL_COUNT };
const char *bm_level_name(enum bm_level level);

/* The ways of moving bytes that have a rate at each level. */
enum bm_way { BM_READ, BM_COPY, BM_WRITE, BM_UPDATE, BM_WAYS };
extern const char *const bm_way_name[BM_WAYS];

struct bm_limits {
    enum bm_isa isa;
    int threads;
    unsigned disturbed;                       /* rates that bm_limits_judge() does not believe: bits */
    size_t capacity_bytes[BM_MEMORY];         /* of all instances of a cache that the team reaches; 0: no such level */
    size_t working_set_bytes[BM_LEVEL_COUNT]; /* per thread */
    double fma_gflops;                        /* best; FMA counts 2 */
    double read_gbs[BM_LEVEL_COUNT], copy_gbs[BM_LEVEL_COUNT], write_gbs[BM_LEVEL_COUNT], update_gbs[BM_LEVEL_COUNT];
    double stream_copy_gbs, stream_write_gbs; /* memory */
    double fma_median_gflops;
    double read_median_gbs[BM_LEVEL_COUNT], copy_median_gbs[BM_LEVEL_COUNT], write_median_gbs[BM_LEVEL_COUNT],
        update_median_gbs[BM_LEVEL_COUNT];
    double stream_copy_median_gbs, stream_write_median_gbs;
};

/* Bits of `disturbed`: the FMA peak, and a rate at a level (at memory that past the caches as well). */
enum { BM_FMA_DISTURBED = 1, BM_ALL_DISTURBED = (1 << (1 + BM_WAYS * BM_LEVEL_COUNT)) - 1 };
static inline unsigned bm_disturbed_bit(enum bm_way way, enum bm_level level)
{
    return 2u << ((int)way * BM_LEVEL_COUNT + (int)level);
}

/* "FMA", "copy L3": the i-th rate that can be disturbed, and its bit; NULL: there are no more. */
const char *bm_disturbed_name(size_t i, unsigned *bit, char name[static 24]);

/* Pins the team (more threads than cores: as bm_pin_team() with oversubscribe) and leaves it pinned. Effort 1 takes
 * about 0.3 s, on a busy machine up to 2 s; the number of rounds grows with it. What is disturbed is measured again, up
 * to four times while that takes no more than 2 s, and marked if it stays so; `alone` as in bm_limits_judge(). False, with the reason, for an ISA that is
 * not available. */
bool bm_measure_limits(enum bm_isa isa, int threads, double effort, const struct bm_limits *alone,
                       struct bm_limits *limits, struct bm_error *error);

/*
 * Which rates cannot be those of the machine but of one that was disturbed: bits for bm_limits.disturbed. A level must
 * not be slower than one outside it (by more than a tenth), and a team not slower than one thread alone: `alone` holds
 * the limits of one thread of the same ISA, or is NULL. What each thread has for itself, FMA units and most caches, a
 * team must have more of: half as many times as there are of it, and at least 1.2 times. (Two threads that share a core
 * have what one has; cores that are all busy have a slower clock than one.)
 */
unsigned bm_limits_judge(const struct bm_limits *limits, const struct bm_limits *alone);

/* Was memory measured on less than twice what the caches hold, since there was no more? Its rates are then too high. */
bool bm_limits_in_cache(const struct bm_limits *limits);

static inline void bm_raise_to(double *best, double again) { *best = fmax(*best, again); }

/* The better of each rate: limits are maxima, and what disturbs only lowers them. */
void bm_limits_raise(struct bm_limits *best, const struct bm_limits *again);

/* Bandwidth at one size of the working set, of the whole team. */
struct bm_stair {
    enum bm_isa isa;
    int threads;
    size_t bytes; /* of each thread, source and destination together */
    bool disturbed; /* less than half as fast as a larger one, each time that it was measured */
    double read_gbs, copy_gbs, write_gbs, read_median_gbs, copy_median_gbs, write_median_gbs;
};

/* The room that one ISA and thread count needs: two steps to an octave, up to any size that memory can have. */
enum { BM_STAIR_LEAST = 4096, BM_MAX_STAIRS = 104 };

/* Bandwidth by working set, measured as the limits are, with ordinary stores: from BM_STAIR_LEAST bytes a thread by
 * factors of sqrt(2), rounded down to 1 KiB, to the working set of the memory level, so that each level is a step.
 * Returns how many sizes, ascending; 0 is failure, with the reason. Pins the team like bm_measure_limits(). Effort 1
 * takes about 0.5 s with 32 MiB of L3, on a busy machine up to 3 s. */
size_t bm_measure_staircase(enum bm_isa isa, int threads, double effort, struct bm_stair stairs[static BM_MAX_STAIRS],
                            struct bm_error *error);

/* Marks those that were disturbed; true: there are such. */
bool bm_judge_stairs(struct bm_stair stairs[], size_t n);

/* The smallest level whose caches, all instances that the team reaches together, hold the working set of the team. */
enum bm_level bm_level_of(size_t working_set_bytes, int threads);

/*
 * What holds for one kernel with one number of threads: the FMA peak of its ISA, or of a lower one if that is higher;
 * and what each level can deliver and take, the best that any ISA reached: read_gbs and write_gbs at most each way, and
 * total_gbs both ways together, in the mix (reading, copying, updating in place, past the caches) where that is
 * most. No level is slower than those outside it.
 */
struct bm_ceiling {
    double fma_gflops;
    double read_gbs[BM_LEVEL_COUNT], write_gbs[BM_LEVEL_COUNT], total_gbs[BM_LEVEL_COUNT];
    double capacity_bytes[BM_MEMORY];
};

/* From n measured rows, but what was disturbed in them: for that, all threads of a team are taken to be as fast as one
 * alone, which no team exceeds, and a level to be as fast as the one inside it. False: nothing else was measured for
 * that ISA or a lower one and so many threads. */
bool bm_ceiling_of(const struct bm_limits rows[], size_t n, enum bm_isa isa, int threads, struct bm_ceiling *ceiling);

/* Compulsory work of a call. Of read_bytes and write_bytes, update_bytes are the same ones, written in place;
 * again_bytes are loaded once more, from wherever they were kept. Calls take turns with `copies` sets of arrays. */
struct bm_demand {
    double flops, read_bytes, write_bytes, update_bytes, again_bytes;
    double copies;
};

struct bm_limit {
    double seconds;
    const char *name; /* what sets it: "FMA" or the level's name */
};

/*
 * The least time under a ceiling: the largest of these, which may all overlap.
 *
 *   FMA    flops / FMA peak
 *   L1     every load and store through the ports of L1: r = read + again, w = write
 *   beyond, for L2, L3 and memory: what the caches nearer than the level cannot keep from one call to the next, at
 *          best. Together they have C bytes (of a team: all it reaches), C / copies for each set of arrays, and could
 *          keep the bytes that save most: one that is updated in place saves a read and a write, others one of them.
 *          r = read - C;  w = write - C;  none below 0
 *   Each level takes the largest of r / read rate, w / write rate and all / total rate, where
 *          all = read + write - 2 min(C, update) - (C - update, if above 0)   (in L1: r + w)
 *
 * No cache is so clever: it is a limit, not a forecast. Just beyond the size of a cache, a nearer level often sets it.
 */
struct bm_limit bm_limit(const struct bm_ceiling *ceiling, const struct bm_demand *demand);

/* A table of n rows, at most 100 columns. */
void bm_print_limits(FILE *file, const struct bm_limits limits[], size_t n);
/* The rates of one team in a line: FMA, and reading from each level. */
void bm_print_limits_short(FILE *file, const struct bm_limits *limits);

/* The n > 0 sizes of one ISA and thread count, at most 100 columns. */
void bm_print_staircase(FILE *file, const struct bm_stair stairs[], size_t n);

#endif
