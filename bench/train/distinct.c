/* SPDX-License-Identifier: MIT */
#include "calls.h"
#include "shape.h"

unsigned bm_plan_distinct(const struct bm_plan *plan, struct bm_distinct distinct[BM_MAX_CALLS])
{
    unsigned n = 0;
    for (unsigned i = 0; i < plan->calls; i++) {
        const struct bm_call *call = &plan->call[i];
        if (call->exchange)
            continue;
        unsigned d = 0;
        while (d < n &&
               !(distinct[d].call->op == call->op && bm_shape_equal(call->op, &distinct[d].call->shape, &call->shape)))
            d++;
        if (d == n)
            distinct[n++] = (struct bm_distinct){ call, 0 };
        distinct[d].count++;
    }
    return n;
}
