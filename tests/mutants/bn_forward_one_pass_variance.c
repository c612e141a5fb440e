/*
 * bn_forward_one_pass_variance - bn_forward with the variance as a difference of averages.
 *
 * Defect: var = E[x^2] - E[x]^2 in f32, which cancels where the mean is large beside the deviation.
 * Caught by: rstd and y in the offset and constant fills; no other notices.
 */
#include "mutant.h"

static void normalise(const struct bm_bn *b, size_t S, size_t begin, size_t end)
{
    struct bn_loop loop = bn_loop(b);
    bn_loop_normalise_part(b, ACT_NONE, S, &loop, bn_loop_alone(&loop, (struct bm_range){ begin, end }), b->mean,
                           b->rstd);
}

static void run(const union bm_args *args)
{
    const struct bm_bn *b = &args->bn;
    const size_t S = b->layout == BM_CHANNELS_LAST ? 1 : b->S;
    const float L = (float)b->N * (float)S;
    correct_forward(b, 0, b->C);
    for (size_t c = 0; c < b->C; c++) {
        float sum = 0, squares = 0;
        for (size_t n = 0; n < b->N; n++)
            for (size_t s = 0; s < S; s++) {
                const float v = b->x[n * b->ldx + c * S + s];
                sum += v;
                squares += v * v;
            }
        b->rstd[c] = 1 / sqrtf(squares / L - sum / L * (sum / L) + b->eps);
        normalise(b, S, c, c + 1);
    }
}

BN_MUTANT(forward);
