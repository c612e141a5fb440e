/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "disturbance.h"
#include "progress.h"
#include "streams.h"
#include "result.h"
#include "stats.h"
#include "tuning.h"

enum { MOST_LAUNCHES = 1000 };
/* Of a group that is being measured we hear so often, and write so often: what a kill loses is less than 5 seconds. Writing
 * the largest results takes 0.4 s. */
static const double HEAR_SECONDS = 1, SAVE_SECONDS = 3;

double bm_suite_seconds(const struct bm_suite *s) { return s->spent_s + bm_now_s() - s->began; }

double bm_suite_sampled(const struct bm_suite *s)
{
    double sampled = 0;
    const json_t *launch;
    size_t i;
    json_array_foreach(bm_result_list(s->result, "launches"), i, launch) sampled +=
        json_number_value(json_object_get(launch, "sampled_s"));
    return sampled / bm_suite_seconds(s);
}

/* ---- the list of cases ---- */

static void add_case(struct bm_suite *s, size_t group, size_t index, json_t *about)
{
    s->cased[s->cases++] = (struct bm_suite_case){ .about = json_incref(about), .group = group, .index = index };
}

static void list_cases(struct bm_suite *s)
{
    const json_t *groups = json_object_get(s->process.hello, "groups"), *group;
    size_t g, c, all = 0;
    json_t *about;
    json_array_foreach(groups, g, group) all += json_array_size(json_object_get(group, "cases"));
    s->cased = bm_alloc((all + 1) * sizeof *s->cased);
    s->titles = json_array();
    s->groups = json_array_size(groups);
    json_array_foreach(groups, g, group)
    {
        json_array_append(s->titles, json_object_get(group, "title"));
        json_array_foreach(json_object_get(group, "cases"), c, about) add_case(s, g, c, about);
    }
}

static const char *name_of(const json_t *about)
{
    const char *name = json_string_value(json_object_get(about, "name"));
    return name ? name : "";
}

/* The case has another launch. */
static void count_launches(struct bm_suite_case *c)
{
    const json_t *raw = json_object_get(c->about, "raw");
    free(c->figures.median_s);
    c->launches = json_array_size(raw);
    c->cut = 0;
    for (size_t i = 0; i < c->launches; i++)
        c->cut += json_object_get(json_array_get(raw, i), "planned") != NULL;
    c->figures = bm_figures_of(raw, json_object_get(c->about, "floor_raw"));
}

/* What an earlier process of the same run measured and left out. */
static void take_up(struct bm_suite *s, json_t *resumed)
{
    const json_t *ours = json_object_get(resumed, "batchmark");
    json_t *old;
    size_t i, n;
    for (n = 0; n < s->cases; n++) {
        struct bm_suite_case *c = &s->cased[n];
        json_array_foreach(json_object_get(ours, "cases"), i, old)
        {
            if (strcmp(name_of(old), name_of(c->about)) != 0)
                continue;
            if (!json_equal(json_object_get(old, "code"), json_object_get(c->about, "code")))
                bm_die(BM_EXIT_INPUT, "cannot go on: %s has other code than when the run was begun; start a new run",
                       name_of(old));
            json_decref(c->about);
            c->about = json_incref(old);
            count_launches(c);
            s->timed++;
        }
        json_array_foreach(json_object_get(ours, "skipped"), i, old) c->out |=
            strcmp(name_of(old), name_of(c->about)) == 0;
    }
    json_array_foreach(json_object_get(ours, "skipped"), i, old)
    {
        s->wrong += json_is_true(json_object_get(old, "wrong"));
        s->crashed += json_is_true(json_object_get(old, "crashed"));
    }
    s->result = json_incref(resumed);
    s->launches = (int)json_array_size(json_object_get(ours, "launches"));
    json_array_foreach(json_object_get(ours, "launches"), i, old) s->spent_s +=
        json_number_value(json_object_get(old, "seconds"));
}

/* ---- launches ---- */

