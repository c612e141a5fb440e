/* SPDX-License-Identifier: MIT */
/* part_training.c - what training learned, experiment by experiment; kernels' part in it: training_sets.c. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "part_common.h"
#include "parts.h"
#include "train_report.h"

static bool is_ours(const struct bm_library *library, const struct bm_source *s)
{
    return strcmp(s->machine, library->machine) == 0 && strcmp(s->document.kind, "train") == 0;
}

/* Beside other results, those of several ranks are in tables of their own only. */
static bool is_apart(const struct bm_library *library, const struct bm_source *s)
{
    return library->sources > 1 && json_array_size(json_object_get(s->document.ours, "ranks")) > 0;
}

const json_t *bm_summaries(const struct bm_source *s) { return json_object_get(s->document.ours, "summaries"); }

static struct bm_trained *shown_of(struct bm_trained *shown, size_t *n, const char *name)
{
    size_t i = 0;
    while (i < *n && strcmp(shown[i].name, name) != 0)
        i++;
    if (i == *n && *n < BM_EXPERIMENTS)
        shown[(*n)++] = (struct bm_trained){ .name = name };
    return i < *n ? &shown[i] : NULL;
}

static const json_t *first_summary(const struct bm_trained *e)
{
    const json_t *summary;
    size_t i;
    json_array_foreach(bm_summaries(e->source), i,
                       summary) if (strcmp(bm_member_text(summary, "experiment"), e->name) == 0) return summary;
    return NULL;
}

/* What a reader looks for first: time to accuracy, then MNIST, Fashion-MNIST, CIFAR-10, and all else. */
static int rank_of(const struct bm_trained *e)
{
    static const char *const order[] = { "mnist", "fashion-mnist", "cifar-10" };
    const char *data = bm_member_text(json_object_get(first_summary(e), "config"), "dataset");
    int rank = 0;
    if (json_array_size(json_object_get(e->source->document.ours, "kernel_sets")))
        return -1;
    while (rank < 3 && strcmp(data, order[rank]) != 0)
        rank++;
    return rank;
}

static int by_rank(const void *a, const void *b)
{
    const struct bm_trained *x = a, *y = b;
    return rank_of(x) != rank_of(y) ? rank_of(x) - rank_of(y) : strcmp(x->name, y->name);
}

void bm_experiment_title(const struct bm_trained *e, char title[static 256])
{
    static const char *const known[][2] = { { "sgd", "SGD" }, { "adam", "Adam" }, { "momentum", "SGD with momentum" } };
    const json_t *config = json_object_get(first_summary(e), "config");
    char data[128], with[128], name[128];
    const char *optimizer = bm_shortened(bm_member_text(config, "optimizer"), 20, with);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        optimizer = strcmp(optimizer, known[i][0]) == 0 ? known[i][1] : optimizer;
    snprintf(title, 256, "%.60s, %.60s (%.100s)", bm_data_called(bm_member_text(config, "dataset"), data), optimizer,
             bm_shortened(e->name, 40, name));
    bm_text_whole(title);
}

static double epochs_of(const struct bm_source *s, const char *experiment)
{
    const json_t *summary;
    size_t i;
    double epochs = 0;
    json_array_foreach(bm_summaries(s), i, summary) if (strcmp(bm_member_text(summary, "experiment"), experiment) == 0)
        epochs += (double)(json_array_size(json_object_get(summary, "seeds")) *
                           json_array_size(json_object_get(summary, "epochs")));
    return epochs;
}

