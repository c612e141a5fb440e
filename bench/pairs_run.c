/* SPDX-License-Identifier: MIT */
#include "pairs_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channel.h"
#include "clock.h"
#include "options.h"
#include "peer.h"
#include "progress.h"
#include "streams.h"
#include "roofline.h"
#include "tuning.h"

/* How long the samples of a case take in a launch: so much of the time that there is, between these. */
static const double LEAST_VISIT = 0.003, MOST_VISIT = 0.02, MOST_LATER_VISIT = 0.1;

bool bm_pair_side_add(struct bm_pair_side *side, const char *path, struct bm_error *error)
{
    struct bm_module *grown = realloc(side->module, (side->modules + 1) * sizeof *grown);
    if (!grown)
        bm_die(BM_EXIT_INPUT, "out of memory");
    side->module = grown;
    const bool loaded = bm_module_load(path, &side->module[side->modules], error);
    side->modules += loaded;
    return loaded;
}

const struct bm_abi *bm_pair_abi(const struct bm_pair_side *side, const char *kernel, struct bm_abi_kernel *about)
{
    const size_t modules = side->modules ? side->modules : 1;
    for (size_t l = 0; l < modules; l++) {
        const struct bm_abi *abi = side->modules ? side->module[l].abi : &bm_abi;
        for (size_t i = 0; bm_module_kernel(abi, i, about); i++)
            if (strcmp(about->name, kernel) == 0)
                return abi;
    }
    return NULL;
}

const char *bm_pair_code(const struct bm_pair_side *side, const char *kernel)
{
    struct bm_abi_kernel about;
    return bm_pair_abi(side, kernel, &about) ? about.code : NULL;
}

bool bm_pair_same_code(const struct bm_pair_side side[BM_PAIR_SIDES], const char *const kernel[BM_PAIR_SIDES])
{
    const char *a = bm_pair_code(&side[0], kernel[0]), *b = bm_pair_code(&side[1], kernel[1]);
    return a && b && *a && strcmp(a, b) == 0;
}

bool bm_pairs_take_thresholds(const struct bm_pairs_run *run)
{
    bool all = true;
    for (size_t s = 0; s < BM_PAIR_SIDES; s++)
        for (size_t i = 0; i < run->side[s].modules; i++)
            all &= run->side[s].module[i].abi->version >= 4;
    return all;
}

/* ---- a launch ---- */

struct launch {
    struct bm_pairs_run *run;
    struct bm_channel channel;
    struct bm_random random;
    double began, visit_s;
};

static double spent(const struct launch *l) { return bm_now_s() - l->began; }

static json_t *modules_json(const struct bm_pair_side *side)
{
    json_t *list = json_array();
    for (size_t i = 0; i < side->modules; i++)
        json_array_append_new(list, json_integer(side->module[i].fd));
    return list;
}

static json_t *thresholds_json(const struct bm_pairs_run *run, size_t side)
{
    return bm_pairs_take_thresholds(run) ? bm_thresholds_json(&run->side[side].thresholds) : json_object();
}

/* A process of its own: other addresses, other pages, and an environment of another size, which moves the stack. */
static bool start(struct launch *l, struct bm_error *error)
{
    char padding[4096 + 32] = "BATCHMARK_PADDING=";
    const size_t at = strlen(padding), length = bm_random_below(&l->random, 4096);
    memset(padding + at, 'x', length);
    padding[at + length] = '\0';
    char *const arguments[] = { "ab", NULL }, *const environment[] = { padding, NULL };
    if (!bm_channel_start(&l->channel, bm_own_program(), arguments, environment, error))
        return false;
    json_t *peers = json_array();
    const struct bm_peer *peer;
    for (size_t i = 0; (peer = bm_peer_at(i)); i++)
        if (peer->asked)
            json_array_append_new(peers, json_sprintf("%s=%s", peer->name, peer->asked));
    json_t *request = json_pack("{s:[o, o], s:[o, o], s:I, s:o}", "modules", modules_json(&l->run->side[0]),
                                modules_json(&l->run->side[1]), "thresholds", thresholds_json(l->run, 0),
                                thresholds_json(l->run, 1), "seed", (json_int_t)(bm_random_bits(&l->random) >> 1), "peers",
                                peers);
    json_t *answer = bm_channel_ask(&l->channel, request, error);
    if (!answer)
        return false;
    if (!l->run->context)
        l->run->context = json_incref(json_object_get(answer, "context"));
    json_decref(answer);
    return true;
}

