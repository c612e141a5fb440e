/* SPDX-License-Identifier: MIT */
#include "claim_run.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claim_record.h"
#include "claim_times.h"
#include "clock.h"
#include "conv_config.h"
#include "crew.h"
#include "disturbance.h"
#include "options.h"
#include "progress.h"
#include "reader.h"
#include "record.h"
#include "signals.h"
#include "training_data.h"

enum { SAVE_SECONDS = 5 };

struct job {
    unsigned variant, panel, point, seed;
    struct bm_train_config config;
    double cost; /* as its time, but for a factor */
};

struct runner {
    struct bm_claim_data *figures;
    struct job *job;
    size_t jobs, next, end; /* of the data set at hand: the next one, and one past the last */
    struct bm_dataset data;
    pthread_mutex_t lock; /* over all that follows, and next */
    json_t *result;
    const char *path;
    size_t ran;
    double cost, cost_done, began_s, saved_s; /* of what this process runs */
    struct bm_step_visits visits;
    size_t rounds;
};

/* ---- what is to be run ---- */

static double cost_of(const struct bm_train_config *c)
{
    double weights = 0;
    for (size_t l = 0; l < c->convs; l++) {
        const struct bm_conv_size s = bm_conv_size(c, l);
        weights += (double)(s.height * s.width * s.channels * c->conv[l]) * BM_CONV_FILTER * BM_CONV_FILTER;
    }
    for (size_t l = 1; l < c->widths; l++)
        weights += (double)c->width[l - 1] * (double)c->width[l] + 2000; /* a call costs something of its own */
    const double images = c->train_images ? (double)c->train_images : 55000;
    const double steps = (double)(c->epochs + c->earlier_epochs) * ceil(images / (double)c->batch);
    return steps * weights * (8 + (double)c->batch);
}

static int by_dataset_and_seed(const void *a, const void *b)
{
    const struct job *x = a, *y = b;
    const int names = strcmp(x->config.dataset, y->config.dataset);
    const unsigned p[] = { x->seed, x->panel, x->point, x->variant }, q[] = { y->seed, y->panel, y->point, y->variant };
    for (int i = 0; i < 4 && !names; i++)
        if (p[i] != q[i])
            return p[i] < q[i] ? -1 : 1;
    return names;
}

static double *figures_of(const struct bm_claim_data *f, const struct job *j)
{
    return bm_claim_figures(f, j->variant, j->panel, j->point, j->seed);
}

/* Those that have no figures yet. */
static void list_jobs(struct runner *r)
{
    const struct bm_claim_data *f = r->figures;
    r->job = bm_alloc(bm_claim_runs(f) * sizeof *r->job);
    for (unsigned v = 0; v < f->experiment->variants; v++)
        for (unsigned panel = 0; panel < f->panels; panel++)
            for (unsigned point = 0; point < f->points; point++)
                for (unsigned seed = 0; seed < f->seeds; seed++) {
                    struct job *j = &r->job[r->jobs];
                    *j = (struct job){ .variant = v, .panel = panel, .point = point, .seed = seed };
                    if (bm_claim_is_run(f, figures_of(f, j)))
                        continue;
                    j->config = bm_claim_config(f->experiment, v, panel, point, seed);
                    j->cost = cost_of(&j->config);
                    r->cost += j->cost;
                    r->jobs++;
                }
    if (r->jobs)
        qsort(r->job, r->jobs, sizeof *r->job, by_dataset_and_seed);
}

/* ---- running ---- */

static void show_progress(const struct runner *r)
{
    const double left = r->cost_done > 0 ? (bm_now_s() - r->began_s) * (r->cost / r->cost_done - 1) : -1;
    bm_progress_left(r->ran, r->jobs, left, "runs");
}

static void record(struct runner *r, const struct job *j, const char *stopped, const struct bm_recorded *recorded)
{
    bm_claim_record_run(r->result, r->figures, j->variant, j->panel, j->point, j->seed, stopped, recorded);
    if (bm_now_s() - r->saved_s > SAVE_SECONDS) {
        bm_record_save(r->result, r->path);
        r->saved_s = bm_now_s();
    }
}

/* With the lock. A run that was interrupted has no figures. */
static void keep(struct runner *r, const struct job *j, const struct bm_train_result *result)
{
    double *figure = figures_of(r->figures, j);
    bm_measure_run(&j->config, result, figure);
    if (!bm_claim_is_trained(figure))
        return;
    r->cost_done += j->cost;
    r->ran++;
    record(r, j, result->reason, &result->recorded);
    show_progress(r);
}

