/* SPDX-License-Identifier: MIT */
/*
 * gemm_tall.h - products of a small C and a long K: tiles of C would be too small for many threads, so K is shared.
 *
 *   for each chunk of K, by its threads                          gemm_blocked.h
 *     a product of its own
 *   for each thread's columns of C
 *     the chunks' products are added in pairs, pairs of pairs ...
 *
 * Which products are tall, the chunks and the order of the sums follow from the shape alone: the result has the same bits
 * for every number of threads, and from the serial kernel.
 */
#ifndef BATCHMARK_GEMM_TALL_H
#define BATCHMARK_GEMM_TALL_H

#include "gemm_blocked.h"

/* Elements of C, at most; steps of a chunk, at least; chunks, at most. */
enum { GEMM_TALL_C = 128 * 128, GEMM_TALL_STEPS = 1024, GEMM_TALL_CHUNKS = 64 };

/* Chunks of K; 1: the product is not tall. */
static inline size_t gemm_chunks(const struct bm_gemm *g)
{
    const size_t chunks = gemm_min(g->K / GEMM_TALL_STEPS, GEMM_TALL_CHUNKS);
    return chunks < 2 || g->alpha == 0 || g->M * g->N == 0 || g->M * g->N > GEMM_TALL_C ? 1 : chunks;
}

/* The distance of rows of a chunk's product. */
static inline size_t gemm_tall_ld(const struct bm_gemm *g) { return gemm_ceil(g->N, 16) * 16; }

/* Floats of scratch of a thread; chunks are of two lengths. */
static inline size_t gemm_tall_scratch(const struct bm_gemm *g)
{
    struct bm_gemm part = *g;
    part.K = g->K / gemm_chunks(g);
    const size_t shorter = gemm_scratch(&part);
    part.K++;
    const size_t longer = gemm_scratch(&part);
    return shorter > longer ? shorter : longer;
}

/* The products of chunks lie before the scratch of threads, those of BN statistics before both. */
static inline float *gemm_tall_sums(const struct bm_gemm *g)
{
    return (float *)g->scratch + gemm_stats_bytes(g) / sizeof(float);
}

/* The product of a chunk, for a thread of several. */
static void gemm_tall_chunk(const struct bm_gemm *g, size_t chunk, float *scratch, int me, int team)
{
    const struct bm_range k = bm_share(g->K, 1, (int)chunk, (int)gemm_chunks(g));
    struct bm_gemm part = *g;
    part.scratch = scratch;
    part.K = k.end - k.begin;
    part.A += k.begin * (g->ta ? g->lda : 1);
    part.B += k.begin * (g->tb ? 1 : g->ldb);
    part.C = gemm_tall_sums(g) + chunk * g->M * gemm_tall_ld(g);
    part.ldc = gemm_tall_ld(g);
    part.beta = 0;
    part.epilogue = BM_EPILOGUE_NONE;
    gemm_blocked(&part, me, team, 1);
}

/* Adds the products of all chunks in some columns: a vector at a time, in pairs. */
static void gemm_tall_add(const struct bm_gemm *g, struct bm_range cols)
{
    const size_t chunks = gemm_chunks(g), ld = gemm_tall_ld(g), apart = g->M * ld;
    const vf beta = vf_set1(g->beta);
    for (size_t i = 0; i < g->M; i++)
        for (size_t j = cols.begin; j < cols.end; j += VF) {
            float *sum = gemm_tall_sums(g) + i * ld + j, *c = g->C + i * g->ldc + j;
            const vmask some = vf_first(cols.end - j < VF ? cols.end - j : VF);
            for (size_t step = 1; step < chunks; step *= 2)
                for (size_t n = 0; n + step < chunks; n += 2 * step)
                    vf_store(sum + n * apart, vf_add(vf_load(sum + n * apart), vf_load(sum + (n + step) * apart)));
            const vf all = vf_load(sum);
            vf_store_first(c, some, g->beta == 0 ? all : vf_fma(beta, vf_load_first(c, some), all));
        }
}

/* Threads that work on a chunk together: one where the chunks divide well among the team. */
static inline int gemm_tall_threads(int chunks, int team)
{
    return bm_balanced((size_t)chunks, (size_t)team) ? 1 : team < chunks ? team : team / chunks;
}

static void gemm_tall(const struct bm_gemm *g, int me, int team)
{
    const int chunks = (int)gemm_chunks(g), each = gemm_tall_threads(chunks, team), groups = team / each;
    float *scratch = gemm_tall_sums(g) + (size_t)chunks * g->M * gemm_tall_ld(g) + (size_t)(me / each * each) * gemm_tall_scratch(g);
    for (int chunk = me / each; chunk < chunks && me / each < groups; chunk += groups)
        gemm_tall_chunk(g, (size_t)chunk, scratch, me % each, each);
    BM_TEAM_BARRIER(team);
    const struct gemm_part part = { { 0, g->M }, bm_share(g->N, 16, me, team), 1, 0 };
    if (part.cols.begin == part.cols.end)
        return;
    gemm_tall_add(g, part.cols);
    gemm_epilogue(g, part);
    gemm_stats_finish(g, part.cols);
}

static size_t gemm_tuned_scratch_bytes(const void *args)
{
    const struct bm_gemm *g = args;
    const size_t threads = BM_OMP && g->threads > 1 ? (size_t)g->threads : 1, chunks = gemm_chunks(g);
    return gemm_stats_bytes(g) +
           (chunks > 1 ? chunks * g->M * gemm_tall_ld(g) + threads * gemm_tall_scratch(g) : threads * gemm_scratch(g)) * sizeof(float);
}

static void gemm_tuned_run(const void *args)
{
    const struct bm_gemm *g = args;
    const int team = gemm_threads(g, gemm_least_flops(g->caches));
    if (gemm_chunks(g) > 1)
        BM_TEAM_RUN(team, gemm_tall, g);
    else
        BM_TEAM_RUN(team, gemm_by_team, g);
}

#endif
