/* SPDX-License-Identifier: MIT */
/* lstopo.h - a machine's topology as hwloc's lstopo-no-graphics draws it, and what is in it. */
#ifndef BATCHMARK_LSTOPO_H
#define BATCHMARK_LSTOPO_H

#include <stdbool.h>

#include "error.h"

struct bm_topology {
    int packages, nodes, caches[3], cores, cpus; /* caches: L1 data, L2, L3 */
    int given;                                   /* CPUs; 0 if it is unknown which */
    double memory_bytes;
    char *xml; /* for bm_topology_draw(): those that were given have a style of their own; free() it */
};

/* `xml`: hwloc's, version 2, from anyone. `given`: the CPUs the process was given, as "0-3,8"; NULL: unknown, none is
 * marked. False, with the reason: hwloc cannot read it. */
bool bm_topology_read(const char *xml, const char *given, struct bm_topology *topology, struct bm_error *error);

/* An SVG element; free() it. NULL, with the reason: lstopo-no-graphics is not there, or fails. */
char *bm_topology_draw(const struct bm_topology *topology, struct bm_error *error);

#endif
