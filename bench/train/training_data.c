/* SPDX-License-Identifier: MIT */
#include "training_data.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"
#include "train_report.h"

const double bm_generated_target = 0.93;

static void warn(json_t *result, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void warn(json_t *result, const char *format, ...)
{
    char *text = NULL;
    va_list list;
    va_start(list, format);
    if (vasprintf(&text, format, list) < 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    va_end(list);
    bm_plain(text);
    fflush(stdout);
    fprintf(stderr, "batchmark: WARNING: %s\n", text);
    json_array_append_new(json_object_get(json_object_get(json_object_get(result, "context"), "batchmark"), "warnings"),
                          json_string(text));
    free(text);
}

/* A path may hold what is no UTF-8, and results cannot. */
static void make_utf8(char *text)
{
    json_t *fits = json_string(text);
    for (; *text && !fits; text++)
        if ((unsigned char)*text >= 0x80)
            *text = '?';
    json_decref(fits);
}

static void warn_of(const struct bm_dataset *d, json_t *result)
{
    const char *title = bm_dataset_title(d->name);
    if (d->content == BM_CONTENT_UNKNOWN)
        warn(result,
             "%s: not known as a published file of %s: figures may not be those of %s; `make data` downloads the "
             "published files",
             d->unknown, title, title);
    if (d->overlap != BM_OVERLAP_NONE)
        warn(result, "%s: %s: accuracies do not tell how well unseen images are recognised; check the files", d->origin,
             d->overlap == BM_OVERLAP_EQUAL  ? "training and test images are the same"
             : d->overlap == BM_OVERLAP_TEST ? "all test images are also trained with"
                                             : "all training images are also test images");
}

void bm_training_data(struct bm_dataset *data, const char *name, const char *dir, json_t *result)
{
    struct bm_error error;
    enum bm_dataset_status status = bm_dataset_load(data, name, dir, &error);
    if (status == BM_DATASET_ABSENT) {
        printf("NOTE: %s\n      Training on generated images instead: accuracies are not those of %s, and the target "
               "is %.4g unless --target says otherwise.\n",
               error.text, bm_dataset_title(name), bm_generated_target);
        status = bm_dataset_load(data, "builtin", NULL, &error);
    }
    if (status != BM_DATASET_LOADED)
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    make_utf8(data->origin);
    make_utf8(data->unknown);
    printf("Data: %s\n", data->origin);
    warn_of(data, result);
    bm_record_data(result, name, data);
}

const char *bm_data_title(const json_t *result, char text[static BM_DATA_TITLE])
{
    char note[BM_DATA_NOTE];
    bm_data_note(json_object_get(result, "batchmark"), note);
    snprintf(text, BM_DATA_TITLE, "%s%s%s", *note ? " (" : "", note, *note ? ")" : "");
    return text;
}
