#include "bound.h"

struct bm_step_bound bm_step_bound(const struct bm_train_config *c, const struct bm_limits *limits)
{
    static const double moved[] = { 8, 16, 24 }; /* by BM_OPTIMIZER_* */
    const bool input = c->bn & BM_BN_INPUT, hidden = c->bn & (BM_BN_BEFORE | BM_BN_AFTER);
    const double batch = (double)c->batch;
    struct bm_step_bound b = { .flops = 0 };
    const double features = (double)c->width[0];
    double held = features, parameters = input ? 2 * features : 0, normalised = input ? features : 0;
    for (size_t l = 1; l < c->widths; l++) {
        const double in = (double)c->width[l - 1], out = (double)c->width[l];
        const bool norm = hidden && l < c->widths - 1;
        b.flops += 2 * batch * in * out * (l > 1 || input ? 3 : 2);
        parameters += in * out + out + (norm ? 2 * out : 0);
        normalised += norm ? out : 0;
        held += 3 * out;
    }
    b.optimizer_bytes = moved[c->optimizer] * parameters;
    b.bn_bytes = 20 * batch * normalised;
    b.level = bm_level_of((size_t)(b.optimizer_bytes / 2 + sizeof(float) * batch * held), limits->threads);
    const double half = (b.optimizer_bytes + b.bn_bytes) / 2;
    b.seconds = bm_bound_s(limits, b.flops, (struct bm_traffic){ 0, 0, 0 }, b.level) +
                bm_bound_s(limits, 0, (struct bm_traffic){ half, half, 0 }, b.level);
    return b;
}
