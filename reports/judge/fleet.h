/* SPDX-License-Identifier: MIT */
/* fleet.h - results of many equal machines: which nodes are slower than the others, in which kernels, and why. */
#ifndef BATCHMARK_FLEET_H
#define BATCHMARK_FLEET_H

#include <jansson.h>

#include "history_result.h"

/*
 * A node is a host. Its time of a case is set against the fleet's: the median over all nodes of equal code. Of a group
 * of cases the node's change is the trimmed mean of the logs of these ratios. How far the changes of equal nodes lie
 * apart is measured by the nodes themselves: by the median absolute deviation of a group, which odd nodes do not move.
 * The cases of the node must agree about it, too. A node is slower in a group if its change is above the threshold and
 * its interval, the wider of both, above 0; the former holds for all nodes and groups together (Bonferroni).
 * docs/fleet.md has the method and what it finds.
 */
enum { BM_FLEET_LEAST_NODES = 3 }; /* of two, none is the odd one */

/* What limits a case; by the most common `bound` of the nodes. BM_LIMIT_FAR: memory does, but it is so far from that limit
 * that memory decides little. */
enum bm_fleet_limit { BM_LIMIT_CORE, BM_LIMIT_L3, BM_LIMIT_MEMORY, BM_LIMIT_FAR, BM_FLEET_LIMITS };
extern const char *const bm_fleet_limit_name[BM_FLEET_LIMITS];

/* Floors say how fast the node is when nothing disturbs, medians how fast it was. */
enum bm_fleet_by { BM_BY_FLOOR, BM_BY_MEDIAN, BM_FLEET_BY };

/* Cases that are alike. */
struct bm_fleet_group {
    char name[48];      /* "core, 1 thread", "gemm, memory, team" */
    const char *family; /* of ops: "bn", "gemm", "others"; NULL: all */
    enum bm_fleet_limit limit;
    bool team;
    size_t cases;
    double scatter[BM_FLEET_BY]; /* how far equal nodes lie apart, a log */
};

/* A node in a group. */
struct bm_fleet_change {
    size_t cases; /* 0: it has none, and the rest is NaN */
    double log,
        half; /* change from the fleet, a log: above 0 is slower; half of its interval, infinite below 3 cases */
    double error, df; /* of the mean over its cases: standard error and degrees of freedom */
    bool slower;
};

/* Reasons, as bits. */
enum bm_fleet_why {
    BM_WHY_NEIGHBOURS = 1, /* others used its cores */
    BM_WHY_CLOCK = 2,
    BM_WHY_MEMORY = 4,
    BM_WHY_L3 = 8,
    BM_WHY_ONE_CORE = 16,   /* a team waits for its slowest core */
    BM_WHY_FIRST_CORE = 32, /* one thread is slow, a team is not */
    BM_WHY_AT_TIMES = 64,   /* medians are slower, floors are not, and nobody was seen */
    BM_WHY_KERNELS = 128,   /* no pattern of a machine */
};

struct bm_fleet_node {
    const char *host;                            /* or the file (bm_fleet_find) */
    size_t results, newest;                      /* how many are its own; index of the newest */
    size_t cases, other_code;                    /* that are compared; that are not, since most nodes have other code */
    double disturbed;                            /* share of its samples */
    struct bm_fleet_change *change[BM_FLEET_BY]; /* of each group */
    unsigned why;                                /* 0: it is not slower */
};

struct bm_fleet_result {
    char *path, *host, *date, *commit, *sum;
    json_t *fingerprint;
    struct bm_fleet_cell *cell; /* of each of its cases */
    size_t cells;
    double samples, disturbed;
};

/* A result, or all results of a host, that do not take part, and why. */
struct bm_fleet_aside {
    char *path, *host, *why;
};

struct bm_fleet {
    const char *machine;            /* before bm_fleet_add(): results of others are of another kind; NULL: any */
    struct bm_fleet_result *result; /* after bm_fleet_find(): by host, then the newest first */
    size_t results;
    struct bm_fleet_aside *aside;
    size_t asides;
    struct bm_fleet_case *cased;
    size_t cases;               /* names that were read */
    json_t *index;              /* of their names */
    struct bm_fleet_node *node; /* those to look at first, the slowest first; then by name */
    size_t nodes, slower;       /* `slower`: how many are to be looked at */
    struct bm_fleet_group *group;
    size_t groups;
    size_t compared, unmatched;  /* cases; the latter are on too few nodes */
    double threshold, disturbed; /* as a share; the median of the nodes' */
};

/* Reads results, and keeps what it needs of them: some 50 bytes a case. Of each, in their order, it tells what came of
 * it; if not BM_ADDED, with the reason in `error`, as bm_history_add() says. */
typedef void bm_fleet_told(void *context, const char *path, enum bm_added added, const struct bm_error *error);
void bm_fleet_add(struct bm_fleet *fleet, char *const *path, size_t count, bm_fleet_told *tell, void *context);

/* To be called once, after the last was added. Results of other machines or settings than most are set aside. Of a host
 * with several results each case is that of the newest which has it; `by_file`: each file is a node. False: fewer than
 * three nodes are left. */
bool bm_fleet_find(struct bm_fleet *fleet, double threshold, bool by_file, struct bm_error *error);

void bm_fleet_free(struct bm_fleet *fleet);

/* The node's largest significant change, or its largest at all; NULL: it has none. */
const struct bm_fleet_change *bm_fleet_worst(const struct bm_fleet *fleet, const struct bm_fleet_node *node,
                                             size_t *group);

/* fleet_why.c: sets node->why of the nodes that are slower in some group. */
void bm_fleet_explain(struct bm_fleet *fleet);
/* "clock, memory"; and what that means and where to look. free() them. */
char *bm_fleet_reasons(const struct bm_fleet_node *node);
char *bm_fleet_sentences(const struct bm_fleet_node *node);

#endif
