/* topology_drawing.h - a machine's topology as nested boxes, like lstopo's, but narrow: alike siblings are drawn once,
 * with their number, where they do not fit side by side (memory: alike within 5 %). */
#ifndef BATCHMARK_TOPOLOGY_DRAWING_H
#define BATCHMARK_TOPOLOGY_DRAWING_H

#include <stdbool.h>

#include "error.h"

struct bm_topology_drawing {
    char *svg;                                   /* free() it */
    int packages, nodes, caches[3], cores, cpus; /* caches: L1 data, L2, L3 */
    int given;                                   /* CPUs; 0 if it is unknown which */
    double memory_bytes;
};

/* `xml`: hwloc's, version 2, from anyone. `given`: the CPUs the process was given, as "0-3,8"; NULL: unknown, none is
 * marked. False, with the reason: hwloc cannot read it. */
bool bm_topology_draw(const char *xml, const char *given, struct bm_topology_drawing *drawing, struct bm_error *error);

#endif