/* ---- groups: neighbouring cases of one op and shape ---- */

static size_t group_end(const struct bm_pairs_run *run, size_t begin)
{
    size_t end = begin + 1;
    while (end < run->count && run->paired[end].op == run->paired[begin].op &&
           strcmp(run->paired[end].shape, run->paired[begin].shape) == 0)
        end++;
    return end;
}

static json_t *case_json(const struct bm_paired *c, size_t id)
{
    return json_pack("{s:I, s:[s, s], s:[i, i], s:s, s:[s?, s?]}", "id", (json_int_t)id, "kernel", c->kernel[0],
                     c->kernel[1], "threads", c->threads[0], c->threads[1], "cache", c->cache, "hash",
                     *c->hash[0] ? c->hash[0] : NULL, *c->hash[1] ? c->hash[1] : NULL);
}

static void leave_out(struct bm_paired *c, enum bm_pair_verdict verdict, const char *reason)
{
    c->figures.done = true;
    c->figures.verdict = verdict;
    snprintf(c->reason, sizeof c->reason, "%s", reason);
}

static void add_launch(struct bm_paired *c, const json_t *answer)
{
    if (c->figures.launches == BM_PAIRS_MOST)
        return;
    c->figures.change[c->figures.launches++] = json_number_value(json_object_get(answer, "change"));
    snprintf(c->level, sizeof c->level, "%s", json_string_value(json_object_get(answer, "level")));
    for (size_t s = 0; s < BM_PAIR_SIDES; s++) {
        const double seconds = json_number_value(json_array_get(json_object_get(answer, "call_s"), s));
        if (c->call_s[s] == 0 || seconds < c->call_s[s])
            c->call_s[s] = seconds;
        snprintf(c->hash[s], sizeof c->hash[s], "%s", json_string_value(json_array_get(json_object_get(answer, "hash"), s)));
    }
}

static void take(struct launch *l, const json_t *answer)
{
    const json_t *one;
    size_t i;
    json_array_foreach(json_object_get(answer, "cases"), i, one)
    {
        struct bm_paired *c = &l->run->paired[json_integer_value(json_object_get(one, "id"))];
        const char *skip = json_string_value(json_object_get(one, "skip"));
        if (skip)
            leave_out(c, json_is_true(json_object_get(one, "wrong")) ? BM_PAIR_WRONG : BM_PAIR_SKIPPED, skip);
        else
            add_launch(c, one);
    }
}

/* False: the process was killed, or cannot be started again after this group's kernels made it die. */
static bool measure_group(struct launch *l, size_t begin, struct bm_error *error)
{
    struct bm_pairs_run *run = l->run;
    const size_t end = group_end(run, begin);
    json_t *cases = json_array();
    for (size_t i = begin; i < end; i++)
        if (!run->paired[i].figures.done)
            json_array_append_new(cases, case_json(&run->paired[i], i));
    if (json_array_size(cases) == 0) {
        json_decref(cases);
        return true;
    }
    json_t *request = json_pack("{s:s, s:s, s:I, s:f, s:f, s:i, s:o}", "op", run->paired[begin].op->name, "shape",
                                run->paired[begin].shape, "seed", (json_int_t)(bm_random_bits(&l->random) >> 1), "max_call",
                                run->max_call, "visit", l->visit_s, "long_places", run->long_places, "cases", cases);
    json_t *answer = bm_channel_ask(&l->channel, request, error);
    if (answer) {
        take(l, answer);
        json_decref(answer);
        return true;
    }
    if (l->channel.ended_from_outside)
        return false;
    for (size_t i = begin; i < end; i++)
        if (!run->paired[i].figures.done)
            leave_out(&run->paired[i], BM_PAIR_CRASHED, error->text);
    return start(l, error);
}