/* A round of all variants for each seed that has none. They are jobs one after the other: they get their times at once. */
static void time_steps(struct runner *r)
{
    const unsigned variants = r->figures->experiment->variants;
    struct bm_train_config *config = bm_alloc(variants * sizeof *config);
    const double began = bm_now_s();
    for (size_t i = r->next; i < r->end && !bm_interrupted; i++) {
        const struct job *j = &r->job[i];
        if (bm_claim_is_timed(figures_of(r->figures, j)))
            continue;
        for (unsigned v = 0; v < variants; v++)
            config[v] = j[v].config;
        bm_progress(i - r->next, r->end - r->next, "steps in turns");
        bm_claim_time_round(r->figures, config, j->panel, j->point, j->seed, &r->data, &r->visits);
        for (unsigned v = 0; v < variants && !bm_interrupted; v++)
            record(r, &j[v], "", NULL);
        r->rounds += !bm_interrupted;
    }
    r->began_s += bm_now_s() - began;
    free(config);
}

/* Of what is gone on with, images must be the same as they were; what is told of them is told once. */
static void load_data(struct runner *r, const char *name, const char *folder)
{
    json_t *ours = json_object_get(r->result, "batchmark"), *list = json_object_get(ours, "data"),
           *samples = json_object_get(ours, "samples");
    const size_t before = json_array_size(list), shown = json_array_size(samples);
    size_t i = 0;
    while (i < before && strcmp(bm_member_text(json_array_get(list, i), "asked"), name) != 0)
        i++;
    bm_training_data(&r->data, name, folder, r->result);
    if (i == before)
        return;
    const json_t *then = json_array_get(list, i), *now = json_array_get(list, before);
    if (strcmp(bm_member_text(then, "name"), bm_member_text(now, "name")) != 0)
        bm_die(BM_EXIT_INPUT,
               "--resume %s: its runs were trained on the set %s, and now there is %s; give the same --data", r->path,
               bm_member_text(then, "name"), bm_member_text(now, "name"));
    json_array_remove(list, before);
    while (json_array_size(samples) > shown)
        json_array_remove(samples, shown);
}

/* What its images have, where they are not those that were asked for. */
static void adapt(struct runner *r)
{
    const struct bm_dataset *d = &r->data;
    for (size_t i = r->next; i < r->end; i++) {
        struct bm_train_config *c = &r->job[i].config;
        if (strcmp(d->name, c->dataset) == 0)
            continue;
        c->width[0] = (size_t)d->height * d->width * d->channels;
        c->image[0] = d->height, c->image[1] = d->width, c->image[2] = d->channels;
        c->target = c->target > 0 ? bm_generated_target : 0;
    }
}

/* One core: takes the next run until there is none. Each has one thread. */
static void work(void *context)
{
    struct runner *r = context;
    pthread_mutex_lock(&r->lock);
    while (r->next < r->end && !bm_interrupted) {
        struct job *j = &r->job[r->next++];
        j->config.threads = 1;
        const struct bm_train_hooks hooks = { .interrupted = &bm_interrupted };
        struct bm_train_result result;
        struct bm_error error;
        pthread_mutex_unlock(&r->lock);
        if (!bm_train(&j->config, &r->data, &hooks, &result, &error))
            bm_die(BM_EXIT_INPUT, "%s: %s", r->figures->experiment->variant[j->variant].name, error.text);
        pthread_mutex_lock(&r->lock);
        keep(r, j, &result);
        bm_train_result_free(&result);
    }
    pthread_mutex_unlock(&r->lock);
}

enum bm_exit bm_claim_run(struct bm_claim_data *figures, const char *data, json_t *result, const char *path)
{
    struct runner r = { .figures = figures, .lock = PTHREAD_MUTEX_INITIALIZER, .result = result, .path = path };
    const double stolen = bm_stolen_s();
    list_jobs(&r);
    r.began_s = bm_now_s(); /* and saved_s is long ago: the first run is kept at once */
    while (r.next < r.jobs && !bm_interrupted) {
        const char *name = r.job[r.next].config.dataset;
        for (r.end = r.next; r.end < r.jobs && strcmp(r.job[r.end].config.dataset, name) == 0;)
            r.end++;
        load_data(&r, name, data);
        fflush(stdout);
        adapt(&r);
        if (bm_claim_times(figures->experiment))
            time_steps(&r);
        if (bm_claim_trains(figures->experiment) && !bm_interrupted)
            bm_crew(r.end - r.next, work, &r, "raise the limit of processes (ulimit -u)");
        r.next = r.end;
        bm_dataset_free(&r.data);
    }
    bm_progress(0, 0, NULL);
    if (r.rounds)
        bm_claim_record_timing(result, r.rounds, &r.visits, stolen < 0 ? NAN : bm_stolen_s() - stolen);
    free(r.job);
    return bm_interrupted ? BM_EXIT_INTERRUPTED : BM_EXIT_OK;
}
