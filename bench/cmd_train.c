/* SPDX-License-Identifier: MIT */
/* cmd_train.c - batchmark train: a network trained with kernels of your choice, and what the kernels buy in time to
 * accuracy. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "claims.h"
#include "cores_timed.h"
#include "disturbance.h"
#include "drawings.h"
#include "kernel_sets.h"
#include "names.h"
#include "options.h"
#include "places.h"
#include "published.h"
#include "reading.h"
#include "record.h"
#include "scaling.h"
#include "standard_output.h"
#include "summary.h"
#include "topology.h"
#include "training_data.h"
#include "tuning.h"
#include "variant.h"

enum { KEY_FIRST = 1000, KEY_LAST = 1999, MAX_KEYS = 64 }; /* argp's own keys are far above */

struct train_options {
    struct bm_options common; /* json */
    const char *experiment, *claim, *variant, *data, *pictures;
    struct bm_setting set[MAX_KEYS]; /* in the order given: they override the experiment's */
    int sets;
    bool compare, side_by_side, scaling, inference, list;
    struct bm_train_files files; /* folders, of all runs */
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct train_options *o = state->input;
    if (key >= KEY_FIRST && key <= KEY_LAST) {
        if (o->sets == MAX_KEYS)
            bm_die(BM_EXIT_USAGE, "more than %d settings", MAX_KEYS);
        o->set[o->sets].key = bm_train_key((size_t)(key - KEY_FIRST))->name;
        o->set[o->sets++].value = arg;
        return 0;
    }
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = state->child_inputs[1] = &o->common; return 0;
    case 'e': o->experiment = arg; return 0;
    case 'M': o->claim = arg; return 0;
    case 'v': o->variant = arg; return 0;
    case 'D': o->data = arg; return 0;
    case 'K': o->compare = true; return 0;
    case 'B': o->side_by_side = true; return 0;
    case 'S': o->scaling = true; return 0;
    case 'I': o->inference = true; return 0;
    case 'P': o->pictures = arg; return 0;
    case 'l': o->list = true; return 0;
    case 'U': o->files.dump = arg; return 0;
    case 'L': o->files.load = arg; return 0;
    case 'R': o->files.resume = true; /* fall through */
    case 'C':
        if (o->files.checkpoint && strcmp(o->files.checkpoint, arg) != 0)
            bm_die(BM_EXIT_USAGE, "--checkpoint %s, --resume %s: --resume goes on writing what it reads; give only it",
                   o->files.checkpoint, arg);
        o->files.checkpoint = arg;
        return 0;
    case ARGP_KEY_ARG: bm_die(BM_EXIT_USAGE, "unexpected argument '%s'", arg);
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* An option's name and what it takes and means. */
struct option_text {
    char name[32], help[640];
};

/* Options of the command plus one for every key of config.h, and their texts, all in one piece; free() it. */
static struct argp_option *train_options_make(void)
{
    static const struct argp_option own[] = {
        { "experiment", 'e', "NAME", 0,
          "A built-in experiment (--list) or a file like bench/train/experiments/mnist-sgd.txt", 1 },
        { "claim", 'M', "NAME", 0,
          "All runs of a built-in claim about BN (--list) or of a file like bench/train/claims/batches.txt, and its verdict", 1 },
        { "list", 'l', NULL, 0, "The built-in experiments and their variants, the claims, and nothing else", 1 },
        { "variant", 'v', "NAME", 0, "Only this variant of the experiment, e.g. bn", 1 },
        { "data", 'D', "DIR", 0, "Where the data is; else $BATCHMARK_DATA, else data/, else a generated set", 1 },
        { "compare-kernels", 'K', NULL, 0,
          "After training, the same with every kernel set: seconds per epoch, seconds to the target accuracy", 1 },
        { "inference", 'I', NULL, 0,
          "After training, classify the test images as trained, with BN folded into the layers (f32), and that in bf16 and int8: "
          "accuracy, and seconds an image; of seeds side by side only the first", 1 },
        { "side-by-side", 'B', NULL, 0,
          "The seeds after the first at the same time, each on a core of its own; only the first is then timed", 1 },
        { "scaling", 'S', NULL, 0,
          "Over ranks (batchmark-mpi): after training, a step with 1, 2, 4 ... ranks, what synchronised BN costs, and a "
          "prediction for more ranks", 1 },
        { "pictures", 'P', "DIR", 0, "Draw the learning curves and sample images there (by gnuplot)", 1 },
        { "dump", 'U', "DIR", 0,
          "Write initial and final weights, the batch order and the loss of each step there as .npy (several runs: "
          "DIR/<variant>-seed<N>)", 1 },
        { "load", 'L', "DIR", 0,
          "Start from the weights, split and batch order that --dump wrote there (several runs: the same folders)", 1 },
        { "checkpoint", 'C', "DIR", 0, "Write the state of each run there after every epoch", 1 },
        { "resume", 'R', "DIR", 0,
          "Go on from the checkpoints there; finished epochs are not repeated. With --claim, a file: its result so far", 1 },
        { NULL, 0, NULL, 0, "Settings (they override the experiment's):", 2 },
    };
    enum { OWN = sizeof own / sizeof *own };
    size_t keys = 0;
    while (bm_train_key(keys))
        keys++;
    const size_t count = OWN + keys + 1;
    struct argp_option *options = bm_alloc(count * sizeof *options + keys * sizeof(struct option_text));
    struct option_text *text = (struct option_text *)(options + count);
    memcpy(options, own, sizeof own);
    for (size_t i = 0; i < keys; i++, text++) {
        const struct bm_train_key *k = bm_train_key(i);
        snprintf(text->name, sizeof text->name, "%s", k->name);
        snprintf(text->help, sizeof text->help, "%s: %s", k->values, k->help);
        for (char *p = text->name; *p; p++)
            *p = *p == '_' ? '-' : *p;
        options[OWN + i] = (struct argp_option){
            .name = text->name, .key = KEY_FIRST + (int)i, .arg = "VALUE", .doc = text->help, .group = 3
        };
    }
    return options;
}

/* ---- what is to be run ---- */

static void load_experiment(struct bm_experiment *e, const struct train_options *o)
{
    struct bm_error error;
    if (!o->experiment) {
        *e = (struct bm_experiment){ .variants = 1 };
        e->variant[0].config = bm_train_defaults();
        strcpy(e->variant[0].name, "custom");
        return;
    }
    char *text = bm_experiment_text(bm_builtin_experiments, o->experiment, &error);
    if (!text)
        bm_die(BM_EXIT_INPUT, "--experiment: %s",
               bm_unknown_text("experiment", o->experiment, bm_builtin_experiments, &error,
                               "`batchmark list --experiments`"));
    if (!bm_experiment_parse(e, o->experiment, text, &error))
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    free(text);
    if (o->variant && !bm_experiment_variant(e, o->variant)) {
        struct bm_names names = { NULL, 0 };
        for (unsigned i = 0; i < e->variants; i++)
            bm_names_add(&names, e->variant[i].name);
        bm_die(BM_EXIT_USAGE, "%s: %s", o->experiment, bm_unknown("variant", o->variant, &names, NULL));
    }
}

static bool given(const struct train_options *o, const char *key)
{
    bool found = false;
    for (int i = 0; i < o->sets; i++)
        found |= strcmp(o->set[i].key, key) == 0;
    return found;
}

/* The published figures, the target and the width of the input belong to the data that was asked for. */
static void adapt(struct bm_variant *v, const struct bm_dataset *data, const struct train_options *o)
{
    struct bm_train_config *c = &v->config;
    size_t features = (size_t)data->height * data->width * data->channels;
    v->published_count = 0;
    if (c->target > 0 && !given(o, "target"))
        c->target = bm_generated_target;
    if (c->width[0] != features && o->experiment && !given(o, "layers")) {
        printf("NOTE: %s: %zu inputs instead of %zu, as the generated images have.\n", v->name, features, c->width[0]);
        c->width[0] = features;
        c->image[0] = data->height, c->image[1] = data->width, c->image[2] = data->channels;
    }
}

static struct bm_compared first_seed(const struct bm_seed_runs *runs)
{
    const struct bm_train_result *r = &runs->run[0].result;
    struct bm_compared c = { runs->variant.name, runs->variant.config, r->target_epoch, 0 };
    for (size_t e = 0; e < r->epochs; e++)
        c.accuracy = fmax(c.accuracy, r->epoch[e].val_accuracy);
    return c;
}

/* ---- the command ---- */

/* The reading, printed and, line by line, in the result. */
static void read_out(const struct bm_seed_runs *runs, size_t n, const char *experiment, json_t *result)
{
    char *text = NULL, *rest, data[BM_DATA_TITLE];
    size_t length;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        bm_die(BM_EXIT_INPUT, "out of memory");
    bm_reading_print(out, runs, n);
    fclose(out);
    if (*text)
        printf("\nReading, computed from the medians above%s\n%s", bm_data_title(result, data), text);
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        json_array_append_new(bm_result_list(result, "reading"),
                              json_pack("{s:s, s:s}", "experiment", experiment, "line", line));
    free(text);
}

/* Does this key leave what a network learns as it is, but for rounding and chance? */
static bool harmless(const char *key)
{
    static const char *const keys[] = { "seed", "seeds", "kernels", "threads", "target" };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(keys[i], key) == 0)
            return true;
    return false;
}

