/* SPDX-License-Identifier: MIT */
/*
 * planted.c - makes build/planted.so: the library, but each kernel does BATCHMARK_PLANT percent of its work twice. `batchmark
 * ab` must call it slower than the true library; tests/planted/power.sh measures how often it does.
 *
 * A kernel first does that share of its rows (optimisers: of copies of their arrays), and then everything: its results are
 * the true ones.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "code.h"
#include "op.h"

enum { MOST_KERNELS = 1024, MOST_COPIED = 1 << 20 };

extern const struct bm_kernel *const bm_true_kernels[]; /* the library's own table, renamed by objcopy */
const struct bm_kernel *bm_kernels[MOST_KERNELS + 1];   /* what callers get in its place */
const struct bm_code bm_codes[] = { { NULL, NULL } }, bm_modules[] = { { NULL, NULL } };

static const struct bm_kernel *original[MOST_KERNELS];
static struct bm_kernel planted[MOST_KERNELS];
static double share;

/* Weights, m and v that an optimiser may spoil. */
static float copied[3][MOST_COPIED];

static size_t part_of(size_t n) { return (size_t)(share * (double)n + 0.5); }

/* Leaves a share of the work in args; false: nothing. */
static bool shorten(const char *family, const char *op, union bm_args *args)
{
    if (strcmp(family, "bn") == 0) {
        if (strstr(op, "forward"))
            args->bn.running_mean = args->bn.running_var = NULL;
        return (args->bn.N = part_of(args->bn.N)) > 0;
    }
    if (strcmp(op, "gemm") == 0)
        return args->gemm.beta == 0 && (args->gemm.M = part_of(args->gemm.M)) > 0;
    if (strcmp(op, "gemm_bf16") == 0)
        return args->gemm_bf16.beta == 0 && (args->gemm_bf16.M = part_of(args->gemm_bf16.M)) > 0;
    if (strcmp(op, "gemm_s8") == 0)
        return (args->gemm_s8.M = part_of(args->gemm_s8.M)) > 0;
    if (strcmp(op, "bias_grad") == 0)
        return (args->bias_grad.N = part_of(args->bias_grad.N)) > 0;
    if (strcmp(op, "softmax_xent") == 0)
        return (args->softmax_xent.N = part_of(args->softmax_xent.N)) > 0;
    if (strcmp(family, "rows") == 0)
        return (args->relu.N = part_of(args->relu.N)) > 0;
    if (strcmp(family, "params") != 0) /* another one, of which nothing is planted */
        return false;
    args->optimizer.w = copied[0];
    args->optimizer.m = args->optimizer.m ? copied[1] : NULL;
    args->optimizer.v = args->optimizer.v ? copied[2] : NULL;
    args->optimizer.N = part_of(args->optimizer.N);
    return args->optimizer.N > 0 && args->optimizer.N <= MOST_COPIED;
}

static void run(int which, const void *args)
{
    union bm_args part;
    const struct bm_kernel *k = original[which];
    memcpy(&part, args, k->op->args_bytes);
    if (shorten(k->op->family->name, k->op->name, &part))
        k->run(&part);
    k->run(args);
}

/* A kernel is told nothing but its arguments, so each planted one needs a function of its own. */
#define RUN(n)                                                                                                         \
    static void run_##n(const void *args) { run(n, args); }
#define EIGHT(of, t) of(t##0) of(t##1) of(t##2) of(t##3) of(t##4) of(t##5) of(t##6) of(t##7)
#define SIXTY_FOUR(of, t)                                                                                              \
    EIGHT(of, t##0) EIGHT(of, t##1) EIGHT(of, t##2) EIGHT(of, t##3) EIGHT(of, t##4) EIGHT(of, t##5) EIGHT(of, t##6) EIGHT(of, t##7)
#define ALL(of) SIXTY_FOUR(of, 00) SIXTY_FOUR(of, 01) SIXTY_FOUR(of, 02) SIXTY_FOUR(of, 03) \
    SIXTY_FOUR(of, 04) SIXTY_FOUR(of, 05) SIXTY_FOUR(of, 06) SIXTY_FOUR(of, 07) SIXTY_FOUR(of, 010) SIXTY_FOUR(of, 011) \
    SIXTY_FOUR(of, 012) SIXTY_FOUR(of, 013) SIXTY_FOUR(of, 014) SIXTY_FOUR(of, 015) SIXTY_FOUR(of, 016) SIXTY_FOUR(of, 017)
ALL(RUN)
#define NAME(n) run_##n,
static void (*const function[])(const void *) = { ALL(NAME) };

__attribute__((constructor)) static void plant(void)
{
    const char *percent = getenv("BATCHMARK_PLANT");
    share = percent ? strtod(percent, NULL) / 100 : 0;
    for (int i = 0; bm_true_kernels[i]; i++) {
        if (i == MOST_KERNELS) {
            fputs("planted.so: more kernels than MOST_KERNELS\n", stderr);
            abort();
        }
        original[i] = bm_true_kernels[i];
        planted[i] = *original[i];
        if ((size_t)i < sizeof function / sizeof *function && !original[i]->peer)
            planted[i].run = function[i];
        bm_kernels[i] = &planted[i];
    }
}
