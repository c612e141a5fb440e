/* SPDX-License-Identifier: MIT */
#include "trainer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arrays.h"
#include "checkpoint.h"
#include "clock.h"
#include "disturbance.h"
#include "dump.h"
#include "evaluation.h"
#include "exchange.h"
#include "lock.h"
#include "streams.h"
#include "stats.h"
#include "team.h"

enum { FIRST_STEPS = 100 /* of loss100 */ };
enum { WHOLE, REST, EVALUATE, REST_OF_VALIDATION, REST_OF_TEST, PLANS };

struct trainer {
    const struct bm_train_config *config;
    const struct bm_train_hooks *hooks;
    struct bm_train_result *result;
    struct bm_split data;
    struct bm_network net;
    struct bm_plan plan[PLANS];
    struct bm_network other; /* what the optimiser moves with optimizer_of = another */
    struct bm_plan other_plan[REST + 1];
    size_t steps;        /* taken in the epochs that count */
    size_t trained;      /* epochs, earlier ones included: files count these */
    struct bm_random order;
    double *step_loss;   /* of the epoch's steps, for a dump; else NULL */
    char *identity;      /* of a run with checkpoints */
    struct bm_recorder *recorder; /* with config->record */
};

/* ---- running ---------------------------------------------------------------------------------- */

static bool interrupted(const struct trainer *t) { return t->hooks->interrupted && *t->hooks->interrupted; }
static bool over_ranks(const struct trainer *t) { return t->config->ranks->count > 1; }
/* Of n rows or images, those of this rank. */
static struct bm_range mine_of(const struct trainer *t, size_t n)
{
    return bm_share(n, 1, t->config->ranks->rank, t->config->ranks->count);
}

/* A step on the batch that begins at image `first`: of it, this rank's rows. Over ranks sums->stop tells all of them at
 * the same step that one was interrupted. */
static void step(struct trainer *t, struct bm_plan *plan, size_t first, struct bm_sums *sums)
{
    struct bm_sums own = { 0, 0, 0 };
    if (!over_ranks(t)) {
        bm_pass(&t->net, plan, &t->data.train, first, sums);
        return;
    }
    t->net.sums->stop = interrupted(t);
    bm_pass(&t->net, plan, &t->data.train, first + mine_of(t, plan->all_rows).begin, &own);
    sums->loss += t->net.sums->loss;
    sums->hits += t->net.sums->hits;
    sums->stop += t->net.sums->stop;
}

/* False if it was interrupted. */
static bool evaluate(struct trainer *t, const struct bm_images *set, struct bm_plan *rest, double *loss, double *accuracy,
                     double *seconds)
{
    const struct bm_evaluator e = { &t->net, &t->plan[WHOLE], &t->plan[EVALUATE], &t->data.train, t->hooks->interrupted };
    return bm_evaluate(&e, set, rest, loss, accuracy, seconds);
}

/* Moves the seconds of the calls into the epoch's phases and, for whole batches, into the result's calls. */
static void collect(struct trainer *t, struct bm_train_epoch *e)
{
    for (int p = WHOLE; p <= REST; p++) {
        struct bm_plan *plan = &t->plan[p];
        for (unsigned i = 0; i < plan->calls; i++) {
            struct bm_call *call = &plan->call[i];
            e->phase_seconds[call->phase] += call->seconds;
            if (p == WHOLE)
                t->result->call[i].seconds += call->seconds;
            call->seconds = 0;
        }
        e->phase_seconds[BM_WAITING] += plan->wait_seconds;
        e->phase_seconds[BM_DATA] += plan->fill_seconds;
        e->phase_seconds[BM_COMMUNICATION] += plan->progress_seconds;
        plan->wait_seconds = plan->fill_seconds = plan->progress_seconds = 0;
    }
    size_t whole = t->data.train.count / t->config->batch;
    t->result->full_steps += e->steps < whole ? e->steps : whole;
    double rest = e->train_seconds;
    for (int p = 0; p < BM_OTHER; p++)
        rest -= e->phase_seconds[p];
    e->phase_seconds[BM_OTHER] = rest;
}

static void diverge(struct trainer *t, const struct bm_train_epoch *e)
{
    t->result->status = BM_EXIT_FAILED;
    snprintf(t->result->reason, sizeof t->result->reason,
             "diverged at epoch %zu, step %zu: the loss is not finite; a smaller lr may help", e->epoch, e->steps);
}