/* Verdicts on published figures are about the experiment as it stands in its file. */
static void note_changes(const struct train_options *o)
{
    bool changed = false;
    for (int k = 0; k < o->sets && o->experiment; k++)
        changed |= !harmless(o->set[k].key);
    if (changed)
        printf("\nNOTE: the command line changes the experiment: its published figures and reasons may not apply.\n");
}

/* The variant's settings with those of the command line over them; of all variants, before any is run. */
static void settle(struct bm_variant *v, const struct train_options *o)
{
    struct bm_error error;
    v->config.threads = (size_t)bm_ranks->least(bm_ranks, bm_default_threads());
    for (int k = 0; k < o->sets; k++)
        if (!bm_train_set(&v->config, o->set[k].key, o->set[k].value, &error))
            bm_die(BM_EXIT_USAGE, "--%s", error.text);
    if (bm_ranks->count > 1 && strcmp(v->config.kernels, "region") == 0)
        strcpy(v->config.kernels, "auto"); /* a region keeps no gradient that could be summed */
    if (o->inference && v->config.convs)
        bm_die(BM_EXIT_USAGE, "%s: --inference folds BN into dense layers only; leave it out, or take conv = none", v->name);
    if (o->inference && bm_train_activates_apart(&v->config))
        bm_die(BM_EXIT_USAGE, "%s: --inference is for ReLU and BN, which products have with them; leave it out, or take activation = relu, norm = batch and fuse = on",
               v->name);
    if (!bm_train_check(&v->config, &error))
        bm_die(BM_EXIT_USAGE, "%s%s%s", o->experiment ? v->name : "", o->experiment ? ": " : "", error.text);
}

