/* SPDX-License-Identifier: MIT */
/* test_kernels.c - a loop over the registry: a new kernel is tested by existing. The full sweep is `batchmark
 * verify`; here are random shapes, the descriptors, and the broken kernels. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bn_auto.h"
#include "bn_bf16_auto.h"
#include "code.h"
#include "gemm/gemm_auto.h"
#include "gemm_s8.h"
#include "random_shape.h"
#include "shape.h"
#include "verify.h"

Suite *kernels_suite(void);
extern const struct bm_kernel *const bm_mutants[];

enum { RANDOM_SHAPES = 28 }; /* four rounds of the seven fills */

static int count(const struct bm_kernel *const *list)
{
    int n = 0;
    while (list[n])
        n++;
    return n;
}

/* All runnable kernels of an op on one problem, whose results are computed once. */
static void verify_kernels(const struct bm_op *op, struct bm_problem *problem, int *passed)
{
    static const int threads[] = { 1, 2, 5 };
    struct bm_stage stage;
    const char *why;
    bm_stage_make(&stage, problem, BM_PLACEMENTS);
    for (int i = 0; bm_kernels[i]; i++) {
        const struct bm_kernel *k = bm_kernels[i];
        if (k->op != op || !bm_runnable(k, &why))
            continue;
        const struct bm_verification v = bm_verify(&stage, k, threads, 3, BM_PLACEMENTS);
        ck_assert_msg(v.verdict != BM_WRONG, "%s: %s\nagain: %s", k->name, v.text, v.command);
        ck_assert_msg(v.verdict != BM_INACCURATE || k->peer, "%s: only a peer may miss a bound", k->name);
        passed[i] += v.verdict == BM_PASSED;
    }
    bm_stage_free(&stage);
}

START_TEST(kernels_of_op_are_right)
{
    const struct bm_op *op = bm_ops[_i];
    const char *why;
    int *passed = bm_alloc((size_t)count(bm_kernels) * sizeof *passed);
    for (uint64_t i = 0; i < RANDOM_SHAPES; i++) {
        struct bm_shape shape = bm_random_shape(op, 7, i);
        struct bm_problem p;
        if (bm_problem_make(&p, op, &shape, (enum bm_fill)(i % BM_FILL_COUNT), i))
            continue;
        verify_kernels(op, &p, passed);
        bm_problem_free(&p);
    }
    for (int i = 0; bm_kernels[i]; i++) {
        if (bm_kernels[i]->op != op)
            continue;
        if (!bm_runnable(bm_kernels[i], &why))
            printf("skipped: %s: %s\n", bm_kernels[i]->name, why);
        else
            ck_assert_msg(passed[i] > 0, "%s: nothing was verified", bm_kernels[i]->name);
    }
    free(passed);
}
END_TEST

/* Whose name is a token, baseline if none is. */
static enum bm_isa isa_in(const char *variant)
{
    char word[64];
    for (const char *token = variant; *token; token += strcspn(token, "_") + 1) {
        snprintf(word, sizeof word, "%.*s", (int)strcspn(token, "_"), token);
        if (bm_isa_named(word) < BM_ISA_COUNT)
            return bm_isa_named(word);
        if (!token[strcspn(token, "_")])
            break;
    }
    return BM_BASELINE;
}

static void check_description(const struct bm_kernel *k)
{
    size_t length = strlen(k->op->name);
    ck_assert_msg(strncmp(k->name, k->op->name, length) == 0 && k->name[length] == '_', "%s is not named for %s",
                  k->name, k->op->name);
    ck_assert_ptr_eq(bm_find(k->name), k);
    ck_assert_ptr_eq(bm_find_op(k->op->name), k->op);
    ck_assert_msg(k->idea && k->source && k->loses && k->run, "%s: idea, source, loses and run must be given", k->name);
    const bool automatic = strcmp(k->name + length, "_auto") == 0;
    ck_assert_msg((strstr(k->name, "_omp") || automatic || k->peer) == k->omp, "%s: omp", k->name);
    ck_assert_msg(k->isa == isa_in(k->name + length), "%s: isa", k->name);
    ck_assert_msg(strlen(k->flags) > 0 && strlen(k->compiler) > 0, "%s: flags and compiler", k->name);
    ck_assert_ptr_null(strstr(k->flags, "fast-math"));
    ck_assert_ptr_null(strstr(k->flags, "native"));
}

