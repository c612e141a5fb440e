/* SPDX-License-Identifier: MIT */
#include "conv_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bm_conv_size bm_conv_size(const struct bm_train_config *c, size_t l)
{
    struct bm_conv_size s = { c->image[0], c->image[1], l ? c->conv[l - 1] : c->image[2] };
    for (; l > 0; l--)
        s.height /= 2, s.width /= 2;
    return s;
}

size_t bm_conv_features(const struct bm_train_config *c)
{
    const struct bm_conv_size s = bm_conv_size(c, c->convs);
    return c->convs ? s.height * s.width * s.channels : c->width[0];
}

enum bm_layout bm_conv_layout(const struct bm_train_config *c)
{
    return c->layout == BM_IMAGES_CHANNELS_FIRST ? BM_CHANNELS_FIRST : BM_CHANNELS_LAST;
}

/* Whole numbers from 1 to 65536 with `between` between them; returns how many, 0 if the text is none. */
static size_t read_list(const char *text, char between, size_t *list, size_t most)
{
    for (size_t n = 0; n < most; text++) {
        char *end;
        text += strspn(text, " \t");
        const unsigned long v = strtoul(text, &end, 10);
        if (*text < '0' || *text > '9' || v < 1 || v > 65536)
            return 0;
        list[n++] = v;
        text = end + strspn(end, " \t");
        if (!*text)
            return n;
        if (*text != between)
            return 0;
    }
    return 0;
}

bool bm_conv_set(struct bm_train_config *c, const char *value)
{
    size_t list[BM_MAX_CONVS];
    const size_t n = strcmp(value, "none") == 0 ? 0 : read_list(value, ',', list, BM_MAX_CONVS);
    if (n == 0 && strcmp(value, "none") != 0)
        return false;
    c->convs = n;
    memcpy(c->conv, list, n * sizeof *list);
    return true;
}

bool bm_conv_set_image(struct bm_train_config *c, const char *value)
{
    size_t list[3];
    if (read_list(value, 'x', list, 3) != 3)
        return false;
    memcpy(c->image, list, sizeof list);
    return true;
}

void bm_conv_get(const struct bm_train_config *c, char value[static BM_TRAIN_VALUE])
{
    size_t used = 0;
    strcpy(value, "none");
    for (size_t i = 0; i < c->convs; i++)
        used += (size_t)snprintf(value + used, BM_TRAIN_VALUE - used, "%s%zu", i ? "," : "", c->conv[i]);
}

void bm_conv_get_image(const struct bm_train_config *c, char value[static BM_TRAIN_VALUE])
{
    snprintf(value, BM_TRAIN_VALUE, "%zux%zux%zu", c->image[0], c->image[1], c->image[2]);
}

/* The one setting that convolutions do not go with, or NULL. */
static const char *in_the_way(const struct bm_train_config *c)
{
    return c->activation >= BM_ACTIVATION_SIGMOID         ? "activation = relu or leaky_relu"
           : c->bn != BM_BN_NONE && c->bn != BM_BN_BEFORE ? "bn = none or before"
           : c->norm != BM_NORM_BATCH                     ? "norm = batch"
           : c->precision != BM_PRECISION_F32             ? "precision = f32"
           : c->dropout > 0                               ? "dropout = 0"
           : c->record                                    ? "record = 0"
           : c->evaluation != BM_EVALUATION_RUNNING       ? "evaluation = running"
           : c->optimizer_of != BM_OPTIMIZER_OF_THIS      ? "optimizer_of = this"
           : c->ranks->count > 1                          ? "one rank"
                                                          : NULL;
}

bool bm_conv_check(const struct bm_train_config *c, struct bm_error *error)
{
    char image[BM_TRAIN_VALUE];
    if (c->convs == 0)
        return true;
    const struct bm_conv_size last = bm_conv_size(c, c->convs);
    bm_conv_get_image(c, image);
    if (c->image[0] * c->image[1] * c->image[2] != c->width[0])
        return bm_failed(error, "image = %s has %zu values, but layers begins with %zu: give both alike", image,
                         c->image[0] * c->image[1] * c->image[2], c->width[0]);
    if (last.height == 0 || last.width == 0)
        return bm_failed(error, "conv: nothing is left of an image of %s behind %zu poolings; take fewer convolutions",
                         image, c->convs);
    if (c->convs + c->widths > BM_MAX_WIDTHS)
        return bm_failed(error, "conv and layers: more than %d layers", BM_MAX_WIDTHS - 1);
    if (in_the_way(c))
        return bm_failed(error, "conv needs %s", in_the_way(c));
    return true;
}
