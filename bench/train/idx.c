/* SPDX-License-Identifier: MIT */
/*
 * idx.c - MNIST and Fashion-MNIST: two pairs of IDX files.
 *
 * IDX: 4 bytes magic (0, 0, type 8 = unsigned byte, number of dimensions), then the dimensions and then the elements;
 * numbers are 32 bits, most significant byte first.
 * Source: LeCun, Cortes & Burges, The MNIST database of handwritten digits.
 */
#include <stdio.h>
#include <string.h>

#include "dataset_internal.h"
#include "memory_budget.h"

enum { SIDE = 28, IMAGES_MAGIC = 0x803, LABELS_MAGIC = 0x801 };
/* Deflate cannot shrink data further than this (zlib's technical notes: 1032 to 1). */
enum { MAX_DEFLATE_RATIO = 1032 };

struct pair { const char *images, *labels; };
/* The publishers' spelling, and the one that some mirrors and unpackers leave behind. */
static const struct pair train_names[2] = {
    { "train-images-idx3-ubyte", "train-labels-idx1-ubyte" },
    { "train-images.idx3-ubyte", "train-labels.idx1-ubyte" } };
static const struct pair test_names[2] = {
    { "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte" },
    { "t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte" } };

/* The spelling that is there; the publishers' if none is. */
static const char *spelled(const char *folder, const char *usual, const char *other)
{
    char path[BM_PATH_SIZE];
    return !bm_input_find(path, folder, usual) && bm_input_find(path, folder, other) ? other : usual;
}

static bool pair_present(const char *folder, const struct pair names[2])
{
    char path[BM_PATH_SIZE];
    for (int i = 0; i < 2; i++)
        if (bm_input_find(path, folder, names[i].images) || bm_input_find(path, folder, names[i].labels))
            return true;
    return false;
}

bool bm_idx_present(const char *folder)
{
    return pair_present(folder, train_names) || pair_present(folder, test_names);
}

static uint32_t big_endian(const uint8_t byte[4])
{
    return (uint32_t)byte[0] << 24 | (uint32_t)byte[1] << 16 | (uint32_t)byte[2] << 8 | byte[3];
}

/* Reads the whole of one file into *data, which the caller frees also on failure. */
static bool read_idx(struct bm_input *in, uint32_t magic, uint8_t **data, size_t *count, struct bm_error *error)
{
    uint8_t header[16];
    size_t dims = magic & 0xff;
    if (!bm_input_read(in, header, 4, "header", error))
        return false;
    if (big_endian(header) != magic)
        return bm_failed(error, "%s: not a file of %s: expected the magic number 0x%08x, found 0x%08x" BM_AGAIN,
            in->path, magic == IMAGES_MAGIC ? "images" : "labels", magic, big_endian(header));
    if (!bm_input_read(in, header + 4, 4 * dims, "header", error))
        return false;
    uint64_t n = big_endian(header + 4), features = 1;
    if (dims == 3) {
        uint32_t height = big_endian(header + 8), width = big_endian(header + 12);
        if (height != SIDE || width != SIDE)
            return bm_failed(error, "%s: expected images of %d x %d pixels, found %u x %u" BM_AGAIN, in->path, SIDE,
                SIDE, height, width);
        features = SIDE * SIDE;
    }
    /* The header may lie: nothing is allocated that the file cannot hold. */
    uint64_t most = gzdirect(in->gz) ? in->size : in->size * MAX_DEFLATE_RATIO;
    if (n == 0 || n * features > BM_DATASET_MAX_BYTES)
        return bm_failed(error, "%s: the header's count of %llu is absurd: expected 1 to %llu" BM_AGAIN, in->path,
            (unsigned long long)n, (unsigned long long)(BM_DATASET_MAX_BYTES / features));
    if (n * features > most)
        return bm_failed(error, "%s: truncated: its %llu bytes cannot hold the %llu that the header promises" BM_AGAIN,
            in->path, (unsigned long long)in->size, (unsigned long long)(n * features));
    if (!bm_memory_fits((double)(n * features), in->path, BM_MORE_MEMORY, error))
        return false;
    *count = (size_t)n;
    *data = bm_alloc((size_t)(n * features));
    return bm_input_read(in, *data, (size_t)(n * features), dims == 3 ? "images" : "labels", error) &&
        bm_input_end(in, dims == 3 ? "the images that the header counts" : "the labels that the header counts", error);
}

static bool load_pair(struct bm_dataset *d, const char *folder, const struct pair names[2], uint8_t **images,
    uint8_t **labels, size_t *count, char images_path[BM_PATH_SIZE], struct bm_error *error)
{
    struct bm_input in;
    size_t label_count;
    if (!bm_input_open(&in, folder, spelled(folder, names[0].images, names[1].images), error))
        return false;
    bool ok = read_idx(&in, IMAGES_MAGIC, images, count, error) && bm_identify(d, &in, names[0].images, error);
    bm_input_close(&in);
    strcpy(images_path, in.path);
    if (!ok || !bm_input_open(&in, folder, spelled(folder, names[0].labels, names[1].labels), error))
        return false;
    ok = read_idx(&in, LABELS_MAGIC, labels, &label_count, error) && bm_identify(d, &in, names[0].labels, error);
    bm_input_close(&in);
    if (ok && label_count != *count)
        return bm_failed(error, "%s: expected %zu labels, one for each image of %s, found %zu" BM_AGAIN,
            in.path, *count, strrchr(images_path, '/') + 1, label_count);
    return ok && bm_check_labels(in.path, *labels, label_count, 10, error);
}

bool bm_idx_load(struct bm_dataset *d, const char *folder, struct bm_error *error)
{
    char train[BM_PATH_SIZE], test[BM_PATH_SIZE];
    d->height = d->width = SIDE;
    d->channels = 1;
    if (!load_pair(d, folder, train_names, &d->train_images, &d->train_labels, &d->train_count, train, error) ||
        !load_pair(d, folder, test_names, &d->test_images, &d->test_labels, &d->test_count, test, error))
        return false;
    snprintf(d->origin, sizeof d->origin, "%s: %s, %s and their labels", folder, strrchr(train, '/') + 1,
        strrchr(test, '/') + 1);
    return true;
}
