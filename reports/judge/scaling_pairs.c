/* SPDX-License-Identifier: MIT */
#include "scaling_pairs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"

enum { MOST_ROWS = 36, LEAST_ROWS = 3 };

const char *const bm_pair_levels[] = { "L1", "L2", "L3", "memory", "other", NULL };
const char *const bm_pair_caches[] = { "warm", "cold", NULL };

/* ---- one pair, all pairs ---- */

/* Of a list's words the one, or the last. */
static size_t place_of(const char *const *list, const char *word)
{
    size_t i = 0;
    while (list[i + 1] && strcmp(list[i], word) != 0)
        i++;
    return i;
}

double bm_case_ratio(const struct bm_run_case *from, const struct bm_run_case *to)
{
    return from->stats.median / to->stats.median;
}

double bm_pair_peers(const struct bm_pair *pair) { return bm_case_ratio(pair->peer_from, pair->peer_to); }

static void add_pair(struct bm_pairs *p, struct bm_pair pair)
{
    if (!isfinite(pair.x) || pair.x <= 0)
        return;
    p->pair = realloc(p->pair, (p->count + 1) * sizeof *p->pair);
    if (!p->pair)
        bm_die(BM_EXIT_INPUT, "out of memory");
    p->pair[p->count++] = pair;
}

size_t bm_pairs_contended(const struct bm_pairs *p)
{
    size_t n = 0;
    for (size_t i = 0; i < p->count; i++)
        n += p->pair[i].from->contended || p->pair[i].to->contended;
    return n;
}

struct bm_total bm_pairs_total(const struct bm_pairs *p, bool peers, bool back)
{
    struct bm_totals t = { 0 };
    for (const struct bm_pair *pair = p->pair; pair < p->pair + p->count; pair++) {
        const struct bm_run_case *from = peers ? pair->peer_from : pair->from, *to = peers ? pair->peer_to : pair->to;
        if (from)
            bm_totals_add(&t, back ? to : from, back ? from : to);
    }
    return bm_totals_end(&t);
}

void bm_pairs_extremes(const struct bm_pairs *p, const struct bm_pair **most, const struct bm_pair **least)
{
    *most = *least = p->pair;
    for (size_t i = 1; i < p->count; i++) {
        *most = p->pair[i].x > (*most)->x ? &p->pair[i] : *most;
        *least = p->pair[i].x < (*least)->x ? &p->pair[i] : *least;
    }
}

/* ---- by op and by row ---- */

bool bm_pairs_one_op(const struct bm_pairs *p)
{
    for (size_t i = 1; i < p->count; i++)
        if (strcmp(p->pair[i].from->op, p->pair[0].from->op) != 0)
            return false;
    return true;
}

bool bm_pairs_begins_op(const struct bm_pairs *p, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (strcmp(p->pair[k].from->op, p->pair[i].from->op) == 0)
            return false;
    return true;
}

static size_t works_of(const struct bm_pairs *p, const char *op)
{
    size_t n = 0;
    for (size_t i = 0; i < p->count; i++) {
        bool first = strcmp(p->pair[i].from->op, op) == 0;
        for (size_t k = 0; k < i && first; k++)
            first = !bm_same_work(p->pair[k].from, p->pair[i].from);
        n += first;
    }
    return n;
}

bool bm_pairs_few(const struct bm_pairs *all, const char *op) { return works_of(all, op) < LEAST_ROWS; }

/* Of an op; NULL: of all ops that are few. */
static struct bm_pairs some_of(const struct bm_pairs *all, const char *op)
{
    struct bm_pairs p = *all;
    p.pair = NULL;
    p.count = 0;
    for (size_t i = 0; i < all->count; i++) {
        const char *its = all->pair[i].from->op;
        if (op ? strcmp(its, op) == 0 : bm_pairs_few(all, its))
            add_pair(&p, all->pair[i]);
    }
    return p;
}

struct bm_pairs bm_pairs_of_op(const struct bm_pairs *all, const char *op) { return some_of(all, op); }

