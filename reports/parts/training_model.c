/* SPDX-License-Identifier: MIT */
/* training_model.c - what was trained, layer by layer and variant by variant, and how it went, epoch by epoch. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "train_report.h"

static bool is_of(const struct bm_trained *e, const json_t *summary)
{
    return strcmp(bm_member_text(summary, "experiment"), e->name) == 0;
}

/* ---- layers ---- */

enum { LAYERS = 64 };

struct layer {
    const char *name;
    double outputs, trainable, kept; /* kept: BN's running mean and variance, which no gradient changes */
};

/* Of "layers = 784, 300, 10"; 0: they cannot be told. */
static size_t layers_of(const json_t *config, struct layer list[static LAYERS])
{
    const char *at = bm_member_text(config, "layers"), *bn = bm_member_text(config, "bn"), *norm = bm_member_text(config, "norm");
    const bool before = strstr(bn, "before") != NULL, after = strstr(bn, "after") != NULL,
               is_bn = !*norm || strcmp(norm, "batch") == 0;
    const double each = strcmp(norm, "rms") == 0 ? 1 : 2;
    double inputs = 0;
    size_t n = 0;
    while (*at && n + 3 < LAYERS) {
        char *end;
        const double width = strtod(at, &end);
        if (end == at || !(width >= 1 && width < 1e9))
            return 0;
        at = end + strspn(end, ", ");
        const struct layer normed = { is_bn ? "batch norm" : "norm", width, each * width, is_bn ? 2 * width : 0 };
        if (inputs > 0)
            list[n++] = (struct layer){ *at ? "dense" : "dense, softmax", width, (inputs + 1) * width, 0 };
        if (inputs > 0 && *at && before)
            list[n++] = normed;
        if (inputs > 0 && *at)
            list[n++] = (struct layer){ "activation", width, 0, 0 };
        if (inputs > 0 ? *at && after : strncmp(bn, "input", 5) == 0)
            list[n++] = normed;
        inputs = width;
    }
    return n;
}

static struct layer total_of(const struct layer *list, size_t n)
{
    struct layer total = { "in all", NAN, n ? 0 : NAN, n ? 0 : NAN };
    for (size_t i = 0; i < n; i++) {
        total.trainable += list[i].trainable;
        total.kept += list[i].kept;
    }
    return total;
}

static void put_layer(struct bm_grid *grid, const struct layer *layer, const struct bm_source *s)
{
    bm_grid_row(grid, "%s|%v|%v|%v", layer->name, bm_value_or(bm_derived(layer->outputs, BM_UNIT_COUNT, s), ""),
                bm_derived(layer->trainable, BM_UNIT_COUNT, s), bm_derived(layer->kept, BM_UNIT_COUNT, s));
}

/* Of the first variant with BN, or of the first. */
static void put_layers(struct bm_page *page, const struct bm_trained *e, const char *slug)
{
    const json_t *summary, *shown = NULL;
    struct layer list[LAYERS];
    char id[96], caption[192], name[128];
    size_t i;
    json_array_foreach(bm_summaries(e->source), i, summary) if (is_of(e, summary) &&
                                                        (!shown || (bm_has_bn(summary) && !bm_has_bn(shown)))) shown = summary;
    const size_t n = layers_of(json_object_get(shown, "config"), list);
    const struct layer total = total_of(list, n);
    if (!n)
        return;
    snprintf(id, sizeof id, "%s-layers", slug);
    snprintf(caption, sizeof caption, "Layers of %s, and their parameters", bm_shortened(bm_member_text(shown, "variant"), 40, name));
    struct bm_grid *grid = bm_grid_new(page, id, caption, "layer", "outputs", "trainable", "not trainable", NULL);
    for (i = 0; i < n; i++)
        put_layer(grid, &list[i], e->source);
    put_layer(grid, &total, e->source);
    bm_page_table(page, grid);
    if (total.kept > 0)
        bm_page_paragraph(page, "Not trainable are BN's running means and variances: they follow the batches, not a gradient.");
}