size_t bm_experiments(const struct bm_library *library, struct bm_trained shown[static BM_EXPERIMENTS])
{
    enum { WHICH_DATA, EPOCHS, NEWEST, PASSES };
    size_t n = 0, i;
    const json_t *summary;
    for (int pass = WHICH_DATA; pass < PASSES; pass++)
        for (size_t l = 0; l < library->sources; l++) {
            const struct bm_source *s = &library->source[l];
            if (!is_ours(library, s) || is_apart(library, s))
                continue;
            const bool generated = bm_data_is_generated(s->document.ours);
            json_array_foreach(bm_summaries(s), i, summary)
            {
                struct bm_trained *one = shown_of(shown, &n, bm_member_text(summary, "experiment"));
                const double epochs = one ? epochs_of(s, one->name) : 0;
                if (!one || (pass != WHICH_DATA && generated && one->real))
                    continue;
                if (pass == WHICH_DATA)
                    one->real |= !generated;
                else if (pass == EPOCHS)
                    one->epochs = fmax(one->epochs, epochs);
                else if (2 * epochs >= one->epochs)
                    one->source = s;
            }
        }
    if (n)
        qsort(shown, n, sizeof *shown, by_rank);
    return n;
}

/* ---- figures as linked numbers ---- */

struct bm_shown_variant bm_shown_variant(const struct bm_source *source, size_t number)
{
    return (struct bm_shown_variant){ source, json_array_get(bm_summaries(source), number), number };
}

static size_t last_epoch(const struct bm_shown_variant *o)
{
    const size_t n = json_array_size(json_object_get(o->summary, "epochs"));
    return n ? n - 1 : 0;
}

/* Of its last epoch. */
struct bm_value bm_at_end(const struct bm_shown_variant *o, const char *figure, const char *which)
{
    return bm_value_from(BM_UNIT_FRACTION, o->source, "summaries[%zu].epochs[%zu].%s.%s", o->number, last_epoch(o),
                         figure, which);
}

static struct bm_value accuracy_of(const struct bm_shown_variant *o) { return bm_at_end(o, "val_accuracy", "median"); }

static struct bm_value epochs_run(const struct bm_shown_variant *o)
{
    return bm_value_from(BM_UNIT_COUNT, o->source, "count(summaries[%zu].epochs[*].epoch)", o->number);
}

static struct bm_value member_of(const struct bm_shown_variant *o, const char *path, enum bm_unit unit)
{
    return bm_value_from(unit, o->source, "summaries[%zu].%s", o->number, path);
}

static struct bm_value target_of(const struct bm_shown_variant *o) { return member_of(o, "target", BM_UNIT_FRACTION); }
static const char *variant_of(const struct bm_shown_variant *o) { return bm_member_text(o->summary, "variant"); }

/* ---- curves ---- */

/* Two cells: the ends of a range over the seeds. */
static struct bm_range_value ends_of(const struct bm_shown_variant *o, const char *range, enum bm_unit unit)
{
    char path[2][48];
    snprintf(path[0], sizeof path[0], "%s.min", range);
    snprintf(path[1], sizeof path[1], "%s.max", range);
    return (struct bm_range_value){ member_of(o, path[0], unit), member_of(o, path[1], unit) };
}

static void put_figures(struct bm_grid *grid, const struct bm_shown_variant *o)
{
    bm_grid_row(grid, "%w|%v|%v|%v|%v|%v|%v|%v|%r|%v|%r|%v|%r", variant_of(o), epochs_run(o), accuracy_of(o),
                bm_at_end(o, "val_accuracy", "min"), bm_at_end(o, "val_accuracy", "max"), bm_at_end(o, "val_loss", "median"),
                bm_at_end(o, "loss", "median"), member_of(o, "test_accuracy.median", BM_UNIT_FRACTION),
                ends_of(o, "test_accuracy", BM_UNIT_FRACTION), member_of(o, "target_epochs.median", BM_UNIT_COUNT),
                ends_of(o, "target_epochs", BM_UNIT_COUNT), member_of(o, "epoch_seconds.median", BM_UNIT_SECONDS),
                ends_of(o, "epoch_seconds", BM_UNIT_SECONDS));
}

static struct bm_grid *figures_grid(struct bm_page *page, const char *id, const struct bm_trained *e)
{
    const json_t *summary;
    size_t i;
    struct bm_grid *grid = bm_grid_new(page, id, "After the last epoch, medians over the seeds", "variant", "epochs",
                                       "validation accuracy", "least", "most", "validation loss", "training loss",
                                       "test accuracy", "least", "most", "target reached after epochs", "least", "most",
                                       "time of an epoch", "least", "most", NULL);
    json_array_foreach(bm_summaries(e->source), i,
                       summary) if (strcmp(bm_member_text(summary, "experiment"), e->name) == 0)
    {
        const struct bm_shown_variant o = bm_shown_variant(e->source, i);
        put_figures(grid, &o);
    }
    return grid;
}

