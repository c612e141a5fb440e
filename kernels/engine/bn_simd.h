/* SPDX-License-Identifier: MIT */
/*
 * bn_simd.h - the engine of the tuned avx2, avx512 and neon kernels of every bn op: how the work is cut and who does
 * what. The maths is in bn.h; the passes over the data are in bn_simd_forward.h and bn_simd_backward.h, written once with simd.h's
 * vocabulary; bn_ideas.h lists the ideas that a kernel's file switches on. The matrices are f32 or bf16 (bn_element.h).
 *
 * Every op is: sums per channel (pass one), a few numbers per channel from them (finish), an elementwise formula with
 * these (pass two). Inference has no sums, nor has forward with given statistics.
 *
 * Pass one walks channels-last data down the rows of a strip of BN_WIDE channels, a lane being a channel. A channels-first
 * run of S elements is the same walk through a matrix whose rows are BN_WIDE long and follow each other without a gap; only
 * there the lanes are added up at the end of a block. Pass two goes along the rows.
 *
 * Blocks of channels that lie side by side (blocked layouts) are walked like one channel of channels-first whose run has
 * their elements in turn. A lane is one channel's all the way; the lanes of each channel are added up at the end. Pass two
 * fetches the next group ahead, for a core alone does not use all of the way from the farther caches.
 *
 * Blocks. f32 accumulators live for one block: 64 rows of a strip; in channels-first at most 64 steps of the
 * accumulators, from one run or from several images with short ones. Then they are merged in double, per channel, in a
 * tree that depends on the shape only: block by block within a chunk, chunk by chunk within the channel. Which thread
 * takes what does not change the tree, so the serial kernel and the _omp kernel with any number of threads give the
 * same bits.
 *
 * Channels-first with short runs (S up to 63, or up to 208 beyond the caches, and no multiple of a cache line). Runs
 * of neighbouring channels are taken together, as a matrix with a row for each image: a lane is a place in the image,
 * and the lanes of a channel are added up at the end of a block.
 *
 * Streaming needs rows of the result that begin with cache lines or are put together so, and a result that is not written
 * over an input. Below half of the last-level cache it may hold the matrices, and two threads lost by it (but for dx of
 * blocked layouts).
 *
 * Threads. In channels-first each takes a part of the channels through everything, and none waits for another; if the
 * channels do not divide well among the team, the chunks are shared instead: sums, barrier, finish, barrier, pass two.
 * Channels-last shares chunks, which are whole rows, and channels only where these divide better and a thread's part
 * of a row is 4 KiB or more: with less, what one thread fetches ahead is what the other writes. If the chunks do not
 * divide well among the team, pass one, which writes no row, shares strips of them, and pass two rows. The team is
 * smaller where there are fewer strips than threads. Below BN_SMALL elements one thread works.
 *
 * Traffic, of f32. 8 bytes an element forward and 12 backward if a thread's part of the inputs stays in a cache between the
 * passes, otherwise 12 and 20; inference, and forward with given statistics, 8; 4 more if large and not streamed, for
 * the lines that are read to be overwritten.
 */
#ifndef BATCHMARK_BN_SIMD_H
#define BATCHMARK_BN_SIMD_H

#include <stdint.h>
#include <string.h>

#include "bn_threads.h"
#include "cache_sizes.h"
#include "bn_wide.h"
#include "bn.h"
#include "kernel.h"
#include "team.h"

#ifndef BN_BESIDE_STEPS
#define BN_BESIDE_STEPS BN_STEPS /* of blocked layouts */
#endif
enum {
    BN_STEPS = 64,             /* terms of an f32 accumulator */
    BN_CHUNK_BLOCKS = 4,       /* least blocks of a chunk, if that leaves BN_FEW_CHUNKS */
    BN_FEW_CHUNKS = 4,
    BN_MAX_CHUNKS = 256,
    BN_APART = 64 * BN_LINE,   /* channels, 4 KiB: threads may write neighbouring parts of a row that are as long */
    BN_GRAIN = BN_LINE,        /* channels: whole lines of every array, so that threads do not share them */
    BN_ALONG = 128,            /* channels from which passes over matrices beyond the caches go along the rows */
    BN_ROWS = 8,               /* rows that they take at a time, and how many they fetch ahead */
    BN_RUN_ROWS = BM_HAS(ROWS) ? 4 : 1, /* rows of short runs that pass two takes at a time */
    BN_FEW = 32 * BN_LINE,     /* channels of a row so short that four of them do not share sets of the first cache */
    BN_SECTION = 4096,         /* channels whose sums pass one holds at a time where it goes along the rows */
    BN_VAST = BN_LINE << 18,   /* elements of all matrices, 16 MiB, from which passes take another way: it decides bits */
    BN_STAGE = 4096,           /* elements of the result that are put together before they are streamed: half of L1 */
    BN_SHORT = 63,             /* elements of a run that several channels make together */
    BN_RUN = 832,              /* most elements of short runs that are taken as one; a multiple of BN_WIDE */
    BN_AHEAD = 4               /* channels that short runs are fetched ahead */
};

