/* SPDX-License-Identifier: MIT */
/*
 * roofline_loops.h - the loops behind roofline.h. Included by roofline_<isa>.c, which provide a vector type
 * vf of VF floats with vf_set1, vf_load, vf_store, vf_stream and vf_fence, the arithmetic STEP of chain i, a = m * a + c or the
 * like, with its STEP_FLOPS a float, and give BM_LOOPS the name of the table.
 *
 * The empty asm statements make a value opaque, so that no compiler computes ahead, joins equal chains, or turns a loop
 * into memcpy or memset. n counts floats, a multiple of BM_LOOP_FLOATS; p is 64-byte aligned.
 */
#include "roofline_table.h"

#if defined(__x86_64__)
#define OPAQUE(v) __asm__ volatile("" : "+x"(v))
#elif defined(__aarch64__)
#define OPAQUE(v) __asm__ volatile("" : "+w"(v))
#else
#define OPAQUE(v) __asm__ volatile("" : "+f"(v))
#endif
#define PASS_DONE() __asm__ volatile("" : : : "memory")
#define REPEAT_14(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13)
#define REPEAT_28(X)                                                                                                   \
    REPEAT_14(X) X(14) X(15) X(16) X(17) X(18) X(19) X(20) X(21) X(22) X(23) X(24) X(25) X(26) X(27)
#define REPEAT_4(X)  X(0) X(1) X(2) X(3)
#define REPEAT_8(X)  REPEAT_4(X) X(4) X(5) X(6) X(7)

/* 14 chains and 2 constants fill the 16 registers of SSE and AVX2; x86 CPUs of today need up to 10 (two FMA a cycle, each 5
 * cycles long on Haswell). Others have 32 registers and need up to 18 (two, of 9 cycles, on A64FX). m = 1 keeps the values
 * away from the slow subnormals. */
#ifdef __x86_64__
enum { CHAINS = 14 };
#define REPEAT_CHAINS REPEAT_14
#else
enum { CHAINS = 28 };
#define REPEAT_CHAINS REPEAT_28
#endif

static void fma_peak(float *p, size_t n, size_t passes)
{
    (void)n;
    vf m = vf_set1(1), c = vf_set1(1);
    OPAQUE(m);
    OPAQUE(c);
#define START(i) vf a##i = vf_set1((float)(i)); OPAQUE(a##i);
#define ADVANCE(i) STEP(i, a##i)
#define KEEP(i) OPAQUE(a##i);
    REPEAT_CHAINS(START)
    for (size_t pass = 0; pass < passes; pass++)
        for (int i = 0; i < BM_FMA_STEPS; i += 2) {
            REPEAT_CHAINS(ADVANCE)
            REPEAT_CHAINS(ADVANCE)
        }
    REPEAT_CHAINS(KEEP)
    vf_store(p, a0);
#undef START
#undef ADVANCE
#undef KEEP
}

/* Vector k of 8 from one of four streams, the quarters of p: prefetchers make more of four than of one. */
#define STREAM(k) (p + (k) / 2 * n / 4 + i + (k) % 2 * VF)
#define READ(k)                                                                                                        \
    vf v##k = vf_load(STREAM(k));                                                                                      \
    OPAQUE(v##k);
#define WRITE_BACK(k) vf_store(STREAM(k), v##k);

static void read_only(float *p, size_t n, size_t passes)
{
    for (size_t pass = 0; pass < passes; pass++) {
        for (size_t i = 0; i < n / 4; i += 2 * VF) {
            REPEAT_8(READ)
        }
        PASS_DONE();
    }
}

static void update_streams(float *p, size_t n, size_t passes)
{
    for (size_t pass = 0; pass < passes; pass++) {
        for (size_t i = 0; i < n / 4; i += 2 * VF) {
            REPEAT_8(READ)
            REPEAT_8(WRITE_BACK)
        }
        PASS_DONE();
    }
}

/* The first half of p in place, while the second is read. */
static void update_from(float *p, size_t n, size_t passes)
{
    for (size_t pass = 0; pass < passes; pass++) {
        for (size_t i = 0; i < n / 4; i += 2 * VF) {
            REPEAT_8(READ)
            REPEAT_4(WRITE_BACK)
        }
        PASS_DONE();
    }
}

/* The first half of p into the second. */
#define COPY(k) vf v##k = vf_load(p + i + (k) * VF); OPAQUE(v##k);
#define PUT(k) STORE(p + n / 2 + i + (k) * VF, v##k);
#define COPY_BODY                                         \
    for (size_t pass = 0; pass < passes; pass++) {        \
        for (size_t i = 0; i < n / 2; i += 8 * VF) {      \
            REPEAT_8(COPY)                                \
            REPEAT_8(PUT)                                 \
        }                                                 \
        PASS_DONE();                                      \
    }
#define WRITE(k) STORE(p + i + (k) * VF, v);
#define WRITE_BODY                                        \
    vf v = vf_set1(1);                                    \
    for (size_t pass = 0; pass < passes; pass++) {        \
        for (size_t i = 0; i < n; i += 8 * VF) {          \
            OPAQUE(v);                                    \
            REPEAT_8(WRITE)                               \
        }                                                 \
        PASS_DONE();                                      \
    }

static void update(float *p, size_t n, size_t passes)
{
#define PUT_BACK(k) vf_store(p + i + (k)*VF, v##k);
    for (size_t pass = 0; pass < passes; pass++) {
        for (size_t i = 0; i < n; i += 8 * VF) {
            REPEAT_8(COPY)
            REPEAT_8(PUT_BACK)
        }
        PASS_DONE();
    }
#undef PUT_BACK
}

#define STORE vf_store
static void copy(float *p, size_t n, size_t passes)
{
    COPY_BODY
}

static void write_only(float *p, size_t n, size_t passes)
{
    WRITE_BODY
}
#undef STORE

#define STORE vf_stream
static void stream_copy(float *p, size_t n, size_t passes)
{
    COPY_BODY
    vf_fence();
}

static void stream_write(float *p, size_t n, size_t passes)
{
    WRITE_BODY
    vf_fence();
}
#undef STORE

static double flops(void) { return (double)STEP_FLOPS * CHAINS * VF * BM_FMA_STEPS; }

const struct bm_limit_loops BM_LOOPS = {
    .fma = fma_peak,
    .read = read_only,
    .copy = copy,
    .write = write_only,
    .update = update,
    .update_streams = update_streams,
    .update_from = update_from,
    .stream_copy = stream_copy,
    .stream_write = stream_write,
    .flops = flops,
};
