/* SPDX-License-Identifier: MIT */
#include "conv_config.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bm_train_config bm_train_defaults(void)
{
    return (struct bm_train_config){
        .dataset = "mnist",
        .widths = 4, .width = { 784, 300, 100, 10 }, .image = { 28, 28, 1 },
        .activation = BM_ACTIVATION_RELU, .slope = 0.3,
        .bn = BM_BN_NONE, .bn_momentum = 0.1, .bn_eps = 1e-5, .bn_variance = BM_VARIANCE_UNBIASED,
        .optimizer = BM_OPTIMIZER_SGD, .lr = 0.01, .momentum = 0.9,
        .adam_beta1 = 0.9, .adam_beta2 = 0.999, .adam_eps = 1e-8, .adam_convention = BM_ADAM_TORCH,
        .init_scale = 1, .batch = 32, .epochs = 10, .seed = 0, .seeds = 1, .init = BM_INIT_GLOROT_UNIFORM, .shuffle = 1,
        .validation = BM_VALIDATION_FIRST, .validation_rows = 5000,
        .scaling = BM_SCALING_UNIT, .groups = 1, .fuse = 1, .kernels = "region", .threads = 1, .ranks = bm_ranks,
    };
}

bool bm_train_one_region(const struct bm_train_config *c)
{
    return strcmp(c->kernels, "region") == 0 && c->optimizer_of == BM_OPTIMIZER_OF_THIS && c->ranks->count == 1 &&
           !bm_train_activates_apart(c) && c->dropout == 0 && c->weight_decay == 0 && c->clip_norm == 0 && c->record == 0 &&
           c->evaluation == BM_EVALUATION_RUNNING && c->convs == 0;
}

/* How a key's text becomes a field. TEXT: char[64]; CHOICE: unsigned, the position in `choices`; REAL, KEEP (1 -
 * value): double within [least, most]; COUNT: size_t likewise; the others are one of a kind. */
enum kind { TEXT, CHOICE, REAL, KEEP, COUNT, SEED, SEEDS, WIDTHS, PLACES, VALIDATION, SCHEDULE, CONVS, IMAGE };

struct key {
    struct bm_train_key public;
    enum kind kind;
    size_t offset;
    double least, most;
};

#define FIELD(f) offsetof(struct bm_train_config, f)
#define MOST_ROWS 100e6

