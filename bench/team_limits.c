/* SPDX-License-Identifier: MIT */
#include "team_limits.h"

#include "result.h"
#include "versus_rows.h"

/* Limits are the best of all launches: each needs only a few rounds. */
static const double LIMITS_EFFORT = 0.1;

enum bm_isa bm_limiting_isa(const struct bm_kernel *kernel)
{
    enum bm_isa isa = kernel->isa;
    for (const struct bm_kernel *const *k = bm_kernels; *k && (kernel->peer || bm_is_auto(kernel)); k++)
        if ((*k)->op == kernel->op && bm_isa_extends((*k)->isa, isa) && bm_isa_runs((*k)->isa))
            isa = (*k)->isa;
    return isa;
}

static const struct bm_limits *limits_for(struct bm_team_limits *l, enum bm_isa isa, int threads, json_t *list)
{
    struct bm_error error;
    int t = 0; /* plan->threads[] begins with 1 */
    while (l->plan->threads[t] != threads)
        t++;
    if (!l->measured[isa][t]) {
        const struct bm_limits *alone = threads > 1 ? limits_for(l, isa, 1, list) : NULL;
        if (!bm_measure_limits(isa, threads, LIMITS_EFFORT, alone, &l->limits[isa][t], &error))
            bm_die(BM_EXIT_INPUT, "%s", error.text);
        json_array_append_new(list, bm_limits_json(&l->limits[isa][t]));
        l->measured[isa][t] = true;
    }
    return &l->limits[isa][t];
}

void bm_team_limits_need(struct bm_team_limits *l, enum bm_isa isa, int threads, json_t *list)
{
    limits_for(l, isa, threads, list);
}

json_t *bm_measure_limits_again(const json_t *rows)
{
    json_t *list = json_array();
    const json_t *one;
    size_t i;
    json_array_foreach(rows, i, one)
    {
        struct bm_limits row, now;
        if (bm_limits_of_json(one, &row) && bm_measure_limits(row.isa, row.threads, LIMITS_EFFORT, NULL, &now, NULL))
            json_array_append_new(list, bm_limits_json(&now));
    }
    return list;
}