START_TEST(kernels_describe_themselves)
{
    for (int i = 0; bm_kernels[i]; i++)
        check_description(bm_kernels[i]);
}
END_TEST

/* Sets that every op has here, and the ISA of the tuned kernels that `auto` prefers. */
#if defined(__x86_64__)
#define PLATFORM_SETS                                                                                                  \
    "avx2", "avx2_omp", "avx2_tuned", "autovec_avx2", "autovec_avx2_omp", "avx512", "avx512_omp", "avx512_omp_tuned",  \
        "autovec_avx512", "autovec_avx512_omp"
#define PLATFORM "x86-64"
#define BF16_SET "avx512bf16_omp"
#define VNNI_SET "avx512vnni_omp"
#define BEST    BM_AVX512
#define BEST_OF(op, rest) op "_avx512" rest
#elif defined(__aarch64__)
#define PLATFORM_SETS \
    "neon", "neon_omp", "neon_tuned", "neon_omp_tuned", "autovec_neon", "autovec_neon_omp", "sve", "sve_omp", "autovec_sve",  \
        "autovec_sve_omp"
#define PLATFORM "aarch64"
#define BF16_SET "neonbf16_omp"
#define BEST    BM_NEON
#define BEST_OF(op, rest) op "_neon" rest
#else /* the baseline is all there is */
#define PLATFORM_SETS
#define PLATFORM "riscv64"
#endif

/* Every op of training has every basic set of the platform, so that a step runs in any one of them. The ops on bf16 and on
 * integers, which have no part in it, have the kernels of an ISA with such instructions instead. */
START_TEST(op_has_every_set)
{
    static const char *const sets[] = { "naive", "autovec", "naive_omp", "autovec_omp", PLATFORM_SETS };
    struct bm_shape shape = { .N = 64, .C = 32, .S = 1, .M = 16, .K = 16, .alpha = 1, .height = 2, .width = 2, .filter = 3 };
    for (const struct bm_op *const *op = bm_ops; *op; op++) {
        const bool bf16 = strstr((*op)->name, "_bf16") != NULL, s8 = *op == bm_find_op("gemm_s8");
        for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
            ck_assert_msg(bm_choose(*op, sets[i], &shape, 2) != NULL ||
                              ((bf16 || s8) && isa_in(sets[i]) != BM_BASELINE && strncmp(sets[i], "autovec", 7) != 0),
                          "%s has no %s", (*op)->name, sets[i]);
#ifdef BF16_SET
        ck_assert_int_eq(bm_choose(*op, BF16_SET, &shape, 2) != NULL, bf16);
#endif
#ifdef VNNI_SET
        ck_assert_int_eq(bm_choose(*op, VNNI_SET, &shape, 2) != NULL, s8);
#endif
        const struct bm_kernel *automatic = bm_choose(*op, "auto", &shape, 2);
        ck_assert_ptr_nonnull(automatic);
        ck_assert(bm_runnable(automatic, NULL));
        char name[64];
        snprintf(name, sizeof name, "%s_auto", (*op)->name);
        if (automatic == bm_find(name))
            continue; /* chooses at each call: gemm_auto_rule, bn_auto_rule */
        ck_assert_msg(!automatic->omp, "%s: a tiny shape must not start a team", automatic->name);
        shape.N = shape.C = shape.M = shape.K = 3000;
        ck_assert_msg(bm_choose(*op, "auto", &shape, 2)->omp == (strcmp((*op)->family->name, "params") != 0),
                      "%s: a large one must", (*op)->name);
        ck_assert(!bm_choose(*op, "auto", &shape, 1)->omp);
        shape.N = 64, shape.C = 32, shape.M = shape.K = 16;
        ck_assert_ptr_null(bm_choose(*op, "avx521", &shape, 2));
    }
    ck_assert_ptr_null(bm_choose(bm_find_op("gemm"), "bf16_naive", &shape, 2)); /* another op's */
}
END_TEST

