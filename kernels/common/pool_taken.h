/* SPDX-License-Identifier: MIT */
/* pool_taken.h - which of four pixels pooling takes: the first NaN, else the first of the largest. */
#ifndef BATCHMARK_POOL_TAKEN_H
#define BATCHMARK_POOL_TAKEN_H

#include <stdbool.h>
#include <stddef.h>

/* Does m keep its place against b, which comes after it? In these words gcc makes vectors of it. */
static inline bool pool_keeps(float m, float b) { return m >= b || m != m; }

/* Of x[0], its neighbour `right`, and those of the row `down`. */
static inline float pool_largest(const float *x, size_t right, size_t down)
{
    const float right0 = x[right], left1 = x[down], right1 = x[down + right];
    float m = x[0];
    m = pool_keeps(m, right0) ? m : right0;
    m = pool_keeps(m, left1) ? m : left1;
    return pool_keeps(m, right1) ? m : right1;
}

/* dx = dy at the one of x that was taken, else 0. */
static inline void pool_back(const float *x, float *dx, size_t right, size_t down, float dy)
{
    float m = x[0];
    const bool second = !pool_keeps(m, x[right]);
    m = second ? x[right] : m;
    const bool third = !pool_keeps(m, x[down]);
    m = third ? x[down] : m;
    const bool fourth = !pool_keeps(m, x[down + right]);
    dx[0] = (second | third | fourth) ? 0 : dy;
    dx[right] = (!second | third | fourth) ? 0 : dy;
    dx[down] = (!third | fourth) ? 0 : dy;
    dx[down + right] = fourth ? dy : 0;
}

#endif
