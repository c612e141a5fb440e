/* SPDX-License-Identifier: MIT */
/*
 * bias_grad_autovec - column sums by the plain loop, left to the compiler.
 *     db_c = sum over rows n of dy_nc.
 *
 * Source:  Rumelhart, Hinton & Williams, Nature 323, 1986; blocked sums: Higham, SIAM J. Sci. Comput. 14, 1993.
 * Shapes:  all.
 * Traffic: 4 B read an element, and 1/64 of that written and read again if N > 64.
 * Idea:    rows added to a row of sums, 64 rows at a time in f32 and the rest in double; the compiler vectorises what
 *          it can.
 * Error:   f32 chains of at most 64 rows, continued in double: bias_grad.c.
 * Tail:    the compiler's.
 * Loses:   to intrinsics: its sums travel through memory once a row.
 */
#include "kernel.h"
#include "training.h"

/* Rows are cut into chunks, whose sums are f32 and are added in double, and channels into strips. */
enum { CHUNK = 64, STRIP = 64 };

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

static void run(const void *args)
{
    const struct bm_bias_grad *a = args;
    const size_t chunks = chunks_of(a);
    float *sums = chunks > 1 ? a->scratch : a->db; /* chunks x C */
    for (size_t k = 0; k < chunks; k++)
        for (size_t col = 0; col < a->C; col += STRIP) {
            const size_t row = k * CHUNK, rows = a->N - row < CHUNK ? a->N - row : CHUNK;
            const size_t cols = a->C - col < STRIP ? a->C - col : STRIP;
            column_sums(a->dy + row * a->lddy + col, a->lddy, rows, cols, sums + k * a->C + col);
        }
    if (chunks == 1)
        return;
    for (size_t c = 0; c < a->C; c += 8) { /* 8 chains, or the additions' latency would show */
        double total[8] = { 0 };
        const size_t width = a->C - c < 8 ? a->C - c : 8;
        for (size_t k = 0; k < chunks; k++)
            for (size_t j = 0; j < width; j++)
                total[j] += (double)sums[k * a->C + c + j];
        for (size_t j = 0; j < width; j++)
            a->db[c + j] = (float)total[j];
    }
}

BM_KERNEL(.idea = "rows added to a row of sums, 64 rows at a time in f32 and the rest in double; the compiler "
                  "vectorises what it can",
          .source = "Rumelhart, Hinton & Williams, Nature 323, 1986; blocked sums: Higham, SIAM J. Sci. Comput. 14, "
                    "1993",
          .loses = "to intrinsics: its sums travel through memory once a row",
          .scratch_bytes = scratch_bytes, .run = run);
