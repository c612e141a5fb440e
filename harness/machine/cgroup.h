/* SPDX-License-Identifier: MIT */
/*
 * cgroup.h - what the control groups that the process is in, and those around them, let it have. Of version 1
 * (cpu.cfs_quota_us, memory.limit_in_bytes) and 2 (cpu.max, memory.max, memory.high), also where a container sees only a part of the
 * hierarchy. `root` is "", or a folder that holds copies of /proc/self and of the groups (for tests).
 */
#ifndef BATCHMARK_CGROUP_H
#define BATCHMARK_CGROUP_H

/* The least CPU time a second, in CPUs, and the least memory that is left, in bytes; infinity: no limit. */
double bm_cgroup_cpus(const char *root);
double bm_cgroup_memory(const char *root);

/* The groups that tell how often they were stopped because their CPU time was used up: found once, asked around every
 * sample. NULL: none does. */
struct bm_cgroup_stops *bm_cgroup_stops(const char *root);
/* How often, since they were made. */
long bm_cgroup_stopped(const struct bm_cgroup_stops *stops);
void bm_cgroup_stops_free(struct bm_cgroup_stops *stops);

#endif
