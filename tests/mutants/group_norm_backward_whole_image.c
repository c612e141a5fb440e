/* SPDX-License-Identifier: MIT */
/*
 * group_norm_backward_whole_image - group_norm_backward with sums over all channels of an image.
 *
 * Defect: sum g and sum g xhat are those of layer normalisation, of all groups together.
 * Caught by: dx wherever there are several groups.
 */
#include "mutant.h"

static void run(const void *args)
{
    const struct bm_group_norm *a = args;
    group_norm_backward_naive.run(a);
    const bool first = a->layout == BM_CHANNELS_FIRST;
    for (size_t n = 0; n < a->N && a->G > 1; n++) {
        double sum = 0, slant = 0;
        for (int pass = 0; pass < 2; pass++)
            for (size_t c = 0; c < a->C; c++)
                for (size_t s = 0; s < a->S; s++) {
                    const size_t k = n * a->G + c / (a->C / a->G), M = a->C * a->S;
                    const size_t x = first ? n * a->ldx + c * a->S + s : (n * a->S + s) * a->ldx + c;
                    const size_t dy = first ? n * a->lddy + c * a->S + s : (n * a->S + s) * a->lddy + c;
                    const size_t dx = first ? n * a->lddx + c * a->S + s : (n * a->S + s) * a->lddx + c;
                    const double g = (double)a->gamma[c] * a->dy[dy], xhat = (a->x[x] - a->mean[k]) * a->rstd[k];
                    if (pass == 0) {
                        sum += g;
                        slant += g * xhat;
                    } else
                        a->dx[dx] = (float)(a->rstd[k] * (g - sum / (double)M - xhat * slant / (double)M));
                }
    }
}

BM_MUTANT_OF(group_norm_backward_naive);
