/* SPDX-License-Identifier: MIT */
/* test_cgroup.c - what control groups of both versions allow, read from made-up systems in a folder. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup.h"
#include "memory_budget.h"
#include "test_folder.h"

Suite *cgroup_suite(void);

/* Writes a file of the made-up system, and the folders that it lies in. */
static void put(const char *name, const char *text)
{
    char part[256];
    for (size_t n = strcspn(name, "/"); name[n]; n += 1 + strcspn(name + n + 1, "/")) {
        snprintf(part, sizeof part, "%.*s", (int)n, name);
        mkdir(in_root(part), 0777);
    }
    write_all(in_root(name), text, strlen(text));
}

static void put_first(const char *cpu, const char *memory)
{
    char text[400];
    snprintf(text, sizeof text, "9:name=systemd:/\n4:memory:%s\n3:cpuset:/other\n2:cpu,cpuacct:%s\n0::/\n", memory, cpu);
    put("proc/self/cgroup", text);
    put("proc/self/mountinfo", "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
                               "32 31 0:29 / /sys/fs/cgroup/cpuset rw shared:9 - cgroup cgroup rw,cpuset\n"
                               "33 31 0:30 / /sys/fs/cgroup/cpu rw,relatime shared:10 - cgroup cgroup rw,cpu,cpuacct\n"
                               "34 31 0:31 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
                               "35 31 0:32 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n");
}

/* -1: no group tells */
static long throttled(void)
{
    struct bm_cgroup_stops *stops = bm_cgroup_stops(in_root("."));
    const long count = stops ? bm_cgroup_stopped(stops) : -1;
    bm_cgroup_stops_free(stops);
    return count;
}

START_TEST(nothing_there)
{
    ck_assert(isinf(bm_cgroup_cpus(in_root("."))) && isinf(bm_cgroup_memory(in_root("."))));
    ck_assert_int_eq(throttled(), -1);
}
END_TEST

