/* training_team.h - how the training ops share their work among threads; nothing here changes a bit of the result. */
#ifndef BATCHMARK_TRAINING_TEAM_H
#define BATCHMARK_TRAINING_TEAM_H

#include "kernel.h"
#include "training.h"
#include "team.h"

/* Threads take elements in blocks of this many: 4 KiB, so that no two write one cache line but at a block's ends. */
#define BM_GRAIN 1024
/* Below this many elements one thread does it all: a parallel region costs 1 to 2 us, and these are some 5 us of one
 * thread with AVX-512 out of L2. An element of adam has a division, one of softmax an exponential. */
#define BM_SERIAL_ELEMENTS 65536
#define BM_SERIAL_ADAM 32768
#define BM_SERIAL_SOFTMAX 8192

static inline int bm_team_size(int threads, size_t elements, size_t serial) { return elements < serial ? 1 : threads; }

/* A stretch of one row of an N x C matrix, and what the thread still has to do from its start on. */
struct bm_span { size_t row, col, length, left, cols; };

static inline struct bm_span bm_span_at(size_t row, size_t col, size_t left, size_t cols)
{
    return (struct bm_span){ row, col, left < cols - col ? left : cols - col, left, cols };
}

/* The spans of thread `me`: rows cut where the thread's part ends, or, if no matrix has a gap between its rows, one
 * long span. Ends with length 0:  for (s = bm_first_span(...); s.length; s = bm_next_span(s))  */
static inline struct bm_span bm_first_span(size_t N, size_t C, bool dense, int me, int team)
{
    struct bm_range part = bm_share(N * C, BM_GRAIN, me, team);
    size_t cols = dense ? N * C : C;
    if (part.begin == part.end)
        return (struct bm_span){ 0 };
    return bm_span_at(part.begin / cols, part.begin % cols, part.end - part.begin, cols);
}
static inline struct bm_span bm_next_span(struct bm_span s)
{
    return bm_span_at(s.row + 1, 0, s.left - s.length, s.cols);
}

/*
 * bias_grad. Rows are cut into chunks of 64 and channels into strips of 64, whatever the number of threads. A chunk's
 * column sums are f32 (chains of at most 64 additions); sums of several chunks are added in double, in order.
 */
#define BM_CHUNK 64
#define BM_STRIP 64

/* Sums of the columns of rows x cols elements, cols <= BM_STRIP; rows may be 0. */
typedef void bm_column_sums(const float *x, size_t ld, size_t rows, size_t cols, float *sum);

static inline size_t bm_chunks(size_t N) { return N ? (N + BM_CHUNK - 1) / BM_CHUNK : 1; }
static inline size_t bias_grad_scratch_bytes(const void *args)
{
    const struct bm_bias_grad *a = args;
    size_t chunks = bm_chunks(a->N);
    return chunks > 1 ? chunks * a->C * sizeof(float) : 0;
}

static inline void bias_grad_team(const struct bm_bias_grad *a, bm_column_sums *column_sums, int me, int team)
{
    size_t chunks = bm_chunks(a->N), strips = (a->C + BM_STRIP - 1) / BM_STRIP;
    float *sums = chunks > 1 ? a->scratch : a->db; /* chunks x C */
    struct bm_range tasks = bm_share(chunks * strips, 1, me, team);
    for (size_t t = tasks.begin; t < tasks.end; t++) {
        size_t row = t / strips * BM_CHUNK, col = t % strips * BM_STRIP;
        size_t rows = a->N - row < BM_CHUNK ? a->N - row : BM_CHUNK;
        size_t cols = a->C - col < BM_STRIP ? a->C - col : BM_STRIP;
        column_sums(a->dy + row * a->lddy + col, a->lddy, rows, cols, sums + t / strips * a->C + col);
    }
    if (chunks == 1)
        return;
    BM_TEAM_BARRIER(team);
    struct bm_range part = bm_share(a->C, 8, me, team);
    for (size_t c = part.begin; c < part.end; c += 8) { /* 8 chains, or the additions' latency would show */
        double total[8] = { 0 };
        size_t width = part.end - c < 8 ? part.end - c : 8;
        for (size_t k = 0; k < chunks; k++)
            for (size_t j = 0; j < width; j++)
                total[j] += (double)sums[k * a->C + c + j];
        for (size_t j = 0; j < width; j++)
            a->db[c + j] = (float)total[j];
    }
}

/*
 * <op>_run for BM_KERNEL, from the <op>_part(args, me, team) that training_loop.h or training_simd.h defines as
 * BM_PART. Not inlined: then one copy of the code serves every team, and not even the sign of a NaN, which depends on
 * the order of an addition's operands, varies with the number of threads.
 */
#define BM_PART static __attribute__((noinline, unused)) void
#define BM_TRAINING_RUN(op, type, member, elements, serial)                             \
    BM_PART op##_part(const struct type *a, int me, int team);                          \
    static inline void op##_run(const void *args)                              \
    {                                                                                   \
        const struct type *a = args;                                           \
        BM_TEAM_RUN(bm_team_size(a->threads, elements, serial), op##_part, a);          \
    }
BM_TRAINING_RUN(relu_forward, bm_relu, relu, a->N * a->C, BM_SERIAL_ELEMENTS)
BM_TRAINING_RUN(relu_backward, bm_relu, relu, a->N * a->C, BM_SERIAL_ELEMENTS)
BM_TRAINING_RUN(bias_grad, bm_bias_grad, bias_grad, a->N * a->C, BM_SERIAL_ELEMENTS)
BM_TRAINING_RUN(softmax_xent, bm_softmax_xent, softmax_xent, a->N * a->C, BM_SERIAL_SOFTMAX)
BM_TRAINING_RUN(sgd, bm_optimizer, optimizer, a->N, BM_SERIAL_ELEMENTS)
BM_TRAINING_RUN(momentum, bm_optimizer, optimizer, a->N, BM_SERIAL_ELEMENTS)
BM_TRAINING_RUN(adam, bm_optimizer, optimizer, a->N, BM_SERIAL_ADAM)

#endif