/* The values of a CHOICE are its choices in the order of the enumeration, with " | " between them. */
static const struct key keys[] = {
    { { "dataset", "NAME", "mnist, fashion-mnist, cifar-10 or builtin" }, TEXT, FIELD(dataset), 0, 0 },
    { { "layers", "N,N,...", "input features, hidden layers, classes; 100x20: twenty layers of 100" },
      WIDTHS, FIELD(width), 1, 65536 },
    { { "conv", "none | N,N,...", "3 x 3 convolutions before the dense layers, by their channels; each has BN before its activation if bn "
        "says so, and 2 x 2 max pooling behind it" }, CONVS, FIELD(conv), 0, 0 },
    { { "image", "HxWxC", "height, width and channels of an image, for conv" }, IMAGE, FIELD(image), 0, 0 },
    { { "layout", "channels_last | channels_first", "how images lie in memory between convolutions" }, CHOICE, FIELD(layout), 0, 0 },
    { { "activation", "relu | leaky_relu | sigmoid | tanh", "of the hidden layers" }, CHOICE, FIELD(activation), 0, 0 },
    { { "slope", "X", "of leaky_relu's negative side (Keras: 0.3)" }, REAL, FIELD(slope), 0, 1 },
    { { "dropout", "X", "share of each hidden layer's outputs that a training step drops; the others are scaled up" },
      REAL, FIELD(dropout), 0, 0.99 },
    { { "bn", "none | before | after | input[+before|+after]", "BN at each hidden activation, on the input" },
      PLACES, FIELD(bn), 0, 0 },
    { { "norm", "batch | layer | rms | group", "what stands in BN's place: layer, RMS or group norm, of each image alone" },
      CHOICE, FIELD(norm), 0, 0 },
    { { "groups", "N", "of norm = group, each of as many channels; divides every hidden layer" }, COUNT, FIELD(groups), 1, 1e6 },
    { { "fuse", "off | on", "BN and ReLU in one kernel, or each in its own" }, CHOICE, FIELD(fuse), 0, 0 },
    { { "bn_momentum", "X", "share of the new batch in the running statistics (PyTorch: 0.1)" },
      REAL, FIELD(bn_momentum), 0, 1 },
    { { "bn_keep", "X", "the same as 1 - bn_momentum, the share that is kept (Keras calls this momentum: 0.99)" },
      KEEP, FIELD(bn_momentum), 0, 1 },
    { { "bn_eps", "X", "added to the variance (Keras: 1e-3, PyTorch: 1e-5)" }, REAL, FIELD(bn_eps), 1e-30, 1e3 },
    { { "bn_variance", "biased | unbiased", "running variance over batch (Keras) or batch - 1 (PyTorch)" },
      CHOICE, FIELD(bn_variance), 0, 0 },
    { { "optimizer", "sgd | momentum | adam", "how parameters follow gradients" }, CHOICE, FIELD(optimizer), 0, 0 },
    { { "lr", "X", "learning rate" }, REAL, FIELD(lr), 1e-30, 1e30 },
    { { "lr_schedule", "constant | cosine | step:N,X",
        "cosine: down to 0 at the end of the last epoch; step: times X after every N epochs" },
      SCHEDULE, FIELD(lr_schedule), 0, 0 },
    { { "lr_warmup", "N", "steps over which lr first rises to what it is to be, in equal parts" },
      COUNT, FIELD(lr_warmup), 0, 1e9 },
    { { "weight_decay", "X", "times each parameter, added to its gradient (L2, as PyTorch's optimisers have it)" },
      REAL, FIELD(weight_decay), 0, 1e3 },
    { { "clip_norm", "X", "longest gradient, of all parameters together; a longer one is scaled down; 0: any" },
      REAL, FIELD(clip_norm), 0, 1e30 },
    { { "momentum", "X", "of optimizer momentum, in PyTorch's form" }, REAL, FIELD(momentum), 0, 1 },
    { { "adam_beta1", "X", "share of the old mean" }, REAL, FIELD(adam_beta1), 0, 0.9999999 },
    { { "adam_beta2", "X", "share of the old mean square" }, REAL, FIELD(adam_beta2), 0, 0.9999999 },
    { { "adam_eps", "X", "keeps the step finite (PyTorch: 1e-8, Keras: 1e-7)" }, REAL, FIELD(adam_eps), 1e-30, 1 },
    { { "adam_convention", "keras | torch", "adam_eps counts before or after the bias correction" },
      CHOICE, FIELD(adam_convention), 0, 0 },
    { { "optimizer_of", "this | another", "another: a mistake on purpose, the optimiser of a second model is stepped" },
      CHOICE, FIELD(optimizer_of), 0, 0 },
    { { "batch", "N", "images a step" }, COUNT, FIELD(batch), 1, 1e6 },
    { { "epochs", "N", "passes over the training images" }, COUNT, FIELD(epochs), 1, 1e5 },
    { { "earlier_epochs", "N", "trained before epoch 1 is counted, as when a notebook's cell is run again" },
      COUNT, FIELD(earlier_epochs), 0, 1e5 },
    { { "seed", "N", "of weights, split and shuffling: one run" }, SEED, FIELD(seed), 0, 0 },
    { { "seeds", "N,N,...", "one run each, summarised by median and range" }, SEEDS, FIELD(seed_list), 0, 0 },
    { { "init", "glorot_uniform | he_normal | torch",
        "weights; biases are 0, but uniform in +-1/sqrt(inputs) like the weights for torch" },
      CHOICE, FIELD(init), 0, 0 },
    { { "init_scale", "X", "times the initial weights" }, REAL, FIELD(init_scale), 0, 1e6 },
    { { "train_images", "N", "train with so many of the images that are not held out, chosen by the seed; 0: all" },
      COUNT, FIELD(train_images), 0, MOST_ROWS },
    { { "shuffle", "off | on", "a new order of the training images every epoch" }, CHOICE, FIELD(shuffle), 0, 0 },
    { { "validation", "first:N | test | random:X",
        "the first N training images, the test images, or a random share X of the training images" },
      VALIDATION, FIELD(validation), 0, 0 },
    { { "scaling", "unit | symmetric", "pixels to [0, 1] or [-1, 1]" }, CHOICE, FIELD(scaling), 0, 0 },
    { { "precision", "f32 | bf16", "of products, activations and their gradients in training; bf16: weights, their gradients and "
        "steps, BN's parameters and the loss stay f32" },
      CHOICE, FIELD(precision), 0, 0 },
    { { "kernels", "SET",
        "naive, autovec, autovec_avx2, autovec_avx512, avx2, avx512, with _omp or not, the last two with _tuned or not "
        "(avx512_omp_tuned; on ARM neon instead, and sve without _tuned; on RISC-V only the first two), auto, region "
        "(auto's, a step as one parallel region; over ranks: auto), or openblas, blis, onednn: auto's with products by that library" },
      TEXT, FIELD(kernels), 0, 0 },
    { { "threads", "N", "for region, auto and kernels with _omp" }, COUNT, FIELD(threads), 1, 1024 },
    { { "target", "X", "validation accuracy to reach, for the time to it; 0: none" }, REAL, FIELD(target), 0, 1 },
    { { "bn_ranks", "sync | local", "of batchmark-mpi: BN's statistics are those of the whole batch, or of each rank's share" },
      CHOICE, FIELD(bn_ranks), 0, 0 },
    { { "max_steps", "N", "stop after N steps, of each earlier epoch too; 0: no limit" }, COUNT, FIELD(max_steps), 0, 1e12 },
    { { "evaluation", "running | batch | precise", "BN's statistics in validation and test: running averages, each batch's own, or "
        "those of 200 training batches by the weights as they are" }, CHOICE, FIELD(evaluation), 0, 0 },
    { { "record", "N", "every N steps look at gradients and at what layers read, for claims; 0: never" }, COUNT, FIELD(record), 0, 1e9 },
};
enum { KEYS = sizeof keys / sizeof *keys };

