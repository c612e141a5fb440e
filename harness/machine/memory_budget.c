/* SPDX-License-Identifier: MIT */
#include "memory_budget.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cgroup.h"
#include "system_files.h"
#include "topology.h"

static const char of_addresses[] = "the limit of address space (ulimit -v)";

static void bound_by(struct bm_memory *m, double bytes, const char *bound)
{
    if (bytes < m->bytes)
        *m = (struct bm_memory){ fmax(bytes, 0), bound };
}

/* What could be had without swapping; where the system does not say, all there is. */
static double machine_bytes(const char *root)
{
    char path[4200], value[256];
    snprintf(path, sizeof path, "%s/proc/meminfo", root);
    return bm_file_key(path, "MemAvailable", value) ? 1024 * strtod(value, NULL)
                                                    : (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
}

/* Of the process: its addresses, and its data; 0: the system does not say. */
static void used_bytes(const char *root, double *addresses, double *data)
{
    char path[4200], line[256];
    double size = 0, of_data = 0;
    snprintf(path, sizeof path, "%s/proc/self/statm", root);
    if (bm_file_line(path, line) && sscanf(line, "%lf %*f %*f %*f %*f %lf", &size, &of_data) != 2)
        size = of_data = 0;
    *addresses = size * (double)sysconf(_SC_PAGESIZE);
    *data = of_data * (double)sysconf(_SC_PAGESIZE);
}

static double limit_of(__rlimit_resource_t resource)
{
    struct rlimit limit;
    return getrlimit(resource, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY ? (double)limit.rlim_cur : INFINITY;
}

struct bm_memory bm_memory_left(const char *root)
{
    struct bm_memory m = { machine_bytes(root), "the machine's free memory" };
    double addresses, data;
    used_bytes(root, &addresses, &data);
    bound_by(&m, bm_cgroup_memory(root), "the control group's memory limit");
    bound_by(&m, limit_of(RLIMIT_AS) - addresses, of_addresses);
    bound_by(&m, limit_of(RLIMIT_DATA) - data, "the limit of data (ulimit -d)");
    return m;
}

/* Addresses that each further thread takes before it does anything: a stack, and glibc's heap for it. */
static double thread_bytes(void)
{
    const double heap = 64 << 20, stack = limit_of(RLIMIT_STACK);
    return heap + (isfinite(stack) ? stack : 8 << 20);
}

static struct bm_memory budget;

static void ask(void)
{
    double addresses, data;
    used_bytes("", &addresses, &data);
    budget = bm_memory_left("");
    bound_by(&budget, limit_of(RLIMIT_AS) - addresses - (bm_cores_available() - 1) * thread_bytes(), of_addresses);
}

struct bm_memory bm_memory_budget(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, ask);
    return budget;
}

double bm_memory_for_limits(void) { return bm_memory_budget().bytes / 5; }
double bm_memory_for_arrays(void) { return bm_memory_budget().bytes / 2; }

bool bm_memory_fits(double bytes, const char *what, const char *advice, struct bm_error *error)
{
    const struct bm_memory left = bm_memory_left("");
    return bytes <= 0.9 * left.bytes ||
           bm_failed(error, "%s needs %.0f MiB, and %.0f MiB are left (%s): %s", what, ceil(bytes / 0x1p20),
                     floor(left.bytes / 0x1p20), left.bound, advice);
}
