/* SPDX-License-Identifier: MIT */
/*
 * bn_input_gradient_naive_omp - gradients of BN on the input and of the weights after it by the plain loop,
 * vectorisation off, on several threads.
 *     dgamma_n = sum_c w_nc d_nc, dbeta_n = sum_c w_nc db_c, d_nc = gamma_n d_nc + beta_n db_c: training.h.
 *
 * Source:  Ioffe & Szegedy, ICML 2015, with the chain rule of Rumelhart, Hinton & Williams, Nature 323, 1986.
 * Shapes:  all.
 * Traffic: 12 B an element, 8 read and 4 written; db is read once a row, from L1 if it has some thousand elements at
 *          most.
 * Idea:    one loop a row for both sums, in double, and the gradient; vectorisation off; rows shared.
 * Error:   sums in double: bn_input_gradient.c. The same bits for every number of threads: a row is one's.
 * Tail:    none.
 * Loses:   always, to the vector kernels; below ALONE elements it runs on one thread.
 */
#include "kernel.h"
#include "training.h"

/* Row n. */
static void row(const struct bm_bn_input *a, size_t n)
{
    const float *w = a->w + n * a->ldw, gamma = a->gamma[n], beta = a->beta[n];
    float *d = a->d + n * a->ldd;
    double dgamma = 0, dbeta = 0;
    for (size_t c = 0; c < a->C; c++) {
        dgamma += (double)w[c] * d[c];
        dbeta += (double)w[c] * a->db[c];
        d[c] = gamma * d[c] + beta * a->db[c];
    }
    a->dgamma[n] = (float)dgamma;
    a->dbeta[n] = (float)dbeta;
}

/* Below this many elements a second thread costs more than it brings. */
enum { ALONE = 32768 };

static void run(const void *args)
{
    const struct bm_bn_input *a = args;
#pragma omp parallel for schedule(static) num_threads(a->N * a->C < ALONE ? 1 : a->threads)
    for (size_t n = 0; n < a->N; n++)
        row(a, n);
}

BM_KERNEL(.idea = "one loop a row for both sums, in double, and the gradient; vectorisation off; rows shared",
          .source = "Ioffe & Szegedy, ICML 2015; Rumelhart, Hinton & Williams, Nature 323, 1986",
          .loses = "always, to the vector kernels; below ALONE elements it runs on one thread",
          .run = run);
