/* SPDX-License-Identifier: MIT */
/*
 * start_mask.c - the CPUs that the process was given, in spite of OpenMP runtimes. One that is told to bind threads
 * (OMP_PROC_BIND, OMP_PLACES, GOMP_CPU_AFFINITY) binds the main thread while it is loaded, before main(): from then on
 * the process, and every one that it starts, would have one CPU. The mask is read before any library is initialised, and
 * set again before main(). batchmark pins its threads itself (topology.h).
 */
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { BYTES = 8192 }; /* of 65,536 CPUs */
static unsigned long mask[BYTES / sizeof(unsigned long)];
static long bytes; /* of the mask that the kernel has; 0 or less: it cannot be read */

/* No library is initialised yet, nor is a sanitizer. */
__attribute__((no_sanitize("address", "undefined"))) static void keep_mask(void)
{
    bytes = syscall(SYS_sched_getaffinity, 0, sizeof mask, mask);
}

__attribute__((section(".preinit_array"), used)) static void (*const before_libraries)(void) = keep_mask;

__attribute__((constructor)) static void set_mask_again(void)
{
    if (bytes > 0)
        syscall(SYS_sched_setaffinity, 0, bytes, mask);
}
