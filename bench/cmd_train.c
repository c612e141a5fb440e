/* cmd_train.c - batchmark train: a network trained with kernels of your choice, and what the kernels buy in time to
 * accuracy. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "experiment.h"
#include "model.h"
#include "options.h"
#include "result.h"
#include "stats.h"
#include "topology.h"
#include "trainer.h"

enum { KEY_FIRST = 1000, KEY_LAST = 1999, MAX_KEYS = 64 }; /* argp's own keys are far above */

struct train_options {
    struct bm_options common; /* json */
    const char *experiment, *variant, *data;
    struct {
        const char *key, *value;
    } set[MAX_KEYS]; /* in the order given: they override the experiment's */
    int sets;
    bool compare, quiet;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct train_options *o = state->input;
    if (key >= KEY_FIRST && key <= KEY_LAST) {
        if (o->sets == MAX_KEYS)
            argp_error(state, "more than %d settings", MAX_KEYS);
        o->set[o->sets].key = bm_train_key((size_t)(key - KEY_FIRST))->name;
        o->set[o->sets++].value = arg;
        return 0;
    }
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &o->common; return 0;
    case 'e': o->experiment = arg; return 0;
    case 'v': o->variant = arg; return 0;
    case 'D': o->data = arg; return 0;
    case 'K': o->compare = true; return 0;
    case ARGP_KEY_ARG: argp_error(state, "unexpected argument '%s'", arg); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* Options of the command plus one for every key of config.h. */
static struct argp_option *train_options_make(void)
{
    static const struct argp_option own[] = {
        { "experiment", 'e', "NAME", 0,
          "A built-in experiment (`batchmark list --experiments`) or a file like bench/train/experiments/mnist-sgd.txt",
          1 },
        { "variant", 'v', "NAME", 0, "Only this variant of the experiment, e.g. bn", 1 },
        { "data", 'D', "DIR", 0, "Where the data is; else $BATCHMARK_DATA, else data/, else a generated set", 1 },
        { "compare-kernels", 'K', NULL, 0,
          "After training, the same with every kernel set: seconds per epoch, seconds to the target accuracy", 1 },
        { NULL, 0, NULL, 0, "Settings (they override the experiment's):", 2 },
    };
    enum { OWN = sizeof own / sizeof *own };
    size_t keys = 0;
    while (bm_train_key(keys))
        keys++;
    struct argp_option *options = bm_alloc((OWN + 2 * keys + 1) * sizeof *options), *at = options + OWN;
    memcpy(options, own, sizeof own);
    for (size_t i = 0; i < keys; i++) {
        const struct bm_train_key *k = bm_train_key(i);
        char *help = NULL, *name = strdup(k->name);
        for (char *p = name; *p; p++)
            *p = *p == '_' ? '-' : *p;
        if (asprintf(&help, "%s: %s", k->values, k->help) < 0)
            bm_die(BM_EXIT_INPUT, "out of memory");
        *at++ =
            (struct argp_option){ .name = name, .key = KEY_FIRST + (int)i, .arg = "VALUE", .doc = help, .group = 3 };
    }
    return options;
}

/* ---- one training run, shown as it goes ---- */

static double phase_seconds(const struct bm_train_epoch *e, int first, int last)
{
    double sum = 0;
    for (int i = first; i <= last; i++)
        sum += e->phase_seconds[i];
    return sum;
}

static void print_header(void)
{
    printf("  %5s  %7s %8s  %8s %7s  %7s = %6s + %6s + %6s + %6s\n", "epoch", "loss", "accuracy", "val loss", "val acc",
           "seconds", "gemm", "bn", "optim.", "rest");
}

static void print_epoch(void *context, const struct bm_train_epoch *e)
{
    (void)context;
    double gemm = phase_seconds(e, BM_GEMM_FORWARD, BM_GEMM_WEIGHT_GRADIENT),
           bn = phase_seconds(e, BM_BN_FORWARD, BM_BN_BACKWARD), optimizer = e->phase_seconds[BM_OPTIMIZER];
    bm_progress(0, 0, NULL);
    printf("  %5zu  %7.4f %8.4f  %8.4f %7.4f  %7.3f = %6.3f + %6.3f + %6.3f + %6.3f\n", e->epoch, e->loss, e->accuracy,
           e->val_loss, e->val_accuracy, e->train_seconds, gemm, bn, optimizer,
           e->train_seconds - gemm - bn - optimizer);
    fflush(stdout);
}

static void show_step(void *context, size_t epoch, size_t step, size_t steps)
{
    static double shown;
    (void)context;
    if (step % 32)
        return;
    double now = bm_now_s();
    char text[64];
    if (now - shown < 0.1)
        return;
    shown = now;
    snprintf(text, sizeof text, "steps of epoch %zu", epoch);
    bm_progress(step, steps, text);
}

static void print_phases(const struct bm_train_result *r)
{
    double sum[BM_PHASE_COUNT] = { 0 }, all = 0;
    size_t steps = 0;
    for (size_t e = 0; e < r->epochs; e++) {
        for (int p = 0; p < BM_PHASE_COUNT; p++)
            sum[p] += r->epoch[e].phase_seconds[p];
        all += r->epoch[e].train_seconds;
        steps += r->epoch[e].steps;
    }
    printf("  where a step's %.1f us go:", 1e6 * all / (double)(steps ? steps : 1));
    for (int p = 0, shown = 0; p < BM_PHASE_COUNT; p++)
        if (sum[p] > 0)
            printf("%s%-20s %4.1f %%", shown++ % 3 ? "   " : "\n    ", bm_phase_names[p], 100 * sum[p] / all);
    printf("\n");
}

static void print_published(const struct bm_variant *v, const struct bm_train_result *r)
{
    if (!v->published_count)
        return;
    printf("  published against this run:");
    for (unsigned i = 0; i < v->published_count; i++) {
        const struct bm_published *p = &v->published[i];
        double ours = NAN;
        if (p->epoch && p->epoch <= r->epochs) {
            const struct bm_train_epoch *e = &r->epoch[p->epoch - 1];
            const double figure[BM_FIGURE_COUNT] = { e->loss, e->accuracy, e->val_loss, e->val_accuracy, NAN, NAN };
            ours = figure[p->figure];
        } else if (!p->epoch)
            ours = p->figure == BM_TEST_LOSS ? r->test_loss : r->test_accuracy;
        if (i == 0 || p->epoch != v->published[i - 1].epoch)
            printf("\n    %s %zu:", p->epoch ? "epoch" : "after training", p->epoch);
        printf("  %s %.4f / %.4f", bm_figure_names[p->figure], p->value, ours);
    }
    printf("\n");
}

static json_t *real_or_null(double x) { return isfinite(x) ? json_real(x) : json_null(); }

static json_t *config_json(const struct bm_train_config *c)
{
    json_t *o = json_object();
    char value[BM_TRAIN_VALUE];
    for (size_t i = 0; bm_train_key(i); i++)
        if (bm_train_get(c, bm_train_key(i)->name, value))
            json_object_set_new(o, bm_train_key(i)->name, json_string(value));
    return o;
}

/* A run goes into the result twice: whole, under batchmark.runs, and as Google Benchmark entries, one an epoch. */
static void record(json_t *result, const char *experiment, const char *variant, const struct bm_dataset *data,
                   const struct bm_train_config *c, const struct bm_train_result *r)
{
    char name[256];
    snprintf(name, sizeof name, "train/%s/%s/kernels:%s/threads:%zu/seed:%llu/epoch/real_time", experiment, variant,
             c->kernels, c->threads, (unsigned long long)c->seed);
    json_t *epochs = json_array(), *calls = json_array();
    for (size_t i = 0; i < r->epochs; i++) {
        const struct bm_train_epoch *e = &r->epoch[i];
        json_t *phases = json_object();
        for (int p = 0; p < BM_PHASE_COUNT; p++)
            json_object_set_new(phases, bm_phase_names[p], json_real(e->phase_seconds[p]));
        json_array_append_new(epochs,
                              json_pack("{s:I, s:I, s:o, s:o, s:o, s:o, s:f, s:f, s:o}", "epoch", (json_int_t)e->epoch,
                                        "steps", (json_int_t)e->steps, "loss", real_or_null(e->loss), "accuracy",
                                        real_or_null(e->accuracy), "val_loss", real_or_null(e->val_loss),
                                        "val_accuracy", real_or_null(e->val_accuracy), "train_seconds",
                                        e->train_seconds, "eval_seconds", e->eval_seconds, "phase_seconds", phases));
        if (e->steps == r->steps_per_epoch)
            json_array_append_new(
                json_object_get(result, "benchmarks"),
                json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:i, s:f, s:f, s:s}", "name", name, "run_name", name,
                          "run_type", "iteration", "repetitions", (json_int_t)r->epochs, "repetition_index",
                          (json_int_t)i, "threads", (json_int_t)c->threads, "iterations", 1, "real_time",
                          e->train_seconds * 1e9, "cpu_time", e->train_seconds * 1e9, "time_unit", "ns"));
    }
    for (size_t i = 0; i < r->calls; i++) {
        char label[BM_LABEL];
        json_array_append_new(calls,
                              json_pack("{s:s, s:i, s:s, s:s, s:f}", "phase", bm_phase_names[r->call[i].phase], "layer",
                                        (int)r->call[i].layer, "kernel", r->call[i].kernel->name, "shape",
                                        bm_shape_label(r->call[i].op, &r->call[i].shape, label), "seconds_per_step",
                                        r->call[i].seconds / (double)(r->full_steps ? r->full_steps : 1)));
    }
    json_array_append_new(bm_result_list(result, "runs"),
                          json_pack("{s:s, s:s, s:s, s:s, s:o, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:I, s:o}",
                                    "name", name, "experiment", experiment, "variant", variant, "data", data->origin,
                                    "config", config_json(c), "train_images", (json_int_t)r->train_images,
                                    "validation_images", (json_int_t)r->validation_images, "test_images",
                                    (json_int_t)r->test_images, "steps_per_epoch", (json_int_t)r->steps_per_epoch,
                                    "epochs", epochs, "calls", calls, "test_loss", real_or_null(r->test_loss),
                                    "test_accuracy", real_or_null(r->test_accuracy), "target_epoch",
                                    (json_int_t)r->target_epoch, "target_seconds", real_or_null(r->target_seconds)));
}

