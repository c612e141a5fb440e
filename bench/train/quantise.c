/* SPDX-License-Identifier: MIT */
#include "quantise.h"

#include <math.h>

#include "kernel.h"

/* 0: nothing but zeros. */
static float step_of(float least, float most, int zero)
{
    return zero ? fmaxf(-least / 128, most / 127) : most / 255;
}

struct bm_quantum bm_quantum_of(float least, float most)
{
    const int zero = least < 0 ? 128 : 0;
    const float q = step_of(least, most, zero);
    return (struct bm_quantum){ q > 0 ? q : 1, zero };
}

struct bm_quantum bm_quantum_of_all(const struct bm_channels *c)
{
    float least = 0, most = 0;
    for (size_t k = 0; k < c->count; k++) {
        least = fminf(least, c->least[k]);
        most = fmaxf(most, c->most[k]);
    }
    return bm_quantum_of(least, most);
}

int bm_quantum_of_each(const struct bm_channels *c, float *q)
{
    const struct bm_quantum all = bm_quantum_of_all(c);
    float smallest = all.q;
    for (size_t k = 0; k < c->count; k++) {
        q[k] = step_of(c->least[k], c->most[k], all.zero);
        smallest = q[k] > 0 ? fminf(smallest, q[k]) : smallest;
    }
    for (size_t k = 0; k < c->count; k++)
        q[k] = q[k] > 0 ? q[k] : smallest;
    return all.zero;
}

/* NaN becomes `least`. */
static inline float clipped(float v, float least, float most)
{
    v = v > least ? v : least;
    return v < most ? v : most;
}

void bm_quantise_weights(const float *w, size_t in, size_t out, int8_t *b, float *t)
{
    for (size_t j = 0; j < out; j++) {
        float most = 0;
        for (size_t k = 0; k < in; k++)
            most = fmaxf(most, fabsf(w[k * out + j]));
        t[j] = most / 127;
        for (size_t k = 0; k < in; k++)
            b[k * out + j] = (int8_t)(t[j] > 0 ? lrintf(clipped(w[k * out + j] / t[j], -127, 127)) : 0);
    }
}

void bm_quantise_bias(const float *bias, const int8_t *b, const float *t, size_t in, size_t out, struct bm_quantum x, float *to)
{
    for (size_t j = 0; j < out; j++) {
        long sum = 0;
        for (size_t k = 0; k < in; k++)
            sum += b[k * out + j];
        to[j] = (float)(bias[j] - (double)x.q * t[j] * x.zero * (double)sum);
    }
}

#define DECLARE(ID, name, ...) extern const struct bm_quantise_loops bm_quantise_loops_##name __attribute__((weak));
BM_ISAS(DECLARE)

const struct bm_quantise_loops *bm_quantise_loops(void)
{
#define ADDRESS(ID, name, ...) &bm_quantise_loops_##name,
    static const struct bm_quantise_loops *const of[] = { BM_ISAS(ADDRESS) };
    for (int isa = BM_ISA_COUNT - 1; isa > BM_BASELINE; isa--)
        if (of[isa] && bm_isa_runs((enum bm_isa)isa))
            return of[isa];
    return of[BM_BASELINE];
}