/* The largest K whose sums fit 32 bits is taken, and no larger one; what inference has no use for is refused. */
START_TEST(gemm_s8_limits)
{
    static const uint8_t a[1];
    static const int8_t b[1];
    static const float scale[1];
    static float c[1];
    const struct bm_kernel *k = bm_find("gemm_s8_naive");
    struct bm_gemm_s8 g = { .threads = 1, .M = 1, .N = 1, .K = BM_GEMM_S8_MOST_K, .lda = BM_GEMM_S8_MOST_K, .ldb = 1, .ldc = 1,
                            .A = a, .B = b, .C = c, .scale = scale };
    ck_assert_uint_le(255 * 128 * (uint64_t)BM_GEMM_S8_MOST_K, INT32_MAX);
    ck_assert_uint_gt(255 * 128 * (uint64_t)(BM_GEMM_S8_MOST_K + 1), INT32_MAX);
    ck_assert_ptr_null(bm_refuses(k, &g));
    g.lda = ++g.K;
    ck_assert_ptr_nonnull(bm_refuses(k, &g));
    g.lda = --g.K;
    g.epilogue = BM_EPILOGUE_BIAS;
    ck_assert_ptr_nonnull(bm_refuses(k, &g)); /* without a bias */
    g.bias = scale;
    ck_assert_ptr_null(bm_refuses(k, &g));
    g.epilogue = BM_EPILOGUE_BN_STATS;
    ck_assert_ptr_nonnull(bm_refuses(k, &g));
    g.epilogue = BM_EPILOGUE_NONE;
    g.scale = NULL;
    ck_assert_ptr_nonnull(bm_refuses(k, &g));
}
END_TEST

static const char *picked(enum bm_isa isa, int threads, size_t M, size_t N, size_t K, const char *trans, size_t pad)
{
    const struct bm_gemm g = { .threads = threads, .M = M, .N = N, .K = K, .ta = trans[0] == 'T', .tb = trans[1] == 'T',
                               .lda = (trans[0] == 'T' ? M : K) + pad, .ldb = (trans[1] == 'T' ? K : N) + pad };
    return gemm_auto_pick(&g, isa)->name;
}

