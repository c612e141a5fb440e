/* compare_runs.h - two runs of bench held against each other, case by case: did the code become slower or faster? */
#ifndef BATCHMARK_COMPARE_RUNS_H
#define BATCHMARK_COMPARE_RUNS_H

#include "noise.h"
#include "run.h"

/*
 * The samples of one process launch share its memory layout and its moment, so the launch is the independent unit
 * (Kalibera & Jones, "Rigorous Benchmarking in Reasonable Time", ISMM 2013). Of each side the logs of the launches'
 * medians are averaged (bm_trim()); their difference is the log of the ratio, the time of NEW over the time of BASE.
 * Its p is adjusted for the number of cases (bm_holm()). All changes are logs, so that twice as fast and twice as slow
 * are equally large.
 *
 * - slower, faster: adjusted p < 0.05, and the change is larger than the margin: the largest of the user's threshold,
 *   the case's noise floor (noise.h) and the drift guard of its class.
 * - same: the 95 % interval lies within the margin on both sides, or the change is certain and no larger than it.
 * - inconclusive: the rest; also a case with fewer than BM_LEAST_LAUNCHES launches on a side, and one whose cores
 *   others used all the time in one of the runs (bm_run_case.contended): its times are theirs, too. `ab` can judge it.
 *
 * Drift guard: a case whose object code is the same in both builds is a control, since it can change only if the
 * machine does (another clock, a neighbour on the memory bus). In a class (threads x level) where controls changed for
 * certain (p as above), the guard is
 *     |m| + d ln(1 / BM_GUARD_TAIL) / ln(n),
 * with n controls, m the median of their changes, and d the largest distance from it of one that changed for certain:
 * were distances exponential, whose tail is heavier than the normal's, a share of BM_GUARD_TAIL would lie beyond. A
 * control does not count in its own guard, so that one change in unchanged code (a setting, a library) shows where its
 * class did not move. With fewer than BM_LEAST_CONTROLS the controls of all classes serve, and with fewer in all there
 * is no guard. Cases whose code changed are no controls: they do not hide each other.
 */
enum bm_verdict { BM_SLOWER, BM_FASTER, BM_INCONCLUSIVE, BM_SAME, BM_VERDICTS };
enum { BM_LEAST_LAUNCHES = 3, BM_LEAST_CONTROLS = 5 };
#define BM_COMPARE_ALPHA 0.05
/* A tenth of a false alarm in the 900 cases of the default suite. */
#define BM_GUARD_TAIL    1e-4

struct bm_compared_case {
    const struct bm_run_case *base, *now;
    struct bm_trimmed change; /* .mean: log of the ratio; NaN where there is none */
    double half;              /* of the 95 % interval of this case alone, a log */
    double p;                 /* adjusted for the number of cases */
    double margin;            /* a log */
    double visible;           /* the smallest change that could have been called, a log; infinity: none */
    size_t class;             /* in struct bm_comparison */
    bool control;             /* the same object code on both sides */
    enum bm_verdict verdict;
    const char *why; /* why nothing could be tested; NULL: it could */
};

struct bm_compare_class {
    int threads;
    const char *level;
    size_t cases, controls;
    double centre;   /* median change of the controls, a log; 0 without them */
    double farthest; /* of the controls that changed for certain, the change farthest from it, a log; 0 without them */
    double guard;    /* for a case whose code changed, a log; 0: the class did not move */
};

struct bm_comparison {
    size_t cases;
    struct bm_compared_case *compared; /* slower, faster, inconclusive, same; the largest change first */
    size_t classes;
    struct bm_compare_class *class;
    size_t verdicts[BM_VERDICTS];
    const struct bm_run_case **only[2]; /* in BASE alone, in NEW alone */
    size_t only_count[2];
    char unguarded[160];         /* why there is no drift guard; "" if there is */
    double visible, all_visible; /* median and largest of .visible over the cases that could be tested; NaN: none */
    size_t tested;
};

/* threshold: a share, 0.02 is 2 %. kernel: a glob, NULL for all. noise: NULL assumes BM_NOISE_ASSUMED. The runs and the
 * noise must outlive the comparison. */
void bm_compare(const struct bm_run *base, const struct bm_run *now, double threshold, const char *kernel,
                const struct bm_noise *noise, struct bm_comparison *comparison);

/* Two runs whose launches of the same number were measured one after the other (`ab`): the change of a case is the trimmed
 * mean of the logs of the ratios within pairs. The machine's drift is in both of a pair, so there is neither floor nor
 * guard beside the threshold. */
void bm_compare_pairs(const struct bm_run *a, const struct bm_run *b, double threshold, struct bm_comparison *comparison);
void bm_comparison_free(struct bm_comparison *comparison);

const char *bm_verdict_name(enum bm_verdict verdict);

#endif
