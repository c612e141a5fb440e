/* SPDX-License-Identifier: MIT */
#include "claim_times.h"

#include <math.h>

#include "signals.h"

void bm_claim_time_round(struct bm_claim_data *figures, const struct bm_train_config *config, unsigned panel,
                         unsigned point, unsigned seed, const struct bm_dataset *data, struct bm_step_visits *visits)
{
    const struct bm_experiment *e = figures->experiment;
    struct bm_step_time time[BM_MAX_VARIANTS];
    struct bm_error error;
    if (!bm_pair_steps(config, e->variants, data, &bm_interrupted, time, visits, &error))
        bm_die(BM_EXIT_INPUT, "%s, %s: %s", e->panels.points ? e->panels.point[panel] : "",
               e->sweep.points ? e->sweep.point[point] : "", error.text);
    for (unsigned v = 0; v < e->variants; v++) {
        double *figure = bm_claim_figures(figures, v, panel, point, seed);
        figure[BM_STEP_US] = 1e6 * time[v].seconds;
        figure[BM_STEP_RATIO] = time[v].ratio;
        figure[BM_ADDED_SHARE] = 1 - 1 / time[v].ratio;
    }
}