/* ---- blocks and chunks: all from the shape --------------------------------------------------------------------- */

struct bn_plan {
    bool last;              /* channels-last, also when S = 1 makes the two layouts one */
    size_t beside;          /* channels of a run: of channels-first one, of blocked layouts a block */
    size_t run;             /* elements of a run */
    size_t images;          /* of a block; channels-last: rows */
    size_t segments;        /* blocks of one run, if a run is longer than a block, else 1 */
    size_t segment;         /* elements of a run in a block */
    size_t blocks, chunk, chunks; /* blocks in all, blocks per chunk, chunks */
    size_t padded;          /* channels, rounded up to BN_GRAIN */
};

static inline size_t bn_beside(const struct bm_bn *bn) { return bn->layout > BM_CHANNELS_FIRST ? bn->layout : 1; }

static inline struct bn_plan bn_plan(const struct bm_bn *bn)
{
    if (bn->N * bn->C * bn->S == 0)
        return (struct bn_plan){ 0 };
    struct bn_plan plan = { .last = bn->layout == BM_CHANNELS_LAST || bn->S == 1 };
    plan.beside = plan.last ? 1 : bn_beside(bn);
    plan.run = bn->S * plan.beside;
    const size_t step = plan.beside == 1 ? BN_WIDE : BN_TILE_VECTORS * VF;
    const size_t steps = plan.beside == 1 ? BN_STEPS : BN_BESIDE_STEPS;
    plan.segment = plan.run < steps * step ? plan.run : steps * step;
    plan.segments = (plan.run + plan.segment - 1) / plan.segment;
    /* A run takes every accumulator one step further per wide, and one for the rest. */
    plan.images = plan.segments > 1 ? 1 : steps / (plan.last ? 1 : (plan.run + step - 1) / step);
    plan.blocks = plan.segments * ((bn->N + plan.images - 1) / plan.images);
    plan.chunk = (plan.blocks + BN_MAX_CHUNKS - 1) / BN_MAX_CHUNKS;
    const size_t few = (plan.blocks + BN_FEW_CHUNKS - 1) / BN_FEW_CHUNKS;
    if (plan.chunk < BN_CHUNK_BLOCKS)
        plan.chunk = few < BN_CHUNK_BLOCKS ? few : BN_CHUNK_BLOCKS;
    plan.chunks = (plan.blocks + plan.chunk - 1) / plan.chunk;
    plan.padded = (bn->C + BN_GRAIN - 1) / BN_GRAIN * BN_GRAIN;
    return plan;
}

/* Images (rows) n to n + images - 1, of each the elements offset to offset + length - 1 of a run. */
struct bn_block { size_t n, images, offset, length; };

static inline struct bn_block bn_block(const struct bm_bn *bn, const struct bn_plan *plan, size_t b)
{
    struct bn_block block = { .n = b / plan->segments * plan->images, .images = plan->images,
        .offset = b % plan->segments * plan->segment, .length = plan->segment };
    if (block.images > bn->N - block.n)
        block.images = bn->N - block.n;
    if (block.length > plan->run - block.offset)
        block.length = plan->run - block.offset;
    return block;
}

/* Elements of a channel before block b, in the order of the blocks; all of them if b is the number of blocks. */
static inline size_t bn_start(const struct bm_bn *bn, const struct bn_plan *plan, size_t b)
{
    size_t n = b / plan->segments * plan->images;
    return (n < bn->N ? n : bn->N) * bn->S + b % plan->segments * plan->segment / plan->beside;
}

