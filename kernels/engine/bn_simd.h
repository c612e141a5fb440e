/*
 * bn_simd.h - the frame of the avx2 and avx512 variants of every bn op. The maths is in bn.h; the passes over the data
 * are in bn_simd_forward.h and bn_simd_backward.h, written once with simd.h's vocabulary.
 *
 * Every op is: sums per channel (pass one), a few numbers per channel from them (finish), an elementwise formula with
 * these (pass two). Inference has no sums, nor has forward with given statistics.
 *
 * Wide. Four neighbouring vectors (64 channels on AVX-512, 32 on AVX2), one accumulator each: four independent chains
 * hide the latency of add and fma. Pass one walks channels-last data down the rows of such a strip, a lane being a
 * channel. A channels-first run of S floats is the same walk through a matrix whose rows are four vectors long and
 * follow each other without a gap; only there the lanes are added up at the end of a block. The last vector of a strip
 * or run is masked, so nothing outside the arrays is read or written.
 *
 * Blocks. f32 accumulators live for one block: 64 rows of a strip; in channels-first at most 64 steps of the four
 * accumulators, from one run or from several images with short ones. Then they are merged in double, per channel, in a
 * tree that depends on the shape only: block by block within a chunk, chunk by chunk within the channel. Which thread
 * takes what does not change the tree, so the serial variant and the _omp variant with any number of threads give the
 * same bits.
 *
 * Channels-first with short runs (S up to 63, or up to 208 beyond the caches, and no multiple of a cache line). Runs
 * of neighbouring channels are taken together, as a matrix with a row for each image: a lane is a place in the image,
 * and the lanes of a channel are added up at the end of a block. Vectors are full and lines are not split (32 x 2048 x
 * 7 x 7 forward 1250 to 800 us, backward 3130 to 1600; 32 x 64 x 3 x 3 7.0 to 2.8).
 *
 * Order. Pass two goes along the rows, a few at a time, which share what is loaded of each channel; more than two rows
 * of 2 KiB or more put too many lines into a few sets of the first-level cache. From the last chunk to the first,
 * where the caches still hold what was read last. Pass one walks down strips, and fetches the next strip's part of
 * each row if the matrix is larger than the second-level cache. Beyond the caches both go along 8 rows and fetch the 8
 * after these: many short streams from different pages keep the hardware's prefetching from starting (8192 x 4096
 * forward 18.4 to 13.0 ms, backward 32 to 25; 32768 x 256 backward 10.3 to 5.9). With rows of less than 128 channels,
 * or in the third-level cache, strips were up to a fifth faster.
 *
 * Streaming. If the matrices of a call have 16 MiB together, the rows of the result begin with cache lines or are put
 * together so, and it is not written over an input, pass two writes past the caches: nothing is read only to be
 * overwritten, and the inputs are not driven out. That took a seventh to a half off the time (bn_streams(); forward
 * 1568 x 2048, 24 MiB: 1.24 to 0.81 ms, two threads 0.82 to 0.62). With smaller matrices, which a last level may hold,
 * two threads lost: forward up to half at 8 to 12 MiB.
 *
 * Threads. In channels-first each takes a part of the channels through everything, and none waits for another; if the
 * channels do not divide well among the team, the chunks are shared instead: sums, barrier, finish, barrier, pass two.
 * Channels-last shares chunks, which are whole rows, and channels only where these divide better and a thread's part
 * of a row is 4 KiB or more: with less, what one thread fetches ahead is what the other writes (2 threads, 128 x 512:
 * 6.5 us by rows, 10 to 37 by channels, one thread 8.4). With fewer chunks than threads the team is smaller. Below
 * BN_SMALL elements one thread works.
 *
 * Traffic. 8 bytes an element forward and 12 backward if a thread's part of the inputs stays in a cache between the
 * passes, otherwise 12 and 20; inference, and forward with given statistics, 8; 4 more if large and not streamed, for
 * the lines that are read to be overwritten.
 * Channels-first takes groups of channels of 256 KiB through both passes, so that this cache is the second level.
 */
#ifndef BATCHMARK_BN_SIMD_H
#define BATCHMARK_BN_SIMD_H

#include <stdint.h>
#include <string.h>

#include "bn_act.h"
#include "bn_threads.h"
#include "bn.h"
#include "kernel.h"
#include "simd.h"
#include "team.h"

