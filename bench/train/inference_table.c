/* SPDX-License-Identifier: MIT */
#include "inference_table.h"

#include <math.h>
#include <stdio.h>

#include "result.h"

/* Was it left out, since there is nothing to fold? */
static bool left_out(const struct bm_form_result *r) { return !r->done && !r->refused.text[0]; }

static void print_accuracy(const struct bm_inference *inference, bool bn)
{
    printf("  %-12s %8s %9s %9s   %s\n", "", "right", "accuracy", "loss", "classified otherwise");
    for (int form = 0; form < BM_FORMS; form++) {
        const struct bm_form_result *r = &inference->form[form];
        if (r->done)
            printf("  %-12s %8zu %9.4f %9.4f   %zu\n", bm_form_name(form, bn), r->right,
                   (double)r->right / (double)inference->images, r->loss, r->differ);
        else if (!left_out(r))
            printf("  %-12s refused: %s\n", bm_form_name(form, bn), r->refused.text);
    }
}

/* The first form of a batch is what the others are held against. */
static void print_time(const struct bm_form_time *t, size_t batch, const char *name, bool first)
{
    char images[24] = "";
    if (first)
        snprintf(images, sizeof images, "%zu", batch);
    if (first && isfinite(t->image_s))
        printf("  %6s  %-12s %9.3f us\n", images, name, 1e6 * t->image_s);
    else if (isnan(t->image_s))
        printf("  %6s  %-12s not measured\n", images, name);
    else if (!isfinite(t->high))
        printf("  %6s  %-12s %9.3f us %11.2f   of %zu rounds only\n", images, name, 1e6 * t->image_s, t->ratio,
               t->rounds);
    else
        printf("  %6s  %-12s %9.3f us %11.2f   %.2f to %.2f\n", images, name, 1e6 * t->image_s, t->ratio, t->low, t->high);
}

static void print_disturbed(const struct bm_inference *inference)
{
    size_t disturbed = 0, rounds = 0;
    for (int b = 0; b < BM_INFERENCE_BATCHES; b++) {
        disturbed += inference->form[BM_AS_TRAINED].time[b].disturbed;
        rounds += inference->form[BM_AS_TRAINED].time[b].rounds;
    }
    if (disturbed)
        printf("  Disturbed: in %zu of all %zu rounds something else ran on these cores.\n", disturbed, rounds);
}

void bm_inference_print(const struct bm_inference *inference, const struct bm_train_config *c, const char *data)
{
    const bool bn = c->bn != BM_BN_NONE;
    printf("\n  What %s%s\n  %zu test images, kernels %s, %zu thread%s\n", bn ? "folding BN buys" : "narrower numbers buy",
           data, inference->images, bm_inference_kernels(c), c->threads, c->threads == 1 ? "" : "s");
    print_accuracy(inference, bn);
    printf("\n  %6s  %-12s %12s %11s   %s\n", "batch", "", "an image", "times as", "95 % interval");
    printf("  %6s  %-12s %12s %11s\n", "", "", "takes", "fast");
    for (int b = 0; b < BM_INFERENCE_BATCHES; b++)
        for (int form = 0; form < BM_FORMS; form++)
            if (inference->form[form].done)
                print_time(&inference->form[form].time[b], bm_inference_batch[b], bm_form_name(form, bn), form == BM_AS_TRAINED);
    printf("  From f32 pixels to f32 logits, rounding between layers included. Medians of\n"
           "  %zu rounds in one process, ratios of neighbours. int8: weights column by\n"
           "  column, activations channel by channel, by %zu training images.\n",
           inference->form[BM_AS_TRAINED].time[0].rounds, inference->calibration);
    print_disturbed(inference);
}

static json_t *times_json(const struct bm_form_result *r)
{
    json_t *list = json_array();
    for (int b = 0; r->done && b < BM_INFERENCE_BATCHES; b++) {
        const struct bm_form_time *t = &r->time[b];
        json_array_append_new(list, json_pack("{s:I, s:I, s:I, s:o, s:o, s:o, s:o}", "batch", (json_int_t)bm_inference_batch[b],
                                              "rounds", (json_int_t)t->rounds, "disturbed", (json_int_t)t->disturbed, "image_s", bm_real_or_null(t->image_s), "ratio",
                                              bm_real_or_null(t->ratio), "low", bm_real_or_null(t->low), "high",
                                              bm_real_or_null(t->high)));
    }
    return list;
}

static json_t *count_or_null(bool there, size_t n) { return there ? json_integer((json_int_t)n) : json_null(); }

void bm_inference_record(const struct bm_inference *inference, const struct bm_train_config *c, const char *experiment,
                         const char *variant, json_t *result)
{
    for (int form = 0; form < BM_FORMS; form++) {
        const struct bm_form_result *r = &inference->form[form];
        if (left_out(r))
            continue;
        json_array_append_new(
            bm_result_list(result, "inference"),
            json_pack("{s:s, s:s, s:I, s:s, s:I, s:s, s:s, s:I, s:I, s:o, s:o, s:o, s:o}", "experiment", experiment,
                      "variant", variant, "seed", (json_int_t)c->seed, "kernels", bm_inference_kernels(c), "threads",
                      (json_int_t)c->threads, "form", bm_form_name(form, c->bn != BM_BN_NONE), "refused",
                      r->refused.text, "images",
                      (json_int_t)inference->images, "calibration", (json_int_t)inference->calibration, "right",
                      count_or_null(r->done, r->right), "differ", count_or_null(r->done, r->differ), "loss",
                      bm_real_or_null(r->done ? r->loss : NAN), "times", times_json(r)));
    }
}
