/* SPDX-License-Identifier: MIT */
/*
 * bias_grad_naive_omp - column sums by the plain loop, vectorisation off, on several threads.
 *     db_c = sum over rows n of dy_nc.
 *
 * Source:  Rumelhart, Hinton & Williams, Nature 323, 1986; blocked sums: Higham, SIAM J. Sci. Comput. 14, 1993.
 * Shapes:  all.
 * Traffic: 4 B read an element, and 1/64 of that written and read again if N > 64.
 * Idea:    rows added to a row of sums, 64 rows at a time in f32 and the rest in double; vectorisation off; blocks of
 *          64 rows x 64 channels shared, then the channels.
 * Error:   f32 chains of at most 64 rows, continued in double: bias_grad.c. The same bits for every number of threads.
 * Tail:    none.
 * Loses:   always, to the vector kernels; below 65536 elements it runs on one thread.
 */
#include "kernel.h"
#include "training.h"
#include "team.h"

/* Rows are cut into chunks, whose sums are f32 and are added in double, and channels into strips, whatever the number
 * of threads. Below SMALL elements one thread does it all: a team takes 1 to 2 us to wake, and AVX-512 some 5 us to be
 * done. */
enum { CHUNK = 64, STRIP = 64, SMALL = 65536 };

static size_t chunks_of(const struct bm_bias_grad *a) { return a->N > CHUNK ? (a->N + CHUNK - 1) / CHUNK : 1; }

static size_t scratch_bytes(const void *args)
{
    const struct bm_bias_grad *a = args;
    return a->N > CHUNK ? chunks_of(a) * a->C * sizeof(float) : 0;
}

/* Sums of the columns of rows x cols elements. */
static inline void column_sums(const float *x, size_t ld, size_t rows, size_t cols, float *sum)
{
    for (size_t c = 0; c < cols; c++)
        sum[c] = 0;
    for (size_t n = 0; n < rows; n++)
        for (size_t c = 0; c < cols; c++)
            sum[c] += x[n * ld + c];
}

/* Sums of blocks [begin, end); block b is strip b % strips of chunk b / strips. Neither this nor the next is inlined:
 * one copy of the code serves every team, so that not even a NaN's sign depends on it. */
static __attribute__((noinline)) void sum_blocks(const struct bm_bias_grad *a, float *sums, size_t begin, size_t end)
{
    const size_t strips = (a->C + STRIP - 1) / STRIP;
    for (size_t b = begin; b < end; b++) {
        const size_t k = b / strips, row = k * CHUNK, rows = a->N - row < CHUNK ? a->N - row : CHUNK;
        const size_t col = b % strips * STRIP, cols = a->C - col < STRIP ? a->C - col : STRIP;
        column_sums(a->dy + row * a->lddy + col, a->lddy, rows, cols, sums + k * a->C + col);
    }
}

/* db of channels [begin, end) from the sums of the chunks. */
static __attribute__((noinline)) void add_chunks(const struct bm_bias_grad *a, size_t begin, size_t end)
{
    const size_t chunks = chunks_of(a);
    const float *sums = a->scratch; /* chunks x C */
    for (size_t c = begin; c < end; c += 8) { /* 8 chains, or the additions' latency would show */
        double total[8] = { 0 };
        const size_t width = end - c < 8 ? end - c : 8;
        for (size_t k = 0; k < chunks; k++)
            for (size_t j = 0; j < width; j++)
                total[j] += (double)sums[k * a->C + c + j];
        for (size_t j = 0; j < width; j++)
            a->db[c + j] = (float)total[j];
    }
}

static void run(const void *args)
{
    const struct bm_bias_grad *a = args;
    const size_t chunks = chunks_of(a), blocks = chunks * ((a->C + STRIP - 1) / STRIP);
    float *sums = chunks > 1 ? a->scratch : a->db;
    if (a->threads <= 1 || a->N * a->C < SMALL) {
        sum_blocks(a, sums, 0, blocks);
        if (chunks > 1)
            add_chunks(a, 0, a->C);
        return;
    }
#pragma omp parallel num_threads(a->threads)
    {
        const int me = omp_get_thread_num(), team = omp_get_num_threads();
        const struct bm_range mine = bm_share(blocks, 1, me, team);
        sum_blocks(a, sums, mine.begin, mine.end);
        if (chunks > 1) {
#pragma omp barrier
            const struct bm_range own = bm_share(a->C, 8, me, team);
            add_chunks(a, own.begin, own.end);
        }
    }
}

BM_KERNEL(.idea = "rows added to a row of sums, 64 rows at a time in f32 and the rest in double; vectorisation off; "
                  "blocks of 64 rows x 64 channels shared, then the channels",
          .source = "Rumelhart, Hinton & Williams, Nature 323, 1986; blocked sums: Higham, SIAM J. Sci. Comput. 14, "
                    "1993",
          .loses = "always, to the vector kernels; below 65536 elements it runs on one thread",
          .scratch_bytes = scratch_bytes, .run = run);
