/* SPDX-License-Identifier: MIT */
#include "step_limit.h"

#include "conv_config.h"
#include "team_limits.h"

const struct bm_ceiling *bm_train_ceiling(int threads)
{
    static struct bm_ceiling ceiling;
    static int known;
    const enum bm_isa isa = bm_limiting_isa(bm_find("gemm_auto"));
    struct bm_limits rows[2];
    if (known != threads)
        known = bm_measure_limits(isa, 1, 0.25, NULL, &rows[0], NULL) &&
                        bm_measure_limits(isa, threads, 0.25, &rows[0], &rows[1], NULL) &&
                        bm_ceiling_of(rows, 2, isa, threads, &ceiling)
                    ? threads
                    : 0;
    return known ? &ceiling : NULL;
}

struct bm_step_limit bm_step_limit(const struct bm_train_config *c, const struct bm_ceiling *ceiling)
{
    static const double moved[] = { 8, 16, 24 }; /* by BM_OPTIMIZER_* */
    const bool input = c->bn & BM_BN_INPUT, hidden = c->bn & (BM_BN_BEFORE | BM_BN_AFTER);
    const double batch = (double)c->batch;
    struct bm_step_limit b = { .flops = 0 };
    const double features = (double)c->width[0];
    double parameters = input ? 2 * features : 0, normalised = 0;
    for (size_t l = 0; l < c->convs; l++) {
        const struct bm_conv_size s = bm_conv_size(c, l);
        const double pixels = (double)(s.height * s.width), out = (double)c->conv[l];
        const double weights = BM_CONV_FILTER * BM_CONV_FILTER * (double)s.channels * out;
        b.flops += 2 * batch * pixels * weights * (l > 0 ? 3 : 2);
        parameters += weights + out + (hidden ? 2 * out : 0);
        normalised += hidden ? pixels * out : 0;
    }
    for (size_t l = 1; l < c->widths; l++) {
        const double in = (double)(l == 1 ? bm_conv_features(c) : c->width[l - 1]), out = (double)c->width[l];
        const bool norm = hidden && l < c->widths - 1;
        b.flops += 2 * batch * in * out * (l > 1 || c->convs ? 3 : 2);
        parameters += in * out + out + (norm ? 2 * out : 0);
        normalised += norm ? out : 0;
    }
    b.optimizer_bytes = moved[c->optimizer] * parameters;
    const double first = input ? features : 0;
    b.bn_bytes = batch * (20 * normalised + 8 * first);
    const double half = b.optimizer_bytes / 2;
    const struct bm_demand step = { .flops = b.flops,
                                    .read_bytes = half,
                                    .write_bytes = half,
                                    .update_bytes = half,
                                    .again_bytes = batch * (12 * normalised + 4 * first),
                                    .copies = 1 };
    const struct bm_limit limit = bm_limit(ceiling, &step);
    b.name = limit.name;
    b.seconds = limit.seconds;
    return b;
}