/* ---- variants ---- */

static void put_variants(struct bm_page *page, const struct bm_trained *e, const char *slug)
{
    static const char *const key[] = { "layers",  "bn",   "optimizer", "lr",     "batch",
                                       "scaling", "init", "kernels",   "threads" };
    struct layer list[LAYERS];
    char id[96];
    const json_t *summary;
    size_t i;
    snprintf(id, sizeof id, "%s-model", slug);
    struct bm_grid *grid =
        bm_grid_new(page, id, "The variants", "variant", "what it is", "parameters", "seeds", "layers", "BN",
                    "optimiser", "learning rate", "batch", "scaling", "init", "kernels", "threads", NULL);
    json_array_foreach(bm_summaries(e->source), i, summary)
    {
        const json_t *config = json_object_get(summary, "config");
        const bool bf16 = strcmp(bm_member_text(config, "precision"), "bf16") == 0; /* older results lack it: f32 */
        if (!is_of(e, summary))
            continue;
        bm_grid_row(grid, "%w|%s|%v|%v", bm_member_text(summary, "variant"), bm_member_text(summary, "about"),
                    bm_derived(total_of(list, layers_of(config, list)).trainable, BM_UNIT_COUNT, e->source),
                    bm_value_from(BM_UNIT_COUNT, e->source, "count(summaries[%zu].seeds[*])", i));
        for (size_t k = 0; k < sizeof key / sizeof *key; k++)
            bm_grid_cell(grid, strcmp(key[k], "kernels") == 0 && bf16 ? "%w in bf16" : "%w", bm_member_text(config, key[k]));
    }
    bm_page_table(page, grid);
}

void bm_training_model(struct bm_page *page, const struct bm_trained *e, const char *slug)
{
    bm_page_more_begin(page, "Layers, parameters, settings");
    put_layers(page, e, slug);
    put_variants(page, e, slug);
    bm_page_more_end(page);
}

/* ---- epochs ---- */

/* Rows that a page shows of a long run: the first ones, every tenth, and the last. */
static bool is_shown(const struct bm_page *page, size_t epoch, size_t epochs)
{
    return bm_page_takes_all(page) || epoch < 10 || (epoch + 1) % 10 == 0 || epoch + 1 == epochs;
}

void bm_training_epochs(struct bm_page *page, const struct bm_trained *e, const char *slug)
{
    static const char *const figure[] = { "loss", "accuracy", "val_loss", "val_accuracy" };
    struct bm_curves group[BM_CURVE_GROUPS];
    char id[96];
    if (bm_curves_group(e->source->document.ours, e->name, group) == 0)
        return;
    snprintf(id, sizeof id, "%s-epochs", slug);
    struct bm_grid *grid = bm_grid_new(page, id, "Medians over the seeds", "epoch", "variant", "loss", "accuracy",
                                       "validation loss", "validation accuracy", NULL);
    bm_grid_left(grid, 2);
    for (size_t v = 0; v < group[0].count; v++) {
        const size_t number = group[0].summary[v];
        const json_t *summary = json_array_get(bm_summaries(e->source), number);
        const size_t epochs = json_array_size(json_object_get(summary, "epochs"));
        for (size_t i = 0; i < epochs; i++) {
            if (!is_shown(page, i, epochs))
                continue;
            bm_grid_row(grid, "%d|%w", (int)i + 1, bm_member_text(summary, "variant"));
            for (size_t f = 0; f < sizeof figure / sizeof *figure; f++)
                bm_grid_cell(grid, "%v", bm_value_from(BM_UNIT_FRACTION, e->source, "summaries[%zu].epochs[%zu].%s.median",
                                                       number, i, figure[f]));
        }
    }
    bm_page_more_begin(page, "Epoch by epoch");
    bm_page_table(page, grid);
    bm_page_more_end(page);
}