struct ordered {
    double key;
    size_t begin;
};

static int by_key(const void *a, const void *b)
{
    const struct ordered *x = a, *y = b;
    return (x->key > y->key) - (x->key < y->key);
}

/* The groups in random order; in the first launch the small ones first, which tell how long the large ones would take. */
static size_t order_groups(struct launch *l, struct ordered *order)
{
    size_t groups = 0;
    for (size_t i = 0; i < l->run->count; i = group_end(l->run, i))
        order[groups++] = (struct ordered){ l->run->launches ? bm_random_symmetric(&l->random) : l->run->paired[i].work, i };
    qsort(order, groups, sizeof *order, by_key);
    return groups;
}

static bool measure_launch(struct launch *l, bool may_stop, struct bm_error *error)
{
    struct ordered *order = bm_alloc((l->run->count + 1) * sizeof *order);
    const size_t groups = order_groups(l, order);
    bool good = start(l, error);
    for (size_t g = 0; g < groups && good && !bm_interrupted && !(may_stop && spent(l) > l->run->time_cap); g++) {
        char text[320];
        snprintf(text, sizeof text, "launch %d: %s %s", l->run->launches + 1, l->run->paired[order[g].begin].op->name,
                 l->run->paired[order[g].begin].shape);
        bm_progress_left(g, groups, l->run->time_cap > spent(l) ? l->run->time_cap - spent(l) : -1, text);
        good = measure_group(l, order[g].begin, error);
    }
    bm_progress(0, 0, NULL);
    free(order);
    bm_channel_stop(&l->channel);
    l->run->launches++;
    return good;
}

/* ---- all launches ---- */

static size_t open_cases(const struct bm_pairs_run *run)
{
    size_t open = 0;
    for (size_t i = 0; i < run->count; i++)
        open += !run->paired[i].figures.done;
    return open;
}

static double between(double least, double value, double most) { return fmax(least, fmin(value, most)); }

void bm_pairs_look(struct bm_pairs_run *run)
{
    struct bm_pair_figures *figures = bm_alloc((run->count + 1) * sizeof *figures);
    size_t n = 0;
    for (size_t i = 0; i < run->count; i++) {
        struct bm_paired *c = &run->paired[i];
        if (!c->figures.launches)
            continue;
        const int threads = c->threads[0] > c->threads[1] ? c->threads[0] : c->threads[1];
        c->figures.class = bm_pairs_class(c->level, threads);
        figures[n++] = c->figures;
    }
    if (run->precision > 0)
        bm_pairs_narrow(figures, n, log1p(run->precision));
    else
        bm_pairs_judge(figures, n, log1p(run->threshold), run->noise);
    n = 0;
    for (size_t i = 0; i < run->count; i++)
        if (run->paired[i].figures.launches)
            run->paired[i].figures = figures[n++];
    free(figures);
}

bool bm_pairs_measure(struct bm_pairs_run *run, struct bm_error *error)
{
    struct launch l = { .run = run,
                        .random = bm_random_start(run->seed, BM_STREAM_SHUFFLE),
                        .began = bm_now_s(),
                        .visit_s = between(LEAST_VISIT, run->time_cap / 8 / (double)(open_cases(run) + 1), MOST_VISIT) };
    bool good = true;
    int look = 0;
    for (size_t open = open_cases(run); open && good && !bm_interrupted && look < BM_PAIRS_LOOKS; open = open_cases(run)) {
        const bool may_stop = run->launches >= BM_PAIRS_LEAST;
        if (may_stop) /* what is left of the time goes to those that are open */
            l.visit_s = between(l.visit_s, (run->time_cap - spent(&l)) / 8 / (double)open, MOST_LATER_VISIT);
        good = measure_launch(&l, may_stop, error);
        const bool over = may_stop && spent(&l) > run->time_cap;
        if (run->launches == bm_pairs_launches_at(look) || over) {
            bm_pairs_look(run);
            look++;
        }
        if (over)
            break;
    }
    run->seconds = spent(&l);
    if (!good)
        bm_pairs_look(run);
    return good;
}