/* ---- the kernel sets, compared ---- */

/* Is every op of the set there and runnable? */
static bool set_runnable(const char *set, const char **why)
{
    char name[96];
    snprintf(name, sizeof name, "gemm_%s", set);
    const struct bm_kernel *k = bm_find(name);
    *why = "no such kernels";
    return strcmp(set, "auto") == 0 || (k && bm_runnable(k, why));
}

enum { MAX_COMPARED = 2, ROUNDS = 3 };

struct compared {
    const char *variant;
    struct bm_train_config config;
    size_t target_epoch;
    double accuracy;
};

/* Seconds per epoch of one set on one variant, one sample a round. */
struct cell {
    size_t steps; /* of a sample; 0: not known yet */
    bool scaled;  /* fewer than an epoch has */
    double sample[ROUNDS];
    int samples;
};

/* One run of so many steps, scaled to an epoch. NaN if it was interrupted. */
static double time_steps(const struct compared *run, const struct bm_dataset *data, const char *set, size_t steps,
                         bool *scaled, json_t *result, const char *experiment)
{
    struct bm_train_config c = run->config;
    struct bm_train_hooks hooks = { .interrupted = &bm_interrupted };
    struct bm_train_result r;
    struct bm_error error;
    double seconds = NAN;
    snprintf(c.kernels, sizeof c.kernels, "%s", set);
    c.epochs = 1;
    c.max_steps = steps;
    if (!bm_train(&c, data, &hooks, &r, &error))
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    if (r.epochs) {
        seconds = r.epoch[0].train_seconds / (double)r.epoch[0].steps * (double)r.steps_per_epoch;
        *scaled = r.epoch[0].steps < r.steps_per_epoch;
    }
    if (result)
        record(result, experiment, run->variant, data, &c, &r);
    bm_train_result_free(&r);
    return seconds;
}

