/* SPDX-License-Identifier: MIT */
/* suite.h - a run of bench: cases that process launches add samples to, until the stop rule says enough. */
#ifndef BATCHMARK_SUITE_H
#define BATCHMARK_SUITE_H

#include "launch.h"
#include "progress.h"
#include "samples.h"

struct bm_suite_case {
    json_t *about;       /* its element of batchmark.cases[] */
    size_t group, index; /* in the plan */
    bool out;            /* it cannot be measured here, or was wrong */
    bool enough;         /* by the stop rule */
    bool trusted;        /* a peer that brings no threads of its own: asked once whether it uses those it is given */
    size_t launches;           /* in raw[] */
    size_t cut;                /* of those: ended before all samples were taken, since the run was stopped */
    struct bm_figures figures; /* of those */
};

struct bm_suite {
    struct bm_build build;
    uint64_t seed; /* of the order of the groups */
    struct bm_thresholds thresholds; /* that its calls use */
    /* How many launches of a case go into raw[], which figures are made of; those that follow, since its floor is not
     * known yet, go into floor_raw[]. 0: all into raw[]. */
    size_t planned_launches;
    json_t *result;
    char *path; /* NULL: not stored */
    size_t cases, groups;
    struct bm_suite_case *cased;
    json_t *titles;
    struct bm_launch process;
    int launches;          /* begun */
    double began, spent_s; /* by launches of a run that is resumed */
    double saved, stolen_s, sampled_s; /* sampled_s: of the launch, before the group that is being measured */
    json_t *least; /* cycles of the contention loop, so far */
    size_t wrong, crashed, timed; /* cases: of wrong results, over which the process died, with samples */
    bool ended_from_outside; /* nothing more can be measured (channel.h): the run is kept, and not complete */
    double time_cap;  /* seconds after which nothing more is begun, to tell what is left; 0: there is none */
    bool ends_at_cap; /* even before the planned launches are done */
    struct bm_pace pace;
    bool verify_only;
    bool limits_each; /* every launch measures the limits of its cases; else only the first */
};

/* The first launch of a run: what it says of itself becomes the result's context and the list of cases. `resumed` is
 * the unfinished result that it goes on with, or NULL. Exits with the reason if it cannot start. */
void bm_suite_start(struct bm_suite *suite, json_t *resumed);

/* One process launch over all cases that need more, the groups in random order; the first that follows bm_suite_start()
 * uses its process. `enough` is asked before each group, and ends the launch when true. */
void bm_suite_launch(struct bm_suite *suite, bool (*enough)(void *user), void *user);

/* Seconds since the run began, those before it was interrupted included; and the share of them within samples. */
double bm_suite_seconds(const struct bm_suite *suite);
double bm_suite_sampled(const struct bm_suite *suite);

/* The cases that have samples into the result, in the plan's order, with their figures, and an entry a case and launch for
 * Google Benchmark's tools. */
void bm_suite_list_results(const struct bm_suite *suite);

/* That, and onto the disk. */
void bm_suite_save(struct bm_suite *suite);

/* The limits of the machine again, if the launch is still alive; then its end. */
void bm_suite_stop(struct bm_suite *suite, bool limits_again);

void bm_suite_free(struct bm_suite *suite);

#endif
