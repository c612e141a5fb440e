/* SPDX-License-Identifier: MIT */
/* test_topology.c - the clock, cores, caches and pinning. Needs Check's fork mode: the machine is
 * discovered once in a process, and some tests look at another one. */
#include <check.h>
#include <hwloc.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "roofline.h"
#include "topology.h"

Suite *topology_suite(void);

START_TEST(clock_goes_forward)
{
    double before = bm_now_s();
    ck_assert(bm_clock_resolution_s() > 0);
    ck_assert(bm_clock_overhead_s() > 0);
    ck_assert(bm_now_s() > before);
}
END_TEST

START_TEST(topology_is_sane)
{
    const struct bm_topology *t = bm_topology();
    ck_assert_int_ge(t->packages, 1);
    ck_assert_int_ge(t->numa_nodes, 1);
    ck_assert_int_ge(t->cores, t->cores_available);
    ck_assert_int_ge(t->cpus, t->cpus_available);
    ck_assert_int_ge(t->cores_available, 1);
    ck_assert_int_ge(t->cpus_available, t->cores_available);
    ck_assert_int_eq(bm_cores_available(), t->cores_available);
    ck_assert_str_ne(t->given, "");
    for (int i = 0; i < t->cpus_available; i++)
        for (int j = 0; j < i; j++)
            ck_assert_int_ne(t->cpu[i], t->cpu[j]);
    for (int level = 1; level <= BM_CACHE_LEVELS; level++) {
        ck_assert_uint_gt(bm_cache_bytes(level), 0);
        ck_assert_int_ge(t->cache[level].cores, 1);
        ck_assert_uint_gt(t->cache[level].line_bytes, 0);
        ck_assert_uint_eq(bm_cache_team_bytes(level, 1), bm_cache_bytes(level));
    }
}
END_TEST

START_TEST(pinned_threads_stay)
{
    struct bm_error error;
    int threads = bm_cores_available() < 2 ? 1 : 2, cpu[2] = { -1, -1 };
    ck_assert_msg(bm_pin_team(threads, false, &error), "%s", error.text);
    ck_assert_int_eq(bm_observed_map(threads, cpu), threads);
    for (int i = 0; i < threads; i++)
        ck_assert_int_eq(cpu[i], bm_topology()->cpu[i]);
    /* down to one thread and up again: a new thread must not sit on the first one's core */
    ck_assert(bm_pin_team(1, false, &error));
    ck_assert_int_eq(bm_observed_map(1, cpu), 1);
    ck_assert_int_eq(cpu[0], bm_topology()->cpu[0]);
    ck_assert(bm_pin_team(threads, false, &error));
    ck_assert_int_eq(bm_observed_map(threads, cpu), threads);
    ck_assert_int_eq(cpu[threads - 1], bm_topology()->cpu[threads - 1]);
    bm_unpin();
    cpu_set_t set;
    ck_assert_int_eq(sched_getaffinity(0, sizeof set, &set), 0);
    ck_assert_int_eq(CPU_COUNT(&set), bm_topology()->cpus_available);
}
END_TEST

START_TEST(too_many_threads_are_refused)
{
    struct bm_error error;
    int cores = bm_cores_available();
    ck_assert(!bm_pin_team(cores + 1, false, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "fewer threads"));
    ck_assert(!bm_pin_team(0, true, &error));
    ck_assert_msg(bm_pin_team(cores + 1, true, &error), "%s", error.text);
}
END_TEST

START_TEST(cpuset_is_respected)
{
    cpu_set_t set;
    int last = CPU_SETSIZE - 1;
    ck_assert_int_eq(sched_getaffinity(0, sizeof set, &set), 0);
    while (!CPU_ISSET(last, &set))
        last--;
    CPU_ZERO(&set);
    CPU_SET(last, &set);
    ck_assert_int_eq(sched_setaffinity(0, sizeof set, &set), 0);
    struct bm_error error;
    char list[16];
    int cpu[1];
    snprintf(list, sizeof list, "%d", last);
    ck_assert_int_eq(bm_cores_available(), 1);
    ck_assert_str_eq(bm_topology()->given, list);
    ck_assert(!bm_pin_team(2, false, &error));
    ck_assert(bm_pin_team(1, false, &error));
    ck_assert_int_eq(bm_observed_map(1, cpu), 1);
    ck_assert_int_eq(cpu[0], last);
}
END_TEST

/* Two packages of one L3, two cores of two hardware threads each. */
static void other_machine(void)
{
    setenv("HWLOC_SYNTHETIC", "pack:2 l3:1 l2:2 l1:1 core:1 pu:2", 1);
}

