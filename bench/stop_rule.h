/* SPDX-License-Identifier: MIT */
/* stop_rule.h - when has a case of bench been measured enough? When its floor is known. */
#ifndef BATCHMARK_STOP_RULE_H
#define BATCHMARK_STOP_RULE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * The floor of a case is its least sample, of all launches. One sample alone may be luck, and those of one launch share
 * their pages: the floor is known to within a share p if at least BM_KNOWN_SAMPLES samples, of at least
 * BM_KNOWN_LAUNCHES launches, took at most (1 + p) times as long; the least is one of them.
 */
enum { BM_KNOWN_SAMPLES = 3, BM_KNOWN_LAUNCHES = 2 };

/* The least such p; infinity with fewer samples or launches. `raw` is raw[] of a case (results/README.md), `more` its
 * floor_raw[], or NULL. */
double bm_floor_precision(const json_t *raw, const json_t *more);

#endif
