/* SPDX-License-Identifier: MIT */
/* noise.h - how far floors (samples.h) of equal code lie apart between runs on one machine (A/A), by class of cases. */
#ifndef BATCHMARK_NOISE_H
#define BATCHMARK_NOISE_H

#include "pairs.h"
#include "run.h"

/*
 * Two runs are hours or days apart, and the machine is not the same: other pages, another clock, other neighbours.
 * Within a run nothing shows that, so the margin of a class (threads x level) is measured between runs: of all cases
 * whose floors stand, and of all pairs of runs, the BM_NOISE_QUANTILE quantile of the changes |log(floor / floor)|,
 * times a factor. R runs show R states of the machine, and a comparison sees two new ones. Were the states normal with
 * an unknown deviation, the difference of two new ones would need Student's t with R - 1 degrees of freedom where the
 * normal deviate stands in the quantile: the factor is the one over the other (5 runs: 2.0; 9 runs: 1.4), and at most
 * BM_NOISE_FACTOR. It takes BM_NOISE_LEAST_CHANGES changes, and no margin is below BM_FLOOR_NEAR, up to which a floor
 * is known.
 *
 * Without that, margins are assumed: 6 % in L1 and L2, 10 % in L3. They come from the nine results that are shipped, of
 * equal code, over three hours (docs/compare.md): the same formula gives 5.1 % in L2 on one thread, 2.5 % on two. In L3
 * only ten changes are known, up to 1.4 %. In memory floors do not stand, and no margin is assumed.
 */
#define BM_NOISE_QUANTILE   0.995
#define BM_NOISE_FACTOR     3.0
#define BM_NOISE_ASSUMED    0.06
#define BM_NOISE_ASSUMED_L3 0.10
enum { BM_NOISE_LEAST_RUNS = 2, BM_NOISE_LEAST_CHANGES = 20 };

struct bm_noise_class {
    int threads;
    const char *level;
    double margin; /* a share: 0.05 is 5 %; NaN: too few changes */
};

struct bm_noise {
    char *path;
    json_t *json;
    json_t *fingerprint;
    const char *date;
    size_t classes;
    struct bm_noise_class *class;
    double pair_error[BM_PAIRS_CLASSES]; /* of `ab --calibrate`, a share; 0: not known */
};

/* What keeps runs from being different runs of equal code on one machine; NULL: nothing. */
const char *bm_runs_unlike(const struct bm_run *run, size_t runs, char text[static 512]);

/* A result of kind "noise" (results/README.md) from at least BM_NOISE_LEAST_RUNS alike runs. */
json_t *bm_noise_measure(const struct bm_run *run, size_t runs, int argc, char **argv);

/* Reads a file; false with the reason. An edited one is refused. */
bool bm_noise_load(const char *path, struct bm_noise *noise, struct bm_error *error);

/* The newest in a folder, of files named *-noise.json or *-noise.json.gz, with this fingerprint; false: none.
 * error->text is why one of them could not be read, "" if all could. */
bool bm_noise_find(const char *folder, json_t *fingerprint, struct bm_noise *noise, struct bm_error *error);
void bm_noise_free(struct bm_noise *noise);

/* Of a case: that of its class, or what is assumed; also if noise is NULL. Infinity: nothing is known. */
double bm_noise_margin(const struct bm_noise *noise, const struct bm_run_case *c);

#endif