#define BN_INLINE static inline __attribute__((always_inline))

enum {
    BN_WIDE = 4 * VF,          /* elements of a wide */
    BN_STEPS = 64,             /* terms of an f32 accumulator */
    BN_CHUNK_BLOCKS = 4,       /* least blocks of a chunk, if that leaves BN_FEW_CHUNKS */
    BN_FEW_CHUNKS = 4,
    BN_MAX_CHUNKS = 256,
    BN_APART = 1024,           /* channels, 4 KiB: threads may write neighbouring parts of a row that are as long */
    BN_GRAIN = 16,             /* channels: 64 bytes of every per-channel array, so that threads do not share lines */
    BN_ALONG = 128,            /* channels from which passes over matrices beyond the caches go along the rows */
    BN_ROWS = 8,               /* rows that they take at a time, and how many they fetch ahead */
    BN_FEW = 512,              /* channels of a row so short that four of them do not share sets of the first cache */
    BN_SECTION = 4096,         /* channels whose sums pass one holds at a time where it goes along the rows */
    BN_GROUP_ELEMENTS = 65536, /* channels-first: channels that go through both passes together, at least one */
    BN_STREAM = 1 << 22,       /* elements of all matrices, 16 MiB, from which pass two writes past the caches */
    BN_STAGE = 4096,           /* elements of the result that are put together before they are streamed: half of L1 */
    BN_SHORT = 63,             /* elements of a run that several channels make together */
    BN_RUN = 832,              /* most elements of short runs that are taken as one; a multiple of BN_WIDE */
    BN_AHEAD = 4,              /* channels that short runs are fetched ahead */
    BN_FAR = 1 << 18           /* elements of a matrix that the second-level cache does not hold */
};

/* ---- up to four vectors ----------------------------------------------------------------------------------------
 * Named members, because gcc 12 keeps an array of accumulators in memory. Members beyond the V that were loaded
 * mean nothing, and what is computed from them is dead code. */
struct wide { vf a, b, c, d; };

/* `last` masks vector V - 1 if `masked`; V and masked are compile-time constants. */
BN_INLINE vf wide_load_one(const float *p, int v, int V, bool masked, vmask last)
{
    return v >= V ? vf_zero() : v == V - 1 && masked ? vf_load_first(p + v * VF, last) : vf_load(p + v * VF);
}
BN_INLINE struct wide wide_load(const float *p, int V, bool masked, vmask last)
{
    return (struct wide){ wide_load_one(p, 0, V, masked, last), wide_load_one(p, 1, V, masked, last),
        wide_load_one(p, 2, V, masked, last), wide_load_one(p, 3, V, masked, last) };
}
BN_INLINE void wide_store_one(float *p, int v, int V, bool masked, vmask last, vf x)
{
    if (v == V - 1 && masked)
        vf_store_first(p + v * VF, last, x);
    else if (v < V)
        vf_store(p + v * VF, x);
}
BN_INLINE void wide_store(float *p, int V, bool masked, vmask last, struct wide x)
{
    wide_store_one(p, 0, V, masked, last, x.a);
    wide_store_one(p, 1, V, masked, last, x.b);
    wide_store_one(p, 2, V, masked, last, x.c);
    wide_store_one(p, 3, V, masked, last, x.d);
}
/* Of the result: past the caches if so chosen, but for a masked vector. */
BN_INLINE void wide_put_one(float *p, int v, int V, bool masked, vmask last, vf x, bool stream)
{
    if (stream && v < V && !(v == V - 1 && masked))
        vf_stream(p + v * VF, x);
    else
        wide_store_one(p, v, V, masked, last, x);
}
BN_INLINE void wide_put(float *p, int V, bool masked, vmask last, struct wide x, bool stream)
{
    wide_put_one(p, 0, V, masked, last, x.a, stream);
    wide_put_one(p, 1, V, masked, last, x.b, stream);
    wide_put_one(p, 2, V, masked, last, x.c, stream);
    wide_put_one(p, 3, V, masked, last, x.d, stream);
}
/* To the second-level cache. Rows and strips lie too far apart for the hardware to do it. */
BN_INLINE void wide_fetch(const float *p)
{
    for (int i = 0; i < BN_WIDE; i += 64 / (int)sizeof *p)
        _mm_prefetch((const char *)(p + i), _MM_HINT_T1);
}
BN_INLINE struct wide wide_all(vf v) { return (struct wide){ v, v, v, v }; }
/* v, but 0 in the lanes that the mask keeps wide_load() from reading. */
BN_INLINE struct wide wide_set1(float value, int V, bool masked, vmask last)
{
    vf v = vf_set1(value), end = masked ? vf_keep(last, v) : v;
    return (struct wide){ V == 1 ? end : v, V == 2 ? end : v, V == 3 ? end : v, V == 4 ? end : v };
}
/* The V members that count from x, the others from y. */
BN_INLINE struct wide wide_join(int V, struct wide x, struct wide y)
{
    return (struct wide){ x.a, V > 1 ? x.b : y.b, V > 2 ? x.c : y.c, V > 3 ? x.d : y.d };
}
BN_INLINE struct wide wide_add(struct wide x, struct wide y)
{
    return (struct wide){ vf_add(x.a, y.a), vf_add(x.b, y.b), vf_add(x.c, y.c), vf_add(x.d, y.d) };
}
BN_INLINE struct wide wide_sub(struct wide x, struct wide y)
{
    return (struct wide){ vf_sub(x.a, y.a), vf_sub(x.b, y.b), vf_sub(x.c, y.c), vf_sub(x.d, y.d) };
}
/* x - y. The same bits by fma, half of it, and all of it after an activation: differences, sums and maxima share
 * pipes, which products leave to others. */
