/* SPDX-License-Identifier: MIT */
/* training_inference.c - what folding BN buys: a trained network in its forms, their accuracy and the time of an image. */
#include <math.h>
#include <string.h>

#include "train_report.h"

static const json_t *list_of(const struct bm_source *s) { return json_object_get(s->document.ours, "inference"); }
static const json_t *times_of(const json_t *row) { return json_object_get(row, "times"); }

static struct bm_value of_row(const struct bm_source *s, enum bm_unit unit, size_t row, const char *member)
{
    return bm_value_from(unit, s, "inference[%zu].%s", row, member);
}

static struct bm_value of_time(const struct bm_source *s, enum bm_unit unit, size_t row, size_t time, const char *member)
{
    return bm_value_from(unit, s, "inference[%zu].times[%zu].%s", row, time, member);
}

static struct bm_value accuracy_of(const struct bm_source *s, size_t row)
{
    return bm_value_from(BM_UNIT_FRACTION, s, "inference[%zu].right/inference[%zu].images", row, row);
}

static void put_accuracy(struct bm_page *page, const struct bm_source *s)
{
    const json_t *row;
    size_t i;
    struct bm_grid *grid =
        bm_grid_new(page, "train-inference", "The test images in each form of a trained network", "variant", "form",
                    "seed", "right", "of", "accuracy", "loss", "classified otherwise", NULL);
    bm_grid_left(grid, 2);
    json_array_foreach(list_of(s), i, row)
    {
        const char *refused = bm_member_text(row, "refused");
        if (*refused)
            bm_grid_row(grid, "%w|%w|%v|%w", bm_member_text(row, "variant"), bm_member_text(row, "form"),
                        of_row(s, BM_UNIT_COUNT, i, "seed"), refused);
        else
            bm_grid_row(grid, "%w|%w|%v|%v|%v|%v|%v|%v", bm_member_text(row, "variant"), bm_member_text(row, "form"),
                        of_row(s, BM_UNIT_COUNT, i, "seed"), of_row(s, BM_UNIT_COUNT, i, "right"),
                        of_row(s, BM_UNIT_COUNT, i, "images"), accuracy_of(s, i), of_row(s, BM_UNIT_FRACTION, i, "loss"),
                        of_row(s, BM_UNIT_COUNT, i, "differ"));
    }
    bm_page_table(page, grid);
}

static void put_times(struct bm_page *page, const struct bm_source *s)
{
    const json_t *row, *time;
    size_t i, k;
    struct bm_grid *grid =
        bm_grid_new(page, "train-inference-time",
                    "The time of an image, and how many times as fast as trained: pairs in one process, rounding included",
                    "variant", "form", "seed", "batch", "threads", "an image", "speed-up", "95 %: from", "to", NULL);
    bm_grid_left(grid, 2);
    json_array_foreach(list_of(s), i, row) json_array_foreach(times_of(row), k, time)
    {
        const struct bm_range_value ends = { of_time(s, BM_UNIT_TIMES, i, k, "low"),
                                             of_time(s, BM_UNIT_TIMES, i, k, "high") };
        bm_grid_row(grid, "%w|%w|%v|%v|%v|%v|%v|%r", bm_member_text(row, "variant"), bm_member_text(row, "form"),
                    of_row(s, BM_UNIT_COUNT, i, "seed"), of_time(s, BM_UNIT_COUNT, i, k, "batch"),
                    of_row(s, BM_UNIT_COUNT, i, "threads"), of_time(s, BM_UNIT_SECONDS, i, k, "image_s"),
                    of_time(s, BM_UNIT_TIMES, i, k, "ratio"), ends);
    }
    bm_page_table(page, grid);
}

/* The form that gains most in its largest batch. */
static void put_sentence(struct bm_page *page, const struct bm_source *s)
{
    const json_t *row;
    size_t i, best = 0;
    double most = 0;
    json_array_foreach(list_of(s), i, row)
    {
        const size_t times = json_array_size(times_of(row));
        const double ratio = times ? of_time(s, BM_UNIT_TIMES, i, times - 1, "ratio").x : NAN;
        if (ratio > most) {
            most = ratio;
            best = i;
        }
    }
    row = json_array_get(list_of(s), best);
    const size_t last = json_array_size(times_of(row)) - 1;
    if (most > 0)
        bm_page_paragraph(page,
                          "In batches of %v, %w is %v as fast as trained (%w), with %v of the test images classified "
                          "otherwise, of %v.",
                          of_time(s, BM_UNIT_COUNT, best, last, "batch"), bm_member_text(row, "form"),
                          of_time(s, BM_UNIT_TIMES, best, last, "ratio"), bm_member_text(row, "variant"),
                          of_row(s, BM_UNIT_COUNT, best, "differ"), of_row(s, BM_UNIT_COUNT, best, "images"));
}

void bm_training_inference(struct bm_page *page, const struct bm_source *source)
{
    put_sentence(page, source);
    put_accuracy(page, source);
    put_times(page, source);
}