/* What several ranks cannot do, and what only the first of them writes. */
static void settle_ranks(struct train_options *o)
{
    if (bm_ranks->count > 1 && (o->compare || o->side_by_side || o->inference))
        bm_die(BM_EXIT_USAGE, "%s is for one rank; `batchmark train` has it",
               o->compare ? "--compare-kernels" : o->inference ? "--inference" : "--side-by-side");
    if (bm_ranks->count == 1 && o->scaling)
        bm_die(BM_EXIT_USAGE, "--scaling is for several ranks: `make mpi`, then mpirun -n 2 build/batchmark-mpi train ...");
    if (bm_ranks->rank > 0)
        o->pictures = o->files.dump = NULL;
}

static bool wanted(const struct bm_variant *v, const struct train_options *o)
{
    return !o->variant || strcmp(o->variant, v->name) == 0;
}

static void prepare_checkpoints(const struct bm_train_files *files)
{
    if (files->resume && access(files->checkpoint, F_OK) != 0)
        bm_die(BM_EXIT_INPUT, "--resume %s: there is no such folder; --checkpoint makes it", files->checkpoint);
    bm_prepare_folder(files->resume ? "--resume" : "--checkpoint", files->checkpoint);
}

/* Will there be more than one run? */
static bool several_runs(const struct bm_experiment *e, const struct train_options *o)
{
    size_t runs = 0;
    for (unsigned i = 0; i < e->variants; i++)
        runs += wanted(&e->variant[i], o) ? e->variant[i].config.seeds : 0;
    return runs > 1;
}