/* A whole epoch where that takes at most a second and a half, else as many steps as take half a second. */
static void time_cell(struct cell *cell, const struct compared *run, const struct bm_dataset *data, const char *set,
                      json_t *result, const char *experiment)
{
    enum { PROBE = 10 };
    if (!cell->steps) {
        size_t per_epoch = (data->train_count + run->config.batch - 1) / run->config.batch; /* at most */
        double epoch = time_steps(run, data, set, PROBE, &cell->scaled, NULL, experiment);
        cell->steps = epoch <= 1.5 ? per_epoch : (size_t)(0.5 * (double)per_epoch / epoch) + PROBE;
    }
    double seconds = time_steps(run, data, set, cell->steps, &cell->scaled, result, experiment);
    if (isfinite(seconds))
        cell->sample[cell->samples++] = seconds;
}

static const char *seconds_text(double s, bool scaled, char text[static 24])
{
    snprintf(text, 24, "%s%.3g s", scaled ? "~" : "", s);
    return text;
}

static void print_set(const char *set, struct cell *cell, const struct compared *run, int runs, const double *naive,
                      json_t *result)
{
    printf("  %-12s", set);
    for (int i = 0; i < runs; i++) {
        char a[24], b[24];
        struct bm_stats s = bm_summarise(cell[i].sample, (size_t)cell[i].samples);
        double target = run[i].target_epoch ? s.median * (double)run[i].target_epoch : NAN;
        printf(" | %9s %11s %7.1fx", seconds_text(s.median, cell[i].scaled, a),
               isfinite(target) ? seconds_text(target, cell[i].scaled, b) : "not reached", naive[i] / s.median);
        json_array_append_new(bm_result_list(result, "kernel_sets"),
                              json_pack("{s:s, s:s, s:I, s:o, s:o, s:o, s:b, s:I, s:o}", "variant", run[i].variant,
                                        "kernels", set, "threads", (json_int_t)run[i].config.threads, "epoch_seconds",
                                        real_or_null(s.median), "epoch_seconds_min", real_or_null(s.min),
                                        "epoch_seconds_max", real_or_null(s.max), "scaled", cell[i].scaled,
                                        "target_epoch", (json_int_t)run[i].target_epoch, "target_seconds",
                                        real_or_null(target)));
    }
    printf("\n");
}