/* What hwloc reads back from our XML is the machine that it was. */
static void check_xml(void)
{
    const struct bm_topology *t = bm_topology();
    char *xml = bm_topology_xml();
    hwloc_topology_t again;
    ck_assert_msg(strncmp(xml, "<topology", 9) == 0, "%.99s", xml);
    ck_assert_ptr_null(strpbrk(xml, "\n\r\t"));
    ck_assert_ptr_null(strstr(xml, "<info"));
    ck_assert_int_eq(hwloc_topology_init(&again), 0);
    ck_assert_int_eq(hwloc_topology_set_xmlbuffer(again, xml, (int)strlen(xml) + 1), 0);
    ck_assert_int_eq(hwloc_topology_load(again), 0);
    const int cores = hwloc_get_nbobjs_by_type(again, HWLOC_OBJ_CORE);
    ck_assert_int_eq(cores > 0 ? cores : hwloc_get_nbobjs_by_type(again, HWLOC_OBJ_PU), t->cores);
    ck_assert_int_eq(hwloc_get_nbobjs_by_type(again, HWLOC_OBJ_PU), t->cpus);
    hwloc_obj_t cache = hwloc_get_obj_by_type(again, HWLOC_OBJ_L1CACHE, 0);
    if (t->cache[1].known)
        ck_assert_uint_eq(cache->attr->cache.size, bm_cache_bytes(1));
    hwloc_topology_destroy(again);
    free(xml);
}

/* By hwloc's own reader of XML and by libxml2's, of this machine and of another. */
START_TEST(xml_is_read_back)
{
    setenv("HWLOC_LIBXML", _i & 1 ? "1" : "0", 1);
    if (_i & 2)
        other_machine();
    check_xml();
}
END_TEST

START_TEST(cores_come_before_hardware_threads)
{
    static const int order[] = { 0, 2, 4, 6, 1, 3, 5, 7 };
    other_machine();
    const struct bm_topology *t = bm_topology();
    struct bm_error error;
    ck_assert_int_eq(t->packages, 2);
    ck_assert_int_eq(t->cores, 4);
    ck_assert_int_eq(t->cpus, 8);
    ck_assert_int_eq(t->cores_available, 4);
    ck_assert(t->smt);
    ck_assert_int_eq(t->cpus_available, 8);
    for (int i = 0; i < 8; i++)
        ck_assert_int_eq(t->cpu[i], order[i]);
    ck_assert_int_eq(t->cache[2].cores, 1);
    ck_assert_int_eq(t->cache[3].cores, 2);
    ck_assert(!bm_pin_team(1, false, &error)); /* described, not here */
    ck_assert_ptr_nonnull(strstr(error.text, "HWLOC_SYNTHETIC"));
}
END_TEST

START_TEST(levels_hold_what_the_team_reaches)
{
    other_machine();
    size_t L1 = bm_cache_bytes(1), L2 = bm_cache_bytes(2), L3 = bm_cache_bytes(3);
    ck_assert_uint_eq(bm_cache_team_bytes(1, 4), 4 * L1);
    ck_assert_uint_eq(bm_cache_team_bytes(2, 3), 3 * L2);
    ck_assert_uint_eq(bm_cache_team_bytes(3, 2), L3);
    ck_assert_uint_eq(bm_cache_team_bytes(3, 3), 2 * L3);
    ck_assert_uint_eq(bm_cache_team_bytes(3, 9), 2 * L3);
    ck_assert_int_eq(bm_level_of(0, 1), BM_L1);
    ck_assert_int_eq(bm_level_of(L1, 1), BM_L1);
    ck_assert_int_eq(bm_level_of(L1 + 1, 1), BM_L2);
    ck_assert_int_eq(bm_level_of(2 * L1, 2), BM_L1);
    ck_assert_int_eq(bm_level_of(L2 + 1, 1), BM_L3);
    ck_assert_int_eq(bm_level_of(L3, 2), BM_L3);
    ck_assert_int_eq(bm_level_of(L3 + 1, 2), BM_MEMORY);
    ck_assert_int_eq(bm_level_of(L3 + 1, 3), BM_L3);
    ck_assert_int_eq(bm_level_of(2 * L3 + 1, 4), BM_MEMORY);
}
END_TEST

