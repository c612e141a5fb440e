/* SPDX-License-Identifier: MIT */
/* quantise_loops.h - the text of quantise_<isa>.c, each of which says with BM_LOOPS how its table is called. Flags:
 * mk/program.mk. */
#include "bf16.h"
#include "quantise.h"

static void to_u8(const float *restrict x, size_t n, struct bm_quantum to, uint8_t *restrict a)
{
    const float steps = 1 / to.q, zero = (float)to.zero + 0.5F; /* the conversion cuts off */
    for (size_t i = 0; i < n; i++) {
        float v = x[i] * steps + zero;
        v = v > 0 ? v : 0;
        v = v < 255 ? v : 255;
        a[i] = (uint8_t)(int32_t)v;
    }
}

static void to_bf16(const float *restrict x, size_t n, uint16_t *restrict a)
{
    for (size_t i = 0; i < n; i++)
        a[i] = bm_bf16_round(x[i]);
}

static void act_to_bf16(const float *restrict z, const float *restrict bias, float slope, size_t n, uint16_t *restrict a)
{
    for (size_t i = 0; i < n; i++) {
        const float v = z[i] + bias[i];
        a[i] = bm_bf16_round(v > 0 ? v : slope * v);
    }
}

extern const struct bm_quantise_loops BM_LOOPS;
const struct bm_quantise_loops BM_LOOPS = { to_u8, to_bf16, act_to_bf16 };