START_TEST(first_version) /* the least of the group and those around it counts */
{
    put_first("/slurm/job7/step0", "/");
    put("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
    put("sys/fs/cgroup/cpu/slurm/cpu.cfs_quota_us", "800000\n");
    put("sys/fs/cgroup/cpu/slurm/cpu.cfs_period_us", "100000\n");
    put("sys/fs/cgroup/cpu/slurm/job7/cpu.cfs_quota_us", "75000\n");
    put("sys/fs/cgroup/cpu/slurm/job7/cpu.cfs_period_us", "50000\n");
    put("sys/fs/cgroup/cpu/slurm/job7/cpu.stat", "nr_periods 9\nnr_throttled 4\nthrottled_time 5\n");
    put("sys/fs/cgroup/cpu/slurm/job7/step0/cpu.cfs_quota_us", "-1\n");
    put("sys/fs/cgroup/cpu/slurm/job7/step0/cpu.cfs_period_us", "100000\n");
    put("sys/fs/cgroup/cpu/slurm/job7/step0/cpu.stat", "nr_periods 9\nnr_throttled 3\n");
    put("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    ck_assert_double_eq(bm_cgroup_cpus(in_root(".")), 1.5);
    ck_assert(isinf(bm_cgroup_memory(in_root("."))));
    ck_assert_int_eq(throttled(), 7);
    put("sys/fs/cgroup/memory/memory.limit_in_bytes", "125829120\n");
    ck_assert_double_eq(bm_cgroup_memory(in_root(".")), 125829120);
    put("sys/fs/cgroup/memory/memory.usage_in_bytes", "25829120\n"); /* of which 5829120 could be dropped */
    put("sys/fs/cgroup/memory/memory.stat", "cache 1\ninactive_file 1\ntotal_inactive_file 5829120\n");
    ck_assert_double_eq(bm_cgroup_memory(in_root(".")), 105829120);
    put("sys/fs/cgroup/memory/memory.usage_in_bytes", "225829120\n"); /* lowered below what is used */
    ck_assert_double_eq(bm_cgroup_memory(in_root(".")), 0);
}
END_TEST

START_TEST(second_version)
{
    put("proc/self/cgroup", "0::/a/b\n");
    put("proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n");
    put("sys/fs/cgroup/a/cpu.max", "50000 100000\n");
    put("sys/fs/cgroup/a/memory.max", "1073741824\n");
    put("sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
    put("sys/fs/cgroup/a/b/memory.max", "max\n");
    put("sys/fs/cgroup/a/b/cpu.stat", "usage_usec 5\nnr_periods 2\nnr_throttled 2\nthrottled_usec 3\n");
    ck_assert_double_eq(bm_cgroup_cpus(in_root(".")), 0.5);
    ck_assert_double_eq(bm_cgroup_memory(in_root(".")), 1073741824);
    put("sys/fs/cgroup/a/b/memory.high", "536870912\n"); /* inside, and less */
    put("sys/fs/cgroup/a/b/memory.current", "36870912\n");
    put("sys/fs/cgroup/a/b/memory.stat", "anon 9\ninactive_file 6870912\nactive_file 7\n");
    ck_assert_double_eq(bm_cgroup_memory(in_root(".")), 506870912);
    put("sys/fs/cgroup/a/memory.current", "1073741824\n"); /* others in the group around it use all */
    ck_assert_double_eq(bm_cgroup_memory(in_root(".")), 0);
    ck_assert_int_eq(throttled(), 2);
}
END_TEST

START_TEST(inside_a_container) /* whose own group is mounted as the top */
{
    static const struct {
        const char *path, *of;
    } cases[] = { { "/docker/1234", "/docker/1234" }, { "/docker/1234/deeper", "/docker/1234" }, { "/../..", "/docker/1234" } };
    char text[200];
    snprintf(text, sizeof text, "0::%s\n", cases[_i].path);
    put("proc/self/cgroup", text);
    snprintf(text, sizeof text, "30 23 0:26 %s /sys/fs/cgroup ro - cgroup2 cgroup rw\n", cases[_i].of);
    put("proc/self/mountinfo", text);
    put("sys/fs/cgroup/cpu.max", "300000 100000\n");
    ck_assert_double_eq(bm_cgroup_cpus(in_root(".")), 3);
}
END_TEST

/* The least of the machine's, the groups', and the process's own. */
START_TEST(memory_is_what_is_left)
{
    put("proc/meminfo", "MemTotal: 999999 kB\nMemFree: 5 kB\nMemAvailable: 2048 kB\n");
    struct bm_memory m = bm_memory_left(in_root("."));
    ck_assert_double_eq(m.bytes, 2 << 20);
    ck_assert_str_eq(m.bound, "the machine's free memory");
    put("proc/self/cgroup", "0::/a\n");
    put("proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    put("sys/fs/cgroup/a/memory.max", "1048576\n");
    m = bm_memory_left(in_root("."));
    ck_assert_double_eq(m.bytes, 1 << 20);
    ck_assert_ptr_nonnull(strstr(m.bound, "control group"));
    char used[64]; /* more than sanitizers reserve: the limit holds for this very process */
    const rlim_t page = (rlim_t)sysconf(_SC_PAGESIZE), pages = ((rlim_t)1 << 50) / page;
    snprintf(used, sizeof used, "%llu 10 10 10 0 500 0\n", (unsigned long long)pages);
    put("proc/self/statm", used);
    const struct rlimit limit = { pages * page + 4096, RLIM_INFINITY };
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
    m = bm_memory_left(in_root("."));
    const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &none), 0);
    ck_assert_double_eq(m.bytes, 4096);
    ck_assert_ptr_nonnull(strstr(m.bound, "ulimit -v"));
}
END_TEST

START_TEST(what_does_not_fit_is_refused)
{
    struct bm_error error;
    ck_assert(bm_memory_fits(1 << 20, "a megabyte", "ask for less", &error));
    ck_assert(!bm_memory_fits(1e18, "the network", "take a smaller batch", &error));
    ck_assert_ptr_nonnull(strstr(error.text, "the network needs "));
    ck_assert_ptr_nonnull(strstr(error.text, ": take a smaller batch"));
}
END_TEST

START_TEST(nonsense_is_no_limit)
{
    put("proc/self/cgroup", "no colon\n1:cpu\n0::/a\n");
    put("proc/self/mountinfo", "junk\n30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    static const char *const lines[] = { "", "max\n", "x y\n", "0 100000\n", "-5 100000\n", "100000 0\n", "100000\n" };
    put("sys/fs/cgroup/a/cpu.max", lines[_i]);
    put("sys/fs/cgroup/a/cpu.stat", lines[_i]);
    ck_assert(isinf(bm_cgroup_cpus(in_root("."))));
    ck_assert_int_eq(throttled(), -1);
}
END_TEST

Suite *cgroup_suite(void)
{
    Suite *suite = suite_create("cgroup");
    TCase *tests = tcase_create("made-up systems");
    tcase_add_unchecked_fixture(tests, make_root, remove_root);
    tcase_add_checked_fixture(tests, empty_root, NULL);
    tcase_add_test(tests, nothing_there);
    tcase_add_test(tests, first_version);
    tcase_add_test(tests, second_version);
    tcase_add_test(tests, memory_is_what_is_left);
    tcase_add_test(tests, what_does_not_fit_is_refused);
    tcase_add_loop_test(tests, inside_a_container, 0, 3);
    tcase_add_loop_test(tests, nonsense_is_no_limit, 0, 7);
    suite_add_tcase(suite, tests);
    return suite;
}
