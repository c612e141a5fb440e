/* SPDX-License-Identifier: MIT */
#include "counters.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#ifdef __x86_64__
#include <cpuid.h>
#endif

/* L2 misses have no number of their own: Intel's L2_RQSTS.MISS (Haswell to Sapphire Rapids), AMD's
 * l2_cache_req_stat of data and code that missed (Zen), ARM's L2D_CACHE_REFILL. 0: unknown. */
static uint64_t l2_misses(void)
{
#if defined(__aarch64__)
    return 0x17;
#elif defined(__x86_64__)
    unsigned a, b, c, d;
    if (__get_cpuid(0, &a, &b, &c, &d))
        return b == signature_INTEL_ebx ? 0x3f24 : b == signature_AMD_ebx ? 0x0964 : 0;
    return 0;
#else
    return 0;
#endif
}

size_t bm_counter_events(struct bm_counter_event event[BM_COUNTERS])
{
    const uint64_t l1 =
        PERF_COUNT_HW_CACHE_L1D | PERF_COUNT_HW_CACHE_OP_READ << 8 | PERF_COUNT_HW_CACHE_RESULT_MISS << 16;
    event[0] = (struct bm_counter_event){ "instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS };
    event[1] = (struct bm_counter_event){ "cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES };
    event[2] = (struct bm_counter_event){ "l1_misses", PERF_TYPE_HW_CACHE, l1 };
    event[3] = (struct bm_counter_event){ "l2_misses", PERF_TYPE_RAW, l2_misses() };
    return event[3].config ? 4 : 3;
}

static int open_event(const struct bm_counter_event *event, int group)
{
    struct perf_event_attr about = { .size = sizeof about,
                                     .type = event->type,
                                     .config = event->config,
                                     .disabled = group < 0,
                                     .exclude_kernel = 1,
                                     .exclude_hv = 1,
                                     .read_format = PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED |
                                                    PERF_FORMAT_TOTAL_TIME_RUNNING };
    return (int)syscall(SYS_perf_event_open, &about, 0, -1, group, PERF_FLAG_FD_CLOEXEC);
}

static bool explain(int number, struct bm_error *error)
{
    const char *path = "/proc/sys/kernel/perf_event_paranoid";
    if (number == ENOENT || number == EOPNOTSUPP || number == ENODEV)
        return bm_failed(error, "this machine does not pass them on (perf_event_open: %s)", strerror(number));
    if (number == EACCES || number == EPERM)
        return bm_failed(error, "not permitted (perf_event_open: %s); see %s", strerror(number), path);
    return bm_failed(error, "perf_event_open: %s", strerror(number));
}

bool bm_counters_open(struct bm_counters *counters, const struct bm_counter_event *events, size_t count,
                      struct bm_error *error)
{
    *counters = (struct bm_counters){ .count = 0 };
    for (size_t i = 0; i < count; i++) {
        const int fd = open_event(&events[i], i ? counters->fd[0] : -1);
        if (fd < 0 && i == 0)
            return explain(errno, error);
        if (fd < 0)
            continue;
        counters->name[counters->count] = events[i].name;
        counters->fd[counters->count++] = fd;
    }
    return true;
}

void bm_counters_close(struct bm_counters *counters)
{
    for (size_t i = 0; i < counters->count; i++)
        close(counters->fd[i]);
    counters->count = 0;
}

/* As the system writes them: the group was counting in all of the time that it was enabled, or others had the counters.
 */
struct reading {
    uint64_t number, enabled, running, value[BM_COUNTERS];
};

/* Of so many calls, all together. */
static bool count_once(const struct bm_counters *counters, void (*run)(void *), void *context, uint64_t calls,
                       struct reading *reading)
{
    const int leader = counters->fd[0];
    const ssize_t length = (ssize_t)((3 + counters->count) * sizeof(uint64_t));
    ioctl(leader, PERF_EVENT_IOC_RESET, PERF_IOC_FLAG_GROUP);
    ioctl(leader, PERF_EVENT_IOC_ENABLE, PERF_IOC_FLAG_GROUP);
    for (uint64_t i = 0; i < calls; i++)
        run(context);
    ioctl(leader, PERF_EVENT_IOC_DISABLE, PERF_IOC_FLAG_GROUP);
    return read(leader, reading, sizeof *reading) == length && reading->running == reading->enabled;
}

bool bm_counters_count(const struct bm_counters *counters, void (*run)(void *context), void *context, uint64_t calls,
                       double per_call[BM_COUNTERS])
{
    enum { TIMES = 3 };
    double least[2][BM_COUNTERS]; /* without a call, and with all */
    for (int with = 0; with < 2; with++)
        for (int t = 0; t < TIMES; t++) {
            struct reading reading;
            if (!count_once(counters, run, context, with ? calls : 0, &reading))
                return false;
            for (size_t i = 0; i < counters->count; i++)
                least[with][i] = t ? fmin(least[with][i], (double)reading.value[i]) : (double)reading.value[i];
        }
    for (size_t i = 0; i < counters->count; i++)
        per_call[i] = fmax(0, least[1][i] - least[0][i]) / (double)calls;
    return true;
}

const char *bm_counters_text(void)
{
    static char text[256];
    struct bm_counter_event events[BM_COUNTERS];
    struct bm_counters counters;
    struct bm_error error;
    int length = 0;
    if (!bm_counters_open(&counters, events, bm_counter_events(events), &error)) {
        snprintf(text, sizeof text, "no counters: %.200s", error.text);
        return text;
    }
    for (size_t i = 0; i < counters.count; i++)
        length += snprintf(text + length, sizeof text - (size_t)length, "%s%s", i ? ", " : "", counters.name[i]);
    bm_counters_close(&counters);
    return text;
}
