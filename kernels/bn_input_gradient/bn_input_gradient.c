/* SPDX-License-Identifier: MIT */
/*
 * bn_input_gradient.c - the op: operands, fills, oracle and error bounds.
 *
 * With u = 2^-24, every kernel promises sums as good as f32 sums in chains of C / 8 terms. The 16 pay for a tail, for
 * adding the chains up and for the rounding of each product, of which every one may also lose a least subnormal:
 *
 *   E_dgamma = (C / 8 + 16) u sum |w D| + C tiny,  E_dbeta likewise of w db   (Higham, section 4.2)
 *
 * No division by gamma and no difference of large numbers is in it: that is what D is for (training.h). The gradient by w
 * has two products and a sum, three roundings at most, one of them of the sum:
 *
 *   E_dw = 3u (|gamma D| + |beta db|) + 2 tiny
 */
#include "training_op.h"

enum { W, D, DB, GAMMA, BETA, DGAMMA, DBETA, ARRAYS };

static unsigned operands(const struct bm_shape *s, struct bm_operand operand[BM_MAX_OPERANDS])
{
    const size_t ld = s->C + s->pad;
    operand[W] = (struct bm_operand){ "w", BM_IN, s->N, s->C, ld, BM_F32 };
    operand[D] = (struct bm_operand){ "d", BM_INOUT, s->N, s->C, ld, BM_F32 };
    operand[DB] = (struct bm_operand){ "db", BM_IN, 1, s->C, s->C, BM_F32 };
    operand[GAMMA] = (struct bm_operand){ "gamma", BM_IN, 1, s->N, s->N, BM_F32 };
    operand[BETA] = (struct bm_operand){ "beta", BM_IN, 1, s->N, s->N, BM_F32 };
    operand[DGAMMA] = (struct bm_operand){ "dgamma", BM_OUT, 1, s->N, s->N, BM_F32 };
    operand[DBETA] = (struct bm_operand){ "dbeta", BM_OUT, 1, s->N, s->N, BM_F32 };
    return ARRAYS;
}

static void bind(const struct bm_shape *s, void *const array[], void *args)
{
    struct bm_bn_input *a = args;
    a->N = s->N, a->C = s->C, a->ldw = a->ldd = s->C + s->pad;
    a->w = array[W], a->d = array[D], a->db = array[DB];
    a->gamma = array[GAMMA], a->beta = array[BETA];
    a->dgamma = array[DGAMMA], a->dbeta = array[DBETA];
}

static const char *refuses(const void *args)
{
    const struct bm_bn_input *a = args;
    return a->ldw < a->C || a->ldd < a->C ? "a leading dimension is less than C" : NULL;
}

/* Of `extreme`, sums of C products stay below 2^126. */
static bool fill(struct bm_shape *s, enum bm_fill fill, uint64_t seed, void *const array[])
{
    int top = 63;
    for (size_t sum = 1; sum < s->C; sum *= 4)
        top--;
    if (fill == BM_EXACT && s->C > 1u << 18) /* a sum could pass 2^24 */
        return false;
    bm_fill_matrix(fill, seed, top, array[W], s->N, s->C, s->C + s->pad);
    bm_fill_matrix(fill, seed + 1, top, array[D], s->N, s->C, s->C + s->pad);
    bm_fill_matrix(fill == BM_CONSTANT ? BM_RANDOM : fill, seed + 2, top, array[DB], 1, s->C, s->C);
    for (int i = GAMMA; i <= BETA; i++) { /* every eighth is 0 */
        float *p = array[i];
        bm_fill_matrix(fill == BM_EXTREME || fill == BM_EXACT ? fill : BM_RANDOM, seed + (uint64_t)i, 60, p, 1, s->N, s->N);
        for (size_t n = 0; n < s->N; n++)
            p[n] = bm_integer(seed + 8 + (uint64_t)i, n, 0, 7) ? p[n] : 0;
    }
    return true;
}

static void oracle(const struct bm_shape *s, void *const array[], double *const want[], double *const bound[])
{
    const float *db = array[DB], *gamma = array[GAMMA], *beta = array[BETA];
    const double k = BM_U * ((double)s->C / 8 + 16), tiny = (double)s->C * BM_TINY_STEP;
#pragma omp parallel for schedule(static)
    for (size_t n = 0; n < s->N; n++) {
        const float *w = (const float *)array[W] + n * (s->C + s->pad), *d = (const float *)array[D] + n * (s->C + s->pad);
        double dgamma = 0, dbeta = 0, dgamma_size = 0, dbeta_size = 0;
        for (size_t c = 0; c < s->C; c++) {
            const double wd = (double)w[c] * d[c], wb = (double)w[c] * db[c];
            const double scaled = (double)gamma[n] * d[c], shift = (double)beta[n] * db[c], dw = scaled + shift;
            dgamma += wd, dgamma_size += fabs(wd);
            dbeta += wb, dbeta_size += fabs(wb);
            want[D][n * s->C + c] = dw;
            bound[D][n * s->C + c] = bm_bound_of(dw, 3 * BM_U * (fabs(scaled) + fabs(shift)) + 2 * BM_TINY_STEP);
        }
        want[DGAMMA][n] = dgamma;
        bound[DGAMMA][n] = bm_bound_of(dgamma, k * dgamma_size + tiny);
        want[DBETA][n] = dbeta;
        bound[DBETA][n] = bm_bound_of(dbeta, k * dbeta_size + tiny);
    }
}

/* Two products summed, and two added. */
static double flops(const struct bm_shape *s) { return 7 * (double)s->N * (double)s->C; }

const struct bm_op bn_input_gradient = {
    .name = "bn_input_gradient",
    .summary = "dgamma_n = sum_c w_nc d_nc, dbeta_n = sum_c w_nc db_c, d_nc = gamma_n d_nc + beta_n db_c",
    .args_bytes = sizeof(struct bm_bn_input),
    .family = &rows_family,
    .ignores = "slope",
    .operands = operands, .bind = bind, .refuses = refuses, .fill = fill, .oracle = oracle, .flops = flops,
};
