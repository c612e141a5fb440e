/* SPDX-License-Identifier: MIT */
/* pairs_serve.h - the process that times pairs: two kernels, of one build or of two, in turns on the same arrays and cores. */
#ifndef BATCHMARK_PAIRS_SERVE_H
#define BATCHMARK_PAIRS_SERVE_H

/*
 * Answers requests, JSON documents over the channel, until it is closed. The first names the modules of both sides, as
 * inherited descriptors; an empty list is the program's own kernels: {"modules": [[fd, ...], [fd, ...]], "thresholds":
 * [{...}, {...}] (tuning.h), "peers": ["NAME=PATH", ...]}. The answer is {"context": the provenance of results}.
 *
 * Then a group each: {"op", "shape", "seed", "max_call": s, "visit": s, "long_places": n, "cases": [{"id", "kernel": [a, b], "threads": [a,
 * b], "cache": "warm" or "cold", "call_s": [a, b] or null, "hash": [a, b] or null}, ...]}.
 *
 * Both kernels are held against the oracle before they are timed, or have the hash of outputs that it found right; and
 * again afterwards. A sample is 25 microseconds of calls, or one call, with a call before it that warms the caches where a
 * call is short. Samples come in fours, A B B A, so that each neighbours one of the other side and both sides follow
 * themselves and the other equally often.
 *
 * Answers {"cases": [{"id", "change": that of the launch (pairs.h), "call_s": [least seconds of a, of b], "level",
 * "hash": [a, b]} or {"id", "skip": reason, "wrong": true if the kernel of a side is wrong}, ...], "notes": [...]}. `visit`
 * is about how long the samples of a case take; calls above half a millisecond are timed at long_places places, 0: at all.
 */
int bm_pairs_serve(int channel);

#endif