/* The table that ties kernel speed to training: the learning curve is the same for every set but for rounding, so
 * epochs to the target are those of the run above, and only the seconds differ. Sets take turns, so that a slow moment
 * of the machine does not fall on one of them. */
static void compare_sets(const struct compared *run, int runs, const struct bm_dataset *data, json_t *result,
                         const char *experiment)
{
    static const char *const sets[] = { "naive",       "autovec",  "avx2",       "avx512", "naive_omp",
                                        "autovec_omp", "avx2_omp", "avx512_omp", "auto" };
    enum { SETS = sizeof sets / sizeof *sets };
    struct cell cell[SETS][MAX_COMPARED] = { { { .steps = 0 } } };
    const char *why;
    for (int round = 0; round < ROUNDS; round++)
        for (int s = 0; s < SETS; s++)
            for (int i = 0; i < runs && set_runnable(sets[s], &why) && !bm_interrupted; i++) {
                bm_progress((size_t)(round * SETS + s), ROUNDS * SETS, sets[s]);
                time_cell(&cell[s][i], &run[i], data, sets[s], result, experiment);
            }
    bm_progress(0, 0, NULL);

    double naive[MAX_COMPARED];
    printf("\nKernel set -> seconds per epoch -> seconds of training to %.4g validation accuracy\n  %-12s",
           run[0].config.target, "");
    for (int i = 0; i < runs; i++)
        printf(" | %-30s", run[i].variant);
    printf("\n  %-12s", "kernels");
    for (int i = 0; i < runs; i++) {
        printf(" | %9s %11s %8s", "per epoch", "to target", "speed-up");
        naive[i] = bm_summarise(cell[0][i].sample, (size_t)cell[0][i].samples).median;
    }
    printf("\n");
    for (int s = 0; s < SETS; s++)
        if (set_runnable(sets[s], &why))
            print_set(sets[s], cell[s], run, runs, naive, result);
        else
            printf("  %-12s   skipped: %s\n", sets[s], why);
    printf("  medians of %d; _omp and auto on %zu threads; speed-up over naive on one thread;\n"
           "  ~: measured on fewer steps than an epoch and scaled\n",
           ROUNDS, run[0].config.threads);
    for (int i = 0; i < runs; i++)
        if (run[i].target_epoch)
            printf("  %s reaches the target after epoch %zu\n", run[i].variant, run[i].target_epoch);
        else
            printf("  %s does not reach it in %zu epochs; its best is %.4f\n", run[i].variant, run[i].config.epochs,
                   run[i].accuracy);
}

