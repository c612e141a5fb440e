/* SPDX-License-Identifier: MIT */
/* call_caches.h - the caches of this machine, and thresholds that were measured on it, as kernels take them. */
#ifndef BATCHMARK_CALL_CACHES_H
#define BATCHMARK_CALL_CACHES_H

#include "kernel.h"

/* Those of the first core that was given, from bm_topology(); a level that the system does not show is not known. */
const struct bm_caches *bm_call_caches(void);

/* The thresholds that it has from now on; at first none are measured. */
void bm_use_thresholds(const struct bm_thresholds *measured);

#endif
