/* SPDX-License-Identifier: MIT */
/*
 * cifar10.c - CIFAR-10 in its binary version: records of one label byte and 3 x 32 x 32 pixel bytes (the red plane,
 * then green, then blue), 10,000 to a file. There is no header, so the size is the only sign of a truncated file and
 * any other size is refused.
 * Source: Krizhevsky, Learning multiple layers of features from tiny images, 2009.
 */
#include <stdio.h>
#include <string.h>

#include "dataset_internal.h"
#include "memory_budget.h"

enum { SIDE = 32, FEATURES = 3 * SIDE * SIDE, RECORDS = 10000, TRAIN_FILES = 5 };
static const char *const file_names[TRAIN_FILES + 1] = { "data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
    "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin" };

bool bm_cifar10_present(const char *folder)
{
    char path[BM_PATH_SIZE];
    for (int i = 0; i <= TRAIN_FILES; i++)
        if (bm_input_find(path, folder, file_names[i]))
            return true;
    return false;
}

static bool read_records(struct bm_input *in, uint8_t *images, uint8_t *labels, struct bm_error *error)
{
    for (size_t i = 0; i < RECORDS; i++) {
        char what[64];
        snprintf(what, sizeof what, "record %zu of %d", i + 1, RECORDS);
        uint8_t record[1 + FEATURES];
        if (!bm_input_read(in, record, sizeof record, what, error))
            return false;
        labels[i] = record[0];
        memcpy(images + i * FEATURES, record + 1, FEATURES);
    }
    return bm_input_end(in, "10000 records of 3073 bytes", error) &&
        bm_check_labels(in->path, labels, RECORDS, 10, error);
}

bool bm_cifar10_load(struct bm_dataset *d, const char *folder, struct bm_error *error)
{
    d->height = d->width = SIDE;
    d->channels = 3;
    d->train_count = TRAIN_FILES * RECORDS;
    d->test_count = RECORDS;
    if (!bm_memory_fits((double)(d->train_count + d->test_count) * (FEATURES + 1), folder, BM_MORE_MEMORY, error))
        return false;
    d->train_images = bm_alloc(d->train_count * FEATURES);
    d->train_labels = bm_alloc(d->train_count);
    d->test_images = bm_alloc(d->test_count * FEATURES);
    d->test_labels = bm_alloc(d->test_count);
    for (size_t i = 0; i <= TRAIN_FILES; i++) {
        struct bm_input in;
        uint8_t *images = i < TRAIN_FILES ? d->train_images + i * RECORDS * FEATURES : d->test_images;
        uint8_t *labels = i < TRAIN_FILES ? d->train_labels + i * RECORDS : d->test_labels;
        if (!bm_input_open(&in, folder, file_names[i], error))
            return false;
        bool ok = read_records(&in, images, labels, error) && bm_identify(d, &in, file_names[i], error);
        bm_input_close(&in);
        if (!ok)
            return false;
    }
    snprintf(d->origin, sizeof d->origin, "%s: data_batch_1.bin to data_batch_5.bin and test_batch.bin", folder);
    return true;
}
