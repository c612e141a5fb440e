/* SPDX-License-Identifier: MIT */
/* compare_runs.h - runs of bench held against each other, case by case: did the code become slower or faster? */
#ifndef BATCHMARK_COMPARE_RUNS_H
#define BATCHMARK_COMPARE_RUNS_H

#include "noise.h"
#include "run.h"

/*
 * Runs are hours or days apart, and what disturbed one did not disturb the other. Medians then differ by tens of per
 * cent in equal code, and no interval from the samples of a run says so: they share its moment. What two runs have in
 * common is the floor of a case (samples.h), the time of the kernel alone, where they reached it. So a case is judged
 * by the ratio of its floors, NEW over BASE, on both sides from all samples, and only where both floors stand. The
 * files of a side are pooled: their launches count as those of one run.
 *
 * The interval of the ratio goes from ratio / (1 + margin) to ratio x (1 + margin). The margin is that of the case's
 * class (threads x level), measured between runs of equal code (noise.h). All changes are logs, so that twice as fast
 * and twice as slow are equally large.
 *
 * - slower, faster: the interval lies beyond the threshold.
 * - same: the interval lies within the threshold, on both sides; a wide margin makes nothing the same.
 * - inconclusive: the rest. `ab` measures it, in pairs.
 *
 * docs/compare.md has what this finds in the results that are shipped, and what was tried and lost.
 */
enum bm_verdict { BM_SLOWER, BM_FASTER, BM_INCONCLUSIVE, BM_SAME, BM_VERDICTS };

struct bm_compared_case {
    const struct bm_run_case *base, *now; /* of the first files that have it */
    struct bm_floor floor[2];             /* of BASE and NEW; .s: the times whose ratio is judged */
    double change;                        /* log of their ratio */
    double half;                          /* of its interval, a log; infinity: there is none */
    double visible;                       /* the smallest change that would be called, a log; infinity: none */
    enum bm_verdict verdict;
    const char *why; /* there is no interval; NULL: there is one */
};

/* The runs of one side: equal fingerprints and equal code (bm_runs_unlike). */
struct bm_side {
    const struct bm_run *run;
    size_t runs;
};

struct bm_comparison {
    struct bm_side side[2];
    size_t cases;
    /* Slower, faster, inconclusive, same; of each those with an interval first, and the largest change. */
    struct bm_compared_case *compared;
    size_t verdicts[BM_VERDICTS];
    const struct bm_run_case **only[2]; /* in BASE alone, in NEW alone */
    size_t only_count[2];
    size_t decidable;            /* cases with an interval, and of these: */
    double total_s[2];           /* the sums of their floors */
    double visible, all_visible; /* median and largest of .visible; NaN: none */
    size_t same_code_called;     /* slower or faster, though the object code is the same */
};

/* threshold: a share, 0.02 is 2 %. kernel: a glob, NULL for all. noise: NULL for what is assumed. The runs must outlive
 * the comparison. */
void bm_compare(const struct bm_side side[2], double threshold, const char *kernel, const struct bm_noise *noise,
                struct bm_comparison *comparison);

void bm_comparison_free(struct bm_comparison *comparison);

/* Is the object code of the kernel the same on both sides? Of peers it is not known. */
bool bm_same_code(const struct bm_compared_case *c);

const char *bm_verdict_name(enum bm_verdict verdict);

#endif
