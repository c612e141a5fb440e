/*
 * kernel.h - the contract of everything under kernels/: what an operation (struct bm_op) and one of its
 * implementations (struct bm_kernel, a "variant") are. Read this first.
 *
 * Kernels compute and do nothing else: no allocation, no input or output, no clock. A caller fills one
 * argument structure (bn.h, gemm.h, training.h), asks bm_refuses() whether the kernel takes it, lends
 * bm_scratch_bytes() of scratch and calls run().
 *
 *   file stem = symbol = label:  kernels/<op>/<op>_<technique|isa>[_omp][_<idea>].c
 *
 * The tokens of the name choose the compiler flags and the least ISA; see the Makefile.
 *
 * Nothing of a kernel but its `const` descriptor may be touched on a CPU that lacks kernel->isa: even
 * refuses() and scratch_bytes() are compiled with that ISA's flags. bm_runnable() (batchmark.h) is the check.
 *
 * Element types are f32, i32 and bf16; sizes and strides count elements, names ending in _bytes count bytes.
 */
#ifndef BATCHMARK_KERNEL_H
#define BATCHMARK_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bn.h"
#include "gemm.h"
#include "training.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Least instruction set, each including those before it. "baseline" is what the compiler's default target
 * guarantees (x86-64: SSE2); AVX2 includes FMA; AVX-512 is F, BW, DQ and VL; avx512bf16 adds AVX512-BF16. */
enum bm_isa { BM_BASELINE, BM_AVX2, BM_AVX512, BM_AVX512BF16, BM_ISA_COUNT };

/* Every argument structure begins with these two, so that they can be set without knowing the op. */
struct bm_means {
    int threads;
    void *scratch;
};

union bm_args {
    struct bm_means means;
    struct bm_bn bn;
    struct bm_gemm gemm;
    struct bm_gemm_bf16 gemm_bf16;
    struct bm_relu relu;
    struct bm_bias_grad bias_grad;
    struct bm_softmax_xent softmax_xent;
    struct bm_optimizer optimizer;
};

struct bm_op;

/* One implementation of one operation; see BM_KERNEL below. */
struct bm_kernel {
    const char *name;
    const struct bm_op *op;
    enum bm_isa isa;
    bool omp;           /* uses args->threads threads; the others use one */
    const char *peer;   /* NULL, or the library that does the work, loaded at run time: harness/peer.h */
    const char *idea;   /* one sentence: what it does that its siblings do not */
    const char *source; /* the paper or book of the idea */
    const char *loses;  /* when another variant is the better choice */
    /* NULL, or a reason in one clause, for arguments that the op accepts and this variant does not. */
    const char *(*refuses)(const union bm_args *args);
    /* Bytes of scratch, 64-byte aligned; contents need not be kept between calls. NULL: none. It depends on
     * sizes and thread count only, never on pointers. */
    size_t (*scratch_bytes)(const union bm_args *args);
    void (*run)(const union bm_args *args);
    const char *file, *flags, *compiler; /* how this very object was made */
};

/*
 * A problem: the sizes, strides and constants of one call. One structure for all ops; each reads what it needs.
 * The text form is documented in bench/shapes/README.md.
 */
struct bm_shape {
    size_t N, C, S;        /* rows (batch), channels, spatial size; gemm: N columns of C; optimisers: N parameters */
    enum bm_layout layout; /* BN */
    size_t M, K;           /* gemm: C is M x N, inner size K */
    bool ta, tb;           /* gemm: op(A) = A^T, op(B) = B^T */
    float alpha, beta;     /* gemm */
    enum bm_epilogue epilogue; /* gemm */
    size_t pad;                /* every leading dimension is its least value plus pad */
    float slope;               /* of the activation's negative side; 0: ReLU */
    float eps, momentum;       /* BN */
    bool unbiased;             /* BN: running variance divides by L - 1 */
    bool given;                /* BN forward: the statistics are given */
};

enum bm_role { BM_IN, BM_OUT, BM_INOUT };
enum bm_type { BM_F32, BM_I32, BM_BF16 }; /* outputs are f32 */
static inline size_t bm_type_bytes(enum bm_type type) { return type == BM_BF16 ? 2 : 4; }

/* One array of a call: rows x cols elements, rows ld apart. The elements between cols and ld are not its own. */
struct bm_operand {
    const char *name;
    enum bm_role role;
    size_t rows, cols, ld;
    enum bm_type type;
};
#define BM_MAX_OPERANDS 12