/* With and without BN: what each learned, and who reached the target first. */
static void put_pair(struct bm_page *page, const char *id, char *svg, struct bm_grid *numbers, const struct bm_shown_variant *bn,
                     const struct bm_shown_variant *no)
{
    const struct bm_value a = accuracy_of(bn), b = accuracy_of(no);
    const char *ahead = !isfinite(a.x) || !isfinite(b.x) ? "a run without a figure diverged or was stopped"
                        : a.x > b.x                      ? "BN is ahead"
                        : a.x < b.x                      ? "BN is behind"
                                                         : "BN makes no difference";
    bm_page_picture(
        page, id, "With and without BN: every seed thin, the median thick", svg, numbers,
        "Median validation accuracy at the end: %v with BN (after epoch %v), %v without (after epoch %v): %s. "
        "Validation loss: %v and %v. Epochs to the target of %v: %v with BN, %v without.",
        a, epochs_run(bn), b, epochs_run(no), ahead, bm_at_end(bn, "val_loss", "median"), bm_at_end(no, "val_loss", "median"),
        target_of(bn), bm_value_or(member_of(bn, "target_epochs.median", BM_UNIT_COUNT), "not reached"),
        bm_value_or(member_of(no, "target_epochs.median", BM_UNIT_COUNT), "not reached"));
}

/* The best and the worst of several. */
static void put_others(struct bm_page *page, const char *id, const char *title, char *svg, struct bm_grid *numbers,
                       const struct bm_source *source, const struct bm_curves *c)
{
    struct bm_shown_variant best = bm_shown_variant(source, c->summary[0]), worst = best;
    for (size_t i = 1; i < c->count; i++) {
        const struct bm_shown_variant o = bm_shown_variant(source, c->summary[i]);
        if (!(accuracy_of(&o).x <= accuracy_of(&best).x))
            best = o;
        if (!(accuracy_of(&o).x >= accuracy_of(&worst).x))
            worst = o;
    }
    if (best.number == worst.number)
        bm_page_picture(page, id, title, svg, numbers,
                        "%w ends with a median validation accuracy of %v and a validation loss of %v after epoch %v.",
                        variant_of(&best), accuracy_of(&best), bm_at_end(&best, "val_loss", "median"), epochs_run(&best));
    else
        bm_page_picture(
            page, id, title, svg, numbers,
            "Of these %d, %w ends with the highest median validation accuracy, %v after epoch %v, and %w with the "
            "lowest, %v after epoch %v.",
            (int)c->count, variant_of(&best), accuracy_of(&best), epochs_run(&best), variant_of(&worst),
            accuracy_of(&worst), epochs_run(&worst));
}

static void put_curves(struct bm_page *page, const struct bm_trained *e, const char *slug)
{
    struct bm_curves group[BM_CURVE_GROUPS];
    const size_t groups = bm_curves_group(e->source->document.ours, e->name, group);
    char id[96], table[96];
    snprintf(table, sizeof table, "%s-figures", slug);
    if (groups == 0)
        bm_page_missing(page, NULL,
                        "no epoch has a figure in the median of its seeds: the runs diverged or were stopped.");
    for (size_t g = 0; g < groups; g++) {
        const struct bm_curves *c = &group[g];
        const struct bm_shown_variant first = bm_shown_variant(e->source, c->summary[0]), second = bm_shown_variant(e->source, c->summary[c->count - 1]);
        struct bm_grid *numbers = g == 0 ? figures_grid(page, table, e) : NULL;
        snprintf(id, sizeof id, "%s-curves%s%.0zu", slug, g ? "-" : "", g ? g + 1 : g);
        char *svg =
            bm_page_draw(page, bm_curves_script(e->source->document.ours, c), id,
                         "Accuracy and loss of validation and training by epoch, a curve each variant; "
                         "dashed: without BN");
        if (g == 0 && c->count == 2 && bm_has_bn(first.summary) != bm_has_bn(second.summary))
            put_pair(page, id, svg, numbers, bm_has_bn(first.summary) ? &first : &second,
                     bm_has_bn(first.summary) ? &second : &first);
        else
            put_others(page, id,
                       g ? "The other variants: seeds thin, medians thick" : "Every seed thin, the median thick", svg,
                       numbers, e->source, c);
    }
}