/* Each line of the rule in gemm_auto.h, on both sides of its limit. */
START_TEST(gemm_auto_rule)
{
    ck_assert_str_eq(picked(BM_BASELINE, 2, 32, 300, 784, "NN", 0), "gemm_autovec_omp");
    ck_assert_str_eq(picked(BM_BASELINE, 1, 32, 300, 784, "NN", 0), "gemm_autovec");
#ifdef __x86_64__
    ck_assert_str_eq(picked(BM_AVX512BF16, 1, 32, 300, 784, "NN", 0), "gemm_avx512_direct");
#endif
#ifdef BEST
    ck_assert_str_eq(picked(BEST, 2, 32, 300, 784, "NN", 0), BEST_OF("gemm", "_omp_direct"));
    ck_assert_str_eq(picked(BEST, 2, 32, 32, 32, "NN", 0), BEST_OF("gemm", "_direct")); /* too small for a team */
#ifdef __x86_64__
    ck_assert_str_eq(picked(BM_AVX2, 1, 32, 300, 784, "NT", 0), "gemm_avx2_tuned");          /* B transposed */
    ck_assert_str_eq(picked(BM_AVX2, 4, 32, 300, 784, "TN", 0), "gemm_avx2_omp_direct");
#endif
    ck_assert_str_eq(picked(BEST, 1, 129, 512, 513, "NN", 0), BEST_OF("gemm", "_tuned")); /* B larger than L2, and many rows */
    ck_assert_str_eq(picked(BEST, 1, 129, 512, 512, "NN", 0), BEST_OF("gemm", "_direct"));
    ck_assert_str_eq(picked(BEST, 2, 129, 512, 513, "NN", 0), BEST_OF("gemm", "_omp_tuned")); /* whatever the threads */
    ck_assert_str_eq(picked(BEST, 1, 128, 512, 513, "NN", 0), BEST_OF("gemm", "_direct"));
    ck_assert_str_eq(picked(BEST, 1, 128, 1025, 1023, "NN", 0), BEST_OF("gemm", "_direct"));
    ck_assert_str_eq(picked(BEST, 1, 128, 1025, 1025, "NN", 0), BEST_OF("gemm", "_tuned")); /* B larger than four L2 */
#ifdef __x86_64__
    ck_assert_str_eq(picked(BM_AVX2, 1, 48, 512, 513, "NN", 0), "gemm_avx2_direct");
    ck_assert_str_eq(picked(BM_AVX2, 1, 49, 512, 65, "NN", 0), "gemm_avx2_tuned");
    ck_assert_str_eq(picked(BM_AVX2, 1, 49, 512, 64, "NN", 0), "gemm_avx2_direct");
#endif
    ck_assert_str_eq(picked(BEST, 1, 32, 100, 1024, "NN", 0), BEST_OF("gemm", "_tuned"));   /* rows of A 4 KiB apart */
    ck_assert_str_eq(picked(BEST, 1, 32, 100, 1024, "NN", 1), BEST_OF("gemm", "_direct"));
    ck_assert_str_eq(picked(BEST, 1, 32, 100, 32, "NN", 992), BEST_OF("gemm", "_direct")); /* but little of each */
    ck_assert_str_eq(picked(BEST, 1, 3072, 512, 64, "TN", 0), BEST_OF("gemm", "_direct")); /* read along its rows */
    ck_assert_str_eq(picked(BEST, 1, 32, 16, 100, "NN", 0), BEST_OF("gemm", "_tuned"));          /* one vector of columns */
    ck_assert_str_eq(picked(BEST, 1, 32, 9, 100, "NN", 0), BEST_OF("gemm", "_tuned"));
    ck_assert_str_eq(picked(BEST, 1, 32, 8, 100, "NN", 0), BEST_OF("gemm", "_direct")); /* half a one */
    ck_assert_str_eq(picked(BEST, 1, 32, 17, 100, "NN", 0), BEST_OF("gemm", "_direct"));
#endif
#ifdef __x86_64__
    ck_assert_str_eq(picked(BM_AVX512, 1, 16, 90, 128, "NT", 0), "gemm_avx512_rows"); /* few rows, B transposed */
    ck_assert_str_eq(picked(BM_AVX512, 1, 16, 90, 127, "NT", 0), "gemm_avx512_tuned");
    ck_assert_str_eq(picked(BM_AVX512, 1, 17, 90, 999, "NT", 0), "gemm_avx512_tuned");
    ck_assert_str_eq(picked(BM_AVX2, 1, 16, 90, 64, "NT", 0), "gemm_avx2_rows");
    ck_assert_str_eq(picked(BM_AVX512, 1, 7, 1000, 1049, "NN", 0), "gemm_avx512_rows"); /* B of 4 MiB */
    ck_assert_str_eq(picked(BM_AVX512, 1, 7, 1000, 1048, "NN", 0), "gemm_avx512_direct");
    ck_assert_str_eq(picked(BM_AVX512, 1, 7, 1024, 256, "NN", 0), "gemm_avx512_rows"); /* rows of B 4 KiB apart */
    ck_assert_str_eq(picked(BM_AVX512, 1, 1, 1000, 132, "NN", 0), "gemm_avx512_rows");
    ck_assert_str_eq(picked(BM_AVX512, 1, 500, 3, 4, "TN", 0), "gemm_avx512_columns"); /* short K, but few columns */
    ck_assert_str_eq(picked(BM_AVX512, 1, 500, 8, 6, "TN", 0), "gemm_avx512_outer");
    ck_assert_str_eq(picked(BM_AVX512, 1, 500, 8, 7, "TN", 0), "gemm_avx512_columns");
#endif
}
END_TEST

