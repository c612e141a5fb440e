/* SPDX-License-Identifier: MIT */
/*
 * bias_grad_sve_omp - column sums in SVE vectors of any length, on several threads.
 *     db_c = sum over rows n of dy_nc.
 *
 * Source:  Rumelhart, Hinton & Williams, Nature 323, 1986; blocked sums: Higham, SIAM J. Sci. Comput. 14, 1993.
 * Shapes:  all.
 * Traffic: 4 B read an element, and 1/64 of that written and read again if N > 64.
 * Idea:    strips of 64 channels summed down 64 rows in registers, other sums in double, as many lanes as there are; blocks of 64 rows x
 *          64 channels shared, then the channels.
 * Error:   f32 chains of at most 64 rows, continued in double: bias_grad.c. The same bits for every number of threads.
 * Tail:    one vector with a predicate.
 * Loses:   below 65536 elements, where it runs on one thread.
 */
#include "kernel.h"
#include "training.h"
#include "simd.h"
#include "team.h"

/* Rows are cut into chunks, whose sums are f32 and are added in double, and channels into strips, whatever the number
 * of threads. Below SMALL elements one thread does it all: a team takes 1 to 2 us to wake, one thread some to
 * be done. */
enum { CHUNK = 64, STRIP = 64, SMALL = 65536 };

static size_t chunks_of(const struct bm_bias_grad *a) { return a->N > CHUNK ? (a->N + CHUNK - 1) / CHUNK : 1; }

static size_t scratch_bytes(const void *args)
{
    const struct bm_bias_grad *a = args;
    return a->N > CHUNK ? chunks_of(a) * a->C * sizeof(float) : 0;
}

/* Sums of the columns of rows x cols elements: four vectors of columns and two rows, or one vector and four rows, at a
 * time, which is enough sums in flight for the latency of an addition. Accumulators have names because gcc 12 keeps an
 * array of them in memory. */
static inline void column_sums(const float *x, size_t ld, size_t rows, size_t cols, float *sum)
{
    size_t c = 0;
    for (; cols - c >= 4 * VF; c += 4 * VF) {
        vf a0 = vf_zero(), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
        const float *p = x + c;
        size_t n = rows;
        for (; n >= 2; n -= 2, p += 2 * ld) {
            a0 = vf_add(a0, vf_load(p)), b0 = vf_add(b0, vf_load(p + ld));
            a1 = vf_add(a1, vf_load(p + VF)), b1 = vf_add(b1, vf_load(p + ld + VF));
            a2 = vf_add(a2, vf_load(p + 2 * VF)), b2 = vf_add(b2, vf_load(p + ld + 2 * VF));
            a3 = vf_add(a3, vf_load(p + 3 * VF)), b3 = vf_add(b3, vf_load(p + ld + 3 * VF));
        }
        if (n) {
            a0 = vf_add(a0, vf_load(p)), a1 = vf_add(a1, vf_load(p + VF));
            a2 = vf_add(a2, vf_load(p + 2 * VF)), a3 = vf_add(a3, vf_load(p + 3 * VF));
        }
        vf_store(sum + c, vf_add(a0, b0)), vf_store(sum + c + VF, vf_add(a1, b1));
        vf_store(sum + c + 2 * VF, vf_add(a2, b2)), vf_store(sum + c + 3 * VF, vf_add(a3, b3));
    }
    for (; c < cols; c += VF) {
        const vmask m = vf_first(cols - c < VF ? cols - c : VF);
        vf a0 = vf_zero(), a1 = a0, a2 = a0, a3 = a0;
        const float *p = x + c;
        size_t n = rows;
        for (; n >= 4; n -= 4, p += 4 * ld) {
            a0 = vf_add(a0, vf_load_first(p, m)), a1 = vf_add(a1, vf_load_first(p + ld, m));
            a2 = vf_add(a2, vf_load_first(p + 2 * ld, m)), a3 = vf_add(a3, vf_load_first(p + 3 * ld, m));
        }
        for (; n; n--, p += ld)
            a0 = vf_add(a0, vf_load_first(p, m));
        vf_store_first(sum + c, m, vf_add(vf_add(a0, a1), vf_add(a2, a3)));
    }
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

BM_KERNEL(.idea = "strips of 64 channels summed down 64 rows in registers, other sums in double, as many lanes as there are; blocks of "
                  "64 rows x 64 channels shared, then the channels",
          .source = "Rumelhart, Hinton & Williams, Nature 323, 1986; blocked sums: Higham, SIAM J. Sci. Comput. 14, "
                    "1993",
          .loses = "below 65536 elements, where it runs on one thread",
          .scratch_bytes = scratch_bytes, .run = run);