const struct bm_train_key *bm_train_key(size_t i) { return i < KEYS ? &keys[i].public : NULL; }

static bool bad_value(const struct key *k, const char *value, struct bm_error *error)
{
    return bm_failed(error, "%s = %.80s: expected %s", k->public.name, value, k->public.values);
}

static bool read_real(const char *text, double *out)
{
    char *end;
    *out = strtod(text, &end);
    return end != text && !*end && isfinite(*out);
}

static bool read_whole(const char *text, uint64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && !*end && !errno;
}

static bool out_of_range(const struct key *k, const char *value, struct bm_error *error)
{
    return bm_failed(error, "%s = %.80s: out of range, expected %g to %g", k->public.name, value, k->least, k->most);
}

static bool set_choice(const struct key *k, const char *value, unsigned *out, struct bm_error *error)
{
    const char *at = k->public.values;
    size_t length = strlen(value);
    for (unsigned i = 0; ; i++) {
        size_t word = strcspn(at, " ");
        if (word == length && strncmp(at, value, length) == 0) {
            *out = i;
            return true;
        }
        if (!at[word])
            return bad_value(k, value, error);
        at += word + strlen(" | ");
    }
}

static bool set_widths(const struct key *k, const char *value, struct bm_train_config *c, struct bm_error *error)
{
    size_t widths = 0, width[BM_MAX_WIDTHS];
    const char *at = value;
    for (;;) {
        char *end;
        errno = 0;
        at += strspn(at, " \t");
        unsigned long long v = strtoull(at, &end, 10);
        if (*at < '0' || *at > '9' || errno)
            return bad_value(k, value, error);
        if ((double)v < k->least || (double)v > k->most)
            return out_of_range(k, value, error);
        unsigned long long times = 1;
        if (*end == 'x' && end[1] >= '1' && end[1] <= '9')
            times = strtoull(end + 1, &end, 10);
        if (widths + times > BM_MAX_WIDTHS)
            return bm_failed(error, "%s = %.80s: more than %d numbers", k->public.name, value, BM_MAX_WIDTHS);
        while (times-- > 0)
            width[widths++] = (size_t)v;
        at = end + strspn(end, " \t");
        if (!*at)
            break;
        if (*at++ != ',')
            return bad_value(k, value, error);
    }
    if (widths < 2)
        return bm_failed(error, "%s = %.80s: expected at least the input features and the classes", k->public.name,
                         value);
    c->widths = widths;
    memcpy(c->width, width, widths * sizeof *width);
    return true;
}