BN_AUTO_PICK(bn_forward)

static const char *bn_picked(enum bm_isa isa, int threads, size_t N, size_t C, size_t S)
{
    const struct bm_bn b = { .threads = threads, .N = N, .C = C, .S = S };
    return bn_forward_auto_pick(&b, isa)->name;
}

BN_BF16_AUTO_PICK(bn_forward_bf16)

static const char *bn_bf16_picked(enum bm_isa isa, int threads, size_t N, size_t C)
{
    const struct bm_bn b = { .threads = threads, .N = N, .C = C, .S = 1 };
    return bn_forward_bf16_auto_pick(&b, isa)->name;
}

/* Each line of the rule in bn_bf16_auto.h. */
START_TEST(bn_bf16_auto_rule)
{
#ifdef __x86_64__
    ck_assert_str_eq(bn_bf16_picked(BM_AVX512BF16, 2, 50, 1000), "bn_forward_bf16_avx512bf16_omp_tuned");
    ck_assert_str_eq(bn_bf16_picked(BM_AVX512BF16, 1, 50, 1000), "bn_forward_bf16_avx512bf16_tuned");
    ck_assert_str_eq(bn_bf16_picked(BM_AVX512BF16, 2, 49, 1020), "bn_forward_bf16_avx512bf16_tuned");
    ck_assert_str_eq(bn_bf16_picked(BM_AVX512, 1, 128, 128), "bn_forward_bf16_autovec_avx512_omp"); /* whatever the threads */
    ck_assert_str_eq(bn_bf16_picked(BM_AVX2, 2, 127, 129), "bn_forward_bf16_autovec_avx2");
#elif defined(__aarch64__)
    ck_assert_str_eq(bn_bf16_picked(BM_NEONBF16, 2, 50, 1000), "bn_forward_bf16_neonbf16_omp");
    ck_assert_str_eq(bn_bf16_picked(BM_NEONBF16, 2, 49, 1020), "bn_forward_bf16_neonbf16");
    ck_assert_str_eq(bn_bf16_picked(BM_SVE, 1, 128, 128), "bn_forward_bf16_autovec_sve_omp");
    ck_assert_str_eq(bn_bf16_picked(BM_NEON, 2, 127, 129), "bn_forward_bf16_autovec_neon");
#endif
    ck_assert_str_eq(bn_bf16_picked(BM_BASELINE, 1, 128, 128), "bn_forward_bf16_autovec_omp");
    ck_assert_str_eq(bn_bf16_picked(BM_BASELINE, 2, 127, 129), "bn_forward_bf16_autovec");
}
END_TEST