struct bm_pairs bm_pairs_beside(const struct bm_pairs *all, const char *op)
{
    return some_of(all, bm_pairs_few(all, op) ? NULL : op);
}

static int greatest_first(const void *a, const void *b)
{
    const struct bm_pair *x = a, *y = b;
    return x->x == y->x ? (x->from > y->from) - (x->from < y->from) : x->x < y->x ? 1 : -1;
}

size_t bm_pairs_set_rows(struct bm_pairs *p)
{
    size_t rows = 0, kept = 0;
    if (p->count)
        qsort(p->pair, p->count, sizeof *p->pair, greatest_first);
    for (size_t i = 0; i < p->count; i++) {
        struct bm_pair pair = p->pair[i];
        pair.row = rows;
        for (size_t k = 0; k < kept; k++)
            if (bm_same_work(p->pair[k].from, pair.from))
                pair.row = p->pair[k].row;
        if (pair.row >= MOST_ROWS)
            continue;
        rows += pair.row == rows;
        p->pair[kept++] = pair;
    }
    p->count = kept;
    return rows;
}

/* ---- numbers of threads ---- */

static int by_number(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

size_t bm_thread_counts(const struct bm_run *run, int count[static BM_MOST_COUNTS])
{
    size_t n = 0;
    for (size_t i = 0; i < run->cases; i++) {
        size_t k = 0;
        while (k < n && count[k] != run->cased[i].threads)
            k++;
        if (k == n && n < BM_MOST_COUNTS)
            count[n++] = run->cased[i].threads;
    }
    if (n)
        qsort(count, n, sizeof *count, by_number);
    return n;
}

/* ---- strong scaling: the same problem with more threads ---- */

/* The first of its work in the cache state that is shown: warm, if there is that. */
static bool is_shown_work(const struct bm_run *run, const struct bm_run_case *c)
{
    for (const struct bm_run_case *other = run->cased; other < run->cased + run->cases; other++)
        if (bm_same_work(other, c) && ((other < c && strcmp(other->cache, c->cache) == 0) ||
                                       (!bm_case_is_warm(c) && bm_case_is_warm(other))))
            return false;
    return true;
}

struct bm_pairs bm_pairs_strong(const struct bm_source *source, int base_threads, int threads)
{
    struct bm_pairs p = { .source = source, .base_threads = base_threads, .threads = threads };
    const struct bm_run *run = &source->run;
    for (const struct bm_run_case *c = run->cased; c < run->cased + run->cases; c++) {
        if (!is_shown_work(run, c))
            continue;
        struct bm_pair pair = { .from = bm_case_fastest(run, c, base_threads, false),
                                .to = bm_case_fastest(run, c, threads, false),
                                .peer_from = bm_case_fastest(run, c, base_threads, true),
                                .peer_to = bm_case_fastest(run, c, threads, true) };
        if (!pair.from || !pair.to)
            continue;
        if (!pair.peer_from || !pair.peer_to)
            pair.peer_from = pair.peer_to = NULL;
        pair.x = bm_case_ratio(pair.from, pair.to);
        pair.series = place_of(bm_pair_levels, pair.from->level);
        add_pair(&p, pair);
    }
    return p;
}

/* ---- weak scaling: a problem that grows with the threads ---- */

/* Are the shapes equal but for one number, which is `factor` times as large in the second? */
static bool is_grown(const char *a, const char *b, double factor)
{
    size_t grown = 0;
    while (*a && *b) {
        const size_t n = strcspn(a, " "), m = strcspn(b, " ");
        if (n != m || strncmp(a, b, n) != 0) {
            const size_t key = strcspn(a, " =") + 1;
            char *end_a, *end_b;
            if (key >= n || key >= m || a[key - 1] != '=' || strncmp(a, b, key) != 0)
                return false;
            const double x = strtod(a + key, &end_a), y = strtod(b + key, &end_b);
            if (end_a != a + n || end_b != b + m || !(x > 0) || y != factor * x)
                return false;
            grown++;
        }
        a += n + strspn(a + n, " ");
        b += m + strspn(b + m, " ");
    }
    return !*a && !*b && grown == 1;
}

static bool same_kernel(const struct bm_run_case *a, const struct bm_run_case *b)
{
    return strcmp(a->kernel, b->kernel) == 0 && strcmp(a->op, b->op) == 0 && strcmp(a->cache, b->cache) == 0;
}

const struct bm_run_case *bm_case_grown(const struct bm_run *run, const struct bm_run_case *c, int threads,
                                        double factor)
{
    for (size_t i = 0; i < run->cases; i++)
        if (run->cased[i].threads == threads && same_kernel(&run->cased[i], c) &&
            is_grown(c->shape, run->cased[i].shape, factor))
            return &run->cased[i];
    return NULL;
}

/* Is it the first of a family: no other shape grows to it? */
static bool begins_family(const struct bm_run *run, const struct bm_run_case *c, const int *count, size_t counts)
{
    for (size_t t = 1; t < counts; t++)
        if (bm_case_grown(run, c, c->threads, (double)count[0] / count[t]))
            return false;
    return true;
}

/* Of a shape and cache state the variant that is fastest with the most threads. */
static void keep_fastest(struct bm_pairs *p)
{
    size_t kept = 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct bm_pair *pair = &p->pair[i];
        bool fastest = true;
        for (size_t k = 0; k < p->count && fastest; k++) {
            const struct bm_pair *other = &p->pair[k];
            fastest = other == pair || !bm_same_work(other->from, pair->from) ||
                      strcmp(other->from->cache, pair->from->cache) != 0 ||
                      other->to->stats.median > pair->to->stats.median ||
                      (other->to->stats.median == pair->to->stats.median && other->to > pair->to);
        }
        p->pair[i].row = fastest; /* free until the rows are set */
    }
    for (size_t i = 0; i < p->count; i++)
        if (p->pair[i].row)
            p->pair[kept++] = p->pair[i];
    p->count = kept;
}