/* ---- words of the result ---- */

static void put_claim(struct bm_page *page, const json_t *claim)
{
    static const struct {
        const char *key, *says;
    } words[] = { { "by", "by " },
                  { "published_verdict", "published figures: it " },
                  { "our_verdict", "ours: it " },
                  { "our_best", "our best: " },
                  { "trained_as", "our figures say: " },
                  { "variant", "of " } };
    char line[1024], text[128];
    size_t at = 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const char *said = bm_member_text(claim, words[i].key);
        if (*said)
            at += (size_t)snprintf(line + at, sizeof line - at, "%s%s%s", at ? "; " : "", words[i].says,
                                   bm_shortened(said, 60, text));
    }
    if (isfinite(bm_member_number(claim, "nearest_epoch")))
        snprintf(line + at, sizeof line - at, "%snearest to epoch %.0f of %s", at ? "; " : "",
                 bm_member_number(claim, "nearest_epoch"), bm_shortened(bm_member_text(claim, "fresh"), 60, text));
    else if (at == 0)
        strcpy(line, "no verdict");
    bm_page_paragraph(page, "%s: %s.", bm_shortened(bm_member_text(claim, "claim"), 110, text), line);
}

/* The lines of a list that belong to the experiment. */
static void put_words(struct bm_page *page, const struct bm_trained *e, const char *list, const char *summary)
{
    const json_t *one;
    size_t i, said = 0;
    json_array_foreach(json_object_get(e->source->document.ours, list), i, one)
    {
        if (strcmp(bm_member_text(one, "experiment"), e->name) != 0 || said == 100)
            continue;
        if (said++ == 0)
            bm_page_more_begin(page, summary);
        if (strcmp(list, "claims") == 0)
            put_claim(page, one);
        else
            bm_page_paragraph(page, "%s", bm_member_text(one, "line"));
    }
    if (said)
        bm_page_more_end(page);
}

/* ---- an experiment ---- */

/* What follows is of this result: whatever its data makes doubtful is said first, and at each figure. */
static void begin_of(struct bm_page *page, const struct bm_source *source)
{
    char note[BM_DATA_NOTE];
    bm_page_caveat(page, bm_data_note(source->document.ours, note));
    if (*note)
        bm_page_note(page, "DATA", "%s", note);
}

/* The same of several, each with its experiment's name. */
static void begin_of_all(struct bm_page *page, const struct bm_trained *shown, size_t n)
{
    char all[BM_DATA_NOTE] = "", note[BM_DATA_NOTE], name[128];
    for (size_t i = 0; i < n; i++)
        if (*bm_data_note(shown[i].source->document.ours, note))
            snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s: %.200s", *all ? "; " : "",
                     bm_shortened(shown[i].name, 24, name), note);
    bm_page_caveat(page, bm_text_whole(all));
}

void bm_experiment_id(const struct bm_trained *e, size_t number, char slug[static 64])
{
    const char *name = e->name;
    size_t n = 0;
    bool plain = true;
    strcpy(slug, "train-");
    for (; name[n] && n < 32; n++) {
        const char c = name[n];
        const bool ok = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
        plain &= ok;
        slug[6 + n] = ok ? c : '-';
    }
    slug[6 + n] = '\0';
    if (!plain || name[n])
        snprintf(slug + 6 + n, 64 - 6 - n, "-%zu", number);
}