/* Runs the variants that were asked for; returns how many. With --compare-kernels, all but the two that the table sets
 * side by side are left out. */
static size_t run_all(struct bm_seed_runs *runs, const struct bm_experiment *e, const struct train_options *o,
                      const char *name, struct bm_dataset *data, json_t *result, const char *path, enum bm_exit *status)
{
    size_t n = 0;
    char loaded[64] = "";
    struct bm_error error;
    const bool several = several_runs(e, o);
    for (unsigned i = 0; i < e->variants && !bm_training_stops(); i++) {
        struct bm_variant *v = &runs[n].variant;
        if (!wanted(&e->variant[i], o) || (o->compare && n == BM_MAX_COMPARED))
            continue;
        *v = e->variant[i];
        runs[n].files = o->files;
        runs[n].apart = several;
        runs[n].inference = o->inference;
        if (!bm_pin_team((int)v->config.threads, false, &error))
            bm_die(BM_EXIT_INPUT, "%s", error.text);
        if (strcmp(loaded, v->config.dataset) != 0) {
            bm_dataset_free(data);
            bm_training_data(data, v->config.dataset, o->data, result);
            snprintf(loaded, sizeof loaded, "%s", v->config.dataset);
        }
        if (strcmp(data->name, v->config.dataset) != 0)
            adapt(v, data, o);
        enum bm_exit ended = bm_run_variant(&runs[n++], o->side_by_side, name, data, result, path);
        *status = *status == BM_EXIT_OK ? ended : *status;
    }
    return n;
}

/* What the runs say together. */
static void report(const struct bm_experiment *e, const struct train_options *o, const struct bm_seed_runs *runs,
                   size_t n, const char *name, json_t *result)
{
    char data[BM_DATA_TITLE];
    bm_summary_print(runs, n, bm_data_title(result, data));
    note_changes(o);
    bm_published_report(e, name, runs, n, result);
    read_out(runs, n, name, result);
}

static void compare(const struct bm_seed_runs *runs, size_t n, const char *name, const struct bm_dataset *data,
                    json_t *result)
{
    struct bm_compared compared[BM_MAX_COMPARED];
    for (size_t i = 0; i < n; i++)
        compared[i] = first_seed(&runs[i]);
    bm_compare_sets(compared, (int)n, data, result, name);
}

static void note_cores(const struct train_options *o, const struct bm_seed_runs *runs, size_t n, json_t *result)
{
    size_t most = 0;
    for (size_t i = 0; i < n; i++)
        most = runs[i].variant.config.threads > most ? runs[i].variant.config.threads : most;
    bm_note_cores(result, (int)most, given(o, "threads"), NULL);
}

/* All that was asked for, from the checked experiment to the finished result. */
static enum bm_exit train(const struct bm_experiment *e, const struct train_options *o, json_t *result,
                          const char *path)
{
    const char *name = o->experiment ? o->experiment : "custom";
    struct bm_seed_runs *runs = bm_alloc(BM_MAX_VARIANTS * sizeof *runs);
    struct bm_dataset data = { .name = NULL };
    enum bm_exit status = BM_EXIT_OK;
    bm_record_save(result, path); /* a folder that cannot be written shows now, not after the work */
    if (o->pictures)
        bm_prepare_pictures(o->pictures);
    if (o->files.checkpoint)
        prepare_checkpoints(&o->files);
    bm_catch_interrupts();
    bm_suspensions_watch();
    if (bm_ranks->count > 1)
        bm_places_report(bm_ranks, result);

    size_t n = run_all(runs, e, o, name, &data, result, path, &status);
    if (n)
        report(e, o, runs, n, name, result);
    if (o->compare && n && status == BM_EXIT_OK && !bm_interrupted)
        compare(runs, n, name, &data, result);
    for (size_t i = 0; i < n && o->scaling && status == BM_EXIT_OK; i++)
        bm_scaling(&runs[i].variant.config, &data, runs[i].variant.name, result);
    if (bm_interrupted)
        status = BM_EXIT_INTERRUPTED;
    note_cores(o, runs, n, result);
    json_object_set_new(json_object_get(result, "batchmark"), "complete", json_boolean(status == BM_EXIT_OK));
    bm_record_save(result, path);
    if (o->pictures && status == BM_EXIT_OK)
        bm_draw_experiment(result, name, o->pictures);
    printf("\n%s%s\n", status == BM_EXIT_INTERRUPTED ? "interrupted; what was finished is in " : "result: ",
           bm_place_name(path));
    for (size_t i = 0; i < n; i++)
        bm_seed_runs_free(&runs[i]);
    bm_dataset_free(&data);
    free(runs);
    return status;
}