BN_INLINE struct wide wide_less(struct wide x, struct wide y, bool acted)
{
    const vf one = vf_set1(1);
    return (struct wide){ vf_fnma(y.a, one, x.a), acted ? vf_fnma(y.b, one, x.b) : vf_sub(x.b, y.b),
        vf_fnma(y.c, one, x.c), acted ? vf_fnma(y.d, one, x.d) : vf_sub(x.d, y.d) };
}
BN_INLINE struct wide wide_mul(struct wide x, struct wide y)
{
    return (struct wide){ vf_mul(x.a, y.a), vf_mul(x.b, y.b), vf_mul(x.c, y.c), vf_mul(x.d, y.d) };
}
BN_INLINE struct wide wide_fma(struct wide x, struct wide y, struct wide z) /* x y + z */
{
    return (struct wide){ vf_fma(x.a, y.a, z.a), vf_fma(x.b, y.b, z.b), vf_fma(x.c, y.c, z.c), vf_fma(x.d, y.d, z.d) };
}
BN_INLINE struct wide wide_fnma(struct wide x, struct wide y, struct wide z) /* z - x y */
{
    return (struct wide){ vf_fnma(x.a, y.a, z.a), vf_fnma(x.b, y.b, z.b), vf_fnma(x.c, y.c, z.c),
        vf_fnma(x.d, y.d, z.d) };
}
/* Sum of all lanes. */
BN_INLINE float wide_sum(struct wide x) { return vf_sum(vf_add(vf_add(x.a, x.b), vf_add(x.c, x.d))); }

/* Sum of n neighbours. */
BN_INLINE float bn_run_sum(const float *p, size_t n)
{
    vf sum = vf_zero();
    for (size_t i = 0; i < n; i += VF)
        sum = vf_add(sum, vf_load_first(p + i, vf_first(n - i < VF ? n - i : VF)));
    return vf_sum(sum);
}

/* Calls F(V, masked), a macro, with constants that suit `width` elements, 1 <= width <= BN_WIDE. */
#define BN_WIDTHS(width, F)                                        \
    switch (2 * (((width) + VF - 1) / VF) - ((width) % VF == 0)) { \
    case 1: F(1, false); break;                                    \
    case 2: F(1, true); break;                                     \
    case 3: F(2, false); break;                                    \
    case 4: F(2, true); break;                                     \
    case 5: F(3, false); break;                                    \
    case 6: F(3, true); break;                                     \
    case 7: F(4, false); break;                                    \
    default: F(4, true); break;                                    \
    }
/* The mask of the last vector. */
static inline vmask bn_last(size_t width) { return vf_first((width - 1) % VF + 1); }

/* ---- activation --------------------------------------------------------------------------------------------------
 * A file defines BN_PLACE, an enum bn_place, before it includes a pass. Which activation it is, is decided once a pass
 * and a compile-time constant in the loops. */
enum bn_curve { BN_LINEAR, BN_RELU, BN_LEAKY };