static void fail(struct trainer *t, const struct bm_error *why)
{
    t->result->status = BM_EXIT_INPUT;
    snprintf(t->result->reason, sizeof t->result->reason, "%s", why->text);
}

static void interrupt(struct trainer *t, size_t epoch, const char *where)
{
    t->result->status = BM_EXIT_INTERRUPTED;
    snprintf(t->result->reason, sizeof t->result->reason, "interrupted in epoch %zu, %s", epoch, where);
}

/* The mean loss of the step that was just taken, if it is asked for, and what else is to be seen of it. */
static void keep_step(struct trainer *t, size_t number, struct bm_plan *plan)
{
    const bool look = t->recorder && plan == &t->plan[WHOLE] && (t->net.step - 1) % t->config->record == 0;
    double sum = over_ranks(t) ? t->net.sums->loss : 0;
    for (size_t i = 0; i < plan->rows && !over_ranks(t) && (look || t->step_loss); i++)
        sum += t->net.loss[i];
    if (t->step_loss)
        t->step_loss[number] = sum / (double)plan->all_rows;
    if (look)
        bm_recorder_look(t->recorder, &t->net, plan, sum / (double)plan->all_rows);
}

/* A loaded order counts, but the random one is drawn all the same: epochs without a loaded one go on from it. */
static bool put_in_order(struct trainer *t)
{
    struct bm_error error;
    if (t->config->shuffle)
        bm_random_shuffle(&t->order, t->data.train.row, t->data.train.count);
    if (!t->hooks->files.load || bm_load_epoch(t->hooks->files.load, t->trained + 1, &t->data.rows, &error))
        return true;
    fail(t, &error);
    return false;
}

/* False if training stops here and the epoch does not count. */
static bool train_epoch(struct trainer *t, struct bm_train_epoch *e)
{
    const struct bm_train_config *c = t->config;
    struct bm_error error;
    struct bm_sums sums = { 0, 0, 0 };
    /* Of an earlier epoch (0), max_steps is a limit of its own: what is cut short is cut everywhere. */
    size_t done = 0, limit = !c->max_steps ? SIZE_MAX : c->max_steps - (e->epoch ? t->steps : 0);
    const long suspensions = bm_suspensions();
    double start = bm_now_s();
    if (!put_in_order(t))
        return false;
    while (e->steps < t->result->steps_per_epoch && e->steps < limit) {
        struct bm_plan *plan = t->data.train.count - done >= c->batch ? &t->plan[WHOLE] : &t->plan[REST];
        if (over_ranks(t) ? sums.stop > 0 : interrupted(t)) {
            interrupt(t, e->epoch, "while training");
            return false;
        }
        step(t, plan, done, &sums);
        done += plan->all_rows;
        keep_step(t, e->steps, plan);
        e->steps++;
        if (e->steps == FIRST_STEPS)
            e->loss100 = sums.loss / (double)done;
        if (!isfinite(sums.loss)) {
            diverge(t, e);
            return false;
        }
        if (t->hooks->step)
            t->hooks->step(t->hooks->context, e->epoch, e->steps, t->result->steps_per_epoch);
    }
    e->train_seconds = bm_now_s() - start;
    e->suspended = (size_t)(bm_suspensions() - suspensions);
    if (over_ranks(t) && !bm_end_epoch(&t->net, &error)) {
        fail(t, &error);
        return false;
    }
    t->steps += e->epoch ? e->steps : 0;
    e->loss = sums.loss / (double)done;
    e->accuracy = sums.hits / (double)done;
    collect(t, e);
    return true;
}

/* ---- files ------------------------------------------------------------------------------------ */

enum { MAX_SECTIONS = 9 + BM_MAX_CALLS + BM_MAX_ARRAYS };

/* All that differs between a run that starts and one that has finished some epochs. Not the second network of
 * optimizer_of = another: nothing of it is ever read but by its own optimiser. */
