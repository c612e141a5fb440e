/* SPDX-License-Identifier: MIT */
/* library_fleet.h - results of bench from many nodes: a page shows those of one node in full, and the others as a fleet. */
#ifndef BATCHMARK_LIBRARY_FLEET_H
#define BATCHMARK_LIBRARY_FLEET_H

#include "files.h"

enum { BM_LEAST_HOSTS = 3 }; /* of equal machines; fewer are no fleet */

/* Takes the results of fleets out of `files`, but for those of the host with the newest one; `fleet` gets them all. */
void bm_library_split(struct bm_files *files, struct bm_files *fleet);

#endif