static void begin_launch(struct bm_suite *s)
{
    const json_t *context = json_object_get(s->process.hello, "context");
    double load[1] = { 0 };
    if (getloadavg(load, 1) != 1)
        load[0] = 0;
    json_t *about = json_pack("{s:i, s:f, s:f, s:f, s:f, s:n}", "launch", s->launches++, "began_s", bm_suite_seconds(s),
                              "seconds", 0.0, "sampled_s", 0.0, "load_average", load[0], "stolen_s");
    json_object_set(about, "running_hz", json_object_get(json_object_get(context, "clock"), "running_hz"));
    s->stolen_s = bm_stolen_s();
    json_array_append_new(bm_result_list(s->result, "launches"), about);
}

static void start_process(struct bm_suite *s)
{
    struct bm_error error;
    int status;
    if (bm_launch_start(&s->process, &s->build, &status, &error))
        return;
    if (!*error.text)
        exit(status); /* it has said why */
    bm_die(BM_EXIT_INPUT, "%s", error.text);
}

void bm_suite_start(struct bm_suite *s, json_t *resumed)
{
    s->began = bm_now_s();
    start_process(s);
    list_cases(s);
    if (resumed)
        take_up(s, resumed);
    else {
        s->result = bm_result_new("bench", s->build.argc, s->build.argv, json_object_get(s->process.hello, "context"));
        bm_result_set_threads(s->result, json_object_get(s->process.hello, "threads"));
        bm_result_set_tuning(s->result);
        json_array_extend(bm_result_list(s->result, "kernels"), json_object_get(s->process.hello, "kernels"));
    }
    begin_launch(s);
}

static json_t *last_launch(const struct bm_suite *s)
{
    json_t *all = bm_result_list(s->result, "launches");
    return json_array_get(all, json_array_size(all) - 1);
}

static void clock_launch(struct bm_suite *s)
{
    json_t *about = last_launch(s);
    const double since = json_number_value(json_object_get(about, "began_s"));
    if (s->process.channel.pid)
        json_object_set_new(about, "seconds", json_real(bm_suite_seconds(s) - since));
}

static void end_launch(struct bm_suite *s)
{
    json_t *about = last_launch(s);
    clock_launch(s);
    json_object_set_new(about, "stolen_s", s->stolen_s < 0 ? json_null() : json_real(bm_stolen_s() - s->stolen_s));
    bm_launch_stop(&s->process);
}

/* ---- a group ---- */

static bool needs_more(const struct bm_suite_case *c)
{
    const size_t launches = c->launches + json_array_size(json_object_get(c->about, "floor_raw"));
    return !c->out && !c->enough && launches < MOST_LAUNCHES;
}

/* Seconds of a call in the first launch, roughly; 0 before it. */
static double first_call_s(const json_t *raw)
{
    return json_number_value(json_array_get(json_object_get(json_array_get(raw, 0), "ns"), 0)) * 1e-9;
}

/* The samples of a launch, as the first settled them; 0 before it. */
static json_int_t samples_of(const json_t *raw)
{
    const json_t *first = json_array_get(raw, 0), *planned = json_object_get(first, "planned");
    return planned ? json_integer_value(planned) : (json_int_t)json_array_size(json_object_get(first, "ns"));
}

static json_t *make_request(const struct bm_suite *s, size_t group)
{
    json_t *cases = json_array();
    bool verified = true;
    for (size_t i = 0; i < s->cases; i++) {
        const struct bm_suite_case *c = &s->cased[i];
        const json_t *raw = json_object_get(c->about, "raw"), *hash = json_object_get(c->about, "outputs");
        if (c->group != group || !needs_more(c))
            continue;
        verified &= hash != NULL;
        const json_t *first = json_array_get(raw, 0);
        json_array_append_new(
            cases, json_pack("{s:I, s:I, s:I, s:f, s:O?, s:b}", "case", (json_int_t)c->index, "iterations",
                             json_integer_value(json_object_get(first, "iterations")), "samples",
                             samples_of(raw), "call_s", first_call_s(raw),
                             "hash", hash, "trusted", c->trusted));
    }
    if (json_array_size(cases) == 0) {
        json_decref(cases);
        return NULL;
    }
    return json_pack("{s:I, s:o, s:f, s:b, s:b, s:b, s:f, s:O?, s:o}", "group", (json_int_t)group, "thresholds",
                     bm_thresholds_json(&s->thresholds), "progress_s", HEAR_SECONDS,
                     "verify", !verified, "samples", !s->verify_only, "limits", s->limits_each, "began", s->began - s->spent_s, "least", s->least,
                     "cases", cases);
}