static inline struct bm_range bn_chunk(const struct bn_plan *plan, size_t chunk)
{
    size_t begin = chunk * plan->chunk, end = begin + plan->chunk;
    return (struct bm_range){ begin, end < plan->blocks ? end : plan->blocks };
}

/* ---- who does what --------------------------------------------------------------------------------------------- */

/* Between the coefficients' arrays: of 1024 channels they would otherwise share sets of the first-level cache. */
enum { BN_COEFS = 3, BN_SKEW = 48 };

struct bn_call {
    const struct bm_bn *bn;
    struct bn_plan plan;
    double *partial; /* [chunks][2][padded] */
    float *coef;     /* [BN_COEFS][padded]: what pass two needs of each channel */
    bool by_chunk, fetch;
    bool stream;     /* bn_streams() */
    size_t matrices;             /* that a call moves */
    size_t runs;                 /* channels-first: neighbouring channels whose short runs are taken as one; else 0 */
    bool along;                  /* channels-last: pass one goes along the rows, not down the strips */
    size_t apply_rows;           /* channels-last: rows that pass two takes at a time */
    size_t group;    /* channels that a thread takes through both passes at a time */
    size_t end;      /* of all that it takes so */
    size_t ahead;    /* blocked: how far ahead pass two fetches, in elements: the next group; 0: not */
    size_t step;     /* by_chunk: channels of a task of pass one */
    void (*sums)(const struct bn_call *call, struct bm_range channels, size_t chunk); /* NULL: statistics given */
    void (*finish)(const struct bn_call *call, struct bm_range channels);
    void (*apply)(const struct bn_call *call, struct bm_range channels, size_t chunk);
};

static inline double *bn_partial(const struct bn_call *call, size_t chunk, size_t which)
{
    return call->partial + (2 * chunk + which) * call->plan.padded;
}
/* With one block there is nothing to merge: its sums stay in f32, where the partial ones have room for four. */
static inline bool bn_is_single(const struct bn_call *call) { return BM_HAS(SINGLE) && call->plan.blocks == 1; }
static inline float *bn_single(const struct bn_call *call, size_t which)
{
    return (float *)call->partial + which * call->plan.padded;
}
static inline float *bn_coef(const struct bn_call *call, size_t which)
{
    return call->coef + which * (call->plan.padded + BN_SKEW);
}

/* Partial sums that more than one chunk needs, and the coefficients. */
static inline size_t bn_scratch_bytes(const void *args)
{
    struct bn_plan plan = bn_plan(args);
    return plan.padded * 2 * plan.chunks * sizeof(double) + BN_COEFS * (plan.padded + BN_SKEW) * sizeof(float);
}

/* Task t of chunks that are cut into parts. Neighbours are parts of the same rows; channels-first, of a channel. */
static inline size_t bn_task_chunk(const struct bn_plan *plan, size_t t, size_t parts)
{
    return plan->last ? t / parts : t % plan->chunks;
}
static inline struct bm_range bn_task_channels(const struct bn_call *call, size_t t, size_t parts)
{
    const size_t c = (call->plan.last ? t % parts : t / call->plan.chunks) * call->step, left = call->bn->C - c;
    return (struct bm_range){ c, c + (left < call->step ? left : call->step) };
}

/* Channels-last: pass two in as many equal parts of the rows as there are threads. It sums nothing, so any will do. */
static inline void bn_apply_equal_rows(const struct bn_call *call, int me, int team)
{
    struct bn_call rows = *call;
    const size_t N = call->bn->N;
    rows.plan.images = (N + (size_t)team - 1) / (size_t)team;
    rows.plan.blocks = (N + rows.plan.images - 1) / rows.plan.images;
    rows.plan.chunk = 1;
    if ((size_t)me < rows.plan.blocks)
        call->apply(&rows, (struct bm_range){ 0, call->bn->C }, (size_t)me);
}