/* Each line of the rule in bn_auto.h, on both sides of its limit; and every bn op has it. */
START_TEST(bn_auto_rule)
{
    ck_assert_int_eq(BN_SMALL, 50 * 1000);
    ck_assert_int_eq(BN_LOOP_SMALL, 128 * 128);
#ifdef __x86_64__
    ck_assert_str_eq(bn_picked(BM_AVX512BF16, 1, 50, 1000, 1), "bn_forward_avx512_tuned");
#endif
#ifdef BEST
    ck_assert_str_eq(bn_picked(BEST, 2, 50, 1000, 1), BEST_OF("bn_forward", "_omp_tuned"));
    ck_assert_str_eq(bn_picked(BEST, 2, 50, 10, 100), BEST_OF("bn_forward", "_omp_tuned"));
    ck_assert_str_eq(bn_picked(BEST, 2, 49, 1020, 1), BEST_OF("bn_forward", "_tuned")); /* too small for a team */
#endif
#ifdef __x86_64__
    ck_assert_str_eq(bn_picked(BM_AVX2, 2, 50, 1000, 1), "bn_forward_avx2_omp_tuned");
    ck_assert_str_eq(bn_picked(BM_AVX2, 8, 49, 1020, 1), "bn_forward_avx2_tuned");
#endif
    ck_assert_str_eq(bn_picked(BM_BASELINE, 2, 128, 128, 1), "bn_forward_autovec_omp");
    ck_assert_str_eq(bn_picked(BM_BASELINE, 1, 128, 128, 1), "bn_forward_autovec_omp"); /* whatever the threads */
    ck_assert_str_eq(bn_picked(BM_BASELINE, 2, 127, 129, 1), "bn_forward_autovec");
    for (const struct bm_op *const *op = bm_ops; *op; op++)
        if (strcmp((*op)->family->name, "bn") == 0) {
            const struct bm_shape shape = { .N = 64, .C = 32, .S = 1 };
            const struct bm_kernel *k = bm_choose(*op, "auto", &shape, 2);
            ck_assert_msg(k && strcmp(k->name + strlen((*op)->name), "_auto") == 0, "%s has no auto", (*op)->name);
        }
}
END_TEST

START_TEST(mutant_is_rejected)
{
    static const int threads[] = { 1, 2, 3, 7 };
    const struct bm_kernel *k = bm_mutants[_i];
    struct bm_shape_list list = { 0, NULL };
    ck_assert(bm_shapes_load(&list, "verify", NULL));
    bool rejected = false;
    for (size_t i = 0; i < list.count && !rejected; i++)
        for (int fill = 0; fill < BM_FILL_COUNT && !rejected && bm_shape_fits(&list.line[i], k->op); fill++) {
            struct bm_problem p;
            struct bm_stage stage;
            if (bm_problem_make(&p, k->op, &list.line[i].shape, (enum bm_fill)fill, 1))
                continue;
            bm_stage_make(&stage, &p, BM_PLACEMENTS);
            rejected = bm_verify(&stage, k, threads, 4, BM_PLACEMENTS).verdict == BM_WRONG;
            bm_stage_free(&stage);
            bm_problem_free(&p);
        }
    bm_shapes_free(&list);
    ck_assert_msg(rejected, "%s was let through", k->name);
}
END_TEST

/* The environment's cap: what it rules out is skipped with that reason. */
START_TEST(isa_cap)
{
    setenv("BATCHMARK_MAX_ISA", "baseline", 1);
    ck_assert_int_eq(bm_isa_best(), BM_BASELINE);
    ck_assert(bm_runnable(bm_find("gemm_naive"), NULL));
#ifdef BEST
    const char *why;
    ck_assert(!bm_runnable(bm_find(BEST_OF("gemm", "_tuned")), &why));
    ck_assert_ptr_nonnull(why);
#endif
    unsetenv("BATCHMARK_MAX_ISA");
}
END_TEST

/* Where ours need instructions that are ruled out, `auto` is what the compiler makes with those that are left. */
START_TEST(auto_of_bf16_without_its_instructions)
{
#ifdef __x86_64__
    const struct bm_shape shape = { .M = 16, .N = 32, .K = 16, .alpha = 1 };
    const enum bm_isa best = bm_isa_best();
    setenv("BATCHMARK_MAX_ISA", "avx2", 1);
    ck_assert_str_eq(bm_choose(bm_find_op("gemm_bf16"), "auto", &shape, 1)->name,
                     bm_isa_extends(best, BM_AVX2) ? "gemm_bf16_autovec_avx2" : "gemm_bf16_autovec");
    unsetenv("BATCHMARK_MAX_ISA");
#endif
}
END_TEST

