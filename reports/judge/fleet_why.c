/* SPDX-License-Identifier: MIT */
/* fleet_why.c - what the pattern of slow groups says about a node. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fleet.h"
#include "stats.h"

/* What the groups of all families say of a node, by floors: logs of its times over the fleet's, and how far off they may
 * be, which is less strict than what calls a node. NaN: there is no such group. */
struct pattern {
    double log[BM_FLEET_LIMITS][2], off[BM_FLEET_LIMITS][2]; /* [1]: teams */
};

/* What one cause slows in two ways is up to so many times as slow in one as in the other. */
#define ALIKE          2.0
/* A node whose share of disturbed samples is above the fleet's by so much, and by so many deviations, has neighbours. */
#define DISTURBED_MORE 0.1
#define DEVIATIONS     5.0

static struct pattern pattern_of(const struct bm_fleet *f, const struct bm_fleet_node *node)
{
    struct pattern p;
    for (int limit = 0; limit < BM_FLEET_LIMITS; limit++)
        p.log[limit][0] = p.log[limit][1] = NAN;
    for (size_t g = 0; g < f->groups; g++) {
        const struct bm_fleet_change *c = &node->change[BM_BY_FLOOR][g];
        if (f->group[g].family || !c->cases)
            continue;
        p.log[f->group[g].limit][f->group[g].team] = c->log;
        p.off[f->group[g].limit][f->group[g].team] = c->half / 2;
    }
    return p;
}

static bool is_slow(const struct pattern *p, enum bm_fleet_limit limit, bool team, double threshold)
{
    return p->log[limit][team] >= threshold && p->log[limit][team] > p->off[limit][team];
}

/* The larger change of one thread and teams; 0: neither is slow; NaN: there is no such group. */
static double worst(const struct pattern *p, enum bm_fleet_limit limit, double threshold)
{
    double most = isnan(p->log[limit][0]) && isnan(p->log[limit][1]) ? NAN : 0;
    for (int team = 0; team < 2; team++)
        if (is_slow(p, limit, team, threshold))
            most = fmax(most, p->log[limit][team]);
    return most;
}

static unsigned of_cores(const struct pattern *p, double threshold)
{
    const double one = p->log[BM_LIMIT_CORE][0], team = p->log[BM_LIMIT_CORE][1];
    const bool slow_one = is_slow(p, BM_LIMIT_CORE, false, threshold),
               slow_team = is_slow(p, BM_LIMIT_CORE, true, threshold);
    if (slow_one && slow_team)
        return fmax(one, team) <= ALIKE * fmin(one, team) ? BM_WHY_CLOCK
               : team > one                               ? BM_WHY_ONE_CORE
                                                          : BM_WHY_FIRST_CORE;
    if (slow_one) /* is it known that teams are not? */
        return team + p->off[BM_LIMIT_CORE][1] < one / ALIKE ? BM_WHY_FIRST_CORE : BM_WHY_CLOCK;
    if (slow_team)
        return one + p->off[BM_LIMIT_CORE][0] < team / ALIKE ? BM_WHY_ONE_CORE : BM_WHY_CLOCK | BM_WHY_ONE_CORE;
    return 0;
}

/* Slow, and not just because the cores are? */
static bool is_own(double log, double cores, double threshold)
{
    return log >= threshold && !(cores >= threshold && log <= ALIKE * cores);
}

static unsigned of_machine(const struct bm_fleet *f, const struct bm_fleet_node *node)
{
    const struct pattern p = pattern_of(f, node);
    const double limit = f->threshold, cores = worst(&p, BM_LIMIT_CORE, limit);
    const double memory = fmax(worst(&p, BM_LIMIT_MEMORY, limit), worst(&p, BM_LIMIT_FAR, limit));
    unsigned why = of_cores(&p, limit);
    if (is_own(memory, cores, limit))
        why |= BM_WHY_MEMORY;
    else if (is_own(worst(&p, BM_LIMIT_L3, limit), cores, limit))
        why |= BM_WHY_L3;
    return why ? why : BM_WHY_KERNELS;
}

static bool is_slower(const struct bm_fleet *f, const struct bm_fleet_node *node, enum bm_fleet_by by)
{
    for (size_t g = 0; g < f->groups; g++)
        if (node->change[by][g].slower)
            return true;
    return false;
}

static unsigned why_is(const struct bm_fleet *f, const struct bm_fleet_node *node, double most_disturbed)
{
    const bool floors = is_slower(f, node, BM_BY_FLOOR), medians = is_slower(f, node, BM_BY_MEDIAN);
    const bool disturbed = node->disturbed > most_disturbed;
    if (disturbed && (floors || medians)) /* neighbours make any pattern */
        return BM_WHY_NEIGHBOURS;
    return floors ? of_machine(f, node) : medians ? BM_WHY_AT_TIMES : 0;
}

void bm_fleet_explain(struct bm_fleet *f)
{
    double *share = bm_alloc((f->nodes + 1) * sizeof *share);
    for (size_t n = 0; n < f->nodes; n++)
        share[n] = f->node[n].disturbed;
    bm_sort(share, f->nodes);
    f->disturbed = bm_quantile(share, f->nodes, 0.5);
    for (size_t n = 0; n < f->nodes; n++)
        share[n] = fabs(share[n] - f->disturbed);
    bm_sort(share, f->nodes);
    const double deviation = 1.4826 * bm_quantile(share, f->nodes, 0.5);
    for (size_t n = 0; n < f->nodes; n++) {
        f->node[n].why = why_is(f, &f->node[n], f->disturbed + fmax(DISTURBED_MORE, DEVIATIONS * deviation));
        f->slower += f->node[n].why != 0;
    }
    free(share);
}

/* ---- in words ---- */

static const struct {
    enum bm_fleet_why why;
    const char *name, *look;
} reason[] = {
    { BM_WHY_NEIGHBOURS, "neighbours", "others used its cores: free the node and measure again" },
    { BM_WHY_CLOCK, "clock",
      "all that the cores limit is slower by a like share: look at its clock (power cap, heat, "
      "governor)" },
    { BM_WHY_MEMORY, "memory",
      "what memory limits is slower, and the cores are not as much: look at its memory "
      "channels" },
    { BM_WHY_L3, "L3", "what L3 limits is slower: look at who shares it, and at the clock of the uncore" },
    { BM_WHY_ONE_CORE, "one core",
      "teams are slower and one thread is not: one of its cores is slow, or others use it" },
    { BM_WHY_FIRST_CORE, "first core",
      "one thread is slower and teams are not: the core that it ran on is slow, or "
      "others use it" },
    { BM_WHY_AT_TIMES, "at times",
      "its medians are slower, its floors are not: it is slow for a part of the time (heat, "
      "power limit)" },
    { BM_WHY_KERNELS, "some kernels", "only some kernels are slower: compare its libraries and settings" },
};
enum { REASONS = sizeof reason / sizeof *reason };

static char *joined(const struct bm_fleet_node *node, const char *between, const char *(*text)(int i))
{
    char *all = bm_alloc(2048);
    for (int i = 0; i < REASONS; i++)
        if (node->why & reason[i].why)
            snprintf(all + strlen(all), 2048 - strlen(all), "%s%s", *all ? between : "", text(i));
    return all;
}

static const char *name_of(int i) { return reason[i].name; }
static const char *look_of(int i) { return reason[i].look; }

char *bm_fleet_reasons(const struct bm_fleet_node *node) { return joined(node, ", ", name_of); }
char *bm_fleet_sentences(const struct bm_fleet_node *node) { return joined(node, "; ", look_of); }