static inline void bn_member_work(const struct bn_call *call, int me, int team)
{
    const struct bm_bn *bn = call->bn;
    const struct bn_plan *plan = &call->plan;
    if (!call->by_chunk) {
        struct bm_range mine = bm_share(bn->C, plan->last ? BN_GRAIN : call->runs ? call->runs : plan->beside, me, team);
        struct bn_call part = *call;
        part.end = mine.end;
        for (size_t c = mine.begin; c < mine.end; c += call->group) {
            struct bm_range channels = { c, mine.end - c < call->group ? mine.end : c + call->group };
            for (size_t chunk = 0; call->sums && chunk < plan->chunks; chunk++)
                call->sums(call, channels, chunk);
            call->finish(call, channels);
            for (size_t chunk = plan->chunks; chunk-- > 0;)
                call->apply(&part, channels, BM_HAS(REVERSE) ? chunk : plan->chunks - 1 - chunk);
        }
        return;
    }
    /* channels-last: a task is a chunk of rows, or a strip of one; channels-first: a chunk of a channel, blocked: of a block. */
    const size_t parts = (bn->C + call->step - 1) / call->step;
    struct bm_range tasks = bm_share(plan->chunks * parts, 1, me, team);
    for (size_t t = tasks.begin; call->sums && t < tasks.end; t++)
        call->sums(call, bn_task_channels(call, t, parts), bn_task_chunk(plan, t, parts));
    BM_TEAM_BARRIER(team);
    struct bm_range mine = bm_share(bn->C, BN_GRAIN, me, team);
    if (mine.begin < mine.end)
        call->finish(call, mine);
    BM_TEAM_BARRIER(team);
    if (plan->last && parts > 1) {
        bn_apply_equal_rows(call, me, team);
        return;
    }
    for (size_t i = tasks.end; i-- > tasks.begin;) {
        size_t t = BM_HAS(REVERSE) ? i : tasks.begin + tasks.end - 1 - i;
        call->apply(call, bn_task_channels(call, t, parts), bn_task_chunk(plan, t, parts));
    }
}

static inline void bn_member(const struct bn_call *call, int me, int team)
{
    bn_member_work(call, me, team);
    if (call->stream)
        vf_fence(); /* what was streamed is in its place before the barrier or the return */
}

/* Whether a pass should fetch ahead: the matrix comes from a farther cache than the second. */
static inline bool bn_far(const struct bm_bn *bn)
{
    return bn->N * bn->C * bn->S >= bn_far_elements(bn->caches, bn->threads) * BN_PER_FLOAT;
}

/* Whether the matrices of a call, taken together, do not fit the second cache. */
static inline bool bn_beyond_l2(const struct bm_bn *bn, size_t matrices)
{
    return matrices * bn->N * bn->C * bn->S >= bn_far_elements(bn->caches, bn->threads);
}

/* Whether the matrices of a call are large wherever they lie. */
static inline bool bn_vast(const struct bm_bn *bn, size_t matrices)
{
    return matrices * bn->N * bn->C * bn->S >= BN_VAST;
}

/* Channels that pass one takes through a block together. */
static inline size_t bn_sum_step(const struct bn_call *call)
{
    return call->runs ? call->runs : !call->plan.last ? call->plan.beside : call->along ? BN_SECTION : BN_WIDE;
}

/* How far ahead a pass fetches in a matrix, in elements; 0: not. Pass one: the rows after these, or the next strip; pass
 * two: the rows after these; both, in short runs: the next row. With bf16 the next strip is not worth it: without that
 * 6272 x 256 took a tenth less time on a Zen 5. */
static inline size_t bn_sum_ahead(const struct bm_bn *bn, size_t ld, bool along)
{
    return !BM_HAS(AHEAD) ? 0 : along ? BN_ROWS * ld : sizeof(bn_element) == sizeof(float) && bn_far(bn) ? BN_WIDE : 0;
}
static inline size_t bn_apply_ahead(const struct bn_call *call, size_t ld)
{
    return BM_HAS(AHEAD) && call->along ? BN_ROWS * ld : 0;
}
/* Pass two of blocked layouts finds its inputs in the second cache and leaves the way from farther ones to be used. */
static inline size_t bn_group_ahead(const struct bn_call *call, size_t c)
{
    return c + call->group < call->end ? call->ahead : 0;
}
static inline size_t bn_run_ahead(const struct bm_bn *bn, size_t length)
{
    return BM_HAS(AHEAD) && bn_far(bn) ? length : 0;
}

