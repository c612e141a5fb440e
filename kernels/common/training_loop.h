/* training_loop.h - the training ops as plain loops: the naive files compile them with vectorisation off, the autovec
 * files with the compiler let loose, the _omp files with a team of threads. training_team.h makes the runs; training.h
 * has the maths. */
#ifndef BATCHMARK_TRAINING_LOOP_H
#define BATCHMARK_TRAINING_LOOP_H

#include <math.h>

#include "bn_act.h"
#include "training_team.h"

BM_PART relu_forward_part(const struct bm_relu *a, int me, int team)
{
    const float slope = a->slope;
    const bool dense = a->ldx == a->C && a->ldy == a->C;
    for (struct bm_span s = bm_first_span(a->N, a->C, dense, me, team); s.length; s = bm_next_span(s)) {
        const float *x = a->x + s.row * a->ldx + s.col;
        float *y = a->y + s.row * a->ldy + s.col;
        for (size_t i = 0; i < s.length; i++)
            y[i] = bn_act(x[i], slope);
    }
}

BM_PART relu_backward_part(const struct bm_relu *a, int me, int team)
{
    const float slope = a->slope;
    const bool dense = a->ldx == a->C && a->lddy == a->C && a->lddx == a->C;
    for (struct bm_span s = bm_first_span(a->N, a->C, dense, me, team); s.length; s = bm_next_span(s)) {
        const float *x = a->x + s.row * a->ldx + s.col, *dy = a->dy + s.row * a->lddy + s.col;
        float *dx = a->dx + s.row * a->lddx + s.col;
        for (size_t i = 0; i < s.length; i++)
            dx[i] = bn_act_grad(dy[i], x[i], slope);
    }
}

static inline void column_sums(const float *x, size_t ld, size_t rows, size_t cols, float *sum)
{
    for (size_t c = 0; c < cols; c++)
        sum[c] = 0;
    for (size_t n = 0; n < rows; n++)
        for (size_t c = 0; c < cols; c++)
            sum[c] += x[n * ld + c];
}
BM_PART bias_grad_part(const struct bm_bias_grad *a, int me, int team)
{
    bias_grad_team(a, column_sums, me, team);
}

BM_PART softmax_xent_part(const struct bm_softmax_xent *a, int me, int team)
{
    struct bm_range rows = bm_share(a->N, 1, me, team);
    for (size_t n = rows.begin; n < rows.end; n++) {
        const float *z = a->z + n * a->ldz;
        float *dz = a->dz + n * a->lddz;
        size_t label = (size_t)a->label[n], first = 0;
        for (size_t c = 1; c < a->C; c++)
            if (z[c] > z[first])
                first = c;
        const float max = z[first];
        float sum = 0;
        for (size_t c = 0; c < a->C; c++) {
            dz[c] = expf(z[c] - max);
            sum += dz[c];
        }
        const float factor = a->scale / sum;
        for (size_t c = 0; c < a->C; c++)
            dz[c] *= factor;
        dz[label] -= a->scale;
        a->loss[n] = logf(sum) - (z[label] - max);
        a->hit[n] = label == first;
    }
}

BM_PART sgd_part(const struct bm_optimizer *a, int me, int team)
{
    struct bm_range part = bm_share(a->N, BM_GRAIN, me, team);
    const float lr = a->lr, *g = a->g;
    float *w = a->w;
    for (size_t i = part.begin; i < part.end; i++)
        w[i] -= lr * g[i];
}

BM_PART momentum_part(const struct bm_optimizer *a, int me, int team)
{
    struct bm_range part = bm_share(a->N, BM_GRAIN, me, team);
    const float lr = a->lr, beta = a->beta1, *g = a->g;
    float *w = a->w, *m = a->m;
    for (size_t i = part.begin; i < part.end; i++) {
        const float mi = beta * m[i] + g[i];
        m[i] = mi;
        w[i] -= lr * mi;
    }
}

BM_PART adam_part(const struct bm_optimizer *a, int me, int team)
{
    struct bm_range part = bm_share(a->N, BM_GRAIN, me, team);
    const float lr = a->lr, eps = a->eps, new1 = 1 - a->beta1, new2 = 1 - a->beta2, *g = a->g;
    float *w = a->w, *m = a->m, *v = a->v;
    for (size_t i = part.begin; i < part.end; i++) {
        const float gi = g[i], mi = m[i] + new1 * (gi - m[i]), vi = v[i] + new2 * (gi * gi - v[i]);
        m[i] = mi;
        v[i] = vi;
        w[i] -= lr * mi / (sqrtf(vi) + eps);
    }
}

#endif