struct bm_pairs bm_pairs_weak(const struct bm_source *source)
{
    struct bm_pairs p = { .source = source };
    const struct bm_run *run = &source->run;
    int count[BM_MOST_COUNTS];
    const size_t counts = bm_thread_counts(run, count);
    for (size_t t = counts; t-- > 1 && !p.count;) {
        p.base_threads = count[0];
        p.threads = count[t];
        for (const struct bm_run_case *c = run->cased; c < run->cased + run->cases; c++) {
            const struct bm_run_case *to = NULL;
            if (c->threads == count[0] && !bm_case_is_peer(c))
                to = bm_case_grown(run, c, count[t], (double)count[t] / count[0]);
            if (to && begins_family(run, c, count, counts))
                add_pair(&p, (struct bm_pair){ .from = c,
                                               .to = to,
                                               .x = 100 * bm_case_ratio(c, to),
                                               .series = place_of(bm_pair_caches, c->cache) });
        }
    }
    keep_fastest(&p);
    return p;
}

/* ---- cold against warm cache ---- */

struct bm_pairs bm_pairs_cold(const struct bm_source *source, int threads)
{
    struct bm_pairs p = { .source = source, .base_threads = threads, .threads = threads };
    const struct bm_run *run = &source->run;
    for (const struct bm_run_case *c = run->cased; c < run->cased + run->cases; c++) {
        if (strcmp(c->cache, "cold") != 0 || bm_case_fastest(run, c, threads, false) != c)
            continue;
        const struct bm_run_case *warm = NULL; /* the same kernel's */
        for (const struct bm_run_case *w = run->cased; w < run->cased + run->cases && !warm; w++)
            if (bm_case_is_warm(w) && w->threads == c->threads && strcmp(w->kernel, c->kernel) == 0 &&
                bm_same_work(w, c))
                warm = w;
        if (warm)
            add_pair(&p, (struct bm_pair){ .from = warm,
                                           .to = c,
                                           .x = bm_case_ratio(c, warm),
                                           .series = place_of(bm_pair_levels, warm->level) });
    }
    return p;
}
