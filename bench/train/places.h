/* SPDX-License-Identifier: MIT */
/* places.h - on which nodes and CPUs the ranks are. */
#ifndef BATCHMARK_PLACES_H
#define BATCHMARK_PLACES_H

#include <jansson.h>

#include "ranks.h"

int bm_nodes_of(const struct bm_ranks *ranks);

/* Says where they are and, on stdout and in the result's warnings, if some have to share CPUs. Adds them to "ranks". */
void bm_places_report(const struct bm_ranks *ranks, json_t *result);

#endif
