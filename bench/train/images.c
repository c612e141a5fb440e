/* SPDX-License-Identifier: MIT */
#include "images.h"

#include <math.h>

#include "batchmark.h"
#include "conv_config.h"
#include "streams.h"

enum { FETCH_AHEAD = 6 };

/* The operations of Keras' x / 255 and PyTorch's ToTensor, Normalize(0.5, 0.5), in f32 as there. In pieces of constant
 * length, which compilers make vectors of. */
static void scale_pixels(unsigned scaling, const uint8_t *restrict pixel, float *restrict x, size_t n)
{
    enum { PIECE = 16 };
    size_t i = 0;
    for (; scaling == BM_SCALING_UNIT && i + PIECE <= n; i += PIECE)
        for (size_t j = i; j < i + PIECE; j++)
            x[j] = (float)pixel[j] / 255.0f;
    for (; scaling == BM_SCALING_SYMMETRIC && i + PIECE <= n; i += PIECE)
        for (size_t j = i; j < i + PIECE; j++)
            x[j] = ((float)pixel[j] / 255.0f - 0.5f) / 0.5f;
    for (; i < n; i++) {
        const float unit = (float)pixel[i] / 255.0f;
        x[i] = scaling == BM_SCALING_UNIT ? unit : (unit - 0.5f) / 0.5f;
    }
}

/* An image whose channels are planes, as all data sets have them, to one of pixels; by the same operations. */
static void scale_to_pixels(const struct bm_train_config *c, const uint8_t *restrict plane, float *restrict x)
{
    const size_t channels = c->image[2], pixels = c->image[0] * c->image[1];
    float part[64];
    for (size_t k = 0; k < channels; k++)
        for (size_t p = 0, n; p < pixels; p += n) {
            n = pixels - p < 64 ? pixels - p : 64;
            scale_pixels(c->scaling, plane + k * pixels + p, part, n);
            for (size_t i = 0; i < n; i++)
                x[(p + i) * channels + k] = part[i];
        }
}

/* Shuffled images lie anywhere in memory: reading one takes longer than converting it, unless it was fetched before. */
static void fetch(const struct bm_images *from, size_t image, size_t features)
{
    if (image >= from->count)
        return;
    const uint8_t *pixel = from->pixels + (from->row ? from->row[image] : image) * features;
    for (size_t i = 0; i < features; i += 64)
        __builtin_prefetch(pixel + i);
}

void bm_images_gather(const struct bm_images *from, const struct bm_train_config *c, size_t image, size_t first,
                      size_t end, float *x, int32_t *label)
{
    const size_t features = c->width[0];
    const bool by_pixel = c->convs > 0 && bm_conv_layout(c) == BM_CHANNELS_LAST;
    for (size_t i = first; i < end; i++, image++) {
        size_t row = from->row ? from->row[image] : image;
        fetch(from, image + FETCH_AHEAD, features);
        label[i] = from->labels[row];
        if (by_pixel)
            scale_to_pixels(c, from->pixels + row * features, x + i * features);
        else
            scale_pixels(c->scaling, from->pixels + row * features, x + i * features, features);
    }
}

static bool check_labels(const char *set, const uint8_t *label, size_t count, size_t classes, struct bm_error *error)
{
    for (size_t i = 0; i < count; i++)
        if (label[i] >= classes)
            return bm_failed(error, "%s label %zu is %u, but there are %zu classes", set, i, label[i], classes);
    return true;
}

bool bm_images_check(const struct bm_train_config *c, const struct bm_dataset *d, struct bm_error *error)
{
    size_t features = (size_t)d->height * d->width * d->channels;
    if (c->width[0] != features)
        return bm_failed(error, "layers: the first number is %zu, but an image of %s has %u x %u x %u = %zu values",
                         c->width[0], d->name, d->height, d->width, d->channels, features);
    if (c->convs && (c->image[0] != d->height || c->image[1] != d->width || c->image[2] != d->channels))
        return bm_failed(error, "image: an image of %s is %ux%ux%u", d->name, d->height, d->width, d->channels);
    if (c->width[c->widths - 1] != d->classes)
        return bm_failed(error, "layers: the last number is %zu, but %s has %u classes", c->width[c->widths - 1],
                         d->name, d->classes);
    return check_labels("training", d->train_labels, d->train_count, d->classes, error) &&
           check_labels("test", d->test_labels, d->test_count, d->classes, error);
}

bool bm_images_split(const struct bm_train_config *c, const struct bm_dataset *d, struct bm_split *split,
                     struct bm_error *error)
{
    size_t all = d->train_count, held = c->validation == BM_VALIDATION_FIRST ? c->validation_rows
        : c->validation == BM_VALIDATION_RANDOM ? (size_t)lround(c->validation_fraction * (double)all) : 0;
    if (held >= all)
        return bm_failed(error, "validation: %zu images are to be held out, but there are only %zu training images",
                         held, all);
    if (held == 0 && c->validation == BM_VALIDATION_RANDOM)
        return bm_failed(error, "validation: a share of %g of %zu training images is none", c->validation_fraction,
                         all);
    const size_t left = all - held, train = c->train_images ? c->train_images : left;
    if (train > left)
        return bm_failed(error, "train_images = %zu, but only %zu images are left for training", train, left);
    if (c->batch > train)
        return bm_failed(error, "batch = %zu, but only %zu images are left for training", c->batch, train);

    uint32_t *row = bm_alloc(all * sizeof *row);
    split->rows = (struct bm_rows){ row, train, all };
    for (size_t i = 0; i < all; i++)
        row[i] = (uint32_t)((i + held) % all); /* what is held out goes last */
    if (c->validation == BM_VALIDATION_RANDOM) {
        struct bm_random r = bm_random_start(c->seed, BM_STREAM_SPLIT);
        bm_random_shuffle(&r, row, all);
    }
    if (train < left) {
        struct bm_random r = bm_random_start(c->seed, BM_STREAM_SUBSET);
        bm_random_shuffle(&r, row, left);
    }
    split->train = (struct bm_images){ d->train_images, d->train_labels, row, train };
    split->test = (struct bm_images){ d->test_images, d->test_labels, NULL, d->test_count };
    split->validation = split->test;
    if (held)
        split->validation = (struct bm_images){ d->train_images, d->train_labels, row + left, held };
    return true;
}
