/* SPDX-License-Identifier: MIT */
/*
 * op.h - the contract of an operation: what is computed on which arrays, how wrong a kernel may be, and how it is
 * checked, independent of how it is computed. Each op is one `const struct bm_op` in kernels/<op>/<op>.c. Kernels
 * themselves need kernel.h only.
 */
#ifndef BATCHMARK_OP_H
#define BATCHMARK_OP_H

#include "bn.h"
#include "gemm.h"
#include "kernel.h"
#include "training.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A problem: the sizes, strides and constants of one call. One structure for all ops; each reads what it needs, and the
 * keys of its family say which members that are. The text form is documented in bench/shapes/README.md.
 */
struct bm_shape {
    size_t N, C, S;        /* rows (batch), channels, spatial size; gemm: N columns of C; optimisers: N parameters */
    size_t G;              /* group_norm: groups of channels */
    enum bm_layout layout; /* BN, group_norm */
    size_t M, K;           /* gemm: C is M x N, inner size K */
    bool ta, tb;           /* gemm: op(A) = A^T, op(B) = B^T */
    float alpha, beta;     /* gemm */
    enum bm_epilogue epilogue; /* gemm */
    enum bm_result result;     /* gemm_bf16: what C is */
    size_t pad;                /* every leading dimension is its least value plus pad */
    float slope;               /* of the activation's negative side; 0: ReLU */
    enum bm_act act;           /* sigmoid and tanh */
    float rate;                /* of dropout */
    float eps, momentum;       /* BN; eps also of the other normalisations */
    bool unbiased;             /* BN: running variance divides by L - 1 */
    bool given;                /* BN forward: the statistics are given */
    size_t height, width;      /* conv, pool: of an image */
    int filter;                /* conv: height and width of a filter; K is its output channels */
};

enum bm_key_type {
    BM_KEY_SIZE,   /* size_t */
    BM_KEY_FACTOR, /* size_t: H and W of S. All factors of a size are given, or the size itself, or none of them */
    BM_KEY_NUMBER, /* float */
    BM_KEY_WORD,   /* an enum: one of `words` */
    BM_KEY_FLAG,   /* bool: 0 or 1 */
    BM_KEY_PAIR    /* two bools, one behind the other: one of `words`, whose number they are in binary */
};

struct bm_word {
    const char *name;
    int value;
};

#define BM_MOST_SIZE 1099511627776. /* 2^40 */

/* A key of a shape's text, `name=value`: which member it sets and to what. */
struct bm_key {
    const char *name;
    enum bm_key_type type;
    size_t offset;               /* of its member in struct bm_shape; of a factor: of the product */
    const char *usual;           /* what it is if not given, as text; NULL: it must be given (factors need not) */
    double least, most;          /* of sizes and numbers. NaN lies outside, and so does an infinity beyond `most` */
    const struct bm_word *words; /* ends with a NULL name */
    bool shown;                  /* in labels always; other keys only if they are not as usual */
    bool shown_with_next;        /* in labels if the next key is */
    size_t drawn_most;           /* of a size: the most in random shapes */
    const char *drawn;           /* of a number: what it is in random shapes, as text */
    const char *meaning;         /* one line for people */
};

/* What ops with the same keys have in common: a line of a shape file is for all of them. Each op's file may have a copy
 * of its own (it comes from a header); equal names are the same family. Keys of one name are alike in all families. */
struct bm_family {
    const char *name;
    const char *about;        /* its ops in a few words */
    const struct bm_key *key; /* in the order of labels; ends with a NULL name */
    double drawn_most;        /* the product of all sizes in random shapes */
    /* NULL, or what one key means for another, after all were read: bit i of `given` says that key[i] was given. */
    void (*settle)(struct bm_shape *shape, unsigned given);
};

enum bm_role { BM_IN, BM_OUT, BM_INOUT };
enum bm_type { BM_F32, BM_I32, BM_BF16, BM_U8, BM_S8 }; /* outputs are f32 or bf16 */
static inline size_t bm_type_bytes(enum bm_type type) { return type >= BM_U8 ? 1 : type == BM_BF16 ? 2 : 4; }

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
 *             (a result in bf16 with what is exact in f32, rounded)
 *   random    uniform or normal of order 1
 *   offset    mean 1e4 times the deviation: kills E[x^2] - E[x]^2
 *   constant  every channel constant: variance 0
 *   tiny      of order 2^-70: squares are subnormal
 *   huge      of order 2^50: squares are near 1e30
 *   special   random with a few NaN and infinities: they must come out where the formula puts them and nowhere else
 *   extreme   both ends of the exponent: as large as the op's header promises to take, and subnormal
 */
enum bm_fill { BM_EXACT, BM_RANDOM, BM_OFFSET, BM_CONSTANT, BM_TINY, BM_HUGE, BM_SPECIAL, BM_EXTREME, BM_FILL_COUNT };

/* One operation: its meaning, independent of how it is computed. Lives in kernels/<op>/<op>.c, never timed. */
struct bm_op {
    const char *name;
    const char *summary; /* one line, with the formula */
    size_t args_bytes;   /* size of its argument structure */
    const struct bm_family *family; /* which shape lines it takes */
    const char *ignores; /* NULL, or keys of the family that it has no use for, with spaces between */
    /* Lists the arrays of a shape; returns their number. */
    unsigned (*operands)(const struct bm_shape *shape, struct bm_operand operand[BM_MAX_OPERANDS]);
    /* Puts pointers (in the order of operands()) and the shape into args */
    void (*bind)(const struct bm_shape *shape, void *const array[], void *args);
    /* NULL, or why these arguments mean nothing (for every kernel). */
    const char *(*refuses)(const void *args);
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
 * wherever it was kept. Belongs to the op, so that all kernels are held to the same limit. */
struct bm_traffic {
    double read_bytes, write_bytes, again_bytes;
};
struct bm_traffic bm_traffic(const struct bm_op *op, const struct bm_shape *shape);

/* The work of a call as one number, FLOPs and compulsory bytes: how much longer the call of another shape will take. */
double bm_work(const struct bm_op *op, const struct bm_shape *shape);

#ifdef __cplusplus
}
#endif
#endif
