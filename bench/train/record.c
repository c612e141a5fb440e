/* SPDX-License-Identifier: MIT */
/* record.c - what training leaves in a result file; the schema is in results/README.md. */
#include "record.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dump.h"
#include "shape.h"

/* A run goes into the result twice: whole, under batchmark.runs, and as Google Benchmark entries, one an epoch. */
void bm_record_run(json_t *result, const char *experiment, const char *variant, const struct bm_dataset *data,
                   const struct bm_train_config *c, bool alone, const struct bm_train_result *r)
{
    char name[256], ranks[24] = "";
    if (c->ranks->count > 1)
        snprintf(ranks, sizeof ranks, "/ranks:%d", c->ranks->count);
    snprintf(name, sizeof name, "train/%s/%s%s/kernels:%s/threads:%zu%s/seed:%llu/epoch/real_time", experiment, variant,
             c->precision == BM_PRECISION_BF16 ? "/precision:bf16" : "", c->kernels, c->threads, ranks,
             (unsigned long long)c->seed);
    json_t *epochs = json_array(), *calls = json_array();
    for (size_t i = 0; i < r->epochs; i++) {
        const struct bm_train_epoch *e = &r->epoch[i];
        json_t *phases = json_object();
        for (int p = 0; p < BM_PHASE_COUNT; p++)
            json_object_set_new(phases, bm_phase_names[p], json_real(e->phase_seconds[p]));
        json_array_append_new(epochs,
                              json_pack("{s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:f, s:f, s:o}", "epoch",
                                        (json_int_t)e->epoch, "steps", (json_int_t)e->steps, "loss",
                                        bm_real_or_null(e->loss), "accuracy", bm_real_or_null(e->accuracy), "loss100",
                                        bm_real_or_null(e->loss100), "val_loss", bm_real_or_null(e->val_loss),
                                        "val_accuracy", bm_real_or_null(e->val_accuracy), "train_seconds",
                                        e->train_seconds, "eval_seconds", e->eval_seconds, "phase_seconds", phases));
        if (e->suspended)
            json_object_set_new(json_array_get(epochs, i), "suspended", json_integer((json_int_t)e->suspended));
        if (e->steps == r->steps_per_epoch && alone && !e->suspended)
            json_array_append_new(
                json_object_get(result, "benchmarks"),
                json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:i, s:f, s:f, s:s}", "name", name, "run_name", name,
                          "run_type", "iteration", "repetitions", (json_int_t)r->epochs, "repetition_index",
                          (json_int_t)i, "threads", (json_int_t)c->threads, "iterations", 1, "real_time",
                          e->train_seconds * 1e9, "cpu_time", e->train_seconds * 1e9, "time_unit", "ns"));
    }
    for (size_t i = 0; i < r->calls; i++) {
        char label[BM_LABEL];
        if (r->call[i].exchange)
            continue;
        json_array_append_new(calls,
                              json_pack("{s:s, s:i, s:s, s:s, s:f}", "phase", bm_phase_names[r->call[i].phase], "layer",
                                        (int)r->call[i].layer, "kernel", r->call[i].kernel->name, "shape",
                                        bm_shape_label(r->call[i].op, &r->call[i].shape, label), "seconds_per_step",
                                        r->call[i].seconds / (double)(r->full_steps ? r->full_steps : 1)));
    }
    json_array_append_new(
        bm_result_list(result, "runs"),
        json_pack("{s:s, s:s, s:s, s:s, s:o, s:b, s:s, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:I, s:o}", "name",
                  name, "experiment", experiment, "variant", variant, "data", data->origin, "config",
                  bm_train_config_json(c), "alone", (int)alone, "stopped", r->reason, "train_images",
                  (json_int_t)r->train_images, "left_out", (json_int_t)r->left_out, "validation_images",
                  (json_int_t)r->validation_images, "test_images", (json_int_t)r->test_images, "steps_per_epoch",
                  (json_int_t)r->steps_per_epoch, "epochs", epochs, "calls", calls, "test_loss",
                  bm_real_or_null(r->test_loss), "test_accuracy", bm_real_or_null(r->test_accuracy), "target_epoch",
                  (json_int_t)r->target_epoch, "target_seconds", bm_real_or_null(r->target_seconds)));
}