static void one_seed(struct bm_train_config *c, uint64_t seed)
{
    c->seed = c->seed_list[0] = seed;
    c->seeds = 1;
}

static bool set_seeds(const struct key *k, const char *value, struct bm_train_config *c, struct bm_error *error)
{
    size_t seeds = 0;
    uint64_t list[BM_MAX_SEEDS];
    for (const char *at = value;; at++) {
        char *end;
        at += strspn(at, " \t");
        errno = 0;
        uint64_t seed = strtoull(at, &end, 10);
        if (*at < '0' || *at > '9' || errno)
            return bad_value(k, value, error);
        if (seeds == BM_MAX_SEEDS)
            return bm_failed(error, "%s = %.80s: more than %d numbers", k->public.name, value, BM_MAX_SEEDS);
        for (size_t i = 0; i < seeds; i++)
            if (list[i] == seed)
                return bm_failed(error, "%s = %.80s: %llu is there twice, which would be the same run", k->public.name,
                                 value, (unsigned long long)seed);
        list[seeds++] = seed;
        at = end + strspn(end, " \t");
        if (!*at)
            break;
        if (*at != ',')
            return bad_value(k, value, error);
    }
    c->seed = list[0];
    c->seeds = seeds;
    memcpy(c->seed_list, list, seeds * sizeof *list);
    return true;
}

static const struct { const char *name; unsigned bn; } places[] = {
    { "none", BM_BN_NONE }, { "before", BM_BN_BEFORE }, { "after", BM_BN_AFTER }, { "input", BM_BN_INPUT },
    { "input+before", BM_BN_INPUT | BM_BN_BEFORE }, { "input+after", BM_BN_INPUT | BM_BN_AFTER },
};

static bool set_places(const struct key *k, const char *value, unsigned *out, struct bm_error *error)
{
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (strcmp(value, places[i].name) == 0) {
            *out = places[i].bn;
            return true;
        }
    return bad_value(k, value, error);
}

static bool set_validation(const struct key *k, const char *value, struct bm_train_config *c, struct bm_error *error)
{
    uint64_t rows;
    double fraction;
    if (strcmp(value, "test") == 0) {
        c->validation = BM_VALIDATION_TEST;
        return true;
    }
    if (strncmp(value, "first:", 6) == 0 && read_whole(value + 6, &rows)) {
        if (rows < 1 || (double)rows > MOST_ROWS)
            return bm_failed(error, "%s = %.80s: out of range, expected 1 to %g images", k->public.name, value,
                             MOST_ROWS);
        c->validation = BM_VALIDATION_FIRST;
        c->validation_rows = (size_t)rows;
        return true;
    }
    if (strncmp(value, "random:", 7) == 0 && read_real(value + 7, &fraction)) {
        if (!(fraction > 0 && fraction < 1))
            return bm_failed(error, "%s = %.80s: expected a share between 0 and 1", k->public.name, value);
        c->validation = BM_VALIDATION_RANDOM;
        c->validation_fraction = fraction;
        return true;
    }
    return bad_value(k, value, error);
}

static bool set_schedule(const struct key *k, const char *value, struct bm_train_config *c, struct bm_error *error)
{
    char *comma;
    if (strcmp(value, "constant") == 0 || strcmp(value, "cosine") == 0) {
        c->lr_schedule = strcmp(value, "cosine") == 0 ? BM_SCHEDULE_COSINE : BM_SCHEDULE_CONSTANT;
        return true;
    }
    if (strncmp(value, "step:", 5) != 0)
        return bad_value(k, value, error);
    const unsigned long epochs = strtoul(value + 5, &comma, 10);
    double factor;
    if (value[5] < '1' || value[5] > '9' || *comma != ',' || !read_real(comma + 1, &factor))
        return bad_value(k, value, error);
    if (epochs > 100000 || !(factor > 0 && factor <= 1))
        return bm_failed(error, "%s = %.80s: out of range, expected 1 to 100000 epochs and a factor above 0, at most 1",
                         k->public.name, value);
    c->lr_schedule = BM_SCHEDULE_STEP;
    c->lr_step_epochs = epochs;
    c->lr_step_factor = factor;
    return true;
}

