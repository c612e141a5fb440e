/* SPDX-License-Identifier: MIT */
#include "schedule.h"

#include <math.h>

double bm_lr_of_step(const struct bm_train_config *c, size_t step, size_t steps_per_epoch)
{
    const double done = (double)(step - 1), all = (double)((c->earlier_epochs + c->epochs) * steps_per_epoch);
    double lr = c->lr;
    if (c->lr_schedule == BM_SCHEDULE_COSINE && all > 0)
        lr *= (1 + cos(acos(-1) * fmin(done / all, 1))) / 2;
    if (c->lr_schedule == BM_SCHEDULE_STEP && steps_per_epoch > 0)
        lr *= pow(c->lr_step_factor, (double)((step - 1) / steps_per_epoch / c->lr_step_epochs));
    return step < c->lr_warmup ? lr * (double)step / (double)c->lr_warmup : lr;
}
