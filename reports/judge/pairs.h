/* SPDX-License-Identifier: MIT */
/* pairs.h - what pairs of neighbouring samples say: is B slower than A? docs/pairs.md explains it at length. */
#ifndef BATCHMARK_PAIRS_H
#define BATCHMARK_PAIRS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A change is log(time of B / time of A), so that twice as fast and twice as slow are equally large. Within a process
 * launch, the change of a case is the trimmed mean over its neighbouring samples (bm_trim: a fifth is cut off at either
 * end). Samples of one launch share its pages and addresses, so the launch is the independent unit: the change of a case
 * is the trimmed mean over its launches, and its standard error comes from how launches differ.
 *
 * Few launches tell little of that. So the variance of each case is drawn towards what is usual in its class (threads and
 * cache level), as if that were known from BM_PAIRS_PRIOR launches more ("moderated t"; Smyth, Statistical Applications in
 * Genetics and Molecular Biology 3, 2004).
 *
 * slower, faster: the change is beyond the threshold for certain. p is that of a change no larger than the threshold; of
 *     all cases together, those that Benjamini and Hochberg's rule takes (JRSS B 57, 1995) hold at most a share of
 *     BM_PAIRS_FALSE false ones, on average.
 * same: the interval that leaves out BM_PAIRS_MISSED, half at either end, lies within the threshold.
 * inconclusive: neither.
 *
 * Verdicts are looked for BM_PAIRS_LOOKS times at most, after 4 launches, 6, 9, 13 and so on, and a case that has one is
 * done. So that many looks make no more mistakes than one, each may spend an equal share of the two probabilities.
 */
enum { BM_PAIRS_LEAST = 4, BM_PAIRS_PRIOR = 4, BM_PAIRS_LOOKS = 8, BM_PAIRS_CLASSES = 8, BM_PAIRS_MOST = 64 /* launches */ };
#define BM_PAIRS_LEAST_ERROR 1e-4 /* two clocks of 25 ns around a sample of 25 us: nothing is known better than this */
#define BM_PAIRS_FALSE     0.005
#define BM_PAIRS_MISSED    0.05
/* Half of the smallest change that is to be found, 3 %: equal code and such a change are told from it equally well. */
#define BM_PAIRS_THRESHOLD 0.015

enum bm_pair_verdict {
    BM_PAIR_SLOWER,
    BM_PAIR_FASTER,
    BM_PAIR_INCONCLUSIVE,
    BM_PAIR_SAME,
    BM_PAIR_IDENTICAL, /* code: not measured */
    BM_PAIR_SKIPPED,   /* not measured, for a reason */
    BM_PAIR_WRONG,     /* a kernel is, on one side */
    BM_PAIR_CRASHED,   /* the process died of what a kernel did */
    BM_PAIR_VERDICTS
};
extern const char *const bm_pair_verdicts[BM_PAIR_VERDICTS + 1]; /* their names; ends with NULL */

/* Is a kernel at fault? */
static inline bool bm_pair_fault(enum bm_pair_verdict v) { return v == BM_PAIR_WRONG || v == BM_PAIR_CRASHED; }

struct bm_pair_figures {
    int class;       /* 0 to BM_PAIRS_CLASSES - 1: those of a class are alike in how launches differ */
    size_t launches;
    double change[BM_PAIRS_MOST]; /* of each launch */
    bool done;                    /* has a verdict: it is left as it is */
    /* What follows from these. */
    enum bm_pair_verdict verdict;
    double mean, error, df; /* of the change; error: standard */
    double low, high;       /* 95 % interval of this case alone */
    double p;               /* that the change is within the threshold */
    double visible;         /* the smallest change that would have been called, a log; infinity: none */
};

/* The class of a case: by threads, one or more, and cache level ("L1", "L2", "L3", else memory). */
int bm_pairs_class(const char *level, int threads);
const char *bm_pairs_class_level(int class);
bool bm_pairs_class_parallel(int class);

/* The change of a launch, from the logs of the ratios of neighbours (sorts them). NaN: there are none. */
double bm_pairs_launch(double *change, size_t n);

/* Looks at all cases that are not done: one of BM_PAIRS_LOOKS times. `threshold` is a log. `noise`, too, is what equal code
 * differs by on this machine, by class, 0 where that is not known: only what is beyond both is slower or faster. */
void bm_pairs_judge(struct bm_pair_figures *cases, size_t count, double threshold, const double noise[BM_PAIRS_CLASSES]);

/* The errors of a control, in which both sides are equal code: of the cases of a class, that which BM_PAIRS_FALSE of them
 * exceed. Returns how many cases there are. */
size_t bm_pairs_noise(const struct bm_pair_figures *cases, size_t count, int class, double *error);

/* Looks at all cases that are not done for how large the change is, not for verdicts: a case is done once half of its 95 %
 * interval is at most `half`, a log. */
void bm_pairs_narrow(struct bm_pair_figures *cases, size_t count, double half);

/* The launches after which look number `look` comes, from 0 on. */
int bm_pairs_launches_at(int look);

/* About how many launches would have settled the case; 0: none, since it changed by about the threshold itself. */
size_t bm_pairs_needed(const struct bm_pair_figures *figures, double threshold);

/* Those that Benjamini and Hochberg's rule takes, at a false discovery rate of q: taken[i]. */
void bm_benjamini_hochberg(const double *p, size_t n, double q, bool *taken);

#endif
