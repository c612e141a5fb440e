/* SPDX-License-Identifier: MIT */
/* fleet.c - nodes against their fleet. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fleet_cells.h"
#include "run.h"
#include "stats.h"

const char *const bm_fleet_limit_name[BM_FLEET_LIMITS] = { "core", "L3", "memory", "far from memory" };
static const char *const family[] = { NULL, "gemm", "bn", "others" }; /* NULL: all */
enum { FAMILIES = sizeof family / sizeof *family };

enum {
    LEAST_CASES = 5, /* of a family's group; fewer are in the group of all */
    PRIOR_DF = 4,    /* what is assumed of the scatter weighs as much as so many degrees of freedom */
};
#define PRIOR_SCATTER  0.01 /* equal nodes are assumed to lie as far apart, until many of them say otherwise */
#define FAR_SHARE      0.5  /* of memory's limit: a case that is slower is not limited by it */
#define SURE           0.05 /* that any node or group is called falsely */
#define AGREE          1e-3 /* that a node's cases agree by chance */
/* Variance of the mean over that of the MAD, for normal values: a MAD of n is worth the deviation of so many less. */
#define MAD_EFFICIENCY 0.37

/* ---- which results take part ---- */

static size_t most_common(const struct bm_fleet *f)
{
    size_t best = 0, most = 0;
    for (size_t i = 0; i < f->results; i++) {
        size_t same = 0;
        if (most && json_equal(f->result[i].fingerprint, f->result[best].fingerprint))
            continue; /* as nearly all are */
        for (size_t k = 0; k < f->results; k++)
            same += json_equal(f->result[k].fingerprint, f->result[i].fingerprint);
        if (same > most) {
            most = same;
            best = i;
        }
    }
    return best;
}

static void keep_equal(struct bm_fleet *f)
{
    json_t *fingerprint = f->results ? json_incref(f->result[most_common(f)].fingerprint) : NULL;
    size_t kept = 0;
    for (size_t i = 0; i < f->results; i++) {
        char differ[256];
        if (bm_fingerprints_differ(f->result[i].fingerprint, fingerprint, differ))
            bm_fleet_set_aside(f, &f->result[i], differ);
        else
            f->result[kept++] = f->result[i];
    }
    f->results = kept;
    json_decref(fingerprint);
}

static int by_host(const void *a, const void *b)
{
    const struct bm_fleet_result *x = a, *y = b;
    int order = strcmp(x->host, y->host);
    order = order ? order : -strcmp(x->date, y->date);
    return order ? order : strcmp(x->path, y->path);
}

static void make_nodes(struct bm_fleet *f, bool by_file)
{
    for (size_t i = 0; i < f->results && by_file; i++) {
        free(f->result[i].host);
        f->result[i].host = bm_printable(f->result[i].path);
    }
    if (f->results)
        qsort(f->result, f->results, sizeof *f->result, by_host);
    for (size_t i = 0; i < f->results; i++) {
        const struct bm_fleet_result *r = &f->result[i];
        if (!f->nodes || strcmp(f->node[f->nodes - 1].host, r->host) != 0) {
            f->node = bm_grown(f->node, f->nodes, sizeof *f->node);
            f->node[f->nodes++] = (struct bm_fleet_node){ .host = r->host, .newest = i };
        }
        f->node[f->nodes - 1].results++;
    }
}

/* ---- the cases of all nodes ---- */

/* The cell of each node (rows) and case (columns); NULL: it has none. */
static const struct bm_fleet_cell **lay_out(const struct bm_fleet *f)
{
    const struct bm_fleet_cell **at = bm_alloc((f->nodes * f->cases + 1) * sizeof *at);
    for (size_t n = 0; n < f->nodes; n++)
        for (size_t r = f->node[n].newest; r < f->node[n].newest + f->node[n].results; r++)
            for (size_t i = 0; i < f->result[r].cells; i++) {
                const struct bm_fleet_cell *cell = &f->result[r].cell[i];
                if (!at[n * f->cases + cell->number])
                    at[n * f->cases + cell->number] = cell;
            }
    return at;
}

