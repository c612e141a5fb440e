/* SPDX-License-Identifier: MIT */
/*
 * topology.h - the machine as hwloc sees it, and threads on cores.
 *
 * Discovered once, at the first call, which must come from the main thread before anything is pinned: the CPUs that
 * the process was given are the intersection of what hwloc calls allowed (cgroups) and the affinity mask (taskset,
 * Slurm). What an OpenMP runtime takes from that mask before main() is given back (start_mask.c).
 *
 * Where the system says nothing (some virtual machines), each CPU counts as a core, and a cache of unknown size as
 * 32 KiB (L1), 512 KiB (L2) and 8 MiB (L3), or as large as the level below it if that is more; bm_cache.known is then
 * false. So it is where a virtual machine shows the caches of a whole package as one, more for a CPU than any has: they
 * count as 64 MiB for a CPU. Where it shows an L2 and no L3, there is no L3 (Knights Landing): of 0 bytes. On CPUs with unlike cores the caches are those of the first core that was given.
 */
#ifndef BATCHMARK_TOPOLOGY_H
#define BATCHMARK_TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

enum { BM_CACHE_LEVELS = 3 };

struct bm_cache {
    bool known;
    size_t bytes;        /* of one instance; 0 only of an L3 that is not there */
    unsigned line_bytes; /* 64 if unknown */
    unsigned ways;       /* 0 if unknown, or if any line may lie anywhere */
    int cores;           /* available cores that share the first core's instance, at least 1 */
    bool of_package;     /* it was of a whole package, and is not known */
};

struct bm_topology {
    int packages, numa_nodes, cores, cpus;      /* of the machine, as far as the system shows it */
    int cores_available, cpus_available;        /* given to this process */
    double cpu_quota;                           /* CPU time a second that control groups let it have; infinity */
    bool smt;                                   /* some core has more than one CPU (hardware thread) */
    const int *cpu;                             /* those given: the first CPU of every core, then the second ... */
    char given[256];                            /* the same as a list such as "0-3,8" */
    struct bm_cache cache[BM_CACHE_LEVELS + 1]; /* by level, 1 to 3; [0] is unused */
    bool this_system;                           /* false if HWLOC_XMLFILE or HWLOC_SYNTHETIC describes another one */
    char hwloc_version[32];
};

const struct bm_topology *bm_topology(void);

/* hwloc's XML of it, in one line from <topology> on, which hwloc reads back. Left out are its <info> elements, which
 * draw nothing and may name the host, the process, the user's group or serial numbers. free() it. */
char *bm_topology_xml(void);

int bm_cores_available(void);

/* Where nobody chose: a thread for each core, but no more than the CPU time of the control group can keep busy. */
int bm_default_threads(void);

/* Numbers of threads that show where scaling bends, ascending, each once: 1, 2, 4 ... as long as all share one last level
 * cache, then all cores of that, of its NUMA node, of its package, and bm_default_threads(). Returns how many. */
enum { BM_MOST_SWEEP = 16 };
int bm_thread_sweep(int threads[static BM_MOST_SWEEP]);

/* Size of one instance of the level (1 to 3), and of all instances that a pinned team reaches together. */
size_t bm_cache_bytes(int level);
size_t bm_cache_team_bytes(int level, int threads);
size_t bm_last_cache_bytes(int threads); /* of the outermost level that there is, of the team */

/*
 * Binds thread i of the OpenMP teams of this size to CPU cpu[i]: one thread a core. More threads than cores are refused
 * unless `oversubscribe`, which goes on with the second hardware threads and then starts again. One thread is the
 * calling thread, without a parallel region. OpenMP runtimes end threads when a team shrinks and start new ones, bound
 * as the main thread is, when it grows: call this before every measurement whose team differs from the last.
 */
bool bm_pin_team(int threads, bool oversubscribe, struct bm_error *error);

/* Gives the last pinned team all CPUs of the process back. */
void bm_unpin(void);

/* Where the threads of a team run now: cpu[i] of thread i, seen from inside a parallel region (one thread: without).
 * Returns the size of the team that came, which a thread limit may keep below `threads`. */
int bm_observed_map(int threads, int cpu[]);

#endif