/* How many neighbouring channels of an image are one run: as many as begin and end with cache lines if the image does.
 * 0: each on its own, because its run fills vectors, is long, or has too few images to be worth it. */
static inline size_t bn_runs(const struct bm_bn *bn, size_t matrices)
{
    const size_t line = BN_LINE, grain = bn->S % 4 == 0 ? line / 4 : line;
    const size_t longest = bn_vast(bn, matrices) ? BN_RUN / 4 : BN_SHORT;
    if (!BM_HAS(RUNS) || bn_beside(bn) > 1 || bn->S % line == 0 || bn->S > longest || bn->N < 2 * BN_ROWS)
        return 0;
    return BN_RUN / bn->S / grain * grain;
}

/* ---- results that are streamed --------------------------------------------------------------------------------- */

/* Runs that do not end with a cache line are put together in bn_stage before they are streamed. */
static inline bool bn_staged(const struct bm_bn *bn, size_t matrices)
{
    const size_t run = bn->S * bn_beside(bn);
    return BM_HAS(STAGE) && bn->S > 1 && run % BN_LINE != 0 && 2 * run <= BN_STAGE &&
           bn_runs(bn, matrices) == 0;
}

struct bn_stage { bn_element of[BN_STAGE + BN_LINE] __attribute__((aligned(64))); };

/* Where in the stage what goes to `to` begins, so that both have the same alignment. */
static inline size_t bn_stage_begin(const bn_element *to) { return (uintptr_t)to % 64 / sizeof *to; }

static inline void bn_stage_flush(const struct bn_stage *stage, bn_element *to, size_t n)
{
    const bn_element *from = stage->of + bn_stage_begin(to);
    size_t i = 0, head = (64 - (uintptr_t)to % 64) % 64 / sizeof *to;
    for (size_t end = head < n ? head : n; i < end; i += VF) {
        const vmask some = vf_first(end - i < VF ? end - i : VF);
        bn_put_first(to + i, some, bn_get_first(from + i, some));
    }
    for (i = head; i + BN_STREAMED <= n; i += BN_STREAMED)
        bn_stream(to + i, from + i);
    for (; (int)BN_STREAMED > (int)VF && i + VF <= n; i += VF)
        bn_put(to + i, bn_get(from + i));
    if (i < n)
        bn_put_first(to + i, vf_first(n - i), bn_get_first(from + i, vf_first(n - i)));
}

/* From how many elements of all matrices on pass two writes past the caches. Blocked: dx as soon as they leave the second
 * one. (On a Zen 5, through the caches it took a tenth longer from there on; y did not.) */
static inline size_t bn_stream_from(const struct bm_bn *bn, size_t matrices)
{
    const size_t any = bn_stream_elements(bn->caches, bn->threads), far = bn_far_elements(bn->caches, bn->threads);
    return (bn_beside(bn) > 1 && matrices > 2 && far < any ? far : any) * BN_PER_FLOAT;
}

/* Whether pass two writes `out` past the caches: the call's matrices are too large to stay there, every row or run of
 * `out` begins with a cache line or is staged, and these lines are not the ones that were just read. */
static inline bool bn_streams(const struct bm_bn *bn, size_t matrices, const float *in, const float *out, size_t ld)
{
    const size_t line = BN_LINE;
    return BM_HAS(STREAM) && matrices * bn->N * bn->C * bn->S >= bn_stream_from(bn, matrices) && in != out &&
        (bn_staged(bn, matrices) ||
         ((uintptr_t)out % 64 == 0 && ld % line == 0 &&
          (bn->S == 1 || bn->S * bn_beside(bn) % line == 0 || bn_runs(bn, matrices))));
}

/* Channels-first: where the results of an image's part of neighbouring channels go, channel by channel. */
struct bn_results {
    bn_element *out; /* of channel 0 */
    size_t S, beside;
    bool staged;
    size_t first; /* channel of the stage */
    struct bn_stage *stage;
};
BN_INLINE bn_element *bn_results_of(const struct bn_results *r, size_t c)
{
    return r->staged ? r->stage->of + bn_stage_begin(r->out + r->first * r->S) + (c - r->first) * r->S
                     : r->out + c * r->S;
}
/* Channel c (blocked: its block) is done: if the stage is full, or it is the last one, the stage goes to memory. */
BN_INLINE void bn_results_next(struct bn_results *r, size_t c, bool last)
{
    const size_t staged = c + r->beside - r->first;
    if (!r->staged || (!last && (staged + r->beside) * r->S <= BN_STAGE))
        return;
    bn_stage_flush(r->stage, r->out + r->first * r->S, staged * r->S);
    r->first = c + r->beside;
}