static unsigned list_state(struct trainer *t, struct bm_section s[MAX_SECTIONS])
{
    struct bm_train_result *r = t->result;
    struct bm_array array[BM_MAX_ARRAYS];
    unsigned n = 0, arrays = bm_network_arrays(&t->net, array);
    s[n++] = (struct bm_section){ &t->net.step, sizeof t->net.step };
    s[n++] = (struct bm_section){ &t->steps, sizeof t->steps };
    s[n++] = (struct bm_section){ &t->trained, sizeof t->trained };
    s[n++] = (struct bm_section){ &t->order, sizeof t->order };
    s[n++] = (struct bm_section){ t->data.rows.row, t->data.rows.all * sizeof *t->data.rows.row };
    s[n++] = (struct bm_section){ &r->epochs, sizeof r->epochs };
    s[n++] = (struct bm_section){ r->epoch, t->config->epochs * sizeof *r->epoch };
    s[n++] = (struct bm_section){ &r->target_epoch, sizeof r->target_epoch };
    s[n++] = (struct bm_section){ &r->full_steps, sizeof r->full_steps };
    for (unsigned i = 0; i < r->calls; i++)
        s[n++] = (struct bm_section){ &r->call[i].seconds, sizeof r->call[i].seconds };
    for (unsigned i = 0; i < arrays; i++)
        s[n++] = (struct bm_section){ array[i].at, array[i].floats * sizeof(float) };
    return n;
}

static bool save_checkpoint(struct trainer *t, struct bm_error *error)
{
    struct bm_section section[MAX_SECTIONS];
    return t->config->ranks->rank > 0 || bm_checkpoint_write(t->hooks->files.checkpoint, t->identity, section, list_state(t, section), error);
}

/* What was asked for before the first step: initial values from files, and files that show now if they cannot be
 * written. A dump begins with the initial values, also of a run that goes on. */
static bool start_files(struct trainer *t, const struct bm_dataset *data, struct bm_error *error)
{
    const struct bm_train_files *f = &t->hooks->files;
    if (f->checkpoint && t->config->ranks->rank == 0 && !bm_lock_take(f->checkpoint, error))
        return false;
    bool resume = f->resume && f->checkpoint && access(f->checkpoint, F_OK) == 0;
    struct bm_section section[MAX_SECTIONS];
    if (!bm_ranks_agree(t->config->ranks, resume))
        return bm_failed(error, "%s: only some ranks find it; checkpoints belong into a folder of all nodes", f->checkpoint);
    if (f->load && !bm_load_start(f->load, &t->net, &t->data.rows, error))
        return false;
    if (f->checkpoint)
        t->identity = bm_checkpoint_identity(t->config, data, f->load);
    if (resume && !bm_checkpoint_check(f->checkpoint, t->identity, error))
        return false;
    if (f->dump) {
        if (!bm_dump_start(f->dump, &t->net, data, &t->data.rows, resume, error))
            return false;
        t->step_loss = bm_alloc(t->result->steps_per_epoch * sizeof *t->step_loss);
    }
    if (resume)
        return bm_checkpoint_read(f->checkpoint, t->identity, section, list_state(t, section), error);
    return !f->checkpoint || save_checkpoint(t, error);
}

/* False if a file cannot be written. */
static bool finish_epoch(struct trainer *t, const struct bm_train_epoch *e)
{
    const struct bm_train_files *f = &t->hooks->files;
    struct bm_error error;
    t->trained++;
    if (t->hooks->epoch && e->epoch)
        t->hooks->epoch(t->hooks->context, e);
    if ((!f->dump || bm_dump_epoch(f->dump, t->trained, &t->data.rows, t->step_loss, e->steps, &error)) &&
        (!f->checkpoint || save_checkpoint(t, &error)))
        return true;
    fail(t, &error);
    return false;
}

static void finish(struct trainer *t, bool cut)
{
    struct bm_train_result *r = t->result;
    struct bm_error error;
    if (!cut && !evaluate(t, &t->data.test, &t->plan[REST_OF_TEST], &r->test_loss, &r->test_accuracy, &r->test_seconds))
        interrupt(t, r->epochs, "while evaluating the test images");
    else if (t->hooks->files.dump && !bm_dump_end(t->hooks->files.dump, &t->net, &error))
        fail(t, &error);
    if (t->hooks->tested && isfinite(r->test_accuracy))
        t->hooks->tested(t->hooks->context, &t->net, &t->data);
}

/* ---- the run ---------------------------------------------------------------------------------- */

