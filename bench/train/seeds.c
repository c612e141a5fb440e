#include "seeds.h"

#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "topology.h"

/* ---- side by side ----------------------------------------------------------------------------- */

struct crew {
    const struct bm_train_config *config;
    const struct bm_dataset *data;
    struct bm_train_hooks hooks;
    struct bm_seed_run *run;
    size_t count;
    atomic_size_t next;
    atomic_int workers;
};

/* One core of a crew: takes the next seed until there is none. */
static void *work(void *context)
{
    struct crew *crew = context;
    int cpu = bm_topology()->cpu[crew->workers++];
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set); /* where it fails the system chooses the core, and nothing here is timed */
    pthread_setaffinity_np(pthread_self(), sizeof set, &set);
    for (size_t i; (i = crew->next++) < crew->count;) {
        struct bm_train_config c = *crew->config;
        struct bm_error error;
        c.seed = crew->run[i].seed;
        c.threads = 1;
        if (!bm_train(&c, crew->data, &crew->hooks, &crew->run[i].result, &error))
            bm_die(BM_EXIT_INPUT, "%s", error.text);
    }
    return NULL;
}

void bm_run_side_by_side(const struct bm_train_config *config, const struct bm_dataset *data,
                         const volatile sig_atomic_t *interrupted, struct bm_seed_run *run, size_t count)
{
    struct crew crew = { .config = config, .data = data, .hooks.interrupted = interrupted, .run = run, .count = count };
    size_t cores = (size_t)bm_cores_available(), workers = count < cores ? count : cores, started = 0;
    pthread_t *worker = bm_alloc(workers * sizeof *worker);
    while (started < workers && pthread_create(&worker[started], NULL, work, &crew) == 0)
        started++;
    if (started == 0 && count)
        bm_die(BM_EXIT_INPUT, "no thread can be started to run seeds side by side; leave --side-by-side out");
    for (size_t i = 0; i < started; i++)
        pthread_join(worker[i], NULL);
    free(worker);
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
            if (r->epoch[e].steps == r->steps_per_epoch)
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