static struct bm_suite_case *case_at(struct bm_suite *s, size_t group, json_int_t index)
{
    for (size_t i = 0; i < s->cases; i++)
        if (s->cased[i].group == group && (json_int_t)s->cased[i].index == index)
            return &s->cased[i];
    return NULL;
}

enum fault { NO_FAULT, WRONG, CRASHED };

/* A case that cannot be measured, or is at fault: what was measured before does not count either. */
static void leave_out(struct bm_suite *s, struct bm_suite_case *c, const char *reason, enum fault fault)
{
    c->out = true;
    s->wrong += fault == WRONG;
    s->crashed += fault == CRASHED;
    s->timed -= c->launches > 0;
    json_t *skipped = json_pack("{s:O, s:O, s:O, s:s, s:b}", "name", json_object_get(c->about, "name"), "kernel",
                                json_object_get(c->about, "kernel"), "shape", json_object_get(c->about, "shape"), "reason",
                                reason, "wrong", fault == WRONG);
    if (fault == CRASHED)
        json_object_set_new(skipped, "crashed", json_true());
    json_array_append_new(bm_result_list(s->result, "skipped"), skipped);
}

/* In place of what this launch told before. */
static void put_launch(const struct bm_suite *s, struct bm_suite_case *c, json_t *raw)
{
    static const char *const lists[] = { "floor_raw", "raw" };
    for (size_t i = 0; i < 2; i++) {
        json_t *list = json_object_get(c->about, lists[i]);
        const size_t n = json_array_size(list);
        if (n && json_equal(json_object_get(json_array_get(list, n - 1), "launch"), json_object_get(raw, "launch"))) {
            json_array_set(list, n - 1, raw);
            return;
        }
    }
    const char *where = s->planned_launches && c->launches - c->cut >= s->planned_launches ? "floor_raw" : "raw";
    if (!json_object_get(c->about, where))
        json_object_set_new(c->about, where, json_array());
    json_array_append(json_object_get(c->about, where), raw);
}

static void take_case(struct bm_suite *s, struct bm_suite_case *c, json_t *answer)
{
    const char *skip = json_string_value(json_object_get(answer, "skip"));
    if (skip) {
        leave_out(s, c, skip, json_is_true(json_object_get(answer, "wrong")) ? WRONG : NO_FAULT);
        return;
    }
    json_t *raw = json_object_get(answer, "raw");
    if (c->launches == 0) {
        json_object_update(c->about, json_object_get(answer, "about"));
        json_object_set(c->about, "outputs", json_object_get(answer, "hash"));
        json_object_set_new(c->about, "stop", json_string(""));
        s->timed++;
    }
    c->trusted = !json_is_true(json_object_get(answer, "own_threads"));
    json_object_set_new(raw, "launch", json_integer(s->launches - 1));
    put_launch(s, c, raw);
    count_launches(c);
}

/* ---- limits ---- */

static bool same_team(const json_t *a, const json_t *b)
{
    return json_equal(json_object_get(a, "isa"), json_object_get(b, "isa")) &&
           json_equal(json_object_get(a, "threads"), json_object_get(b, "threads"));
}

/* The place of the row of that ISA and thread count in a list of limits; its length: not there. */
static size_t find_limits(const json_t *list, const json_t *isa_and_threads)
{
    size_t i = 0;
    while (i < json_array_size(list) && !same_team(json_array_get(list, i), isa_and_threads))
        i++;
    return i;
}