static bool at_limit(const struct trainer *t) { return t->config->max_steps && t->steps >= t->config->max_steps; }

static void train_all(struct trainer *t)
{
    const struct bm_train_config *c = t->config;
    struct bm_train_result *r = t->result;
    double seconds = 0;
    for (size_t i = 0; i < r->epochs; i++) { /* from a checkpoint */
        seconds += bm_known_seconds(&r->epoch[i]);
        if (r->epoch[i].epoch == r->target_epoch)
            r->target_seconds = seconds;
        if (t->hooks->epoch)
            t->hooks->epoch(t->hooks->context, &r->epoch[i]);
    }
    while (t->trained < c->earlier_epochs) {
        struct bm_train_epoch earlier = { .epoch = 0 };
        if (!train_epoch(t, &earlier) || !finish_epoch(t, &earlier))
            return;
    }
    bool cut = at_limit(t);
    while (r->epochs < c->epochs && !cut) {
        struct bm_train_epoch *e = &r->epoch[r->epochs];
        *e = (struct bm_train_epoch){ .epoch = r->epochs + 1, .loss100 = NAN, .val_loss = NAN, .val_accuracy = NAN };
        if (!train_epoch(t, e))
            return;
        cut = e->steps < r->steps_per_epoch;
        if (!cut && !evaluate(t, &t->data.validation, &t->plan[REST_OF_VALIDATION], &e->val_loss, &e->val_accuracy,
                              &e->eval_seconds)) {
            interrupt(t, e->epoch, "while evaluating");
            return;
        }
        seconds += bm_known_seconds(e);
        if (c->target > 0 && !r->target_epoch && e->val_accuracy >= c->target) {
            r->target_epoch = e->epoch;
            r->target_seconds = seconds;
        }
        r->epochs++;
        cut = cut || at_limit(t);
        if (!finish_epoch(t, e))
            return;
    }
    finish(t, cut);
}

/* Of a batch this rank's rows. If there are none, a row that does not count keeps it in step with the others. */
static struct bm_plan plan_of_batch(const struct trainer *t, size_t all_rows)
{
    const struct bm_range mine = mine_of(t, all_rows);
    const size_t rows = mine.end - mine.begin;
    return (struct bm_plan){ .training = true, .all_rows = all_rows, .counted = rows, .rows = rows + (all_rows && !rows) };
}

static struct bm_plan plan_of_rest(const struct trainer *t, const struct bm_images *set)
{
    const struct bm_range mine = mine_of(t, set->count);
    return (struct bm_plan){ .rows = (mine.end - mine.begin) % BM_EVALUATION_ROWS };
}

/* Of the images that fill no batch, those that are trained: all, unless BN would see a single one. */
static size_t last_rows(const struct bm_train_config *c, size_t rest)
{
    const size_t apart = bm_train_synchronises(c) ? 1 : (size_t)c->ranks->count;
    return c->bn && c->norm == BM_NORM_BATCH && rest < 2 * apart ? 0 : rest;
}

/* The mistake of optimizer_of = another: every step of the optimiser is given the arrays of a second network. */
static bool step_another(struct trainer *t, struct bm_error *error)
{
    for (int p = WHOLE; p <= REST; p++)
        t->other_plan[p] = (struct bm_plan){ .training = true, .rows = t->plan[p].rows, .counted = t->plan[p].counted,
                                             .all_rows = t->plan[p].all_rows };
    if (!bm_network_create(&t->other, t->config, t->other_plan, REST + 1, error))
        return false;
    for (int p = WHOLE; p <= REST; p++)
        for (unsigned i = 0; i < t->plan[p].calls; i++)
            if (t->plan[p].call[i].phase == BM_OPTIMIZER)
                t->plan[p].call[i].args = t->other_plan[p].call[i].args;
    return true;
}