bool bm_train_set(struct bm_train_config *config, const char *key, const char *value, struct bm_error *error)
{
    const struct key *k = keys;
    while (k < keys + KEYS && strcmp(k->public.name, key) != 0)
        k++;
    if (k == keys + KEYS)
        return bm_failed(error, "unknown key '%.80s'", key);

    void *field = (char *)config + k->offset;
    double real;
    uint64_t whole;
    switch (k->kind) {
    case TEXT:
        if (!*value || strlen(value) >= sizeof config->dataset)
            return bad_value(k, value, error);
        if (field == config->kernels && strcmp(value, "fused") == 0)
            value = "region"; /* its name before 1.0.0 */
        strcpy(field, value);
        return true;
    case CHOICE:
        return set_choice(k, value, field, error);
    case REAL:
    case KEEP:
        if (!read_real(value, &real))
            return bad_value(k, value, error);
        if (real < k->least || real > k->most)
            return out_of_range(k, value, error);
        *(double *)field = k->kind == KEEP ? 1 - real : real;
        return true;
    case COUNT:
        if (!read_whole(value, &whole))
            return bad_value(k, value, error);
        if ((double)whole < k->least || (double)whole > k->most)
            return out_of_range(k, value, error);
        *(size_t *)field = (size_t)whole;
        return true;
    case SEED:
        if (!read_whole(value, &whole))
            return bad_value(k, value, error);
        one_seed(config, whole);
        return true;
    case SEEDS:
        return set_seeds(k, value, config, error);
    case WIDTHS:
        return set_widths(k, value, config, error);
    case PLACES:
        return set_places(k, value, field, error);
    case VALIDATION:
        return set_validation(k, value, config, error);
    case SCHEDULE:
        return set_schedule(k, value, config, error);
    case CONVS:
        return bm_conv_set(config, value) || bad_value(k, value, error);
    case IMAGE:
        return bm_conv_set_image(config, value) || bad_value(k, value, error);
    }
    return false;
}

/* Shortest text that reads back as the same number. */
static void print_real(char value[static BM_TRAIN_VALUE], const char *before, double x)
{
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(value, BM_TRAIN_VALUE, "%s%.*g", before, digits, x);
        if (strtod(value + strlen(before), NULL) == x)
            return;
    }
}

bool bm_train_get(const struct bm_train_config *c, const char *key, char value[static BM_TRAIN_VALUE])
{
    const struct key *k = keys;
    while (k < keys + KEYS && strcmp(k->public.name, key) != 0)
        k++;
    if (k == keys + KEYS || k->kind == KEEP || k->kind == SEEDS)
        return false;

    const void *field = (const char *)c + k->offset;
    const char *at = k->public.values;
    size_t used = 0;
    switch (k->kind) {
    case TEXT:
        strcpy(value, field);
        break;
    case CHOICE:
        for (unsigned i = 0; i < *(const unsigned *)field; i++)
            at = strchr(at, '|') + 2;
        snprintf(value, BM_TRAIN_VALUE, "%.*s", (int)strcspn(at, " "), at);
        break;
    case REAL:
    case KEEP:
        print_real(value, "", *(const double *)field);
        break;
    case COUNT:
        snprintf(value, BM_TRAIN_VALUE, "%zu", *(const size_t *)field);
        break;
    case SEED:
    case SEEDS:
        snprintf(value, BM_TRAIN_VALUE, "%llu", (unsigned long long)*(const uint64_t *)field);
        break;
    case WIDTHS:
        for (size_t i = 0, times; i < c->widths; i += times) {
            for (times = 1; i + times < c->widths && c->width[i + times] == c->width[i]; times++)
                ;
            times = times > 3 ? times : 1;
            used += (size_t)snprintf(value + used, BM_TRAIN_VALUE - used, times > 1 ? "%s%zux%zu" : "%s%zu", i ? "," : "",
                                     c->width[i], times);
        }
        break;
    case PLACES:
        for (size_t i = 0; i < sizeof places / sizeof *places; i++)
            if (places[i].bn == *(const unsigned *)field)
                strcpy(value, places[i].name);
        break;
    case VALIDATION:
        if (c->validation == BM_VALIDATION_RANDOM)
            print_real(value, "random:", c->validation_fraction);
        else if (c->validation == BM_VALIDATION_FIRST)
            snprintf(value, BM_TRAIN_VALUE, "first:%zu", c->validation_rows);
        else
            strcpy(value, "test");
        break;
    case CONVS: bm_conv_get(c, value); break;
    case IMAGE: bm_conv_get_image(c, value); break;
    case SCHEDULE:
        if (c->lr_schedule == BM_SCHEDULE_STEP) {
            char before[40];
            snprintf(before, sizeof before, "step:%zu,", c->lr_step_epochs);
            print_real(value, before, c->lr_step_factor);
        } else
            strcpy(value, c->lr_schedule == BM_SCHEDULE_COSINE ? "cosine" : "constant");
        break;
    }
    return true;
}

