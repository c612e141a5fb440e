/* SPDX-License-Identifier: MIT */
/*
 * bias_grad_neon - column sums in NEON vectors of 4 floats.
 *     db_c = sum over rows n of dy_nc.
 *
 * Source:  Rumelhart, Hinton & Williams, Nature 323, 1986; blocked sums: Higham, SIAM J. Sci. Comput. 14, 1993.
 * Shapes:  all.
 * Traffic: 4 B read an element, and 1/64 of that written and read again if N > 64.
 * Idea:    strips of 64 channels summed down 64 rows in registers, other sums in double, 4 lanes.
 * Error:   f32 chains of at most 64 rows, continued in double: bias_grad.c.
 * Tail:    one vector, lane by lane.
 * Loses:   rows far apart in memory: each strip of 64 channels walks over all of them.
 */
#include "kernel.h"
#include "training.h"
#include "simd.h"

/* Rows are cut into chunks, whose sums are f32 and are added in double, and channels into strips. */
enum { CHUNK = 64, STRIP = 64 };

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

BM_KERNEL(.idea = "strips of 64 channels summed down 64 rows in registers, other sums in double, 4 lanes",
          .source = "Rumelhart, Hinton & Williams, Nature 323, 1986; blocked sums: Higham, SIAM J. Sci. Comput. 14, "
                    "1993",
          .loses = "rows far apart in memory: each strip of 64 channels walks over all of them",
          .scratch_bytes = scratch_bytes, .run = run);