/* ---- the command ---- */

static void load_experiment(struct bm_experiment *e, const struct train_options *o)
{
    struct bm_error error;
    if (!o->experiment) {
        *e = (struct bm_experiment){ .variants = 1 };
        e->variant[0].config = bm_train_defaults();
        strcpy(e->variant[0].name, "custom");
        return;
    }
    const struct bm_text *t = bm_builtin_experiments;
    while (t->name && strcmp(t->name, o->experiment) != 0)
        t++;
    char *text = t->name ? strdup(t->text) : bm_read_text(o->experiment, &error);
    if (!text)
        bm_die(BM_EXIT_INPUT, "no built-in experiment '%s', and %s; `batchmark list --experiments` shows them",
               o->experiment, error.text);
    if (!bm_experiment_parse(e, o->experiment, text, &error))
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    free(text);
    if (o->variant && !bm_experiment_variant(e, o->variant)) {
        char list[512] = "";
        for (unsigned i = 0; i < e->variants; i++)
            snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i ? ", " : "", e->variant[i].name);
        bm_die(BM_EXIT_USAGE, "%s has no variant '%s'; it has %s", o->experiment, o->variant, list);
    }
}

/* The set's own target for the generated images, which are harder: reached with and without BN, well before the end. */
static const double builtin_target = 0.93;

static void load_data(struct bm_dataset *data, const char *name, const char *dir)
{
    struct bm_error error;
    enum bm_dataset_status status = bm_dataset_load(data, name, dir, &error);
    if (status == BM_DATASET_ABSENT) {
        printf("NOTE: %s\n      Training on generated images instead: accuracies are not those of %s, and the target "
               "is %.4g unless --target says otherwise.\n",
               error.text, name, builtin_target);
        status = bm_dataset_load(data, "builtin", NULL, &error);
    }
    if (status != BM_DATASET_LOADED)
        bm_die(BM_EXIT_INPUT, "%s", error.text);
}

static bool target_given(const struct train_options *o)
{
    bool given = false;
    for (int i = 0; i < o->sets; i++)
        given |= strcmp(o->set[i].key, "target") == 0;
    return given;
}

static void save(const json_t *result, const char *path)
{
    struct bm_error error;
    if (!bm_result_write(result, path, &error))
        bm_die(BM_EXIT_INPUT, "%s", error.text);
}

static enum bm_exit run_variant(const struct bm_variant *v, const char *experiment, const struct bm_dataset *data,
                                json_t *result, struct compared *compared)
{
    struct bm_train_hooks hooks = { .epoch = print_epoch,
                                    .step = isatty(STDERR_FILENO) ? show_step : NULL,
                                    .interrupted = &bm_interrupted };
    struct bm_train_result r;
    struct bm_error error;
    const struct bm_train_config *c = &v->config;
    printf("\n%s%s%s  kernels %s, %zu thread%s, batch %zu, seed %llu\n", v->name, v->about[0] ? ": " : "", v->about,
           c->kernels, c->threads, c->threads == 1 ? "" : "s", c->batch, (unsigned long long)c->seed);
    bm_model_print(stdout, c);
    print_header();
    if (!bm_train(c, data, &hooks, &r, &error))
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    bm_progress(0, 0, NULL);
    if (r.status == BM_EXIT_OK)
        printf("  test loss %.4f, test accuracy %.4f\n", r.test_loss, r.test_accuracy);
    else
        printf("  %s\n", r.reason);
    if (r.epochs) {
        print_phases(&r);
        print_published(v, &r);
    }
    if (c->target > 0 && r.target_epoch)
        printf("  validation accuracy %.4g reached after epoch %zu, %.3f s of training\n", c->target, r.target_epoch,
               r.target_seconds);
    else if (c->target > 0)
        printf("  validation accuracy %.4g not reached\n", c->target);
    record(result, experiment, v->name, data, c, &r);
    *compared = (struct compared){ v->name, *c, r.target_epoch, 0 };
    for (size_t e = 0; e < r.epochs; e++)
        compared->accuracy = fmax(compared->accuracy, r.epoch[e].val_accuracy);
    enum bm_exit status = r.status;
    if (status == BM_EXIT_DIVERGED)
        fprintf(stderr, "batchmark: %s: %s\n", v->name, r.reason);
    bm_train_result_free(&r);
    return status;
}

