/* SPDX-License-Identifier: MIT */
#include "inference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arrays.h"
#include "clock.h"
#include "disturbance.h"
#include "fold.h"
#include "narrow.h"
#include "stats.h"

enum { WHOLE = BM_INFERENCE_BATCHES - 1, LARGEST = 256, ROUNDS = 31 }; /* the largest batch classifies all images */
const size_t bm_inference_batch[BM_INFERENCE_BATCHES] = { 1, 32, [WHOLE] = LARGEST };
static const double sample_seconds = 0.5e-3, most_seconds = 10; /* of a sample; of a batch's rounds after the sixth */

const char *bm_form_name(enum bm_form form, bool bn)
{
    static const char *const name[2][BM_FORMS] = { { "as trained", "f32", "bf16", "int8" },
                                                  { "as trained", "folded f32", "folded bf16", "folded int8" } };
    return name[bn][form];
}

const char *bm_inference_kernels(const struct bm_train_config *c)
{
    return strcmp(c->kernels, "region") == 0 ? "auto" : c->kernels;
}

/* A network of f32 with a plan for each batch. */
struct whole {
    struct bm_train_config config;
    struct bm_network net;
    struct bm_plan plan[BM_INFERENCE_BATCHES];
};

struct forms {
    const struct bm_network *trained;
    struct whole whole[2];      /* BM_AS_TRAINED, BM_FOLDED_F32 */
    struct bm_narrow narrow[2]; /* BM_FOLDED_BF16, BM_FOLDED_INT8 */
    const volatile sig_atomic_t *interrupted;
    struct bm_inference *result;
};

static bool is_narrow(enum bm_form form) { return form >= BM_FOLDED_BF16; }
static size_t features_of(const struct forms *w) { return w->trained->config->width[0]; }
static size_t classes_of(const struct forms *w) { return w->trained->config->width[w->trained->config->widths - 1]; }
static bool stopped(const struct forms *w) { return w->interrupted && *w->interrupted; }

/* ---- the forms ---- */

/* Calls in a row, with no thread's share of its own and without the optimiser's moments. */
static bool whole_create(struct whole *w, const struct bm_train_config *config, unsigned bn, struct bm_error *error)
{
    w->config = *config;
    w->config.bn = bn;
    w->config.optimizer = BM_OPTIMIZER_SGD;
    strcpy(w->config.kernels, bm_inference_kernels(config));
    for (unsigned p = 0; p < BM_INFERENCE_BATCHES; p++)
        w->plan[p] = (struct bm_plan){ .rows = bm_inference_batch[p] };
    return bm_network_create(&w->net, &w->config, w->plan, BM_INFERENCE_BATCHES, error);
}

/* Parameters and running statistics, by name, for moments may lie between them. */
static void copy_parameters(const struct bm_network *from, const struct bm_network *to)
{
    struct bm_array source[BM_MAX_ARRAYS], target[BM_MAX_ARRAYS];
    const unsigned sources = bm_network_arrays(from, source), targets = bm_network_arrays(to, target);
    for (unsigned t = 0; t < targets; t++)
        for (unsigned s = 0; s < sources; s++)
            if (!strcmp(source[s].name, target[t].name)) {
                float *dense = bm_alloc(bm_array_count(&source[s]) * sizeof *dense);
                bm_array_get(&source[s], dense);
                bm_array_put(&target[t], dense);
                free(dense);
            }
}

static void run(struct forms *w, enum bm_form form, unsigned batch)
{
    if (is_narrow(form)) {
        bm_narrow_run(&w->narrow[form - BM_FOLDED_BF16], batch, w->whole[0].net.x);
        return;
    }
    const struct bm_plan *plan = &w->whole[form].plan[batch];
    for (unsigned i = 0; i < plan->calls; i++)
        if (plan->call[i].phase != BM_LOSS_GRADIENT)
            plan->call[i].kernel->run(&plan->call[i].args);
}

/* Rows x classes. */
static const float *logits_of(const struct forms *w, enum bm_form form)
{
    return is_narrow(form) ? w->narrow[form - BM_FOLDED_BF16].z
                          : w->whole[form].net.layer[w->trained->layers - 1].z;
}

