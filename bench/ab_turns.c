/* SPDX-License-Identifier: MIT */
/* ab_turns.c - settings that cannot share a process, such as variables of the environment: launches of A and B in turns. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ab.h"
#include "streams.h"
#include "result.h"
#include "suite.h"

struct turns {
    struct bm_suite suite[BM_PAIR_SIDES];
    size_t *match[BM_PAIR_SIDES]; /* case i of the comparison is case match[side][i] of the suite */
};

static const char *text(const json_t *about, const char *member)
{
    const char *value = json_string_value(json_object_get(about, member));
    return value ? value : "";
}

static bool is_case(const struct bm_paired *c, size_t side, const json_t *about)
{
    return strcmp(c->kernel[side], text(about, "kernel")) == 0 && strcmp(c->op->name, text(about, "op")) == 0 &&
           strcmp(c->shape, text(about, "shape")) == 0 && strcmp(c->cache, text(about, "cache")) == 0 &&
           c->threads[side] == json_integer_value(json_object_get(about, "threads"));
}

/* Only cases of the comparison are measured. */
static void find_cases(struct turns *t, size_t side, struct bm_pairs_run *run)
{
    struct bm_suite *s = &t->suite[side];
    t->match[side] = bm_alloc((run->count + 1) * sizeof *t->match[side]);
    for (size_t i = 0; i < s->cases; i++)
        s->cased[i].enough = true;
    for (size_t p = 0; p < run->count; p++) {
        size_t i = 0;
        while (i < s->cases && !is_case(&run->paired[p], side, s->cased[i].about))
            i++;
        t->match[side][p] = i;
        if (i < s->cases)
            s->cased[i].enough = false;
        else {
            run->paired[p].figures = (struct bm_pair_figures){ .done = true, .verdict = BM_PAIR_SKIPPED };
            snprintf(run->paired[p].reason, sizeof run->paired[p].reason, "%c has no such case", "AB"[side]);
        }
    }
}

/* Why the suite left a case out, and what that makes of the pair. */
static const char *reason_of(const struct bm_suite *s, const struct bm_suite_case *c, enum bm_pair_verdict *verdict)
{
    const json_t *one;
    size_t i;
    json_array_foreach(bm_result_list(s->result, "skipped"), i, one)
        if (json_equal(json_object_get(one, "name"), json_object_get(c->about, "name"))) {
            *verdict = json_is_true(json_object_get(one, "wrong"))     ? BM_PAIR_WRONG
                       : json_is_true(json_object_get(one, "crashed")) ? BM_PAIR_CRASHED
                                                                       : BM_PAIR_SKIPPED;
            return text(one, "reason");
        }
    return "left out";
}

/* The changes of all pairs of launches so far. */
static void take(struct turns *t, struct bm_pairs_run *run)
{
    for (size_t p = 0; p < run->count; p++) {
        struct bm_paired *c = &run->paired[p];
        const struct bm_suite_case *of[BM_PAIR_SIDES];
        if (c->figures.done)
            continue;
        for (size_t s = 0; s < BM_PAIR_SIDES; s++) {
            enum bm_pair_verdict verdict = BM_PAIR_SKIPPED;
            of[s] = &t->suite[s].cased[t->match[s][p]];
            if (!of[s]->out)
                continue;
            snprintf(c->reason, sizeof c->reason, "%c: %s", "AB"[s], reason_of(&t->suite[s], of[s], &verdict));
            c->figures = (struct bm_pair_figures){ .done = true, .verdict = verdict };
        }
        const size_t launches = of[0]->launches < of[1]->launches ? of[0]->launches : of[1]->launches;
        c->figures.launches = 0;
        for (size_t i = 0; i < launches && !c->figures.done && c->figures.launches < BM_PAIRS_MOST; i++) {
            const double change = log(of[1]->figures.median_s[i] / of[0]->figures.median_s[i]);
            if (isfinite(change))
                c->figures.change[c->figures.launches++] = change;
        }
        for (size_t s = 0; s < BM_PAIR_SIDES; s++)
            c->call_s[s] = of[s]->figures.all.min;
        snprintf(c->level, sizeof c->level, "%s", text(of[0]->about, "level"));
    }
}

/* Cases that have a verdict are measured no more. */
static bool any_open(struct turns *t, const struct bm_pairs_run *run)
{
    bool open = false;
    for (size_t p = 0; p < run->count; p++)
        for (size_t s = 0; s < BM_PAIR_SIDES; s++)
            if (run->paired[p].figures.done && t->match[s][p] < t->suite[s].cases)
                t->suite[s].cased[t->match[s][p]].enough = true;
            else
                open |= !run->paired[p].figures.done;
    return open;
}

bool bm_ab_turns(const struct bm_ab_options *o, const struct bm_ab_words words[], const char *const program[],
                 struct bm_pairs_run *run, struct bm_error *error)
{
    static struct turns t;
    struct bm_random random = bm_random_start(o->seed, BM_STREAM_SHUFFLE);
    for (size_t s = 0; s < BM_PAIR_SIDES; s++) {
        t.suite[s].build = (struct bm_build){ program[s], words[s].argc, words[s].argv, words[s].environment };
        t.suite[s].seed = o->seed;
        t.suite[s].thresholds = run->side[s].thresholds;
        bm_suite_start(&t.suite[s], NULL);
        find_cases(&t, s, run);
    }
    bool killed = false;
    for (int look = 0; look < BM_PAIRS_LOOKS && any_open(&t, run) && !bm_interrupted;) {
        const size_t first = bm_random_bits(&random) & 1;
        for (size_t turn = 0; turn < BM_PAIR_SIDES && !bm_interrupted && !killed; turn++) {
            bm_suite_launch(&t.suite[turn ^ first], NULL, NULL);
            bm_suite_stop(&t.suite[turn ^ first], false);
            killed = t.suite[turn ^ first].ended_from_outside;
        }
        take(&t, run);
        run->seconds = bm_suite_seconds(&t.suite[0]);
        run->launches++;
        const bool over = run->launches >= BM_PAIRS_LEAST && run->seconds > run->time_cap;
        if (run->launches == bm_pairs_launches_at(look) || over || killed) {
            bm_pairs_look(run);
            look++;
        }
        if (over || killed)
            break;
    }
    run->context = json_incref(json_object_get(json_object_get(t.suite[0].result, "context"), "batchmark"));
    for (size_t s = 0; s < BM_PAIR_SIDES; s++) {
        free(t.match[s]);
        bm_suite_free(&t.suite[s]);
    }
    return !killed || bm_failed(error, "the process that measured was killed");
}