/* What is for another platform is known by name, op and ISA, and why it is not here. */
START_TEST(foreign_kernels_say_why)
{
    size_t foreign = 0;
    for (const struct bm_kernel *k = bm_foreign; k->name; k++, foreign++) {
        const char *why, *theirs = bm_isa_extends(k->isa, BM_NEON) ? "aarch64" : "x86-64";
        char reason[64];
        ck_assert_ptr_null(bm_find(k->name));
        ck_assert_ptr_eq(bm_find_op(k->op->name), k->op);
        ck_assert_msg(k->isa == isa_in(k->name + strlen(k->op->name)), "%s: isa", k->name);
        ck_assert(k->omp == (strstr(k->name, "_omp") != NULL));
        ck_assert(!bm_isa_runs(k->isa));
        ck_assert(!bm_runnable(k, &why));
        snprintf(reason, sizeof reason, "for %s; this program is for " PLATFORM, theirs);
        ck_assert_str_eq(why, reason);
    }
    ck_assert_uint_gt(foreign, 0);
}
END_TEST

/* autovec and autovec_neon: NEON is the baseline of aarch64, and FMA makes no difference where nothing is multiplied, or in
 * relu_bn_*, which may not use it. max_pool_backward, too, with SVE: gcc 12 makes no vectors of its loop there. naive and
 * autovec: that of riscv64 has no vectors. */
static bool may_be_the_same_loops(const struct bm_kernel *a, const struct bm_kernel *b)
{
#ifdef __riscv
    return a->op == b->op && a->omp == b->omp;
#else
    return a->op == b->op && strstr(a->name, "_autovec") && strstr(b->name, "_autovec") &&
           (a->isa == BM_NEON || b->isa == BM_NEON ||
            (strcmp(PLATFORM, "aarch64") == 0 && strcmp(a->op->name, "max_pool_backward") == 0));
#endif
}

/* Every kernel of ours has a hash of its own, so auto's is none of its parts'; what is elsewhere has none. */
START_TEST(hashes_of_code)
{
    for (const struct bm_kernel *const *k = bm_kernels; *k; k++) {
        const char *hash = bm_code_of(*k);
        ck_assert_msg(strlen(hash) == ((*k)->peer ? 0 : 16) && strspn(hash, "0123456789abcdef") == strlen(hash), "%s: '%s'",
                      (*k)->name, hash);
        for (const struct bm_kernel *const *other = bm_kernels; *hash && other != k; other++)
            ck_assert_msg(strcmp(hash, bm_code_of(*other)) != 0 || may_be_the_same_loops(*k, *other), "%s and %s", (*k)->name,
                          (*other)->name);
    }
    for (const struct bm_kernel *const *k = bm_mutants; *k; k++)
        ck_assert_str_eq(bm_code_of(*k), "");
}
END_TEST

Suite *kernels_suite(void)
{
    Suite *suite = suite_create("kernels");
    TCase *slow = tcase_create("verify"), *quick = tcase_create("registry");
    int ops = 0;
    while (bm_ops[ops])
        ops++;
    tcase_set_timeout(slow, 900);
    tcase_add_loop_test(slow, kernels_of_op_are_right, 0, ops);
    tcase_add_loop_test(slow, mutant_is_rejected, 0, count(bm_mutants));
    tcase_add_test(quick, kernels_describe_themselves);
    tcase_add_test(quick, op_has_every_set);
    tcase_add_test(quick, gemm_auto_rule);
    tcase_add_test(quick, gemm_s8_limits);
    tcase_add_test(quick, bn_auto_rule);
    tcase_add_test(quick, bn_bf16_auto_rule);
    tcase_add_test(quick, isa_cap);
    tcase_add_test(quick, auto_of_bf16_without_its_instructions);
    tcase_add_test(quick, foreign_kernels_say_why);
    tcase_add_test(quick, hashes_of_code);
    suite_add_tcase(suite, slow);
    suite_add_tcase(suite, quick);
    return suite;
}