/* Fills the largest batch with images of a set from `first` on; after its last one comes its first. */
static void gather(struct forms *w, const struct bm_images *set, size_t first)
{
    struct bm_network *net = &w->whole[BM_AS_TRAINED].net;
    const size_t rows = LARGEST;
    for (size_t i = 0; i < rows; i++)
        bm_images_gather(set, w->trained->config, (first + i) % set->count, i, i + 1, net->x, net->label);
    memcpy(w->whole[BM_FOLDED_F32].net.x, net->x, rows * features_of(w) * sizeof *net->x);
}

/* ---- calibration ---- */

static void widen(struct bm_channels *c, const float *x, size_t rows)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t k = 0; k < c->count; k++) {
            c->least[k] = fminf(c->least[k], x[i * c->count + k]);
            c->most[k] = fmaxf(c->most[k], x[i * c->count + k]);
        }
}

/* What each layer of the folded network reads, into reads[layers]. */
static void calibrate(struct forms *w, const struct bm_images *set, struct bm_channels *reads)
{
    const struct bm_network *net = &w->whole[BM_FOLDED_F32].net;
    const size_t rows = LARGEST;
    for (unsigned l = 0; l < net->layers; l++) {
        const size_t count = net->layer[l].in;
        reads[l] = (struct bm_channels){ count, bm_alloc(count * sizeof(float)), bm_alloc(count * sizeof(float)) };
    }
    for (size_t first = 0; first < BM_CALIBRATION; first += rows) {
        gather(w, set, first);
        run(w, BM_FOLDED_F32, WHOLE);
        for (unsigned l = 0; l < net->layers; l++)
            widen(&reads[l], l ? net->layer[l - 1].a : net->x, rows);
    }
    w->result->calibration = set->count < BM_CALIBRATION ? set->count : BM_CALIBRATION;
}

static void make_narrow(struct forms *w, const struct bm_images *calibration)
{
    struct bm_channels reads[BM_MAX_WIDTHS];
    const struct bm_network *net = &w->whole[BM_FOLDED_F32].net;
    calibrate(w, calibration, reads);
    for (int form = BM_FOLDED_BF16; form < BM_FORMS; form++) {
        struct bm_form_result *r = &w->result->form[form];
        r->done = bm_narrow_create(&w->narrow[form - BM_FOLDED_BF16], net, form == BM_FOLDED_INT8 ? reads : NULL,
                                   bm_inference_batch, BM_INFERENCE_BATCHES, &r->refused);
    }
    for (unsigned l = 0; l < net->layers; l++) {
        free(reads[l].least);
        free(reads[l].most);
    }
}

/* ---- accuracy ---- */

/* -log softmax(z)[label] */
static double loss_of(const float *z, size_t classes, size_t most, int32_t label)
{
    double sum = 0;
    for (size_t j = 0; j < classes; j++)
        sum += exp((double)z[j] - z[most]);
    return log(sum) + z[most] - z[label];
}

/* Rows that were gathered; the class of each goes to, or is held against, class[]. */
static void count(struct forms *w, enum bm_form form, size_t rows, uint32_t *class)
{
    struct bm_form_result *r = &w->result->form[form];
    const int32_t *label = w->whole[BM_AS_TRAINED].net.label;
    const size_t classes = classes_of(w);
    for (size_t i = 0; i < rows; i++) {
        const float *z = logits_of(w, form) + i * classes;
        uint32_t best = 0; /* the first of the largest, as softmax_xent has it */
        for (uint32_t j = 1; j < classes; j++)
            best = z[j] > z[best] ? j : best;
        if (form == BM_AS_TRAINED)
            class[i] = best;
        r->right += best == (uint32_t)label[i];
        r->differ += best != class[i];
        r->loss += loss_of(z, classes, best, label[i]);
    }
}

static void classify(struct forms *w, const struct bm_images *test)
{
    uint32_t class[LARGEST];
    const size_t rows = LARGEST;
    for (size_t first = 0; first < test->count && !stopped(w); first += rows) {
        gather(w, test, first);
        for (int form = 0; form < BM_FORMS; form++)
            if (w->result->form[form].done) {
                run(w, form, WHOLE);
                count(w, form, test->count - first < rows ? test->count - first : rows, class);
            }
    }
    for (int form = 0; form < BM_FORMS; form++)
        w->result->form[form].loss /= (double)test->count;
    w->result->images = test->count;
}

/* ---- time ---- */

static double time_passes(struct forms *w, enum bm_form form, unsigned batch, size_t passes)
{
    run(w, form, batch);
    const double start = bm_now_s();
    for (size_t i = 0; i < passes; i++)
        run(w, form, batch);
    return (bm_now_s() - start) / (double)passes;
}