/* The result keeps the best of what any launch measured. */
static void raise_limits(struct bm_suite *s, const json_t *measured)
{
    json_t *list = bm_result_list(s->result, "limits"), *one;
    size_t i;
    json_array_foreach(measured, i, one)
    {
        struct bm_limits best, again;
        const size_t at = find_limits(list, one);
        if (!bm_limits_of_json(one, &again))
            continue;
        if (bm_limits_of_json(json_array_get(list, at), &best))
            bm_limits_raise(&again, &best);
        json_array_append_new(list, bm_limits_json(&again));
        if (at + 1 < json_array_size(list))
            json_array_remove(list, at);
    }
}

/* What is disturbed in them, now that all launches are in them? */
static void judge_limits(json_t *list)
{
    json_t *one;
    size_t i;
    json_array_foreach(list, i, one)
    {
        struct bm_limits limits, alone;
        json_t *of_one = json_pack("{s:O, s:i}", "isa", json_object_get(one, "isa"), "threads", 1);
        const bool known = bm_limits_of_json(json_array_get(list, find_limits(list, of_one)), &alone);
        json_decref(of_one);
        if (bm_limits_of_json(one, &limits)) {
            limits.disturbed = bm_limits_judge(&limits, known ? &alone : NULL);
            json_array_set_new(list, i, bm_limits_json(&limits));
        }
    }
}

static void set_case_limits(struct bm_suite *s)
{
    const json_t *limits = bm_result_list(s->result, "limits");
    for (size_t i = 0; i < s->cases; i++) {
        json_t *about = s->cased[i].about;
        struct bm_limit limit;
        if (!bm_case_limit(limits, about, &limit))
            continue;
        json_object_set_new(about, "bound_s", json_real(limit.seconds));
        json_object_set_new(about, "bound", json_string(limit.name));
    }
}

/* ---- answers ---- */

static void take_answer(struct bm_suite *s, size_t group, const json_t *answer)
{
    const char *error = json_string_value(json_object_get(answer, "error"));
    json_t *one, *launch = last_launch(s);
    size_t i;
    if (error)
        bm_die(BM_EXIT_INPUT, "%s", error);
    json_object_set_new(launch, "sampled_s",
                        json_real(s->sampled_s + json_number_value(json_object_get(answer, "sampled_s"))));
    json_array_foreach(json_object_get(answer, "cases"), i, one)
    {
        struct bm_suite_case *c = case_at(s, group, json_integer_value(json_object_get(one, "case")));
        if (c)
            take_case(s, c, one);
    }
    if (!json_is_true(json_object_get(answer, "so_far"))) {
        json_decref(s->least);
        s->least = json_incref(json_object_get(answer, "least"));
    }
    json_array_foreach(json_object_get(answer, "notes"), i, one)
    {
        bm_progress(0, 0, NULL);
        printf("\n%s\n", json_string_value(one));
    }
    raise_limits(s, json_object_get(answer, "limits"));
    json_array_extend(bm_result_list(s->result, "peer_teams"), json_object_get(answer, "peer_teams"));
}

/* The process died over a group. If that was its kernels' doing, none of its cases is tried again, and the next process
 * goes on; else the run ends here. */
static void lose_group(struct bm_suite *s, size_t group, const char *reason)
{
    const char *title = json_string_value(json_array_get(s->titles, group));
    s->ended_from_outside = s->process.channel.ended_from_outside;
    bm_progress(0, 0, NULL);
    end_launch(s);
    if (s->ended_from_outside && bm_interrupted)
        return;
    if (s->ended_from_outside) {
        fflush(stdout);
        fprintf(stderr, "batchmark: %s over %s: it is not measured\n", reason, title);
        return;
    }
    printf("\nCRASHED %s: %s; the group is left out\n", title, reason);
    for (size_t i = 0; i < s->cases; i++)
        if (s->cased[i].group == group && needs_more(&s->cased[i]))
            leave_out(s, &s->cased[i], reason, CRASHED);
    start_process(s);
}

