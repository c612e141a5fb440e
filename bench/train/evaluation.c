/* SPDX-License-Identifier: MIT */
#include "evaluation.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "team.h"

/* ---- a pass ---- */

/* Rows of a set as bm_fill. */
struct rows {
    struct bm_network *net;
    const struct bm_images *set;
    size_t first;
};

static void fill(void *context, size_t first, size_t end)
{
    const struct rows *rows = context;
    bm_images_gather(rows->set, rows->net->config, rows->first + first, first, end, rows->net->x, rows->net->label);
}

static void add(const struct bm_network *net, size_t rows, struct bm_sums *sums)
{
    for (size_t i = 0; i < rows; i++) {
        sums->loss += net->loss[i];
        sums->hits += net->hit[i];
    }
}

void bm_pass(struct bm_network *net, struct bm_plan *plan, const struct bm_images *set, size_t first,
             struct bm_sums *sums)
{
    struct rows rows = { net, set, first };
    bm_network_run(net, plan, fill, &rows);
    add(net, plan->counted, sums);
}

/* ---- running averages ---- */

size_t bm_running_floats(const struct bm_network *net)
{
    size_t floats = 2 * net->input.width;
    for (unsigned l = 0; l < net->layers; l++)
        floats += 2 * net->layer[l].norm.width;
    return floats;
}

static struct bm_norm *norm_of(struct bm_network *net, unsigned i) { return i ? &net->layer[i - 1].norm : &net->input; }

void bm_running_move(struct bm_network *net, float *at, bool back)
{
    for (unsigned i = 0; i <= net->layers; i++) {
        struct bm_norm *n = norm_of(net, i);
        float *part[] = { n->running_mean, n->running_var };
        for (int k = 0; k < 2 && n->width; k++, at += n->width)
            memcpy(back ? part[k] : at, back ? at : part[k], n->width * sizeof *at);
    }
}

/* ---- by the statistics of a batch ---- */

/* A batch forward, as in training, to its loss. */
static void forward(struct bm_network *net, struct bm_plan *plan, const struct bm_images *set, size_t first)
{
    struct rows rows = { net, set, first };
    fill(&rows, 0, plan->rows);
    for (unsigned i = 0; i < plan->calls; i++) {
        bm_network_run_call(net, plan, i, 0);
        if (plan->call[i].phase == BM_LOSS_GRADIENT)
            return;
    }
}

static size_t by_batches(const struct bm_evaluator *e, const struct bm_images *set, struct bm_sums *sums)
{
    size_t done = 0;
    for (; set->count - done >= e->batch->rows && !sums->stop; done += e->batch->rows) {
        sums->stop = e->interrupted && *e->interrupted;
        forward(e->net, e->batch, set, done);
        add(e->net, e->batch->rows, sums);
    }
    return done;
}

/* sum: of each channel, means and then mean squares of batches, in the order of bm_running_move(). */
static void add_batch(struct bm_network *net, double *sum)
{
    for (unsigned i = 0; i <= net->layers; i++) {
        const struct bm_norm *n = norm_of(net, i);
        for (size_t c = 0; c < n->width; c++) {
            const double mean = n->mean[c], deviation = 1 / (double)n->rstd[c];
            sum[c] += mean;
            sum[n->width + c] += deviation * deviation - net->config->bn_eps + mean * mean;
        }
        sum += 2 * n->width;
    }
}

static void put_averages(struct bm_network *net, const double *sum, double batches)
{
    for (unsigned i = 0; i <= net->layers; i++) {
        const struct bm_norm *n = norm_of(net, i);
        for (size_t c = 0; c < n->width; c++) {
            const double mean = sum[c] / batches, variance = sum[n->width + c] / batches - mean * mean;
            n->running_mean[c] = (float)mean;
            n->running_var[c] = (float)(variance > 0 ? variance : 0);
        }
        sum += 2 * n->width;
    }
}

static void make_precise(const struct bm_evaluator *e)
{
    double *sum = bm_alloc((bm_running_floats(e->net) + 1) * sizeof *sum);
    size_t batches = 0;
    for (; batches < BM_PRECISE_BATCHES && (batches + 1) * e->batch->rows <= e->train->count; batches++) {
        forward(e->net, e->batch, e->train, batches * e->batch->rows);
        add_batch(e->net, sum);
    }
    if (batches)
        put_averages(e->net, sum, (double)batches);
    free(sum);
}

/* ---- all ---- */

static size_t by_averages(const struct bm_evaluator *e, const struct bm_images *set, struct bm_plan *rest,
                          struct bm_sums *sums)
{
    const struct bm_ranks *ranks = e->net->config->ranks;
    const struct bm_range mine = bm_share(set->count, 1, ranks->rank, ranks->count);
    for (size_t done = mine.begin; done < mine.end && !sums->stop;) {
        struct bm_plan *plan = mine.end - done >= BM_EVALUATION_ROWS ? e->rows : rest;
        sums->stop = e->interrupted && *e->interrupted;
        if (!sums->stop)
            bm_pass(e->net, plan, set, done, sums);
        done += plan->rows;
    }
    ranks->sum(ranks, &sums->loss, sizeof *sums / sizeof sums->loss);
    return set->count;
}

bool bm_evaluate(const struct bm_evaluator *e, const struct bm_images *set, struct bm_plan *rest, double *loss,
                 double *accuracy, double *seconds)
{
    const struct bm_train_config *c = e->net->config;
    const unsigned by = c->bn && c->norm == BM_NORM_BATCH ? c->evaluation : BM_EVALUATION_RUNNING;
    struct bm_sums sums = { 0, 0, 0 };
    const double start = bm_now_s();
    float *kept = by == BM_EVALUATION_RUNNING ? NULL : bm_alloc(bm_running_floats(e->net) * sizeof *kept);
    if (kept)
        bm_running_move(e->net, kept, false);
    if (by == BM_EVALUATION_PRECISE)
        make_precise(e);
    const size_t counted = by == BM_EVALUATION_BATCH ? by_batches(e, set, &sums) : by_averages(e, set, rest, &sums);
    if (kept)
        bm_running_move(e->net, kept, true);
    free(kept);
    if (sums.stop)
        return false;
    *seconds = bm_now_s() - start;
    *loss = sums.loss / (double)counted;
    *accuracy = sums.hits / (double)counted;
    return true;
}