/* How many passes of each form make a sample: equally long ones, so that what else runs here meets all forms alike. */
static void choose_passes(struct forms *w, unsigned batch, size_t passes[BM_FORMS])
{
    double pass[BM_FORMS] = { 0 }, sample = sample_seconds;
    for (int form = 0; form < BM_FORMS; form++)
        if (w->result->form[form].done) {
            pass[form] = time_passes(w, form, batch, 1);
            sample = fmax(sample, pass[form]);
        }
    for (int form = 0; form < BM_FORMS; form++)
        passes[form] = pass[form] > 0 ? (size_t)ceil(sample / pass[form]) : 0;
}

static struct bm_form_time summarise(const double *trained, const double *own, size_t rounds, unsigned batch)
{
    double ratio[ROUNDS], seconds[ROUNDS];
    for (size_t i = 0; i < rounds; i++) {
        ratio[i] = trained[i] / own[i];
        seconds[i] = own[i];
    }
    struct bm_form_time t = { .rounds = rounds, .ratio = bm_summarise(ratio, rounds).median,
                             .image_s = bm_summarise(seconds, rounds).median / (double)bm_inference_batch[batch] };
    const struct bm_interval i = bm_median_interval(ratio, rounds);
    t.low = i.low;
    t.high = i.high;
    return t;
}

/* Each round begins with another form. */
static void time_batch(struct forms *w, unsigned batch)
{
    double sample[BM_FORMS][ROUNDS];
    size_t passes[BM_FORMS], rounds = 0, disturbed = 0;
    choose_passes(w, batch, passes);
    const double begin = bm_now_s();
    for (int round = 0; round < ROUNDS && !stopped(w); round++) {
        const struct bm_disturbance before = bm_disturbance_now();
        for (int k = 0; k < BM_FORMS; k++) {
            const int form = (round + k) % BM_FORMS;
            if (passes[form])
                sample[form][rounds] = time_passes(w, form, batch, passes[form]);
        }
        const struct bm_disturbance after = bm_disturbance_now();
        if (after.suspended != before.suspended)
            continue;
        rounds++;
        disturbed += after.switches != before.switches;
        if (rounds >= BM_LEAST_INTERVAL && bm_now_s() - begin > most_seconds)
            break;
    }
    for (int form = 0; form < BM_FORMS && rounds > 0; form++)
        if (passes[form]) {
            w->result->form[form].time[batch] = summarise(sample[BM_AS_TRAINED], sample[form], rounds, batch);
            w->result->form[form].time[batch].disturbed = disturbed;
        }
}

bool bm_infer(const struct bm_network *trained, const struct bm_images *calibration, const struct bm_images *test,
              const volatile sig_atomic_t *interrupted, struct bm_inference *inference, struct bm_error *error)
{
    struct forms *w = bm_alloc(sizeof *w);
    const struct bm_train_config *c = trained->config;
    *inference = (struct bm_inference){ .images = 0 };
    for (int form = 0; form < BM_FORMS; form++)
        for (int b = 0; b < BM_INFERENCE_BATCHES; b++)
            inference->form[form].time[b] = (struct bm_form_time){ .image_s = NAN, .ratio = NAN, .low = NAN, .high = NAN };
    w->trained = trained;
    w->interrupted = interrupted;
    w->result = inference;
    const bool ok = whole_create(&w->whole[BM_AS_TRAINED], c, c->bn, error) &&
                    whole_create(&w->whole[BM_FOLDED_F32], c, BM_BN_NONE, error);
    if (ok) {
        copy_parameters(trained, &w->whole[BM_AS_TRAINED].net);
        bm_fold_bn(&w->whole[BM_AS_TRAINED].net, &w->whole[BM_FOLDED_F32].net);
        inference->form[BM_AS_TRAINED].done = true;
        inference->form[BM_FOLDED_F32].done = c->bn != BM_BN_NONE;
        make_narrow(w, calibration);
        classify(w, test);
        gather(w, test, 0);
        for (unsigned b = 0; b < BM_INFERENCE_BATCHES; b++)
            time_batch(w, b);
    }
    for (int i = 0; i < 2; i++) {
        bm_network_free(&w->whole[i].net);
        bm_narrow_free(&w->narrow[i]);
    }
    free(w);
    return ok;
}