static void measure_group(struct bm_suite *s, size_t group)
{
    struct bm_error error;
    json_t *request = make_request(s, group), *answer;
    s->sampled_s = json_number_value(json_object_get(last_launch(s), "sampled_s"));
    for (bool so_far = request; so_far; json_decref(answer)) {
        answer = bm_launch_ask(&s->process, request, &error);
        if (answer)
            take_answer(s, group, answer);
        else
            lose_group(s, group, error.text);
        if (s->path && bm_now_s() - s->saved > SAVE_SECONDS)
            bm_suite_save(s);
        so_far = json_is_true(json_object_get(answer, "so_far"));
        request = so_far ? json_pack("{s:b}", "go_on", !bm_interrupted) : NULL;
    }
}

/* Seconds left are those of the planned launches; of a run that goes on until its floors are known, those up to its time cap,
 * if they are more. */
static void show_progress(struct bm_suite *s, size_t group, const char *title)
{
    char text[320];
    const size_t launch = (size_t)s->launches, launches = launch > s->planned_launches ? launch : s->planned_launches;
    const double capped = s->time_cap - bm_suite_seconds(s),
                 left = bm_pace_left(&s->pace, (launch - 1) * s->groups + group, launches * s->groups, bm_now_s());
    if (launch <= s->planned_launches)
        snprintf(text, sizeof text, "launch %zu of %zu: %s", launch, launches, title);
    else
        snprintf(text, sizeof text, "launch %zu: %s", launch, title);
    bm_progress_left(group, s->groups, left < capped || s->ends_at_cap ? capped : left, text);
}

void bm_suite_launch(struct bm_suite *s, bool (*enough)(void *user), void *user)
{
    uint32_t *order = bm_alloc((s->groups + 1) * sizeof *order);
    if (!s->process.channel.pid) {
        start_process(s);
        begin_launch(s);
    }
    for (size_t g = 0; g < s->groups; g++)
        order[g] = (uint32_t)g;
    struct bm_random random = bm_random_start(bm_hash(s->seed, (uint64_t)s->launches), BM_STREAM_SHUFFLE);
    bm_random_shuffle(&random, order, s->groups);
    for (size_t i = 0; i < s->groups && !bm_interrupted && !s->ended_from_outside && !(enough && enough(user)); i++) {
        show_progress(s, i, json_string_value(json_array_get(s->titles, order[i])));
        measure_group(s, order[i]);
    }
    bm_progress(0, 0, NULL);
    free(order);
}

void bm_suite_stop(struct bm_suite *s, bool limits_again)
{
    if (!s->process.channel.pid)
        return;
    if (limits_again) {
        struct bm_error error;
        json_t *answer =
            bm_launch_ask(&s->process, json_pack("{s:O}", "limits_again", bm_result_list(s->result, "limits")), &error);
        if (answer) {
            json_array_extend(bm_result_list(s->result, "limits_at_end"), json_object_get(answer, "limits_at_end"));
            raise_limits(s, json_object_get(answer, "limits_at_end"));
        }
        json_decref(answer);
    }
    end_launch(s);
}

/* ---- saving ---- */

void bm_suite_save(struct bm_suite *s)
{
    struct bm_error error;
    judge_limits(bm_result_list(s->result, "limits"));
    set_case_limits(s);
    bm_suite_list_results(s);
    clock_launch(s);
    if (s->path && !bm_result_write(s->result, s->path, &error))
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    s->saved = bm_now_s();
}

void bm_suite_free(struct bm_suite *s)
{
    for (size_t i = 0; i < s->cases; i++) {
        json_decref(s->cased[i].about);
        free(s->cased[i].figures.median_s);
    }
    free(s->cased);
    free(s->path);
    json_decref(s->least);
    json_decref(s->titles);
    json_decref(s->result);
}
