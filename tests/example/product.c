/* SPDX-License-Identifier: MIT */
/* product.c - another program that uses the installed library: finds a kernel by name, asks whether it may run here,
 * lends it scratch, multiplies two small matrices and normalises the result. */
#include <batchmark.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void call(const char *name, union bm_args *args)
{
    const char *why = NULL;
    const struct bm_kernel *k = bm_find(name);
    if (!k || !bm_runnable(k, &why) || (why = bm_refuses(k, args))) {
        fprintf(stderr, "%s: %s\n", name, k ? why : "no such kernel");
        exit(1);
    }
    args->means.threads = 1;
    args->means.scratch = aligned_alloc(64, (bm_scratch_bytes(k, args) + 64) / 64 * 64);
    k->run(args);
    free(args->means.scratch);
}

int main(int argc, char **argv)
{
    enum { M = 4, N = 2, K = 3 };
    const float A[M * K] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 }, B[K * N] = { 1, 0, 0, 1, 1, 1 };
    const float want[M * N] = { 4, 5, 10, 11, 16, 17, 22, 23 }, gamma[N] = { 1, 2 }, beta[N] = { 0, 1 };
    float C[M * N], y[M * N], mean[N], rstd[N];
    const char *set = argc > 1 ? argv[1] : "naive";
    char name[64];

    union bm_args product = {
        .gemm = { .M = M, .N = N, .K = K, .alpha = 1, .A = A, .lda = K, .B = B, .ldb = N, .C = C, .ldc = N }
    };
    snprintf(name, sizeof name, "gemm_%s", set);
    call(name, &product);
    union bm_args norm = { .bn = { .N = M,
                                   .C = N,
                                   .S = 1,
                                   .layout = BM_CHANNELS_LAST,
                                   .ldx = N,
                                   .ldy = N,
                                   .x = C,
                                   .y = y,
                                   .gamma = gamma,
                                   .beta = beta,
                                   .mean = mean,
                                   .rstd = rstd,
                                   .eps = 1e-5f,
                                   .momentum = 0.1f } };
    snprintf(name, sizeof name, "bn_forward_%s", set);
    call(name, &norm);

    for (int i = 0; i < M * N; i++)
        if (C[i] != want[i])
            return printf("wrong: C[%d] = %g\n", i, C[i]), 1;
    if (mean[0] != 13 || mean[1] != 14 || fabsf(y[0] + 1.3416395f) > 1e-5f ||
        fabsf(y[1] - (1 - 2 * 1.3416395f)) > 1e-5f)
        return printf("wrong: mean %g %g, y %g %g\n", mean[0], mean[1], y[0], y[1]), 1;
    printf("%s: right\n", set);
    return 0;
}
