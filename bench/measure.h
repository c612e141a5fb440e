/* SPDX-License-Identifier: MIT */
/* measure.h - what one process launch of `bench` does: verify and time the cases of a group. */
#ifndef BATCHMARK_MEASURE_H
#define BATCHMARK_MEASURE_H

#include "plan.h"

struct bm_measurer;
struct bm_measurer *bm_measurer_start(const struct bm_bench_plan *plan);

/*
 * Measures cases of a group: {"group": i, "thresholds": those that calls use (tuning.h), "verify": bool, "samples":
 * bool, "limits": bool, "cases": [{"case": i,
 * "iterations": n (calls in a sample) and "samples": n, as the first launch settled them, or 0 (to be settled), "call_s":
 * seconds of a call, roughly, "hash": that of the verified outputs or null, "trusted": bool, a peer whose threads were
 * counted and are not its own}, ...]}. Without "samples" it goes no further than verification. With "limits" or "verify"
 * the limits of its cases are measured, once a launch. "least" holds the least cycles of the contention loop
 * (contention.h) that earlier launches saw on each thread's core.
 *
 * Answers {"cases": [...], "peer_teams": [...], "limits": [...], "notes": [text, ...]}, where the last three are what
 * is new since the last answer; "least", brought up to date; "sampled_s", the seconds within samples; and "error": text
 * if the run cannot go on. Of a case: {"case": i} and either "skip": reason (and "wrong": true), or, with "verify",
 * "about": members of the case (worst_error, peak_isa, level, copies), and "hash", "own_threads" (of a peer), and "raw",
 * an element of the case's raw[].
 *
 * While it goes on, the listener is told every so many seconds: the same with "so_far": true, and raw of the samples that
 * there are, each time all of them; the last answer takes their place. If the listener wants no more, the group ends
 * after the sample that is being taken, and the answer has what there is.
 *
 * With "verify" a kernel is held against the oracle before it is timed. After it was, in every launch, the outputs in
 * the arrays that were timed must have the hash of verified ones, or else the oracle is asked again. Times count from
 * `began` (bm_now_s()).
 */
struct bm_listener {
    double every_s; /* 0: nothing is told */
    bool (*tell)(void *user, const json_t *so_far); /* false: no more */
    void *user;
};
json_t *bm_measure(struct bm_measurer *measurer, const json_t *request, double began, const struct bm_listener *listener);

#endif
