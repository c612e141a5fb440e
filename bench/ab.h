/* SPDX-License-Identifier: MIT */
/* ab.h - the parts of `batchmark ab`: what it was given, what the sides are, which cases correspond. */
#ifndef BATCHMARK_AB_H
#define BATCHMARK_AB_H

#include "pairs_run.h"
#include "plan.h"

enum { BM_A, BM_B };

struct bm_ab_options {
    const char *word[BM_PAIR_SIDES];     /* A and B as they were given, or NULL */
    const char *settings[BM_PAIR_SIDES]; /* of --a and --b, or NULL */
    double threshold, time_cap;
    uint64_t seed;
    int format;
    bool all, list, calibrate, no_tuning;
    char **bench; /* words behind --, for both sides */
    int benches;
};

/* ---- ab_side.c: what a word means ---- */

enum bm_ab_kind { BM_AB_THIS, BM_AB_PROGRAM, BM_AB_LIBRARY, BM_AB_RESULT, BM_AB_REVISION, BM_AB_KERNEL };

/* Exits with the reason if it is nothing of these. NULL is this build. */
enum bm_ab_kind bm_ab_kind_of(const char *word);

/* Loads the kernels of a side; a git revision is built first. Exits with the reason if it cannot. */
void bm_ab_load(struct bm_pair_side *side, const char *word, enum bm_ab_kind kind);

/* ---- ab_plan.c: the cases ---- */

/* The command line of bench on a side: what is common, then what is the side's own. Free it by bm_ab_words_free(). */
struct bm_ab_words {
    int argc;
    char **argv;        /* argv[0] does not count */
    char **environment; /* NAME=VALUE, ends with NULL */
};
struct bm_ab_words bm_ab_words_of(const struct bm_ab_options *o, int which);
void bm_ab_words_free(struct bm_ab_words *words);

/* Do the settings of a side set this option, long or short? Then the cases of both sides may differ in it. */
bool bm_ab_sets(const struct bm_ab_options *o, const char *option, char letter);

/* Fills run->paired: the cases of A that have a partner in B. The plans must outlive the run. */
void bm_ab_plan(const struct bm_ab_options *o, struct bm_bench_options bench[], struct bm_bench_plan plan[],
                struct bm_pairs_run *run);

/* ---- ab_turns.c: settings that cannot share a process ---- */

/* Launches of A and B in turns, in random order within each pair; the change of a launch is that of the medians. False: a
 * process that measured was killed from outside; what was measured by then counts. */
bool bm_ab_turns(const struct bm_ab_options *o, const struct bm_ab_words words[], const char *const program[],
                 struct bm_pairs_run *run, struct bm_error *error);

/* ---- ab_tuning.c: thresholds that were measured on this machine ---- */

/* The thresholds of both sides: those that were measured on this machine, but for sides with --no-tuning and where a
 * build of a side knows none (`untold`: its program, with settings of the environment). Into notes: what is used, and
 * why not. */
void bm_ab_tuning(struct bm_pairs_run *run, const bool without[], bool untold, json_t *notes);

/* ---- ab_noise.c: how far pairs of equal code lie apart on this machine ---- */

/* Keeps the errors of a control as the machine's, in results/<machine>/; returns the path, which the caller frees. Exits with
 * the reason if it cannot. */
char *bm_ab_keep_noise(const struct bm_pairs_run *run, int argc, char **argv);

/* Fills run->noise from the newest that was kept for this machine; returns its path, which the caller frees, or NULL. */
char *bm_ab_find_noise(struct bm_pairs_run *run);

#endif
