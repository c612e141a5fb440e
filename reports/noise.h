/* noise.h - how much the times of one build change by themselves on one machine, from runs of the same build (A/A). */
#ifndef BATCHMARK_NOISE_H
#define BATCHMARK_NOISE_H

#include "run.h"

/* A share: 0.05 is 5 %. Assumed where nothing was measured; shared virtual machines change by more. */
#define BM_NOISE_ASSUMED  0.05

/*
 * The floor of a case is the larger of two figures:
 * - the largest change of this case between any two of the runs; but few pairs say little about the tail;
 * - so also the BM_NOISE_QUANTILE quantile of the changes of all cases and pairs of its class (threads x level), times
 *   a factor. R runs show only R states of the machine, and a comparison sees two new ones. Were the states normal with
 *   an unknown deviation, the difference of two new ones would need Student's t with R - 1 degrees of freedom where
 *   the normal deviate stands in the quantile: the factor is the one over the other at that quantile (5 runs: 1.8; 10:
 *   1.3), and at most BM_NOISE_FACTOR, since 2 runs would ask for 25 and hide everything.
 * A change is the difference of bm_run_case_log(), the very figure that compare judges, less half the width of its 95 %
 * interval: what the launches of a run show by themselves is in compare's p already, and a case that is merely noisy
 * shall not hide what is seen of steady ones. What is left is how runs differ though each is sure of itself.
 */
#define BM_NOISE_ALPHA 0.05
#define BM_NOISE_QUANTILE 0.99
#define BM_NOISE_FACTOR   3.0
enum { BM_NOISE_LEAST_RUNS = 2 };

struct bm_noise_floor {
    const char *name; /* of the case */
    double floor;     /* a share */
};

struct bm_noise_class {
    int threads;
    const char *level;
    double floor;
};

struct bm_noise {
    char *path;
    json_t *json;
    json_t *fingerprint;
    const char *date;
    size_t floors, classes;
    struct bm_noise_floor *floor; /* sorted by name */
    struct bm_noise_class *class; /* for cases that are not among the floors */
};

/* Mean of the logs of a case's launch medians, the outer fifths cut off; sorts nothing of the case. */
struct bm_trimmed bm_run_case_log(const struct bm_run_case *c);

/* What keeps runs from being runs of one build on one machine, all of them different runs; NULL: nothing. */
const char *bm_noise_unlike(const struct bm_run *run, size_t runs, char text[static 512]);

/* A result of kind "noise" (results/README.md) from at least BM_NOISE_LEAST_RUNS alike runs. Cases that are not in all
 * of them are left out. */
json_t *bm_noise_measure(const struct bm_run *run, size_t runs, int argc, char **argv);

/* Reads a file; false with the reason. An edited one is refused. */
bool bm_noise_load(const char *path, struct bm_noise *noise, struct bm_error *error);

/* The newest in a folder, of files named *-noise.json or *-noise.json.gz, with this fingerprint; false: none.
 * error->text is why one of them could not be read, "" if all could. */
bool bm_noise_find(const char *folder, json_t *fingerprint, struct bm_noise *noise, struct bm_error *error);
void bm_noise_free(struct bm_noise *noise);

/* Of a case: its own, or that of its class, or BM_NOISE_ASSUMED; also if noise is NULL. */
double bm_noise_floor(const struct bm_noise *noise, const struct bm_run_case *c);

#endif
