/* SPDX-License-Identifier: MIT */
/* bf16.h - bfloat16 numbers, kept as uint16_t: the upper half of an f32. */
#ifndef BATCHMARK_BF16_H
#define BATCHMARK_BF16_H

#include <stdint.h>
#include <string.h>

static inline float bm_bf16_value(uint16_t v)
{
    const uint32_t bits = (uint32_t)v << 16;
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

/* To nearest, ties to even; what exceeds the largest becomes infinite and a NaN stays a (quiet) NaN. */
static inline uint16_t bm_bf16_round(float f)
{
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    if (f != f)
        return (uint16_t)(bits >> 16 | 0x40);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

#endif