json_t *bm_stats_json(const struct bm_stats *s)
{
    return json_pack("{s:I, s:o, s:o, s:o}", "n", (json_int_t)s->n, "median", bm_real_or_null(s->median), "min",
                     bm_real_or_null(s->min), "max", bm_real_or_null(s->max));
}

static json_t *figure_json(const struct bm_seed_runs *runs, size_t epoch, enum bm_figure figure)
{
    struct bm_stats s = bm_figure_stats(runs, epoch, figure);
    return bm_stats_json(&s);
}

void bm_record_summary(json_t *result, const char *experiment, const struct bm_seed_runs *runs)
{
    const struct bm_train_config *c = &runs->variant.config;
    struct bm_to_target t = bm_to_target(runs);
    json_t *seeds = json_array(), *epochs = json_array(), *config = bm_train_config_json(c);
    json_object_del(config, "seed");
    for (size_t i = 0; i < runs->count; i++)
        json_array_append_new(seeds, json_integer((json_int_t)runs->run[i].seed));
    for (size_t e = 1; e <= bm_last_epoch(runs); e++) {
        json_t *epoch = json_pack("{s:I}", "epoch", (json_int_t)e);
        for (int f = BM_LOSS; f <= BM_VAL_ACCURACY; f++)
            json_object_set_new(epoch, bm_figure_names[f], figure_json(runs, e, (enum bm_figure)f));
        json_array_append_new(epochs, epoch);
    }
    json_array_append_new(
        bm_result_list(result, "summaries"),
        json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:f, s:I, s:I, s:o, s:o}", "experiment", experiment,
                  "variant", runs->variant.name, "about", runs->variant.about, "config", config, "seeds", seeds,
                  "epochs", epochs, "test_loss", figure_json(runs, 0, BM_TEST_LOSS), "test_accuracy",
                  figure_json(runs, 0, BM_TEST_ACCURACY), "epoch_seconds", bm_stats_json(&t.epoch_seconds), "target",
                  c->target, "reached", (json_int_t)t.reached, "runs", (json_int_t)t.runs, "target_epochs",
                  bm_stats_json(&t.epochs), "target_seconds", bm_real_or_null(t.seconds)));
}

void bm_record_save(json_t *result, const char *path)
{
    struct bm_error error;
    if (bm_ranks->rank == 0 && !bm_result_write(result, path, &error))
        bm_die(BM_EXIT_INPUT, "%s", error.text);
}

/* The first training image of a class; none: NULL. */
static const uint8_t *first_of(const struct bm_dataset *d, unsigned class)
{
    const uint8_t *at = memchr(d->train_labels, (int)class, d->train_count);
    return at ? d->train_images + (size_t)(at - d->train_labels) * d->height * d->width * d->channels : NULL;
}

static void record_samples(json_t *result, const struct bm_dataset *d)
{
    size_t bytes = (size_t)d->height * d->width * d->channels;
    char *hex = bm_alloc(2 * bytes + 1);
    for (unsigned class = 0; class < d->classes; class ++) {
        const uint8_t *pixel = first_of(d, class);
        for (size_t i = 0; i < bytes && pixel; i++)
            snprintf(hex + 2 * i, 3, "%02x", pixel[i]);
        if (pixel)
            json_array_append_new(bm_result_list(result, "samples"),
                                  json_pack("{s:s, s:i, s:s, s:i, s:i, s:i, s:s}", "data", d->name, "label", (int)class,
                                            "name", d->class_names[class], "h", (int)d->height, "w", (int)d->width, "c",
                                            (int)d->channels, "pixels", hex));
    }
    free(hex);
}

void bm_record_data(json_t *result, const char *asked, const struct bm_dataset *d)
{
    static const char *const contents[] = { [BM_CONTENT_PUBLISHED] = "published",
                                            [BM_CONTENT_UNKNOWN] = "unknown",
                                            [BM_CONTENT_GENERATED] = "generated" };
    static const char *const overlaps[] = { [BM_OVERLAP_NONE] = "none",
                                            [BM_OVERLAP_EQUAL] = "equal",
                                            [BM_OVERLAP_TEST] = "test in training",
                                            [BM_OVERLAP_TRAIN] = "training in test" };
    json_array_append_new(bm_result_list(result, "data"),
                          json_pack("{s:s, s:s, s:s, s:s, s:s}", "asked", asked, "name", d->name, "origin", d->origin,
                                    "content", contents[d->content], "overlap", overlaps[d->overlap]));
    record_samples(result, d);
}
