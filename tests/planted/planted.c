/*
 * planted.c - makes the program build/batchmark-planted: batchmark whose BN kernels do BATCHMARK_PLANT percent of their
 * work twice. `batchmark ab` against the true program must call them slower; tests/power.sh measures how often it does.
 *
 * Each kernel first normalises that share of its rows, without touching the running statistics, and then all of them:
 * the results are those of the kernel.
 */
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

enum { MOST_KERNELS = 512, MOST_PLANTED = 64 };

extern const struct bm_kernel *const bm_true_kernels[]; /* the program's own table, renamed by objcopy */
const struct bm_kernel *bm_kernels[MOST_KERNELS + 1];   /* what the program gets in its place */

static const struct bm_kernel *original[MOST_PLANTED];
static struct bm_kernel planted[MOST_PLANTED];
static double share;

static void run(int which, const union bm_args *args)
{
    union bm_args part = *args;
    part.bn.N = (size_t)(share * (double)args->bn.N + 0.5);
    if (strstr(original[which]->name, "forward"))
        part.bn.running_mean = part.bn.running_var = NULL;
    if (part.bn.N > 0)
        original[which]->run(&part);
    original[which]->run(args);
}

/* A kernel is told nothing but its arguments, so each planted one needs a function of its own. */
#define RUN(n)                                                                                                         \
    static void run_##n(const union bm_args *args) { run(n, args); }
#define EIGHT(of, t) of(t##0) of(t##1) of(t##2) of(t##3) of(t##4) of(t##5) of(t##6) of(t##7)
#define ALL(of)                                                                                                        \
    EIGHT(of, 0) EIGHT(of, 01) EIGHT(of, 02) EIGHT(of, 03) EIGHT(of, 04) EIGHT(of, 05) EIGHT(of, 06) EIGHT(of, 07)
ALL(RUN)
#define NAME(n) run_##n,
static void (*const function[])(const union bm_args *) = { ALL(NAME) };

__attribute__((constructor)) static void plant(void)
{
    const char *percent = getenv("BATCHMARK_PLANT");
    int n = 0;
    share = percent ? strtod(percent, NULL) / 100 : 0;
    for (int i = 0; i < MOST_KERNELS && bm_true_kernels[i]; i++) {
        const struct bm_kernel *k = bm_true_kernels[i];
        const bool bn = strstr(k->op->name, "bn_") && !k->peer;
        bm_kernels[i] = k;
        if (!bn || n == MOST_PLANTED)
            continue;
        original[n] = k;
        planted[n] = *k;
        planted[n].run = function[n];
        bm_kernels[i] = &planted[n++];
    }
}
