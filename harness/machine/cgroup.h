/* SPDX-License-Identifier: MIT */
/*
 * cgroup.h - what the control groups that the process is in, and those around them, let it have. Of version 1
 * (cpu.cfs_quota_us, memory.limit_in_bytes) and 2 (cpu.max, memory.max), also where a container sees only a part of the
 * hierarchy. `root` is "", or a folder that holds copies of /proc/self and of the groups (for tests).
 */
#ifndef BATCHMARK_CGROUP_H
#define BATCHMARK_CGROUP_H

/* The least CPU time a second, in CPUs, and the least memory, in bytes; infinity: no limit. */
double bm_cgroup_cpus(const char *root);
double bm_cgroup_memory(const char *root);

/* How often the groups were stopped because their CPU time was used up, since they were made; -1: not known. */
long bm_cgroup_throttled(const char *root);

#endif
