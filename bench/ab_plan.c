/* SPDX-License-Identifier: MIT */
/* ab_plan.c - the cases of both sides, and which correspond. */
#include <stdlib.h>
#include <string.h>
#include <wordexp.h>

#include "ab.h"

/* ---- command lines ---- */

static bool is_assignment(const char *word)
{
    const char *equals = strchr(word, '=');
    return equals && word[0] != '-';
}

struct bm_ab_words bm_ab_words_of(const struct bm_ab_options *o, int which)
{
    wordexp_t own;
    const char *settings = o->settings[which] ? o->settings[which] : "";
    if (wordexp(settings, &own, WRDE_NOCMD | WRDE_UNDEF) != 0)
        bm_die(BM_EXIT_USAGE, "--%c='%s': cannot be split into words; quote what is special to a shell", "ab"[which],
               settings);
    struct bm_ab_words words = { .argv = bm_alloc(((size_t)o->benches + own.we_wordc + 3) * sizeof *words.argv),
                                 .environment = bm_alloc((own.we_wordc + 1) * sizeof *words.environment) };
    size_t variables = 0;
    words.argv[words.argc++] = strdup("batchmark ab");
    if (o->all) /* every case: those that take long would take most of the time */
        words.argv[words.argc++] = strdup("--max-call=0.003");
    for (int i = 0; i < o->benches; i++)
        words.argv[words.argc++] = strdup(o->bench[i]);
    for (size_t i = 0; i < own.we_wordc; i++)
        if (is_assignment(own.we_wordv[i]))
            words.environment[variables++] = strdup(own.we_wordv[i]);
        else
            words.argv[words.argc++] = strdup(own.we_wordv[i]);
    wordfree(&own);
    return words;
}

void bm_ab_words_free(struct bm_ab_words *words)
{
    for (int i = 0; i < words->argc; i++)
        free(words->argv[i]);
    for (size_t i = 0; words->environment[i]; i++)
        free(words->environment[i]);
    free(words->argv);
    free(words->environment);
}

bool bm_ab_sets(const struct bm_ab_options *o, const char *option, char letter)
{
    char as_short[3] = { '-', letter, '\0' };
    for (int which = BM_A; which <= BM_B; which++)
        if (o->settings[which] && (strstr(o->settings[which], option) || strncmp(o->settings[which], as_short, 2) == 0))
            return true;
    return false;
}

/* ---- which cases correspond ---- */

struct key {
    bool kernel, threads, cache; /* must be equal */
};

static bool corresponds(const struct key *key, const struct bm_case_plan *a, const struct bm_case_plan *b)
{
    return (!key->kernel || a->kernel == b->kernel) && (!key->threads || a->threads == b->threads) &&
           (!key->cache || a->cache == b->cache);
}

/* Is there another case of the group that differs from this one only in a larger number of threads? Then that one was
 * asked for: one thread is always in the plan. */
static bool outdone(const struct bm_group *g, const struct bm_case_plan *c)
{
    for (size_t i = 0; i < g->cases; i++)
        if (corresponds(&(struct key){ true, false, true }, c, &g->planned[i]) && g->planned[i].threads > c->threads)
            return true;
    return false;
}

static const struct bm_group *same_group(const struct bm_bench_plan *plan, const struct bm_group *g)
{
    for (size_t i = 0; i < plan->groups; i++)
        if (plan->group[i].op == g->op && strcmp(plan->group[i].label, g->label) == 0)
            return &plan->group[i];
    return NULL;
}

static void add(struct bm_pairs_run *run, const struct bm_group *g, const struct bm_case_plan *a, const struct bm_case_plan *b)
{
    run->paired[run->count++] = (struct bm_paired){ .op = g->op,
                                                    .shape = g->label,
                                                    .cache = bm_cache_names[a->cache],
                                                    .work = bm_work(g->op, &g->line->shape),
                                                    .kernel = { a->kernel->name, b->kernel->name },
                                                    .threads = { a->threads, b->threads } };
}

static void pair_group(const struct key *key, const struct bm_group *a, const struct bm_group *b, struct bm_pairs_run *run)
{
    for (size_t i = 0; i < a->cases; i++) {
        const struct bm_case_plan *left = &a->planned[i];
        size_t found = 0;
        for (size_t k = 0; k < b->cases; k++) {
            const struct bm_case_plan *right = &b->planned[k];
            if (!corresponds(key, left, right) || (!key->threads && (outdone(a, left) || outdone(b, right))))
                continue;
            if (found++)
                bm_die(BM_EXIT_USAGE, "several cases of B answer to %s on %s; narrow A and B, e.g. to one kernel each",
                       left->kernel->name, a->label);
            add(run, a, left, right);
        }
    }
}

/* Several lines of a shape file may be the same shape. */
static bool is_first(const struct bm_bench_plan *plan, const struct bm_group *g) { return same_group(plan, g) == g; }

void bm_ab_plan(const struct bm_ab_options *o, struct bm_bench_options bench[], struct bm_bench_plan plan[],
                struct bm_pairs_run *run)
{
    const struct key key = { !bm_ab_sets(o, "--variant", 'v') && !bm_ab_sets(o, "--kernel", 'k'),
                             !bm_ab_sets(o, "--threads", 't'), !bm_ab_sets(o, "--cache", 'c') };
    size_t most = 0;
    for (int which = BM_A; which <= BM_B; which++)
        bm_bench_plan(&bench[which], &plan[which]);
    for (size_t g = 0; g < plan[BM_A].groups; g++)
        most += plan[BM_A].group[g].cases;
    run->paired = bm_alloc((most + 1) * sizeof *run->paired);
    for (size_t g = 0; g < plan[BM_A].groups; g++) {
        const struct bm_group *a = &plan[BM_A].group[g], *b = same_group(&plan[BM_B], a);
        if (b && is_first(&plan[BM_A], a))
            pair_group(&key, a, b, run);
    }
}