static int by_code(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The code that most nodes have; of a column. */
static uint64_t common_code(const struct bm_fleet *f, const struct bm_fleet_cell *const *column, uint64_t *room)
{
    size_t n = 0, most = 0, run = 0;
    uint64_t common = 0;
    for (size_t i = 0; i < f->nodes; i++)
        if (column[i * f->cases])
            room[n++] = column[i * f->cases]->code;
    if (n)
        qsort(room, n, sizeof *room, by_code);
    for (size_t i = 0; i < n; i++) {
        run = i && room[i] == room[i - 1] ? run + 1 : 1;
        if (run > most) {
            most = run;
            common = room[i];
        }
    }
    return common;
}

static double median_of(double *value, size_t n)
{
    bm_sort(value, n);
    return n ? bm_quantile(value, n, 0.5) : NAN;
}

/* The fleet's times of a case, and what limits it there. */
static void summarise(const struct bm_fleet *f, struct bm_fleet_case *c, const struct bm_fleet_cell *const *column,
                      double *room)
{
    size_t limit[BM_FLEET_LIMITS] = { 0 }, n = 0;
    for (int by = 0; by < BM_FLEET_BY; by++) {
        n = 0;
        for (size_t i = 0; i < f->nodes; i++)
            if (column[i * f->cases])
                room[n++] = log(column[i * f->cases]->s[by]);
        c->s[by] = exp(median_of(room, n));
    }
    n = 0;
    for (size_t i = 0; i < f->nodes; i++)
        if (column[i * f->cases]) {
            room[n++] = column[i * f->cases]->bound_s;
            limit[column[i * f->cases]->limit]++;
        }
    for (int l = 0; l < BM_FLEET_LIMITS; l++)
        if (limit[l] > limit[c->limit])
            c->limit = (enum bm_fleet_limit)l;
    if (c->limit == BM_LIMIT_MEMORY && median_of(room, n) < FAR_SHARE * c->s[BM_BY_FLOOR])
        c->limit = BM_LIMIT_FAR;
    c->compared = n >= BM_FLEET_LEAST_NODES;
}

/* Takes cells of other code away, and says of each case what the fleet needs. */
static void summarise_all(struct bm_fleet *f, const struct bm_fleet_cell **at)
{
    uint64_t *code = bm_alloc((f->nodes + 1) * sizeof *code);
    double *room = bm_alloc((f->nodes + 1) * sizeof *room);
    for (size_t c = 0; c < f->cases; c++) {
        const uint64_t common = common_code(f, at + c, code);
        for (size_t n = 0; n < f->nodes; n++) {
            const struct bm_fleet_cell **cell = &at[n * f->cases + c];
            if (!*cell)
                continue;
            f->node[n].other_code += (*cell)->code != common;
            if ((*cell)->code != common)
                *cell = NULL;
        }
        summarise(f, &f->cased[c], at + c, room);
        f->compared += f->cased[c].compared;
    }
    f->unmatched = f->cases - f->compared;
    free(code);
    free(room);
}

/* ---- groups ---- */

static bool is_in(const struct bm_fleet_case *c, const struct bm_fleet_group *g)
{
    return c->compared && c->limit == g->limit && c->team == g->team &&
           (!g->family || strcmp(g->family, c->family) == 0);
}

static void make_groups(struct bm_fleet *f)
{
    size_t all = 0; /* cases of the group of all families */
    for (int i = 0; i < FAMILIES * BM_FLEET_LIMITS * 2; i++) {
        struct bm_fleet_group g = { .family = family[i % FAMILIES],
                                    .team = i / FAMILIES % 2,
                                    .limit = (enum bm_fleet_limit)(i / FAMILIES / 2) };
        for (size_t c = 0; c < f->cases; c++)
            g.cases += is_in(&f->cased[c], &g);
        all = g.family ? all : g.cases;
        if (!g.cases || (g.family && (g.cases < LEAST_CASES || g.cases == all)))
            continue;
        snprintf(g.name, sizeof g.name, "%s%s%s, %s", g.family ? g.family : "", g.family ? ", " : "",
                 bm_fleet_limit_name[g.limit], g.team ? "team" : "1 thread");
        f->group = bm_grown(f->group, f->groups, sizeof *f->group);
        f->group[f->groups++] = g;
    }
}

/* ---- changes ---- */

static void measure(const struct bm_fleet *f, const struct bm_fleet_cell *const *row, const struct bm_fleet_group *g,
                    enum bm_fleet_by by, double *room, struct bm_fleet_change *change)
{
    size_t n = 0;
    for (size_t c = 0; c < f->cases; c++)
        if (row[c] && is_in(&f->cased[c], g))
            room[n++] = log(row[c]->s[by] / f->cased[c].s[by]);
    const struct bm_trimmed t = bm_trim(room, n);
    *change = (struct bm_fleet_change){ .cases = n, .log = t.mean, .error = sqrt(t.squared_error), .df = t.df };
}

/* Makes the deviation of small samples right on average (Croux and Rousseeuw, COMPSTAT 1992). */
static double mad_factor(size_t n)
{
    static const double small[] = { 0, 0, 1.196, 1.495, 1.363, 1.206, 1.200, 1.140, 1.129, 1.107 };
    return n < sizeof small / sizeof *small ? small[n] : (double)n / ((double)n - 0.8);
}

/* The deviation of normal values from their median absolute deviation. */
static double mad(double *value, size_t n, double *median)
{
    *median = median_of(value, n);
    for (size_t i = 0; i < n; i++)
        value[i] = fabs(value[i] - *median);
    return n < 2 ? 0 : 1.4826 * mad_factor(n) * median_of(value, n);
}

static void judge(struct bm_fleet *f, size_t group, enum bm_fleet_by by, double *room)
{
    struct bm_fleet_group *g = &f->group[group];
    size_t n = 0;
    double median;
    for (size_t i = 0; i < f->nodes; i++)
        if (f->node[i].change[by][group].cases)
            room[n++] = f->node[i].change[by][group].log;
    const double deviation = mad(room, n, &median), df = n ? MAD_EFFICIENCY * (double)(n - 1) : 0;
    g->scatter[by] = sqrt((df * deviation * deviation + PRIOR_DF * PRIOR_SCATTER * PRIOR_SCATTER) / (df + PRIOR_DF));
    const double p = SURE / (double)(f->nodes * f->groups * BM_FLEET_BY), t = bm_student_t(p, df + PRIOR_DF);
    for (size_t i = 0; i < f->nodes; i++) {
        struct bm_fleet_change *c = &f->node[i].change[by][group];
        if (!c->cases)
            continue;
        c->log -= median;
        c->half = fmax(t * g->scatter[by] * sqrt((double)g->cases / (double)c->cases),
                       isnan(c->error) ? INFINITY : bm_student_t(AGREE, c->df) * c->error);
        c->slower = c->log >= f->threshold && c->log > c->half;
    }
}

static void measure_all(struct bm_fleet *f, const struct bm_fleet_cell *const *at)
{
    double *room = bm_alloc((f->cases + f->nodes + 1) * sizeof *room);
    for (int by = 0; by < BM_FLEET_BY; by++) {
        for (size_t n = 0; n < f->nodes; n++) {
            f->node[n].change[by] = bm_alloc((f->groups + 1) * sizeof *f->node[n].change[by]);
            for (size_t g = 0; g < f->groups; g++)
                measure(f, at + n * f->cases, &f->group[g], (enum bm_fleet_by)by, room, &f->node[n].change[by][g]);
        }
        for (size_t g = 0; g < f->groups; g++)
            judge(f, g, (enum bm_fleet_by)by, room);
    }
    free(room);
}

/* ---- the whole ---- */

const struct bm_fleet_change *bm_fleet_worst(const struct bm_fleet *f, const struct bm_fleet_node *node, size_t *group)
{
    const struct bm_fleet_change *worst = NULL;
    for (int by = 0; by < BM_FLEET_BY && !(worst && worst->slower); by++)
        for (size_t g = 0; g < f->groups; g++) {
            const struct bm_fleet_change *c = &node->change[by][g];
            if (!c->cases || (worst && (worst->slower > c->slower ||
                                        (worst->slower == c->slower && (by > 0 || worst->log >= c->log)))))
                continue;
            worst = c;
            *group = g;
        }
    return worst;
}

static const struct bm_fleet *sorted; /* qsort() has no argument for it */

static int slowest_first(const void *a, const void *b)
{
    const struct bm_fleet_node *x = a, *y = b;
    size_t group;
    const struct bm_fleet_change *p = bm_fleet_worst(sorted, x, &group), *q = bm_fleet_worst(sorted, y, &group);
    if (!x->why != !y->why)
        return x->why ? -1 : 1;
    if (x->why && p->log != q->log)
        return p->log > q->log ? -1 : 1;
    return strcmp(x->host, y->host);
}

static void count_cases(struct bm_fleet *f, const struct bm_fleet_cell *const *at)
{
    for (size_t n = 0; n < f->nodes; n++) {
        struct bm_fleet_node *node = &f->node[n];
        double samples = 0, disturbed = 0;
        for (size_t c = 0; c < f->cases; c++)
            node->cases += at[n * f->cases + c] && f->cased[c].compared;
        for (size_t r = node->newest; r < node->newest + node->results; r++) {
            samples += f->result[r].samples;
            disturbed += f->result[r].disturbed;
        }
        node->disturbed = samples > 0 ? disturbed / samples : 0;
    }
}

bool bm_fleet_find(struct bm_fleet *f, double threshold, bool by_file, struct bm_error *error)
{
    f->threshold = log1p(threshold);
    keep_equal(f);
    make_nodes(f, by_file);
    if (f->nodes < BM_FLEET_LEAST_NODES)
        return bm_failed(error, "%zu result%s of %zu node%s%s%.60s: a fleet has at least %d nodes%s", f->results,
                         f->results == 1 ? "" : "s", f->nodes, f->nodes == 1 ? "" : "s", f->nodes == 1 ? ", " : "",
                         f->nodes == 1 ? f->node[0].host : "", BM_FLEET_LEAST_NODES,
                         f->results > f->nodes ? "; --by file takes each file for a node"
                                               : "; `batchmark compare` sets two results side by side");
    const struct bm_fleet_cell **at = lay_out(f);
    summarise_all(f, at);
    count_cases(f, at);
    make_groups(f);
    measure_all(f, at);
    free(at);
    if (!f->compared)
        return bm_failed(error, "the nodes have no case in common: %d of them must have timed it, by equal code",
                         BM_FLEET_LEAST_NODES);
    bm_fleet_explain(f);
    sorted = f;
    qsort(f->node, f->nodes, sizeof *f->node, slowest_first);
    return true;
}