static void put_about(struct bm_page *page, const struct bm_trained *e)
{
    const json_t *summary = first_summary(e), *config = json_object_get(summary, "config"), *one;
    const char *asked = bm_member_text(config, "dataset"),
               *data = bm_member_text(json_array_get(json_object_get(e->source->document.ours, "samples"), 0), "data");
    int variants = 0;
    size_t i;
    json_array_foreach(bm_summaries(e->source), i, one) variants +=
        strcmp(bm_member_text(one, "experiment"), e->name) == 0;
    bm_page_paragraph(page, "Layers %w on %w, optimiser %w; %d variant%+, the first: %s.",
                      bm_member_text(config, "layers"), asked, bm_member_text(config, "optimizer"), variants,
                      bm_member_text(summary, "about"));
    if (*data && *asked && strcmp(data, asked) != 0)
        bm_page_missing(page, "batchmark train --experiment NAME --data FOLDER",
                        "the data set %w was not there: these networks were trained on the set %w, and their "
                        "accuracies are not those of %w.",
                        asked, data, asked);
}

static void put_experiment(struct bm_page *page, const struct bm_trained *e, size_t number)
{
    char slug[64], title[256];
    bm_experiment_id(e, number, slug);
    bm_experiment_title(e, title);
    bm_page_heading(page, title);
    begin_of(page, e->source);
    if (e->epochs == 0) {
        bm_page_missing(page, "batchmark train --experiment NAME", "no epoch of %s was finished.", title);
        return;
    }
    put_about(page, e);
    bm_page_gallery_begin(page);
    put_curves(page, e, slug);
    bm_training_sweep(page, e->source, e->name, slug);
    bm_training_published(page, e->source, e->name, slug);
    bm_page_gallery_end(page);
    bm_training_verdicts(page, e->source, e->name, slug);
    put_words(page, e, "claims", "What the original claims, and what the numbers say to it");
    put_words(page, e, "reading", "What the numbers say");
    bm_training_epochs(page, e, slug);
    bm_training_model(page, e, slug);
}

/* ---- the part ---- */

const struct bm_source *bm_trained_with(const struct bm_library *library, const char *list)
{
    const struct bm_source *newest = NULL;
    for (size_t i = library->sources; i-- > 0;) {
        const struct bm_source *s = &library->source[i];
        if (!is_ours(library, s) || !json_array_size(json_object_get(s->document.ours, list)))
            continue;
        if (!bm_data_is_generated(s->document.ours))
            return s;
        newest = newest ? newest : s;
    }
    return newest;
}

void bm_part_training(struct bm_page *page, const struct bm_library *library)
{
    static const char compare[] = "batchmark train --experiment mnist-sgd --compare-kernels";
    struct bm_trained shown[BM_EXPERIMENTS] = { 0 };
    bm_page_part(page, "training", "Training");
    const size_t n = bm_experiments(library, shown);
    const struct bm_source *ranks = bm_trained_with(library, "communication");
    if (ranks)
        bm_training_ranks(page, ranks);
    if (n == 0) {
        bm_page_missing(page, "make experiments", "no result of training with a finished variant.");
        return;
    }
    const struct bm_source *sets = bm_trained_with(library, "kernel_sets");
    if (sets) {
        begin_of(page, sets);
        bm_training_sets(page, sets);
    } else
        bm_page_missing(page, compare,
                        "time to accuracy by kernel set, and predicted beside measured time of an epoch.");
    const struct bm_source *inference = bm_trained_with(library, "inference");
    if (inference) {
        bm_page_heading(page, "What folding BN buys");
        begin_of(page, inference);
        bm_training_inference(page, inference);
    }
    bm_page_heading(page, "Where a step's time goes");
    begin_of(page, sets ? sets : shown[0].source);
    bm_page_gallery_begin(page);
    bm_training_phases(page, sets ? sets : shown[0].source);
    begin_of_all(page, shown, n);
    bm_training_bounds(page, shown, n);
    bm_page_gallery_end(page);
    for (size_t i = 0; i < n; i++)
        put_experiment(page, &shown[i], i + 1);
    begin_of_all(page, shown, n);
    bm_training_samples(page, shown, n);
    bm_page_caveat(page, "");
}
