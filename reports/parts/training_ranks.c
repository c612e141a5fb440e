/* SPDX-License-Identifier: MIT */
/* training_ranks.c - training over ranks: a step by their number, its communication, and what is predicted for more. */
#include <string.h>

#include "train_report.h"

static const json_t *list_of(const struct bm_source *s, const char *name)
{
    return json_object_get(s->document.ours, name);
}

static struct bm_value value(const struct bm_source *s, enum bm_unit unit, const char *list, size_t i,
                             const char *member)
{
    return bm_value_from(unit, s, "%s[%zu].%s", list, i, member);
}

static bool same_text(const json_t *a, const json_t *b, const char *member)
{
    return strcmp(bm_member_text(a, member), bm_member_text(b, member)) == 0;
}

/* The row of "scaling" of the same variant and mode with so many ranks and these statistics (NULL: any); the size of the
 * list: there is none. */
static size_t row_like(const json_t *rows, const json_t *row, double ranks, const char *statistics)
{
    size_t i = 0;
    for (; i < json_array_size(rows); i++) {
        const json_t *one = json_array_get(rows, i);
        if (same_text(one, row, "variant") && same_text(one, row, "mode") && bm_member_number(one, "ranks") == ranks &&
            (!statistics || strcmp(bm_member_text(one, "statistics"), statistics) == 0))
            break;
    }
    return i;
}

static void put_scaling(struct bm_page *page, const struct bm_source *s)
{
    const json_t *rows = list_of(s, "scaling"), *row;
    size_t i;
    struct bm_grid *grid =
        bm_grid_new(page, "train-ranks-scaling", "A step by the number of ranks", "scaling", "variant", "BN", "ranks",
                    "threads of each", "batch", "step", "communication", "efficiency", "over local BN", NULL);
    bm_grid_left(grid, 3);
    json_array_foreach(rows, i, row)
    {
        const size_t alone = row_like(rows, row, 1, NULL),
                     local = row_like(rows, row, bm_member_number(row, "ranks"), "local");
        const bool strong = strcmp(bm_member_text(row, "mode"), "strong") == 0;
        bm_grid_row(grid, "%w|%w|%w|%v|%v|%v|%v|%v|%v|%v", bm_member_text(row, "mode"), bm_member_text(row, "variant"),
                    bm_member_text(row, "statistics"), value(s, BM_UNIT_COUNT, "scaling", i, "ranks"),
                    value(s, BM_UNIT_COUNT, "scaling", i, "threads"), value(s, BM_UNIT_COUNT, "scaling", i, "batch"),
                    value(s, BM_UNIT_SECONDS, "scaling", i, "step_s"),
                    value(s, BM_UNIT_SECONDS, "scaling", i, "communication_s"),
                    bm_value_from(BM_UNIT_PERCENT, s,
                                  strong ? "100*scaling[%zu].step_s/scaling[%zu].step_s/scaling[%zu].ranks"
                                         : "100*scaling[%zu].step_s/scaling[%zu].step_s",
                                  alone, i, i),
                    bm_value_from(BM_UNIT_CHANGE, s, "scaling[%zu].step_s/scaling[%zu].step_s", i, local));
    }
    bm_page_table(page, grid);
}

static void put_communication(struct bm_page *page, const struct bm_source *s)
{
    const json_t *runs = list_of(s, "communication"), *run, *layer;
    size_t i, k;
    struct bm_grid *grid =
        bm_grid_new(page, "train-ranks-layers", "Communication of a step by layer, of rank 0", "variant", "ranks", "BN",
                    "layer", "gradient", "begin", "wait", "BN's sums", "take", NULL);
    json_array_foreach(runs, i, run)
    {
        bm_page_paragraph(
            page,
            "%w over %v ranks, batch %v: of a step's %v, communication is %v; to move all gradients once through "
            "memory takes %v.",
            bm_member_text(run, "variant"), value(s, BM_UNIT_COUNT, "communication", i, "ranks"),
            value(s, BM_UNIT_COUNT, "communication", i, "batch"),
            value(s, BM_UNIT_SECONDS, "communication", i, "step_s"),
            value(s, BM_UNIT_SECONDS, "communication", i, "communication_s"),
            value(s, BM_UNIT_SECONDS, "communication", i, "bound_s"));
        json_array_foreach(json_object_get(run, "layers"), k, layer)
        {
            char list[48];
            snprintf(list, sizeof list, "communication[%zu].layers", i);
            bm_grid_row(grid, "%w|%v|%w|%v|%v|%v|%v|%v|%v", bm_member_text(run, "variant"),
                        value(s, BM_UNIT_COUNT, "communication", i, "ranks"), bm_member_text(run, "statistics"),
                        value(s, BM_UNIT_COUNT, list, k, "layer"), value(s, BM_UNIT_BYTES, list, k, "gradient_bytes"),
                        value(s, BM_UNIT_SECONDS, list, k, "begin_s"), value(s, BM_UNIT_SECONDS, list, k, "wait_s"),
                        value(s, BM_UNIT_BYTES, list, k, "norm_bytes"), value(s, BM_UNIT_SECONDS, list, k, "norm_s"));
        }
    }
    bm_page_table(page, grid);
}

static void put_predictions(struct bm_page *page, const struct bm_source *s)
{
    const json_t *rows = list_of(s, "scaling_predictions"), *row;
    size_t i;
    if (json_array_size(rows) == 0)
        return;
    struct bm_grid *grid = bm_grid_new(page, "train-ranks-predicted", "Predicted, not measured: a step of weak scaling",
                                       "variant", "ranks", "batch", "gradients", "BN", "step", "efficiency",
                                       "step, gradients hidden", "efficiency", NULL);
    bm_page_paragraph(
        page,
        "What more ranks would bring is a prediction: a message is taken to need %v and %v, as between the "
        "ranks that measured, wherever they were. Hidden: the gradients' sums overlap with computing.",
        value(s, BM_UNIT_SECONDS, "scaling_predictions", 0, "latency_s"),
        value(s, BM_UNIT_GBS, "scaling_predictions", 0, "bandwidth_gbs"));
    json_array_foreach(rows, i, row) bm_grid_row(
        grid, "%w|%v|%v|%v|%v|%v|%v|%v|%v", bm_member_text(row, "variant"),
        value(s, BM_UNIT_COUNT, "scaling_predictions", i, "ranks"),
        value(s, BM_UNIT_COUNT, "scaling_predictions", i, "batch"),
        value(s, BM_UNIT_SECONDS, "scaling_predictions", i, "gradients_s"),
        value(s, BM_UNIT_SECONDS, "scaling_predictions", i, "norm_s"),
        value(s, BM_UNIT_SECONDS, "scaling_predictions", i, "step_s"),
        bm_value_from(BM_UNIT_PERCENT, s, "100*scaling_predictions[%zu].alone_s/scaling_predictions[%zu].step_s", i, i),
        value(s, BM_UNIT_SECONDS, "scaling_predictions", i, "hidden_step_s"),
        bm_value_from(BM_UNIT_PERCENT, s, "100*scaling_predictions[%zu].alone_s/scaling_predictions[%zu].hidden_step_s",
                      i, i));
    bm_page_table(page, grid);
}

void bm_training_ranks(struct bm_page *page, const struct bm_source *source)
{
    bm_page_heading(page, "Over ranks");
    put_communication(page, source);
    if (json_array_size(list_of(source, "scaling")))
        put_scaling(page, source);
    else
        bm_page_missing(page, "mpirun -n 2 build/batchmark-mpi train --experiment mnist-sgd --scaling",
                        "a step by the number of ranks.");
    put_predictions(page, source);
}
