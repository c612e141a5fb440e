/* SPDX-License-Identifier: MIT */
#include "model_table.h"

#include "conv_config.h"

/* BN keeps a mean and a variance of each channel; RMS norm has no shift. */
static struct bm_model_row norm_row(const struct bm_train_config *c, const char *layer, size_t width)
{
    return (struct bm_model_row){ layer, width, c->norm == BM_NORM_RMS ? width : 2 * width, c->norm == BM_NORM_BATCH ? 2 * width : 0 };
}

unsigned bm_model_rows(const struct bm_train_config *c, struct bm_model_row row[BM_MODEL_ROWS])
{
    static const char *const activated[] = { "dense + relu", "dense + leaky_relu", "dense + sigmoid", "dense + tanh" };
#define NORMS(then) { "batch norm" then, "layer norm" then, "RMS norm" then, "group norm" then }
    static const char *const norms[] = NORMS(""), *const normalised[][4] = { NORMS(" + relu"), NORMS(" + leaky_relu"),
                                                                            NORMS(" + sigmoid"), NORMS(" + tanh") };
    unsigned n = 0;
    if (c->bn & BM_BN_INPUT)
        row[n++] = norm_row(c, norms[BM_NORM_BATCH], c->width[0]);
    for (size_t l = 0; l < c->convs; l++) {
        const struct bm_conv_size in = bm_conv_size(c, l), pooled = bm_conv_size(c, l + 1);
        const size_t out = c->conv[l], weights = BM_CONV_FILTER * BM_CONV_FILTER * in.channels * out;
        row[n++] = (struct bm_model_row){ c->bn ? "conv 3x3" : "conv 3x3 + activation", in.height * in.width * out, weights + out, 0 };
        if (c->bn & BM_BN_BEFORE)
            row[n++] = (struct bm_model_row){ normalised[c->activation][c->norm], in.height * in.width * out, 2 * out, 2 * out };
        row[n++] = (struct bm_model_row){ "max pool 2x2", pooled.height * pooled.width * out, 0, 0 };
    }
    for (size_t l = 1; l < c->widths; l++) {
        size_t in = l == 1 ? bm_conv_features(c) : c->width[l - 1], out = c->width[l];
        bool last = l == c->widths - 1;
        const char *dense = last ? "dense + softmax" : c->bn & BM_BN_BEFORE ? "dense" : activated[c->activation];
        row[n++] = (struct bm_model_row){ dense, out, in * out + out, 0 };
        if (!last && c->bn & BM_BN_BEFORE)
            row[n++] = norm_row(c, normalised[c->activation][c->norm], out);
        if (!last && c->bn & BM_BN_AFTER)
            row[n++] = norm_row(c, norms[c->norm], out);
    }
    return n;
}

struct bm_model_row bm_model_total(const struct bm_train_config *c)
{
    struct bm_model_row row[BM_MODEL_ROWS], total = { "total", c->width[c->widths - 1], 0, 0 };
    unsigned n = bm_model_rows(c, row);
    for (unsigned i = 0; i < n; i++) {
        total.trainable += row[i].trainable;
        total.fixed += row[i].fixed;
    }
    return total;
}

void bm_model_print(FILE *out, const struct bm_train_config *c)
{
    struct bm_model_row row[BM_MODEL_ROWS], total = bm_model_total(c);
    unsigned n = bm_model_rows(c, row);
    fprintf(out, "%-24s %13s %12s %14s\n", "layer", "output", "trainable", "non-trainable");
    fprintf(out, "%-24s %6zu x %4zu %12s %14s\n", "input", c->batch, c->width[0], "-", "-");
    for (unsigned i = 0; i < n; i++)
        fprintf(out, "%-24s %6zu x %4zu %12zu %14zu\n", row[i].layer, c->batch, row[i].width, row[i].trainable,
                row[i].fixed);
    fprintf(out, "%-24s %13s %12zu %14zu\n", total.layer, "", total.trainable, total.fixed);
}
