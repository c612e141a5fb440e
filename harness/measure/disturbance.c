/* SPDX-License-Identifier: MIT */
#include "disturbance.h"

#include <linux/perf_event.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cgroup.h"
#include "topology.h"

static int counter = -1;
static struct bm_cgroup_stops *stops; /* NULL: no control group limits the CPU time, or none tells */

static volatile sig_atomic_t suspended;

/* What stops a process cannot be caught, what lets it go on can: this runs before anything else of it does. */
static void on_continue(int signal_number)
{
    (void)signal_number;
    suspended = suspended + 1;
}

void bm_suspensions_watch(void)
{
    const struct sigaction action = { .sa_handler = on_continue, .sa_flags = SA_RESTART };
    sigaction(SIGCONT, &action, NULL);
}

long bm_suspensions(void) { return suspended; }

void bm_disturbance_watch(void)
{
    struct perf_event_attr about;
    bm_suspensions_watch();
    if (!stops && isfinite(bm_topology()->cpu_quota))
        stops = bm_cgroup_stops("");
    memset(&about, 0, sizeof about);
    about.type = PERF_TYPE_SOFTWARE;
    about.size = sizeof about;
    about.config = PERF_COUNT_SW_CPU_MIGRATIONS;
    about.inherit = 1;
    about.exclude_hv = 1;
    if (counter < 0)
        counter = (int)syscall(SYS_perf_event_open, &about, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

struct bm_disturbance bm_disturbance_now(void)
{
    struct rusage usage;
    struct bm_disturbance now = { 0, -1, bm_cgroup_stopped(stops), suspended };
    unsigned long long count;
    if (getrusage(RUSAGE_SELF, &usage) == 0)
        now.switches = usage.ru_nivcsw;
    if (counter >= 0 && read(counter, &count, sizeof count) == (ssize_t)sizeof count)
        now.migrations = (long)count;
    return now;
}

double bm_stolen_s(void)
{
    double ticks = -1;
    FILE *file = fopen("/proc/stat", "r");
    if (!file)
        return -1;
    if (fscanf(file, "cpu %*f %*f %*f %*f %*f %*f %*f %lf", &ticks) != 1)
        ticks = -1;
    fclose(file);
    return ticks < 0 ? -1 : ticks / (double)sysconf(_SC_CLK_TCK);
}