/* Other norms than BN: of hidden layers, since an image's own pixels have no one scale. */
static bool check_norm(const struct bm_train_config *c, struct bm_error *error)
{
    if (c->norm == BM_NORM_BATCH)
        return true;
    if (c->bn & BM_BN_INPUT)
        return bm_failed(error, "bn = input with another norm than batch: on the input there is BN only; take bn = before or after");
    for (size_t l = 1; l + 1 < c->widths && c->norm == BM_NORM_GROUP; l++)
        if (c->width[l] % c->groups)
            return bm_failed(error, "groups = %zu does not divide the %zu units of hidden layer %zu", c->groups, c->width[l], l);
    return true;
}

bool bm_train_check(const struct bm_train_config *c, struct bm_error *error)
{
    if (c->width[c->widths - 1] < 2)
        return bm_failed(error, "layers: the last number is the classes, at least 2");
    if (c->bn && c->norm == BM_NORM_BATCH && c->batch == 1)
        return bm_failed(error, "batch = 1 with BN: one image has no variance (every output would be beta); take a "
                                "batch of 2 or more, or bn = none");
    if (!check_norm(c, error) || !bm_conv_check(c, error))
        return false;
    const size_t ranks = (size_t)c->ranks->count;
    const bool apart = bm_train_activates_apart(c);
    if (c->precision != BM_PRECISION_F32 && (apart || c->dropout > 0 || c->weight_decay > 0 || c->clip_norm > 0))
        return bm_failed(error, "precision = bf16 is for ReLU and BN, fused, without dropout, weight_decay and clip_norm; else take f32");
    if (c->evaluation != BM_EVALUATION_RUNNING && (ranks > 1 || c->precision != BM_PRECISION_F32 || c->dropout > 0))
        return bm_failed(error, "evaluation by statistics of batches is for one process in f32 without dropout; with these take "
                                "evaluation = running");
    if (c->record && (ranks > 1 || c->precision != BM_PRECISION_F32))
        return bm_failed(error, "record = %zu is for one process in f32; take record = 0 with ranks or bf16", c->record);
    if (ranks > 1 && c->precision != BM_PRECISION_F32)
        return bm_failed(error, "precision = bf16 is for one process; over ranks take f32");
    if (ranks > 1 && c->clip_norm > 0)
        return bm_failed(error, "clip_norm over %zu ranks: the length of a gradient needs all its parts, which arrive one by "
                                "one; take clip_norm = 0, or one rank", ranks);
    if (bm_train_synchronises(c) && apart)
        return bm_failed(error, "BN over %zu ranks with sigmoid, tanh, another norm or fuse = off: only ReLU and BN, fused, go with statistics of all ranks; take "
                                "bn_ranks = local", ranks);
    if (c->batch < ranks)
        return bm_failed(error, "batch = %zu over %zu ranks leaves some of them no image; take a batch of %zu or more",
                         c->batch, ranks, ranks);
    if (c->bn && c->norm == BM_NORM_BATCH && !bm_train_synchronises(c) && c->batch < 2 * ranks)
        return bm_failed(error, "batch = %zu over %zu ranks with bn_ranks = local leaves a rank one image, which has no "
                                "variance; take a batch of %zu or more, or bn_ranks = sync", c->batch, ranks, 2 * ranks);
    return true;
}