/*
 * What the arrays hold in verification.
 *   exact     small integers and powers of two, so that every summation order gives the same bits: compared for equality
 *   random    uniform or normal of order 1
 *   offset    mean 1e4 times the deviation: kills E[x^2] - E[x]^2
 *   constant  every channel constant: variance 0
 *   tiny      of order 2^-70: squares are subnormal
 *   huge      of order 2^50: squares are near 1e30
 *   special   random with a few NaN and infinities: they must come out where the formula puts them and nowhere else
 */
enum bm_fill { BM_EXACT, BM_RANDOM, BM_OFFSET, BM_CONSTANT, BM_TINY, BM_HUGE, BM_SPECIAL, BM_FILL_COUNT };

/* One operation: its meaning, independent of how it is computed. Lives in kernels/<op>/<op>.c, never timed. */
struct bm_op {
    const char *name;
    const char *summary; /* one line, with the formula */
    const char *family;  /* which shape lines it takes: "bn", "gemm", "rows" (N x C) or "params" (N) */
    /* Lists the arrays of a shape; returns their number. */
    unsigned (*operands)(const struct bm_shape *shape, struct bm_operand operand[BM_MAX_OPERANDS]);
    /* Puts pointers (in the order of operands()) and the shape into args; means.threads and means.scratch are the
     * caller's to set afterwards. */
    void (*bind)(const struct bm_shape *shape, void *const array[], union bm_args *args);
    /* NULL, or why these arguments mean nothing (for every variant). */
    const char *(*refuses)(const union bm_args *args);
    /* Fills the BM_IN and BM_INOUT arrays and may set constants of the shape (eps for exactness). False: this
     * fill means nothing for this op or shape. */
    bool (*fill)(struct bm_shape *shape, enum bm_fill fill, uint64_t seed, void *const array[]);
    /* In double precision from the arrays before the call: want[i] and bound[i], dense rows x cols, for every
     * operand i that is BM_OUT or BM_INOUT (NULL for the others). |got - want| <= bound must hold; a NaN in
     * want asks for a NaN; a bound of +Inf leaves the element unchecked. */
    void (*oracle)(const struct bm_shape *shape, void *const array[], double *const want[], double *const bound[]);
    double (*flops)(const struct bm_shape *shape);
    /* NULL, or bytes of inputs that are loaded a second time because the first element of the result needs all of them:
     * statistics before normalisation. */
    double (*again_bytes)(const struct bm_shape *shape);
};

/* Compulsory traffic: every operand once, read (IN), written (OUT) or both (INOUT); and what must be loaded again, from
 * wherever it was kept. Belongs to the op, so that all variants are held to the same limit. */
struct bm_traffic {
    double read_bytes, write_bytes, again_bytes;
};
struct bm_traffic bm_traffic(const struct bm_op *op, const struct bm_shape *shape);

/* Asks the op, then the kernel. NULL: accepted. */
const char *bm_refuses(const struct bm_kernel *kernel, const union bm_args *args);
size_t bm_scratch_bytes(const struct bm_kernel *kernel, const union bm_args *args);

/*
 * Defines the one symbol of a variant's file. The Makefile gives BM_STEM, BM_OP, BM_ISA, BM_OMP and BM_FLAGS from
 * the file's name, so that they cannot disagree with it:
 *
 *     BM_KERNEL(.idea = "...", .source = "...", .loses = "...", .run = run);
 */
#define BM_STRING_(x) #x
#define BM_STRING(x)  BM_STRING_(x)
#define BM_FILE       BM_STRING(BM_STEM) ".c"
#define BM_KERNEL(...)                                                                                                 \
    extern const struct bm_op BM_OP;                                                                                   \
    extern const struct bm_kernel BM_STEM;                                                                             \
    const struct bm_kernel BM_STEM = { .name = BM_STRING(BM_STEM),                                                     \
                                       .op = &BM_OP,                                                                   \
                                       .isa = BM_ISA,                                                                  \
                                       .omp = BM_OMP,                                                                  \
                                       .file = BM_FILE,                                                                \
                                       .flags = BM_FLAGS,                                                              \
                                       .compiler = BM_COMPILER,                                                        \
                                       __VA_ARGS__ }
#ifdef __clang__
#define BM_COMPILER "clang " __clang_version__
#else
#define BM_COMPILER "gcc " __VERSION__
#endif

#ifdef __cplusplus
}
#endif
#endif
