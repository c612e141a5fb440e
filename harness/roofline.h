/*
 * roofline.h - what this machine can do at most, measured: the ceiling of the roofline (Williams, Waterman & Patterson,
 * "Roofline: An Insightful Visual Performance Model for Multicore Architectures", CACM 52(4), 2009).
 *
 * All numbers are for the whole team: its threads are pinned, touch their own memory first, start together, and the
 * wall time until the last one is done counts. Best of several short repetitions; the median shows how steady the
 * machine was.
 *
 *   FMA    14 independent chains a thread, nothing but registers. Baseline: as many multiplications as additions;
 *          avx512bf16: its dot product of two pairs, which counts 4.
 *   read   loads only.   write   stores only.   copy   loads and stores; bytes read plus bytes written count.
 *   stream copy and write to memory with non-temporal stores, which spare the read of the line that is written over.
 *
 * Only bytes that the program asks for count: an ordinary store to memory moves the line twice, and that is why its
 * write rate is lower. Working sets (source and destination together): half of L1 and of L2; of L3 half the team's
 * share, but at least 5/4 of its L2 (for victim caches); for memory 4 times the L3 that the team reaches, but not more
 * than a quarter of the machine's memory. Pages are those of bm_pool() without MADV_HUGEPAGE, as in the benchmarks.
 */
#ifndef BATCHMARK_ROOFLINE_H
#define BATCHMARK_ROOFLINE_H

#include <stdio.h>

#include "batchmark.h"
#include "error.h"

enum bm_level { BM_L1, BM_L2, BM_L3, BM_MEMORY, BM_LEVEL_COUNT };
const char *bm_level_name(enum bm_level level);

struct bm_limits {
    enum bm_isa isa;
    int threads;
    size_t working_set_bytes[BM_LEVEL_COUNT]; /* per thread */
    double fma_gflops;                        /* best; FMA counts 2 */
    double read_gbs[BM_LEVEL_COUNT], copy_gbs[BM_LEVEL_COUNT], write_gbs[BM_LEVEL_COUNT];
    double stream_copy_gbs, stream_write_gbs; /* memory */
    double fma_median_gflops;
    double read_median_gbs[BM_LEVEL_COUNT], copy_median_gbs[BM_LEVEL_COUNT], write_median_gbs[BM_LEVEL_COUNT];
    double stream_copy_median_gbs, stream_write_median_gbs;
};

/* Pins the team (more threads than cores: as bm_pin_team() with oversubscribe) and leaves it pinned. Effort 1 takes
 * about 0.2 s, on a busy machine up to 2 s; the number of repetitions grows with it. False, with the
 * reason, for an ISA that is not available. */
bool bm_measure_limits(enum bm_isa isa, int threads, double effort, struct bm_limits *limits, struct bm_error *error);

/* Bandwidth at one size of the working set, of the whole team. */
struct bm_stair {
    enum bm_isa isa;
    int threads;
    size_t bytes; /* of each thread, source and destination together */
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

/* The smallest level whose caches, all instances that the team reaches together, hold the working set of the team. */
enum bm_level bm_level_of(size_t working_set_bytes, int threads);

/*
 * The least time the roofline allows: the largest of flops / FMA peak, the time to move the data to and from `level`,
 * and the time that the ports to the first-level cache need for it and for what must be loaded again. Reads and writes
 * of equal amount go at the copy rate, the rest at the read or write rate; at memory, copy and write are the better of
 * ordinary and non-temporal stores, since a kernel may use either.
 */
double bm_bound_s(const struct bm_limits *limits, double flops, struct bm_traffic traffic, enum bm_level level);

/* Which of them it is: "FMA", the level's name, or "L1 ports". */
const char *bm_bound_name(const struct bm_limits *limits, double flops, struct bm_traffic traffic, enum bm_level level);

/* A table of n rows, at most 100 columns. */
void bm_print_limits(FILE *file, const struct bm_limits limits[], size_t n);

/* The n > 0 sizes of one ISA and thread count, at most 100 columns. */
void bm_print_staircase(FILE *file, const struct bm_stair stairs[], size_t n);

#endif