START_TEST(unknown_caches_have_sizes)
{
    setenv("HWLOC_SYNTHETIC", "core:2 pu:1", 1);
    ck_assert(!bm_topology()->cache[1].known);
    ck_assert_uint_eq(bm_cache_bytes(1), 32 << 10);
    ck_assert_uint_eq(bm_cache_bytes(2), 512 << 10);
    ck_assert_uint_eq(bm_cache_bytes(3), 8 << 20);
    ck_assert_uint_eq(bm_cache_team_bytes(2, 2), 1 << 20);
    ck_assert_uint_eq(bm_cache_team_bytes(3, 2), 8 << 20);
}
END_TEST

static const struct {
    const char *machine;
    int counts, threads[BM_MOST_SWEEP];
} sweeps[] = {
    { "pack:1 core:1 pu:1", 1, { 1 } },
    { "pack:1 l3:1 l2:2 l1:1 core:1 pu:2", 2, { 1, 2 } },
    { "pack:2 numa:4 l3:2 l2:8 l1:1 core:1 pu:2", 7, { 1, 2, 4, 8, 16, 64, 128 } }, /* EPYC, four nodes a socket */
    { "pack:2 numa:1 l3:1 l2:28 l1:1 core:1 pu:2", 7, { 1, 2, 4, 8, 16, 28, 56 } }, /* Xeon */
    { "pack:1 numa:1 l3:2 l2:3 l1:1 core:1 pu:1", 4, { 1, 2, 3, 6 } },
    { "pack:1 l2:34 l1:2 core:1 pu:4", 3, { 1, 2, 68 } }, /* Knights Landing */
    { "core:6 pu:1", 2, { 1, 6 } },                       /* nothing is known of caches */
    { "pack:4 numa:2 l3:1 l2:512 l1:1 core:1 pu:1", 12, { 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096 } },
};

START_TEST(sweep_goes_through_the_machine)
{
    int threads[BM_MOST_SWEEP];
    setenv("HWLOC_SYNTHETIC", sweeps[_i].machine, 1);
    const int n = bm_thread_sweep(threads);
    for (int i = 0; i < n; i++)
        ck_assert_int_eq(threads[i], sweeps[_i].threads[i]);
    ck_assert_int_eq(n, sweeps[_i].counts);
}
END_TEST

/* Knights Landing: pairs of cores share an L2, and there is no L3. */
START_TEST(no_L3_is_none)
{
    setenv("HWLOC_SYNTHETIC", "pack:1 l2:2 l1:2 core:1 pu:4", 1);
    ck_assert(!bm_topology()->cache[3].known);
    ck_assert_uint_eq(bm_cache_bytes(3), 0);
    ck_assert_uint_eq(bm_cache_team_bytes(3, 4), 0);
    ck_assert_uint_eq(bm_last_cache_bytes(1), bm_cache_bytes(2));
    ck_assert_uint_eq(bm_last_cache_bytes(4), 2 * bm_cache_bytes(2));
    ck_assert_int_eq(bm_level_of(bm_cache_bytes(2), 1), BM_L2);
    ck_assert_int_eq(bm_level_of(bm_cache_bytes(2) + 1, 1), BM_MEMORY);
}
END_TEST

/* hwloc by itself would go on as if nothing had been asked for. */
static const char *const unreadable[][2] = {
    { "HWLOC_XMLFILE", "/nonexistent/topology.xml" }, { "HWLOC_XMLFILE", "/dev/null" }, { "HWLOC_XMLFILE", "/" },
    { "HWLOC_SYNTHETIC", "no machine" }
};

START_TEST(descriptions_that_cannot_be_read_are_refused)
{
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr)); /* the message is expected */
    setenv(unreadable[_i][0], unreadable[_i][1], 1);
    bm_topology();
}
END_TEST

Suite *topology_suite(void)
{
    Suite *suite = suite_create("topology");
    TCase *tests = tcase_create("topology");
    tcase_add_test(tests, clock_goes_forward);
    tcase_add_test(tests, topology_is_sane);
    tcase_add_test(tests, pinned_threads_stay);
    tcase_add_test(tests, too_many_threads_are_refused);
    tcase_add_test(tests, cpuset_is_respected);
    tcase_add_test(tests, cores_come_before_hardware_threads);
    tcase_add_test(tests, levels_hold_what_the_team_reaches);
    tcase_add_test(tests, unknown_caches_have_sizes);
    tcase_add_loop_test(tests, sweep_goes_through_the_machine, 0, sizeof sweeps / sizeof *sweeps);
    tcase_add_test(tests, no_L3_is_none);
    tcase_add_loop_exit_test(tests, descriptions_that_cannot_be_read_are_refused, BM_EXIT_INPUT, 0, 4);
    tcase_add_loop_test(tests, xml_is_read_back, 0, 4);
    tcase_set_timeout(tests, 60);
    suite_add_tcase(suite, tests);
    return suite;
}
