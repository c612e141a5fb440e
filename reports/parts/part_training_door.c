/* SPDX-License-Identifier: MIT */
/* part_training_door.c - training in short: what every experiment learned with and without BN, and every claim's verdict. */
#include <math.h>
#include <string.h>

#include "claim_report.h"
#include "part_common.h"
#include "parts.h"

static struct bm_value epochs_to_target(const struct bm_shown_variant *o)
{
    return bm_value_or(bm_value_from(BM_UNIT_COUNT, o->source, "summaries[%zu].target_epochs.median", o->number),
                       "not reached");
}

/* "BN", "no BN", or which of both is ahead: only if the ranges over the seeds lie apart. */
static const char *ahead_of(const struct bm_shown_variant *bn, const struct bm_shown_variant *no)
{
    const size_t seeds = json_array_size(json_object_get(bn->summary, "seeds")),
                 others = json_array_size(json_object_get(no->summary, "seeds"));
    if (seeds < 3 || others < 3)
        return "too few seeds to tell";
    if (bm_at_end(bn, "val_accuracy", "min").x > bm_at_end(no, "val_accuracy", "max").x)
        return "higher with BN, every seed";
    if (bm_at_end(bn, "val_accuracy", "max").x < bm_at_end(no, "val_accuracy", "min").x)
        return "lower with BN, every seed";
    return "no difference shown";
}

/* The first variant with BN, and the first without. */
static bool pair_of(const struct bm_trained *e, struct bm_shown_variant *bn, struct bm_shown_variant *no)
{
    struct bm_curves group[BM_CURVE_GROUPS];
    if (!e->source || !bm_curves_group(e->source->document.ours, e->name, group) || group[0].count != 2)
        return false;
    const struct bm_shown_variant a = bm_shown_variant(e->source, group[0].summary[0]), b = bm_shown_variant(e->source, group[0].summary[1]);
    *bn = bm_has_bn(a.summary) ? a : b;
    *no = bm_has_bn(a.summary) ? b : a;
    return bm_has_bn(bn->summary) && !bm_has_bn(no->summary);
}

static void put_experiments(struct bm_page *page, const struct bm_library *library)
{
    struct bm_trained trained[BM_EXPERIMENTS] = { 0 };
    const size_t n = bm_experiments(library, trained);
    char note[BM_DATA_NOTE], title[256], slug[64], id[96];
    struct bm_shown_variant bn, no;
    if (n == 0) {
        bm_page_missing(page, "make experiments DATA=folder", "what real networks learn with and without BN.");
        return;
    }
    struct bm_grid *grid =
        bm_grid_new(page, "experiments-in-short", "Validation accuracy after the last epoch, medians over the seeds, and epochs to the target",
                    "experiment", "layers", "with BN", "without", "least to most, with BN", "without",
                    "what the seeds say", "epochs to the target, with BN", "without", NULL);
    bm_grid_left(grid, 2);
    for (size_t i = 0; i < n; i++) {
        if (!pair_of(&trained[i], &bn, &no))
            continue;
        const json_t *config = json_object_get(bn.summary, "config");
        bm_experiment_title(&trained[i], title);
        bm_experiment_id(&trained[i], i + 1, slug);
        snprintf(id, sizeof id, "%s-curves", slug);
        bm_grid_row(grid, "%l%s%s|%w|%v|%v|%v to %v|%v to %v|%s|%v|%v", (struct bm_place_link){ "training", id, title },
                    *bm_data_note(trained[i].source->document.ours, note) ? "; " : "", note,
                    bm_member_text(config, "layers"),
                    bm_at_end(&bn, "val_accuracy", "median"), bm_at_end(&no, "val_accuracy", "median"), bm_at_end(&bn, "val_accuracy", "min"), bm_at_end(&bn, "val_accuracy", "max"),
                    bm_at_end(&no, "val_accuracy", "min"), bm_at_end(&no, "val_accuracy", "max"), ahead_of(&bn, &no), epochs_to_target(&bn),
                    epochs_to_target(&no));
    }
    bm_page_table(page, grid);
}

static void put_claims(struct bm_page *page, const struct bm_library *library)
{
    const struct bm_source *shown[BM_CLAIMS + 1] = { NULL };
    const size_t n = bm_claims(library, shown);
    char note[BM_DATA_NOTE], id[64];
    if (n == 0) {
        bm_page_missing(page, "make claims DATA=folder", "what is said of BN, and whether it holds here.");
        return;
    }
    struct bm_grid *grid = bm_grid_new(page, "claims-in-short", "What is said of BN, and does it hold here?", "claim", "here",
                                       "seeds", NULL);
    bm_grid_left(grid, 2);
    for (size_t i = 0; i < n; i++) {
        const json_t *ours = shown[i]->document.ours;
        const json_t *first = json_array_get(json_object_get(ours, "verdicts"), 0);
        bm_claim_id(shown[i], i + 1, id);
        if (!bm_claim_is_drawn(ours, bm_member_text(first, "figure")))
            *id = '\0';
        bm_grid_row(grid, "%l|%w%s%s|%v", (struct bm_place_link){ "training", id, bm_member_text(ours, "about") },
                    bm_member_text(ours, "verdict"), *bm_data_note(ours, note) ? "; " : "", note,
                    bm_value_from(BM_UNIT_COUNT, shown[i], "count(seeds[*])"));
    }
    bm_page_table(page, grid);
}

void bm_part_training_door(struct bm_page *page, const struct bm_library *library)
{
    bm_page_part(page, "door-training", "Training and BN");
    put_experiments(page, library);
    put_claims(page, library);
}
