/* SPDX-License-Identifier: MIT */
/*
 * bn_input_gradient_autovec - gradients of BN on the input and of the weights after it by the plain loop, left to the
 * compiler.
 *     dgamma_n = sum_c w_nc d_nc, dbeta_n = sum_c w_nc db_c, d_nc = gamma_n d_nc + beta_n db_c: training.h.
 *
 * Source:  Ioffe & Szegedy, ICML 2015, with the chain rule of Rumelhart, Hinton & Williams, Nature 323, 1986.
 * Shapes:  all.
 * Traffic: 12 B an element, 8 read and 4 written; db is read once a row, from L1 if it has some thousand elements at
 *          most.
 * Idea:    one loop a row for both sums, 16 terms side by side, and the gradient; the compiler vectorises what it can.
 * Error:   f32 chains of C / 16 terms: bn_input_gradient.c.
 * Tail:    one element at a time.
 * Loses:   to intrinsics: compilers keep the 16 sums in memory, or add them up one by one.
 */
#include "kernel.h"
#include "training.h"

enum { LANES = 16 };

/* Row n, in LANES sums side by side: one sum in the order of its terms would be no vector. */
static void row(const struct bm_bn_input *a, size_t n)
{
    const float *restrict w = a->w + n * a->ldw, *restrict db = a->db, gamma = a->gamma[n], beta = a->beta[n];
    float *restrict d = a->d + n * a->ldd;
    float dgamma[LANES] = { 0 }, dbeta[LANES] = { 0 };
    size_t c = 0;
    for (; a->C - c >= LANES; c += LANES)
        for (size_t l = 0; l < LANES; l++) {
            dgamma[l] += w[c + l] * d[c + l];
            dbeta[l] += w[c + l] * db[c + l];
            d[c + l] = gamma * d[c + l] + beta * db[c + l];
        }
    for (size_t l = 0; c < a->C; c++, l++) {
        dgamma[l] += w[c] * d[c];
        dbeta[l] += w[c] * db[c];
        d[c] = gamma * d[c] + beta * db[c];
    }
    for (size_t half = LANES / 2; half; half /= 2)
        for (size_t l = 0; l < half; l++) {
            dgamma[l] += dgamma[l + half];
            dbeta[l] += dbeta[l + half];
        }
    a->dgamma[n] = dgamma[0];
    a->dbeta[n] = dbeta[0];
}

static void run(const void *args)
{
    const struct bm_bn_input *a = args;
    for (size_t n = 0; n < a->N; n++)
        row(a, n);
}

BM_KERNEL(.idea = "one loop a row for both sums, 16 terms side by side, and the gradient; the compiler vectorises "
                  "what it can",
          .source = "Ioffe & Szegedy, ICML 2015; Rumelhart, Hinton & Williams, Nature 323, 1986",
          .loses = "to intrinsics: compilers keep the 16 sums in memory, or add them up one by one",
          .run = run);