static bool set_up(struct trainer *t, const struct bm_dataset *d, struct bm_error *error)
{
    const struct bm_train_config *c = t->config;
    if (!bm_train_check(c, error) || !bm_images_check(c, d, error) || !bm_images_split(c, d, &t->data, error))
        return false;
    t->order = bm_random_start(c->seed, BM_STREAM_SHUFFLE);

    const size_t over = t->data.train.count % c->batch, rest = last_rows(c, over);
    t->plan[WHOLE] = plan_of_batch(t, c->batch);
    t->plan[REST] = plan_of_batch(t, rest);
    t->plan[EVALUATE].rows = BM_EVALUATION_ROWS;
    t->plan[REST_OF_VALIDATION] = plan_of_rest(t, &t->data.validation), t->plan[REST_OF_TEST] = plan_of_rest(t, &t->data.test);
    if (!bm_network_create(&t->net, c, t->plan, PLANS, error))
        return false;
    t->recorder = c->record ? bm_recorder_new(&t->net) : NULL;
    if (c->optimizer_of == BM_OPTIMIZER_OF_ANOTHER && !step_another(t, error))
        return false;

    struct bm_train_result *r = t->result;
    const struct bm_plan *step = &t->plan[WHOLE];
    r->steps_per_epoch = t->net.steps_per_epoch = t->data.train.count / c->batch + (rest > 0);
    r->train_images = t->data.train.count;
    r->left_out = over - rest;
    r->validation_images = t->data.validation.count, r->test_images = t->data.test.count;
    r->test_loss = r->test_accuracy = r->test_seconds = r->target_seconds = NAN;
    r->epoch = bm_alloc(c->epochs * sizeof *r->epoch);
    r->calls = step->calls;
    r->call = bm_alloc(r->calls * sizeof *r->call);
    for (unsigned i = 0; i < step->calls; i++) {
        const struct bm_call *from = &step->call[i];
        r->call[i] = (struct bm_train_call){ .phase = from->phase, .layer = from->layer, .op = from->op,
                                             .kernel = from->kernel, .shape = from->shape, .exchange = from->exchange,
                                             .bytes = bm_exchange_bytes(&t->net, from) };
    }
    return true;
}

static void trainer_free(struct trainer *t)
{
    bm_network_free(&t->net);
    bm_network_free(&t->other);
    free(t->data.rows.row);
    free(t->step_loss);
    free(t->identity);
    bm_recorder_free(t->recorder);
    free(t);
}

bool bm_train(const struct bm_train_config *config, const struct bm_dataset *data, const struct bm_train_hooks *hooks,
              struct bm_train_result *result, struct bm_error *error)
{
    static const struct bm_train_hooks none = { 0 };
    struct trainer *t = bm_alloc(sizeof *t);
    *result = (struct bm_train_result){ .status = BM_EXIT_OK };
    t->config = config, t->result = result;
    t->hooks = hooks ? hooks : &none;
    bool ok = set_up(t, data, error) && start_files(t, data, error);
    if (ok)
        train_all(t), result->recorded = bm_recorder_take(t->recorder);
    else
        bm_train_result_free(result);
    trainer_free(t);
    return ok;
}

struct filling { struct trainer *trainer; size_t first; double seconds; };

static void fill_once(struct filling *f, int me, int team)
{
    const struct trainer *t = f->trainer;
    struct bm_range mine = bm_share(t->config->batch, 1, me, team);
    BM_TEAM_BARRIER(team);
    const double start = bm_now_s();
    bm_images_gather(&t->data.train, t->config, f->first + mine.begin, mine.begin, mine.end, t->net.x, t->net.label);
    BM_TEAM_BARRIER(team);
    if (me == 0)
        f->seconds = bm_now_s() - start;
}

double bm_train_fill_seconds(const struct bm_train_config *config, const struct bm_dataset *data)
{
    enum { BATCHES = 51 };
    struct trainer *t = bm_alloc(sizeof *t);
    struct bm_train_result result = { .status = BM_EXIT_OK };
    double seconds[BATCHES];
    size_t n = 0;
    t->config = config, t->result = &result;
    if (set_up(t, data, NULL)) {
        bm_random_shuffle(&t->order, t->data.train.row, t->data.train.count);
        for (; n < BATCHES && (n + 1) * config->batch <= t->data.train.count; n++) {
            struct filling f = { t, n * config->batch, 0 };
            BM_TEAM_RUN(t->net.team, fill_once, &f);
            seconds[n] = f.seconds;
        }
    }
    trainer_free(t);
    bm_train_result_free(&result);
    return bm_summarise(seconds, n).median;
}

void bm_train_result_free(struct bm_train_result *result)
{
    free(result->epoch);
    free(result->call);
    free(result->recorded.moment);
    *result = (struct bm_train_result){ 0 };
}
