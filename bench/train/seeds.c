/* SPDX-License-Identifier: MIT */
#include "seeds.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "crew.h"

/* ---- files ------------------------------------------------------------------------------------ */

/* FOLDER or, with other runs, FOLDER/VARIANT-seedN, and then the ending; no folder: NULL. */
static const char *place(char path[BM_PATH_SIZE], const char *folder, bool apart, const struct bm_seed_runs *runs,
                         uint64_t seed, const char *ending)
{
    char run[BM_VARIANT_NAME + 32] = "";
    if (!folder)
        return NULL;
    if (apart)
        snprintf(run, sizeof run, "/%s-seed%llu", runs->variant.name, (unsigned long long)seed);
    int n = snprintf(path, BM_PATH_SIZE, "%s%s%s", folder, run, ending);
    if (n >= BM_PATH_SIZE)
        bm_die(BM_EXIT_INPUT, "the path of a run's files is too long: %d characters", n);
    return path;
}

struct bm_train_files bm_run_files(const struct bm_seed_runs *runs, uint64_t seed, struct bm_run_paths *paths)
{
    const struct bm_train_files *all = &runs->files;
    return (struct bm_train_files){
        .load = place(paths->load, all->load, runs->apart, runs, seed, ""),
        .dump = place(paths->dump, all->dump, runs->apart, runs, seed, ""),
        .checkpoint = place(paths->checkpoint, all->checkpoint, true, runs, seed, ".checkpoint"),
        .resume = all->resume,
    };
}

/* ---- side by side ----------------------------------------------------------------------------- */

struct crew {
    struct bm_seed_runs *runs;
    const struct bm_dataset *data;
    const volatile sig_atomic_t *interrupted;
    size_t end; /* one past the last run */
    atomic_size_t next;
};

/* One core of a crew: takes the next seed until there is none. */
static void work(void *context)
{
    struct crew *crew = context;
    for (size_t i; (i = crew->next++) < crew->end;) {
        struct bm_seed_run *run = &crew->runs->run[i];
        struct bm_train_config c = crew->runs->variant.config;
        struct bm_run_paths paths;
        struct bm_train_hooks hooks = { .interrupted = crew->interrupted,
                                        .files = bm_run_files(crew->runs, run->seed, &paths) };
        struct bm_error error;
        c.seed = run->seed;
        c.threads = 1;
        if (!bm_train(&c, crew->data, &hooks, &run->result, &error))
            bm_die(BM_EXIT_INPUT, "%s", error.text);
    }
}

void bm_run_side_by_side(struct bm_seed_runs *runs, size_t first, size_t count, const struct bm_dataset *data,
                         const volatile sig_atomic_t *interrupted)
{
    struct crew crew = {
        .runs = runs, .data = data, .interrupted = interrupted, .end = first + count, .next = first
    };
    bm_crew(count, work, &crew, "leave --side-by-side out");
}

void bm_seed_runs_free(struct bm_seed_runs *runs)
{
    for (size_t i = 0; i < runs->count; i++)
        bm_train_result_free(&runs->run[i].result);
    runs->count = 0;
}

/* ---- figures ---------------------------------------------------------------------------------- */

double bm_figure_of(const struct bm_train_result *r, size_t epoch, enum bm_figure figure)
{
    if (figure == BM_TEST_LOSS || figure == BM_TEST_ACCURACY)
        return epoch ? NAN : figure == BM_TEST_LOSS ? r->test_loss : r->test_accuracy;
    if (epoch < 1 || epoch > r->epochs)
        return NAN;
    const struct bm_train_epoch *e = &r->epoch[epoch - 1];
    if (figure != BM_LOSS100 && e->steps < r->steps_per_epoch)
        return NAN;
    return figure == BM_LOSS       ? e->loss
           : figure == BM_ACCURACY ? e->accuracy
           : figure == BM_LOSS100  ? e->loss100
           : figure == BM_VAL_LOSS ? e->val_loss
                                   : e->val_accuracy;
}

struct bm_stats bm_figure_stats(const struct bm_seed_runs *runs, size_t epoch, enum bm_figure figure)
{
    double sample[BM_MAX_SEEDS];
    size_t n = 0;
    for (size_t i = 0; i < runs->count; i++) {
        sample[n] = bm_figure_of(&runs->run[i].result, epoch, figure);
        n += isfinite(sample[n]);
    }
    return bm_summarise(sample, n);
}

size_t bm_last_epoch(const struct bm_seed_runs *runs)
{
    size_t last = 0;
    for (size_t i = 0; i < runs->count; i++)
        last = runs->run[i].result.epochs > last ? runs->run[i].result.epochs : last;
    return last;
}

struct bm_stats bm_epoch_seconds(const struct bm_seed_runs *runs)
{
    size_t n = 0, most = runs->count * bm_last_epoch(runs);
    double *sample = bm_alloc((most + 1) * sizeof *sample);
    for (size_t i = 0; i < runs->count; i++) {
        const struct bm_train_result *r = &runs->run[i].result;
        for (size_t e = 0; e < r->epochs && runs->run[i].alone; e++)
            if (r->epoch[e].steps == r->steps_per_epoch && !r->epoch[e].suspended)
                sample[n++] = r->epoch[e].train_seconds;
    }
    struct bm_stats s = bm_summarise(sample, n);
    free(sample);
    return s;
}

struct bm_to_target bm_to_target(const struct bm_seed_runs *runs)
{
    struct bm_to_target t = { .epoch_seconds = bm_epoch_seconds(runs) };
    double sample[BM_MAX_SEEDS];
    for (size_t i = 0; i < runs->count; i++) {
        const struct bm_train_result *r = &runs->run[i].result;
        if (!r->target_epoch && r->status == BM_EXIT_INTERRUPTED)
            continue;
        t.reached += r->target_epoch > 0;
        sample[t.runs++] = r->target_epoch ? (double)r->target_epoch : INFINITY;
    }
    t.epochs = bm_summarise(sample, t.runs);
    if (t.runs && isnan(t.epochs.median)) /* between two infinities */
        t.epochs.median = INFINITY;
    t.seconds = t.epochs.median * t.epoch_seconds.median;
    return t;
}
