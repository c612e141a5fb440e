/* SPDX-License-Identifier: MIT */
/* test_tall.c - products whose K is cut into chunks: on small integers every sum is exact, so every order of them, every
 * number of threads and every kernel must give the same. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "batchmark.h"
#include "gemm.h"
#include "random.h"

Suite *tall_suite(void);
extern const struct bm_op gemm;

static const struct { size_t M, N, K; bool ta, tb; } shapes[] = {
    { 1, 1, 2048, false, false }, { 17, 33, 6145, true, false }, { 128, 128, 2049, false, true },
    { 5, 7, 70001, false, false }, { 31, 2, 9999, true, true },
};

/* -2 ... 2 */
static float *integers(size_t n, uint64_t seed)
{
    float *p = malloc(n * sizeof *p);
    for (size_t i = 0; i < n; i++)
        p[i] = (float)bm_integer(seed, i, -2, 2);
    return p;
}

static double product(const struct bm_gemm *g, size_t i, size_t j)
{
    double sum = 0;
    for (size_t k = 0; k < g->K; k++)
        sum += (double)(g->ta ? g->A[k * g->lda + i] : g->A[i * g->lda + k]) *
               (double)(g->tb ? g->B[j * g->ldb + k] : g->B[k * g->ldb + j]);
    return sum + g->bias[j];
}

/* C, and its mean in every column. */
static void is_exact(const struct bm_gemm *g, const double *want, const char *name)
{
    for (size_t j = 0; j < g->N; j++) {
        double mean = 0;
        for (size_t i = 0; i < g->M; i++) {
            mean += want[i * g->N + j] / (double)g->M;
            ck_assert_msg(g->C[i * g->N + j] == want[i * g->N + j], "%s on %d threads: C[%zu][%zu] is %g, not %g", name, g->threads,
                          i, j, (double)g->C[i * g->N + j], want[i * g->N + j]);
        }
        ck_assert_msg(fabs(g->mean[j] - mean) <= 1e-6 * (1 + fabs(mean)), "%s: mean", name);
    }
}

static void holds(struct bm_gemm *g, const double *want)
{
    static const int threads[] = { 1, 2, 3, 5, 64 };
    for (const struct bm_kernel *const *k = bm_kernels; *k; k++) {
        const char *why;
        if ((*k)->op != &gemm || (*k)->peer || !bm_runnable(*k, &why) || bm_refuses(*k, g))
            continue;
        for (size_t t = 0; t < ((*k)->omp ? sizeof threads / sizeof *threads : 1); t++) {
            g->threads = threads[t];
            g->scratch = aligned_alloc(64, (bm_scratch_bytes(*k, g) + 64) / 64 * 64);
            (*k)->run(g);
            free(g->scratch);
            is_exact(g, want, (*k)->name);
        }
    }
}

START_TEST(sums_of_integers_are_exact)
{
    struct bm_gemm g = { .M = shapes[_i].M, .N = shapes[_i].N, .K = shapes[_i].K, .ta = shapes[_i].ta, .tb = shapes[_i].tb,
        .alpha = 1, .epilogue = BM_EPILOGUE_BIAS_BN_STATS };
    float *A = integers(g.M * g.K, 1), *B = integers(g.K * g.N, 2), *bias = integers(g.N, 3);
    double *want = malloc(g.M * g.N * sizeof *want);
    g.A = A, g.lda = g.ta ? g.M : g.K;
    g.B = B, g.ldb = g.tb ? g.K : g.N;
    g.bias = bias;
    g.C = malloc(g.M * g.N * sizeof *g.C), g.ldc = g.N;
    g.mean = malloc(g.N * sizeof *g.mean), g.var = malloc(g.N * sizeof *g.var);
    for (size_t i = 0; i < g.M * g.N; i++)
        want[i] = product(&g, i / g.N, i % g.N);
    holds(&g, want);
    free(A), free(B), free(bias), free(want), free(g.C), free(g.mean), free(g.var);
}
END_TEST

Suite *tall_suite(void)
{
    Suite *suite = suite_create("tall");
    TCase *tcase = tcase_create("tall");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, sums_of_integers_are_exact, 0, sizeof shapes / sizeof *shapes);
    suite_add_tcase(suite, tcase);
    return suite;
}