static int claim(const struct train_options *o, int argc, char **argv)
{
    const char *not = o->experiment ? "--experiment" : o->variant ? "--variant" : o->compare ? "--compare-kernels"
                      : o->inference ? "--inference" : o->side_by_side ? "--side-by-side" : o->scaling ? "--scaling"
                      : o->files.dump ? "--dump" : o->files.load ? "--load"
                      : o->files.checkpoint && !o->files.resume ? "--checkpoint" : bm_ranks->count > 1 ? "several ranks" : NULL;
    if (not)
        bm_die(BM_EXIT_USAGE, "--claim and %s: a claim has runs of its own, side by side; leave one of them out", not);
    if (o->common.json && o->files.resume)
        bm_die(BM_EXIT_USAGE, "--json and --resume: the result that is gone on with is the one that is written; leave --json out");
    if (o->pictures)
        bm_prepare_pictures(o->pictures);
    const struct bm_claim_order order = { o->claim, o->data, o->common.json, o->files.checkpoint, o->pictures, o->set, o->sets, argc, argv };
    return (int)bm_claim_command(&order);
}

int bm_cmd_train(int argc, char **argv)
{
    static const struct argp_child children[] = { { &bm_json_argp, 0, NULL, 0 },
                                                  { &bm_tuning_argp, 0, NULL, 0 },
                                                  { 0 } };
    struct argp_option *options = train_options_make();
    struct argp argp = {
        options,
        parse,
        NULL,
        "Trains a network of dense layers, or of convolutions and dense layers, with the kernels that you choose and shows, per epoch, loss "
        "and accuracy in training and validation, "
        "seconds, and where they went.\v"
        "Exit: 0 done; 1 a run diverged (the others are finished first); 2 the command line or its settings make no sense (a batch of 1 with BN, an unknown "
        "variant); 3 data or an experiment file is missing, truncated or wrong (labels out of range, a split "
        "larger than the data, layers that do not fit), a dump or a checkpoint does not fit or is damaged, or a "
        "result, picture, dump or checkpoint cannot be written; above 128 interrupted by a signal: finished epochs are in the result.",
        children,
        NULL,
        NULL
    };
    struct train_options o = { .sets = 0 };
    struct bm_error error;
    bm_parse(&argp, argc, argv, 0, &o);
    free(options);
    if (o.list) {
        bm_experiments_print(stdout);
        printf("\nClaims (--claim):\n");
        bm_claims_print(stdout);
        return BM_EXIT_OK;
    }
    settle_ranks(&o);
    if (o.claim)
        return claim(&o, argc, argv);
    struct bm_experiment *e = bm_alloc(sizeof *e);
    load_experiment(e, &o);
    for (unsigned i = 0; i < e->variants; i++)
        if (wanted(&e->variant[i], &o))
            settle(&e->variant[i], &o);
    char *path = bm_ranks->rank == 0 ? bm_result_claim(o.common.json, "train", &error) : strdup("of rank 0");
    if (!path)
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    bm_use_tuning(&o.common);
    json_t *result = bm_result_new("train", argc, argv, NULL);
    bm_result_set_tuning(result);
    enum bm_exit status = train(e, &o, result, path);
    json_decref(result);
    free(path);
    free(e);
    return status;
}