BN_INLINE vf bn_one_act(vf v, enum bn_curve curve, vf slope)
{
    return curve == BN_LINEAR ? v : curve == BN_RELU ? vf_max(vf_zero(), v) : vf_select(vf_gt0(v), v, vf_mul(slope, v));
}
BN_INLINE float bn_scalar_act(float v, enum bn_curve curve, float slope)
{
    return curve == BN_LINEAR || v > 0 ? v : curve == BN_RELU ? 0 : slope * v;
}
BN_INLINE struct wide wide_act(struct wide v, enum bn_curve curve, vf slope)
{
    return (struct wide){ bn_one_act(v.a, curve, slope), bn_one_act(v.b, curve, slope), bn_one_act(v.c, curve, slope),
        bn_one_act(v.d, curve, slope) };
}
/* act'(v) d */
BN_INLINE vf bn_one_grad(vf d, vf v, enum bn_curve curve, vf slope)
{
    return curve == BN_LINEAR ? d
        : curve == BN_RELU    ? vf_keep(vf_gt0(v), d)
                            : vf_select(vf_gt0(v), d, vf_mul(slope, d));
}
BN_INLINE struct wide wide_act_grad(struct wide d, struct wide v, enum bn_curve curve, vf slope)
{
    return (struct wide){ bn_one_grad(d.a, v.a, curve, slope), bn_one_grad(d.b, v.b, curve, slope),
        bn_one_grad(d.c, v.c, curve, slope), bn_one_grad(d.d, v.d, curve, slope) };
}

/* The activations of x and of bn's result, given what curve the call wants. */
#define BN_X_ACT(curve) (BN_PLACE == ACT_BEFORE ? (curve) : BN_LINEAR)
#define BN_Y_ACT(curve) (BN_PLACE == ACT_AFTER ? (curve) : BN_LINEAR)

/* ---- blocks and chunks: all from the shape --------------------------------------------------------------------- */

struct bn_plan {
    bool last;              /* channels-last, also when S = 1 makes the two layouts one */
    size_t images;          /* of a block; channels-last: rows */
    size_t segments;        /* blocks of one run, if a run is longer than a block, else 1 */
    size_t segment;         /* elements of a run in a block */
    size_t blocks, chunk, chunks; /* blocks in all, blocks per chunk, chunks */
    size_t padded;          /* channels, rounded up to BN_GRAIN */
};

static inline struct bn_plan bn_plan(const struct bm_bn *bn)
{
    if (bn->N * bn->C * bn->S == 0)
        return (struct bn_plan){ 0 };
    struct bn_plan plan = { .last = bn->layout == BM_CHANNELS_LAST || bn->S == 1 };
    plan.segment = bn->S < BN_STEPS * BN_WIDE ? bn->S : BN_STEPS * BN_WIDE;
    plan.segments = (bn->S + plan.segment - 1) / plan.segment;
    /* A run takes every accumulator one step further per wide, and one for the rest. */
    plan.images = plan.segments > 1 ? 1 : BN_STEPS / (plan.last ? 1 : (bn->S + BN_WIDE - 1) / BN_WIDE);
    plan.blocks = plan.segments * ((bn->N + plan.images - 1) / plan.images);
    plan.chunk = (plan.blocks + BN_MAX_CHUNKS - 1) / BN_MAX_CHUNKS;
    const size_t few = (plan.blocks + BN_FEW_CHUNKS - 1) / BN_FEW_CHUNKS;
    if (plan.chunk < BN_CHUNK_BLOCKS)
        plan.chunk = few < BN_CHUNK_BLOCKS ? few : BN_CHUNK_BLOCKS;
    plan.chunks = (plan.blocks + plan.chunk - 1) / plan.chunk;
    plan.padded = (bn->C + BN_GRAIN - 1) / BN_GRAIN * BN_GRAIN;
    return plan;
}

/* Images (rows) n to n + images - 1, of each the elements offset to offset + length - 1 of a channel. */
struct bn_block { size_t n, images, offset, length; };

static inline struct bn_block bn_block(const struct bm_bn *bn, const struct bn_plan *plan, size_t b)
{
    struct bn_block block = { .n = b / plan->segments * plan->images, .images = plan->images,
        .offset = b % plan->segments * plan->segment, .length = plan->segment };
    if (block.images > bn->N - block.n)
        block.images = bn->N - block.n;
    if (block.length > bn->S - block.offset)
        block.length = bn->S - block.offset;
    return block;
}