int bm_cmd_train(int argc, char **argv)
{
    static const struct argp_child children[] = { { &bm_json_argp, 0, NULL, 0 }, { 0 } };
    struct argp argp = { train_options_make(),
                         parse,
                         NULL,
                         "Trains a network of dense layers with the kernels that you choose and shows, per epoch, loss "
                         "and accuracy in training and validation, "
                         "seconds, and where they went.",
                         children,
                         NULL,
                         NULL };
    struct train_options o = { .sets = 0 };
    struct bm_error error;
    struct bm_experiment *e = bm_alloc(sizeof *e);
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    load_experiment(e, &o);

    /* With --compare-kernels, all variants but the two that the table sets side by side are left out. */
    struct compared compared[MAX_COMPARED];
    int comparable = 0;
    enum bm_exit status = BM_EXIT_OK;
    struct bm_dataset data = { .name = NULL };
    char loaded[64] = "";
    json_t *result = bm_result_new(argc, argv);
    char *path = bm_result_path(o.common.json, "train", &error);
    if (!path)
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    save(result, path); /* a folder that cannot be written shows now, not after the work */
    bm_catch_interrupts();
    for (unsigned i = 0; i < e->variants && status == BM_EXIT_OK; i++) {
        struct bm_variant *v = &e->variant[i];
        if (o.variant ? strcmp(o.variant, v->name) != 0 : o.compare && comparable == MAX_COMPARED)
            continue;
        v->config.threads = (size_t)bm_cores_available();
        for (int k = 0; k < o.sets; k++)
            if (!bm_train_set(&v->config, o.set[k].key, o.set[k].value, &error))
                bm_die(BM_EXIT_USAGE, "--%s", error.text);
        if (!bm_train_check(&v->config, &error))
            bm_die(BM_EXIT_USAGE, "%s", error.text);
        if (!bm_pin_team((int)v->config.threads, false, &error))
            bm_die(BM_EXIT_USAGE, "%s", error.text);
        if (strcmp(loaded, v->config.dataset) != 0) {
            bm_dataset_free(&data);
            load_data(&data, v->config.dataset, o.data);
            snprintf(loaded, sizeof loaded, "%s", v->config.dataset);
            printf("Data: %s\n", data.origin);
        }
        bool asked_for = strcmp(data.name, v->config.dataset) == 0;
        if (!asked_for) { /* the published figures and the target belong to other data */
            v->published_count = 0;
            v->config.target = v->config.target > 0 && !target_given(&o) ? builtin_target : v->config.target;
        }
        struct compared this;
        status = run_variant(v, o.experiment ? o.experiment : "custom", &data, result, &this);
        if (comparable < MAX_COMPARED)
            compared[comparable++] = this;
        save(result, path);
    }
    if (o.compare && comparable && status == BM_EXIT_OK)
        compare_sets(compared, comparable, &data, result, o.experiment ? o.experiment : "custom");
    if (bm_interrupted)
        status = BM_EXIT_INTERRUPTED;
    json_object_set_new(json_object_get(result, "batchmark"), "complete", json_boolean(status == BM_EXIT_OK));
    save(result, path);
    printf("\n%s%s\n", status == BM_EXIT_INTERRUPTED ? "interrupted; what was finished is in " : "result: ", path);
    bm_dataset_free(&data);
    json_decref(result);
    free(path);
    free(e);
    return status;
}