/* ---- short runs ------------------------------------------------------------------------------------------------ */

/* Short runs of a channel lie far apart, one in each image: those of a later channel are fetched meanwhile. */
static inline void bn_fetch_channel(const struct bm_bn *bn, const struct bn_block *block, const bn_element *matrix,
    size_t ld, size_t c)
{
    if (!BM_HAS(AHEAD) || c >= bn->C || block->length > BN_STEPS * VF || !bn_far(bn))
        return;
    for (size_t n = block->n; n < block->n + block->images; n++)
        for (size_t i = 0; i < block->length; i += BN_LINE)
            vf_fetch2(matrix + n * ld + c * bn->S + block->offset + i);
}

/* The value of each channel at each element of its run, and zeros up to whole wides. */
BN_INLINE void bn_spread(float to[BN_RUN + VF], const float *value, size_t channels, size_t S)
{
    for (size_t c = 0; c < channels; c++)
        for (size_t i = 0; i < S; i += VF)
            vf_store(to + c * S + i, vf_set1(value[c]));
    for (size_t i = channels * S; i % BN_WIDE != 0; i++)
        to[i] = 0;
}

/* ---- a call ---------------------------------------------------------------------------------------------------- */

/* Rows of a matrix: the first, how far the next is, and how far ahead to fetch. */
struct bn_rows { const bn_element *at; size_t ld, ahead; };
/* Of the result; stream: past the caches. */
struct bn_out { bn_element *at; size_t ld; bool stream; };

/* Fills in the rest of a call and makes it. */
static inline void bn_run(struct bn_call *call)
{
    const struct bm_bn *bn = call->bn;
    call->plan = bn_plan(bn);
    if (call->plan.blocks == 0)
        return;
    const struct bn_plan *plan = &call->plan;
    call->partial = bn->scratch;
    call->coef = (float *)(call->partial + 2 * plan->chunks * plan->padded);
    size_t length = bn->N * bn->S; /* of a channel */
    size_t team = (size_t)bn_threads(bn, BN_SMALL);
    if (plan->last) {
        call->group = bn->C;
        call->along = BM_HAS(ALONG) && bn->C >= BN_ALONG && bn_vast(bn, call->matrices);
        call->apply_rows = call->along ? BN_ROWS : !BM_HAS(ROWS) ? 1 : bn->C < BN_FEW && !bn_far(bn) ? 4 : 2;
        const bool narrow = bn->C < BN_APART * team;
        const size_t strips = (bn->C + BN_WIDE - 1) / BN_WIDE, most = plan->chunks > 1 ? plan->chunks * strips : 1;
        if (narrow && team > most)
            team = most;
        call->by_chunk = team > 1 && (bm_balanced(plan->chunks, team) || narrow);
        size_t parts = 1;
        while (parts < strips && (strips % parts != 0 || !bm_balanced(plan->chunks * parts, team)))
            parts++;
        call->step = (strips + parts - 1) / parts * BN_WIDE;
    } else {
        call->step = plan->beside;
        const size_t group = bn_group_elements(bn->caches, bn->threads) * BN_PER_FLOAT, unit = length * plan->beside;
        call->group = !BM_HAS(GROUP) ? bn->C : (unit < group ? group / unit : 1) * plan->beside;
        call->ahead = BM_HAS(AHEAD) && plan->beside > 1 && bn_beyond_l2(bn, call->matrices) ? call->group * bn->S : 0;
        call->runs = bn_runs(bn, call->matrices);
        if (call->runs)
            call->group = (call->group + call->runs - 1) / call->runs * call->runs;
        call->fetch = bn->caches && bn->caches->l1.ways == 13;
        call->by_chunk = team > 1 && !bm_balanced(bn->C / (call->runs ? call->runs : plan->beside), team);
    }
    BM_TEAM_RUN((int)team, bn_member, call);
}

#endif