/* Elements of a channel before block b, in the order of the blocks; all of them if b is the number of blocks. */
static inline size_t bn_start(const struct bm_bn *bn, const struct bn_plan *plan, size_t b)
{
    size_t n = b / plan->segments * plan->images;
    return (n < bn->N ? n : bn->N) * bn->S + b % plan->segments * plan->segment;
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
    bool by_chunk;
    bool stream;     /* bn_streams() */
    size_t matrices;             /* that a call moves */
    size_t runs;                 /* channels-first: neighbouring channels whose short runs are taken as one; else 0 */
    bool along;                  /* channels-last: pass one goes along the rows, not down the strips */
    size_t apply_rows;           /* channels-last: rows that pass two takes at a time */
    size_t group;    /* channels that a thread takes through both passes at a time */
    void (*sums)(const struct bn_call *call, struct bm_range channels, size_t chunk); /* NULL: statistics given */
    void (*finish)(const struct bn_call *call, struct bm_range channels);
    void (*apply)(const struct bn_call *call, struct bm_range channels, size_t chunk);
};

static inline double *bn_partial(const struct bn_call *call, size_t chunk, size_t which)
{
    return call->partial + (2 * chunk + which) * call->plan.padded;
}
/* With one block there is nothing to merge: its sums stay in f32, where the partial ones have room for four. */
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

static inline void bn_member_work(const struct bn_call *call, int me, int team)
{
    const struct bm_bn *bn = call->bn;
    const struct bn_plan *plan = &call->plan;
    if (!call->by_chunk) {
        struct bm_range mine = bm_share(bn->C, plan->last ? BN_GRAIN : call->runs ? call->runs : 1, me, team);
        for (size_t c = mine.begin; c < mine.end; c += call->group) {
            struct bm_range channels = { c, mine.end - c < call->group ? mine.end : c + call->group };
            for (size_t chunk = 0; call->sums && chunk < plan->chunks; chunk++)
                call->sums(call, channels, chunk);
            call->finish(call, channels);
            for (size_t chunk = plan->chunks; chunk-- > 0;)
                call->apply(call, channels, chunk);
        }
        return;
    }
    /* channels-last: a task is a chunk of whole rows; channels-first: a chunk of one channel. */
    size_t step = plan->last ? bn->C : 1;
    struct bm_range tasks = bm_share(plan->chunks * (bn->C / step), 1, me, team);
    for (size_t t = tasks.begin; call->sums && t < tasks.end; t++) {
        size_t c = t / plan->chunks * step;
        call->sums(call, (struct bm_range){ c, c + step }, t % plan->chunks);
    }
    BM_TEAM_BARRIER(team);
    struct bm_range mine = bm_share(bn->C, BN_GRAIN, me, team);
    if (mine.begin < mine.end)
        call->finish(call, mine);
    BM_TEAM_BARRIER(team);
    for (size_t t = tasks.end; t-- > tasks.begin;) {
        size_t c = t / plan->chunks * step;
        call->apply(call, (struct bm_range){ c, c + step }, t % plan->chunks);
    }
}

static inline void bn_member(const struct bn_call *call, int me, int team)
{
    bn_member_work(call, me, team);
    if (call->stream)
        _mm_sfence(); /* what was streamed is in its place before the barrier or the return */
}

/* Whether a pass should fetch ahead: the matrix comes from a farther cache than the second. */
static inline bool bn_far(const struct bm_bn *bn) { return bn->N * bn->C * bn->S >= BN_FAR; }

/* Whether the matrices of a call are too large to stay in a cache. */
static inline bool bn_vast(const struct bm_bn *bn, size_t matrices)
{
    return matrices * bn->N * bn->C * bn->S >= BN_STREAM;
}

/* Channels that pass one takes through a block together. */
static inline size_t bn_sum_step(const struct bn_call *call)
{
    return call->runs ? call->runs : !call->plan.last ? 1 : call->along ? BN_SECTION : BN_WIDE;
}

/* How far ahead passes one and two fetch in a matrix, in elements: the rows after these, or the next strip; 0: not. */
static inline size_t bn_sum_ahead(const struct bm_bn *bn, size_t ld, bool along)
{
    return along ? BN_ROWS * ld : bn_far(bn) ? BN_WIDE : 0;
}
static inline size_t bn_apply_ahead(const struct bn_call *call, size_t ld) { return call->along ? BN_ROWS * ld : 0; }

