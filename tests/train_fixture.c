#include "train_fixture.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "experiment.h"
#include "op.h"

const char *const sets[SETS] = { "naive",       "autovec",  "avx2",       "avx512", "naive_omp",
                                 "autovec_omp", "avx2_omp", "avx512_omp", "auto", "fused" };

const char *const places[PLACES] = { "none", "before", "after", "input", "input+before", "input+after" };

void set(struct bm_train_config *c, const char *key, const char *value)
{
    struct bm_error error;
    ck_assert_msg(bm_train_set(c, key, value, &error), "%s", error.text);
}

bool set_runs_here(const char *name)
{
    char kernel[64];
    snprintf(kernel, sizeof kernel, "gemm_%s", name);
    const struct bm_kernel *k = bm_find(kernel);
    return strcmp(name, "auto") == 0 || strcmp(name, "fused") == 0 || (k && bm_runnable(k, NULL));
}

struct bm_train_config small(const char *layers, const char *bn, const char *kernels)
{
    struct bm_train_config c = bm_train_defaults();
    set(&c, "layers", layers);
    set(&c, "bn", bn);
    set(&c, "kernels", kernels);
    set(&c, "threads", "2");
    return c;
}

void check_bad_experiments(const struct bad_experiment *bad, size_t count)
{
    static struct bm_experiment e;
    for (size_t i = 0; i < count; i++) {
        struct bm_error error;
        ck_assert_msg(!bm_experiment_parse(&e, "x.txt", bad[i].text, &error), "accepted: %s", bad[i].text);
        ck_assert_msg(strstr(error.text, bad[i].message), "%s: %s", bad[i].text, error.text);
    }
}

void make_data(struct bm_dataset *d, size_t train, size_t test)
{
    *d = (struct bm_dataset){ .name = "patterns", .train_count = train, .test_count = test,
                              .height = 6, .width = 6, .channels = 1, .classes = 10 };
    for (int s = 0; s < 2; s++) {
        size_t count = s ? test : train;
        uint8_t *image = bm_alloc(count * 36), *label = bm_alloc(count);
        for (size_t i = 0; i < count; i++) {
            label[i] = (uint8_t)bm_integer(11 + (uint64_t)s, i, 0, 9);
            for (size_t p = 0; p < 36; p++)
                image[i * 36 + p] = (uint8_t)(bm_integer(99, label[i] * 36u + p, 20, 200) +
                                              bm_integer(55 + (uint64_t)s, i * 36 + p, -20, 20));
        }
        *(s ? &d->test_images : &d->train_images) = image;
        *(s ? &d->test_labels : &d->train_labels) = label;
    }
}

struct bm_train_result train(const struct bm_train_config *c, const struct bm_dataset *d,
                             const struct bm_train_hooks *hooks)
{
    struct bm_train_result r;
    struct bm_error error;
    ck_assert_msg(bm_train(c, d, hooks, &r, &error), "%s", error.text);
    return r;
}

struct bm_train_config patterns(const char *bn, const char *validation)
{
    struct bm_train_config c = small("36,24,10", bn, "auto");
    set(&c, "lr", "0.1");
    set(&c, "epochs", "4");
    set(&c, "validation", validation);
    return c;
}
