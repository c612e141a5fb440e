/* SPDX-License-Identifier: MIT */
/* pairs_run.h - a comparison by pairs: cases of two sides, process launches until each case has a verdict
 * or its change is known well enough. */
#ifndef BATCHMARK_PAIRS_RUN_H
#define BATCHMARK_PAIRS_RUN_H

#include <jansson.h>

#include "batchmark.h"
#include "module.h"
#include "pairs.h"

enum { BM_PAIR_SIDES = 2 };

/* Where the kernels of a side come from: modules, or none: this program; and the thresholds that their calls use. */
struct bm_pair_side {
    char *label;
    struct bm_thresholds thresholds;
    struct bm_module *module;
    size_t modules;
};

struct bm_paired {
    const struct bm_op *op;
    const char *shape, *cache; /* label; name */
    double work;               /* FLOPs and bytes of a call */
    const char *kernel[BM_PAIR_SIDES];
    int threads[BM_PAIR_SIDES];
    double call_s[BM_PAIR_SIDES];   /* least seconds of a call */
    char hash[BM_PAIR_SIDES][24];   /* of right outputs; "": not verified yet */
    char level[8];
    char reason[640];               /* why it was skipped, or what is wrong */
    const struct bm_pair_count *instructions; /* of its kernels (pairs_count.h); NULL: not counted */
    struct bm_pair_figures figures; /* figures.verdict is set from the beginning: identical code, skipped */
};

struct bm_pairs_run {
    struct bm_pair_side side[BM_PAIR_SIDES];
    struct bm_paired *paired;
    size_t count;
    double threshold, max_call, time_cap;
    double noise[BM_PAIRS_CLASSES]; /* of this machine (pairs.h) */
    double precision; /* above 0: not for verdicts, but until each change is known to within so much */
    int long_places;  /* calls that fill their time are timed at so many places in memory; 0: at all */
    uint64_t seed;
    json_t *context; /* out: the provenance of results */
    int launches;    /* out */
    double seconds;  /* out */
};

/* Is the machine code of two kernels, each of its side, known and equal? */
bool bm_pair_same_code(const struct bm_pair_side side[BM_PAIR_SIDES], const char *const kernel[BM_PAIR_SIDES]);

/* Can the kernels of both sides be told thresholds? Those of older builds cannot: then both use what is built in. */
bool bm_pairs_take_thresholds(const struct bm_pairs_run *run);

/* Adds a module to a side (bm_module_load). */
bool bm_pair_side_add(struct bm_pair_side *side, const char *path, struct bm_error *error);

/* The library of a side that has the kernel, and what it says of it; NULL: none has. */
const struct bm_abi *bm_pair_abi(const struct bm_pair_side *side, const char *kernel, struct bm_abi_kernel *about);

/* Hash of a kernel's machine code on a side; "" unknown, NULL: it has no such kernel. */
const char *bm_pair_code(const struct bm_pair_side *side, const char *kernel);

/* The verdicts of all cases from what was measured so far: one of the looks of pairs.h. */
void bm_pairs_look(struct bm_pairs_run *run);

/* Measures the cases that are not done. False, with the reason, if a process cannot be started or was killed from outside.
 * What was measured by then counts; so it does after an interrupt. */
bool bm_pairs_measure(struct bm_pairs_run *run, struct bm_error *error);

#endif