/* How many neighbouring channels of an image are one run: as many as begin and end with cache lines if the image does.
 * 0: each on its own, because its run fills vectors, is long, or has too few images to be worth it. */
static inline size_t bn_runs(const struct bm_bn *bn, size_t matrices)
{
    const size_t line = 64 / sizeof(float), grain = bn->S % 4 == 0 ? 4 : line;
    const size_t longest = bn_vast(bn, matrices) ? BN_RUN / 4 : BN_SHORT;
    if (bn->S % line == 0 || bn->S > longest || bn->N < 2 * BN_ROWS)
        return 0;
    return BN_RUN / bn->S / grain * grain;
}

/* Runs that do not end with a cache line are put together in bn_stage before they are streamed. */
static inline bool bn_staged(const struct bm_bn *bn, size_t matrices)
{
    return bn->layout == BM_CHANNELS_FIRST && bn->S > 1 && bn->S % (64 / sizeof(float)) != 0 && 2 * bn->S <= BN_STAGE &&
        bn_runs(bn, matrices) == 0;
}

struct bn_stage { float of[BN_STAGE + 64 / sizeof(float)] __attribute__((aligned(64))); };

/* Where in the stage what goes to `to` begins, so that both have the same alignment. */
static inline size_t bn_stage_begin(const float *to) { return (uintptr_t)to % 64 / sizeof *to; }

static inline void bn_stage_flush(const struct bn_stage *stage, float *to, size_t n)
{
    const float *from = stage->of + bn_stage_begin(to);
    size_t i = 0, head = (64 - (uintptr_t)to % 64) % 64 / sizeof *to;
    for (size_t end = head < n ? head : n; i < end; i += VF) {
        const vmask some = vf_first(end - i < VF ? end - i : VF);
        vf_store_first(to + i, some, vf_load_first(from + i, some));
    }
    for (i = head; i + VF <= n; i += VF)
        vf_stream(to + i, vf_load(from + i));
    if (i < n)
        vf_store_first(to + i, vf_first(n - i), vf_load_first(from + i, vf_first(n - i)));
}

/* Short runs of a channel lie far apart, one in each image: those of a later channel are fetched meanwhile. */
static inline void bn_fetch_channel(const struct bm_bn *bn, const struct bn_block *block, const float *matrix,
    size_t ld, size_t c)
{
    if (c >= bn->C || block->length > BN_STEPS * VF || !bn_far(bn))
        return;
    for (size_t n = block->n; n < block->n + block->images; n++)
        for (size_t i = 0; i < block->length; i += 64 / sizeof *matrix)
            _mm_prefetch((const char *)(matrix + n * ld + c * bn->S + block->offset + i), _MM_HINT_T1);
}

/* Whether pass two writes `out` past the caches: the call's matrices are too large to stay there, every row or run of
 * `out` begins with a cache line or is staged, and these lines are not the ones that were just read. */
static inline bool bn_streams(const struct bm_bn *bn, size_t matrices, const float *in, const float *out, size_t ld)
{
    size_t line = 64 / sizeof *out;
    return bn_vast(bn, matrices) && in != out &&
        (bn_staged(bn, matrices) ||
         ((uintptr_t)out % 64 == 0 && ld % line == 0 && (bn->S == 1 || bn->S % line == 0 || bn_runs(bn, matrices))));
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
        call->along = bn->C >= BN_ALONG && bn_vast(bn, call->matrices);
        call->apply_rows = call->along ? BN_ROWS : bn->C < BN_FEW && !bn_far(bn) ? 4 : 2;
        const bool narrow = bn->C < BN_APART * team;
        if (narrow && team > plan->chunks)
            team = plan->chunks;
        call->by_chunk = team > 1 && (bm_balanced(plan->chunks, team) || narrow);
    } else {
        call->group = length < BN_GROUP_ELEMENTS ? BN_GROUP_ELEMENTS / length : 1;
        call->runs = bn_runs(bn, call->matrices);
        if (call->runs)
            call->group = (call->group + call->runs - 1) / call->runs * call->runs;
        call->by_chunk = team > 1 && !bm_balanced(call->runs ? bn->C / call->runs : bn->C, team);
    }
    BM_TEAM_RUN((int)team, bn_member, call);
}

#endif
