/* test_machine.c - topology, pinning, buffers, limits and provenance. Needs Check's fork mode: the machine is
 * discovered once in a process, and some tests look at another one. */
#include <check.h>
#include <hwloc.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buffers.h"
#include "clock.h"
#include "roofline.h"
#include "provenance.h"
#include "result.h"
#include "topology.h"

Suite *machine_suite(void);

/* ---- clock and topology ------------------------------------------------------------------------------------------ */

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

/* ---- buffers ----------------------------------------------------------------------------------------------------- */

START_TEST(guards_see_writes)
{
    enum { N = 37 };
    static const ptrdiff_t touched[] = { -1, -2, -1024, N, N + 1, N + 1023 };
    for (size_t offset = 0; offset < 16; offset++)
        for (size_t i = 0; i < sizeof touched / sizeof touched[0]; i++) {
            struct bm_buffer b = bm_guarded(BM_F32, N, offset);
            volatile float *p = b.data;
            ptrdiff_t at = 0;
            ck_assert_uint_eq((uintptr_t)b.data % 64, offset * 4);
            for (int k = 0; k < N; k++) {
                ck_assert(p[k] == 0);
                p[k] = 1;
            }
            ck_assert(bm_guards_intact(&b, &at));
            p[touched[i]] = 0;
            ck_assert(!bm_guards_intact(&b, &at));
            ck_assert_int_eq(at, touched[i]);
            bm_buffer_free(&b);
            ck_assert_ptr_null(b.data);
        }
}
END_TEST

START_TEST(guards_see_the_nearest_and_single_bytes)
{
    struct bm_buffer b = bm_guarded(BM_F32, 8, 1);
    volatile unsigned char *p = b.data;
    ptrdiff_t at = 0;
    p[32 + 40]++;
    p[32 + 7]++;
    ck_assert(!bm_guards_intact(&b, &at));
    ck_assert_int_eq(at, 9);
    p[-1]++;
    p[-5]++;
    ck_assert(!bm_guards_intact(&b, &at));
    ck_assert_int_eq(at, -1);
    bm_buffer_free(&b);
}
END_TEST

START_TEST(guards_spoil_arithmetic)
{
    struct bm_buffer b = bm_guarded(BM_F32, 4, 0);
    volatile float *p = b.data;
    ptrdiff_t at = 0;
    float beyond = p[4] + 1;
    ck_assert(beyond != beyond);
    p[4] = beyond; /* read, computed and written back: the quiet bit tells */
    ck_assert(!bm_guards_intact(&b, &at));
    ck_assert_int_eq(at, 4);
    bm_buffer_free(&b);
}
END_TEST

enum deed { READ_BEYOND, WRITE_BEYOND };

/* Runs the deed in a child, with its stderr in `output`; returns its status. */
static int fault(enum deed deed, const char *message, char output[], size_t size)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    fflush(NULL);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        struct bm_buffer b = bm_fenced(BM_F32, 5);
        volatile float *p = b.data;
        p[4] = p[0];
        bm_fault_message("an earlier kernel");
        bm_fault_message(message);
        if (deed == READ_BEYOND)
            p[0] = p[5];
        else
            p[5] = 1;
        _exit(42); /* no fault */
    }
    close(ends[1]);
    size_t used = 0;
    char rest[4096];
    ssize_t n;
    while ((n = read(ends[0], rest, sizeof rest)) > 0) {
        size_t kept = (size_t)n < size - 1 - used ? (size_t)n : size - 1 - used;
        memcpy(output + used, rest, kept);
        used += kept;
    }
    output[used] = '\0';
    close(ends[0]);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return status;
}

START_TEST(fence_faults_and_names_the_kernel)
{
    char output[16384];
    int status = fault(_i ? WRITE_BEYOND : READ_BEYOND, "gemm_x touched memory; repeat: batchmark verify", output,
                       sizeof output);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 1);
    ck_assert_ptr_nonnull(strstr(output, "gemm_x touched memory; repeat: batchmark verify\n"));
    ck_assert_ptr_null(strstr(output, "earlier"));
}
END_TEST

START_TEST(fault_without_a_message_is_deadly)
{
    char output[16384];
    int status = fault(READ_BEYOND, NULL, output, sizeof output);
    ck_assert(!WIFEXITED(status) || WEXITSTATUS(status) != 42);
    ck_assert_ptr_null(strstr(output, "earlier"));
}
END_TEST

START_TEST(fence_has_a_guard_before)
{
    struct bm_buffer b = bm_fenced(BM_F32, 1031);
    volatile float *p = b.data;
    ptrdiff_t at = 0;
    p[0] = p[1030] = 1;
    ck_assert(bm_guards_intact(&b, &at));
    p[-3] = 1;
    ck_assert(!bm_guards_intact(&b, &at));
    ck_assert_int_eq(at, -3);
    bm_buffer_free(&b);
    b = bm_fenced(BM_F32, 0);
    ck_assert(bm_guards_intact(&b, &at));
    bm_buffer_free(&b);
}
END_TEST

START_TEST(pools_are_aligned_and_zero)
{
    struct bm_buffer b = bm_pool(3 * 4096 + 5, false);
    ck_assert_uint_eq((uintptr_t)b.data % 4096, 0);
    bm_first_touch(b.data, b.bytes, 2);
    for (size_t i = 0; i < b.bytes; i++)
        ck_assert_uint_eq(((unsigned char *)b.data)[i], 0);
    bm_poison(BM_F32, b.data, 3);
    for (size_t i = 0; i < 3; i++)
        ck_assert_uint_eq(((uint32_t *)b.data)[i], BM_POISON);
    ck_assert_uint_eq(((uint32_t *)b.data)[3], 0);
    bm_buffer_free(&b);
    b = bm_pool(5 << 20, true);
    ck_assert_uint_eq((uintptr_t)b.data % (2 << 20), 0);
    bm_first_touch(b.data, b.bytes, 1);
    bm_buffer_free(&b);
    bm_buffer_free(&b);
}
END_TEST

START_TEST(no_memory_is_an_error)
{
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr)); /* the message is expected */
    bm_guarded(BM_F32, SIZE_MAX / 2, 0);
}
END_TEST

/* ---- limits ------------------------------------------------------------------------------------------------------ */

/* Caches of 100, 1000 and 10000 bytes; rates in bytes a nanosecond. */
static struct bm_limits made_up_limits(void)
{
    return (struct bm_limits){ .isa = BM_AVX2,
                               .threads = 1,
                               .valid = true,
                               .fma_gflops = 8,
                               .capacity_bytes = { 100, 1000, 10000 },
                               .read_gbs = { 64, 32, 16, 4 },
                               .copy_gbs = { 64, 32, 20, 3 },
                               .write_gbs = { 32, 16, 8, 1 },
                               .update_gbs = { 96, 48, 24, 5 },
                               .stream_copy_gbs = 6,
                               .stream_write_gbs = 2 };
}

static struct bm_ceiling made_up_ceiling(void)
{
    const struct bm_limits l = made_up_limits();
    struct bm_ceiling c;
    ck_assert(bm_ceiling_of(&l, 1, BM_AVX2, 1, &c));
    return c;
}

static void bounded(struct bm_demand d, double ns, const char *name)
{
    const struct bm_ceiling c = made_up_ceiling();
    const struct bm_bound b = bm_bound(&c, &d);
    ck_assert_double_eq_tol(b.seconds * 1e9, ns, 1e-9 * (1 + ns));
    ck_assert_str_eq(b.name, name);
}

START_TEST(bound_is_exact)
{
    const struct bm_ceiling c = made_up_ceiling();
    ck_assert_double_eq(c.total_gbs[BM_L1], 96);
    ck_assert_double_eq(c.total_gbs[BM_L3], 24);
    ck_assert_double_eq(c.total_gbs[BM_MEMORY], 6); /* past the caches */
    ck_assert_double_eq(c.write_gbs[BM_L3], 10);    /* half of a copy */
    ck_assert_double_eq(c.write_gbs[BM_MEMORY], 3);
    bounded((struct bm_demand){ .flops = 16, .copies = 1 }, 2, "FMA");
    bounded((struct bm_demand){ .read_bytes = 64, .copies = 1 }, 1, "L1");
    bounded((struct bm_demand){ .write_bytes = 64, .copies = 1 }, 2, "L1");
    bounded((struct bm_demand){ .read_bytes = 64, .write_bytes = 32, .copies = 1 }, 1, "L1");
    bounded((struct bm_demand){ .read_bytes = 64, .again_bytes = 64, .copies = 1 }, 2, "L1");
    bounded((struct bm_demand){ .flops = 24, .read_bytes = 64, .write_bytes = 32, .copies = 1 }, 3, "FMA");
    bounded((struct bm_demand){ .read_bytes = 900, .copies = 1 }, 800 / 32.0, "L2");
    bounded((struct bm_demand){ .write_bytes = 900, .copies = 1 }, 800 / 16.0, "L2");
    bounded((struct bm_demand){ .read_bytes = 600, .write_bytes = 300, .copies = 1 }, 800 / 48.0, "L2");
    bounded((struct bm_demand){ .read_bytes = 9100, .copies = 1 }, 8000 / 16.0, "L3");
    bounded((struct bm_demand){ .write_bytes = 9100, .copies = 1 }, 8000 / 10.0, "L3");
    bounded((struct bm_demand){ .read_bytes = 51100, .copies = 1 }, 40000 / 4.0, "memory");
    /* what is updated in place is kept first: 1000 save 2000, the other 100 of 1100 save 100 */
    bounded((struct bm_demand){ .read_bytes = 9000, .write_bytes = 1000, .update_bytes = 1000, .copies = 1 },
            7900 / 16.0, "L3");
    bounded((struct bm_demand){ .read_bytes = 6000, .write_bytes = 6000, .update_bytes = 6000, .copies = 1 },
            4900 / 10.0, "L3");
    /* two sets of arrays share the caches */
    bounded((struct bm_demand){ .read_bytes = 9100, .copies = 2 }, (9100 - 11100 / 2) / 4.0, "memory");
    bounded((struct bm_demand){ .copies = 1 }, 0, "L1");
}
END_TEST

/* Any of the limits of a made-up machine, any mix, any size: never more than moving all at the outermost level that the
 * arrays reach, one thing after the other, never less with more work, and no jump where a cache is full. */
START_TEST(bound_is_a_bound)
{
    static const double share[] = { 0.5, 0.99, 1, 1.01, 1.5, 10 }, capacity[] = { 100, 1100, 11100 };
    static const double mixes[][3] = { { 1, 0, 0 }, { 0, 1, 0 }, { 1, 1, 0 }, { 1, 1, 1 }, { 2, 1, 1 }, { 4, 3, 3 } };
    const struct bm_ceiling c = made_up_ceiling();
    const double *mix = mixes[_i];
    double before = 0, at_before = 0;
    for (int cache = 0; cache < 3; cache++)
        for (size_t k = 0; k < sizeof share / sizeof *share; k++) {
            const double set = share[k] * capacity[cache], unit = set / (mix[0] + mix[1] - mix[2]);
            struct bm_demand d = { 0, mix[0] * unit, mix[1] * unit, mix[2] * unit, 0, 1 };
            const double ns = bm_bound(&c, &d).seconds * 1e9;
            const enum bm_level outer = set > capacity[2]   ? BM_MEMORY
                                        : set > capacity[1] ? BM_L3
                                        : set > capacity[0] ? BM_L2
                                                            : BM_L1;
            ck_assert(ns <= (d.read_bytes / c.read_gbs[outer] + d.write_bytes / c.write_gbs[outer]) * (1 + 1e-12));
            ck_assert(ns >= (d.read_bytes + d.write_bytes) / c.total_gbs[BM_L1] * (1 - 1e-12));
            if (set > at_before) /* 1.5 times a cache is beyond half of the next */
                ck_assert(ns > before);
            if (share[k] ==
                1.01) /* continuous: 2 % more work, at most so much more time as 2 % from the next level take */
                ck_assert(ns - before <= 0.02 * set * 2 / c.write_gbs[outer] * (1 + 1e-9));
            before = ns;
            at_before = set;
            struct bm_demand more = d;
            more.again_bytes = 10 * set;
            ck_assert(bm_bound(&c, &more).seconds * 1e9 >= ns);
            more.flops = 1e6;
            ck_assert_double_eq(bm_bound(&c, &more).seconds * 1e9, 1e6 / 8);
            more = d;
            more.copies = 4;
            ck_assert(bm_bound(&c, &more).seconds * 1e9 >= ns);
        }
}
END_TEST

START_TEST(ceilings_take_the_best)
{
    struct bm_limits rows[4] = { made_up_limits(), made_up_limits(), made_up_limits(), made_up_limits() };
    struct bm_ceiling c;
    rows[1].isa = BM_AVX512;
    rows[1].fma_gflops = 7; /* disturbed: AVX2 runs there, too */
    rows[1].read_gbs[BM_L2] = 40;
    ck_assert(bm_ceiling_of(rows, 2, BM_AVX512, 1, &c));
    ck_assert_double_eq(c.fma_gflops, 8);
    ck_assert(bm_ceiling_of(rows, 2, BM_AVX2, 1, &c));
    ck_assert_double_eq(c.fma_gflops, 8);
    ck_assert_double_eq(c.read_gbs[BM_L2], 40);
    ck_assert(!bm_ceiling_of(rows, 2, BM_BASELINE, 1, &c));
    ck_assert(!bm_ceiling_of(rows, 2, BM_AVX2, 2, &c));
    ck_assert(!bm_ceiling_of(rows, 0, BM_AVX2, 1, &c));
    rows[2].threads = 2; /* a level slower than the next */
    rows[2].read_gbs[BM_L2] = rows[2].copy_gbs[BM_L2] = 1;
    rows[2].fma_gflops = 15;
    ck_assert(bm_ceiling_of(rows, 3, BM_AVX2, 2, &c));
    ck_assert_double_eq(c.read_gbs[BM_L2], 16);
    ck_assert_double_eq(c.fma_gflops, 15);
    rows[2].valid = false;
    ck_assert(bm_ceiling_of(rows, 3, BM_AVX2, 2, &c));
    ck_assert_double_eq(c.read_gbs[BM_L2], 80);
    ck_assert_double_eq(c.fma_gflops, 16);
}
END_TEST

START_TEST(disturbed_limits_are_seen)
{
    const struct bm_limits alone = made_up_limits();
    struct bm_limits l = alone, team = alone;
    ck_assert_ptr_null(bm_limits_flaw(&l, NULL));
    ck_assert_ptr_null(bm_limits_flaw(&l, &alone)); /* of one thread: nothing to compare */
    l.copy_gbs[BM_L2] = 17;
    ck_assert_ptr_nonnull(strstr(bm_limits_flaw(&l, NULL), "next outer"));
    l.copy_gbs[BM_L2] = 18.5; /* within a tenth */
    ck_assert_ptr_null(bm_limits_flaw(&l, NULL));
    l.update_gbs[BM_MEMORY] = 0;
    ck_assert_ptr_nonnull(bm_limits_flaw(&l, NULL));
    l = alone;
    l.fma_gflops = NAN;
    ck_assert_ptr_nonnull(bm_limits_flaw(&l, NULL));
    team.threads = 2;
    ck_assert_ptr_nonnull(strstr(bm_limits_flaw(&team, &alone), "shared a core"));
    team.fma_gflops = 16;
    ck_assert_ptr_null(bm_limits_flaw(&team, &alone));
    team.capacity_bytes[BM_L1] = 200; /* an L1 for each thread: must be faster than one */
    ck_assert_ptr_nonnull(strstr(bm_limits_flaw(&team, &alone), "one thread"));
    bm_limits_raise(&team, &alone);
    ck_assert_double_eq(team.fma_gflops, 16);
    l = (struct bm_limits){ .update_gbs = { 100, 1, 1, 1 }, .fma_gflops = NAN };
    bm_limits_raise(&team, &l);
    ck_assert_double_eq(team.update_gbs[BM_L1], 100);
    ck_assert_double_eq(team.update_gbs[BM_L2], 48);
    ck_assert_double_eq(team.fma_gflops, 16);
}
END_TEST

START_TEST(limits_come_back_from_json)
{
    struct bm_limits l = made_up_limits(), back;
    l.valid = false;
    json_t *json = bm_limits_json(&l);
    ck_assert(bm_limits_of_json(json, &back));
    ck_assert_mem_eq(&back, &l, sizeof l);
    json_object_del(json, "valid"); /* of older results */
    json_object_del(json, "update_gbs");
    ck_assert(bm_limits_of_json(json, &back));
    ck_assert(back.valid && back.update_gbs[BM_L1] == 0);
    json_object_set_new(json, "isa", json_string("avx9"));
    ck_assert(!bm_limits_of_json(json, &back));
    ck_assert(!bm_limits_of_json(NULL, &back));
    json_decref(json);
}
END_TEST

static void check_rates(const double best[], const double median[], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ck_assert(median[i] > 0);
        ck_assert(best[i] >= median[i]);
    }
}

START_TEST(limits_are_measured)
{
    struct bm_limits l;
    struct bm_error error;
    int threads = bm_cores_available() < 2 ? 1 : 2;
    for (enum bm_isa isa = BM_BASELINE; isa <= bm_isa_available(); isa++) {
        ck_assert_msg(bm_measure_limits(isa, threads, 0.01, NULL, &l, &error), "%s", error.text);
        ck_assert_int_eq(l.isa, isa);
        ck_assert_int_eq(l.threads, threads);
        check_rates(&l.fma_gflops, &l.fma_median_gflops, 1);
        check_rates(l.read_gbs, l.read_median_gbs, BM_LEVEL_COUNT);
        check_rates(l.copy_gbs, l.copy_median_gbs, BM_LEVEL_COUNT);
        check_rates(l.write_gbs, l.write_median_gbs, BM_LEVEL_COUNT);
        check_rates(l.update_gbs, l.update_median_gbs, BM_LEVEL_COUNT);
        check_rates(&l.stream_copy_gbs, &l.stream_copy_median_gbs, 1);
        check_rates(&l.stream_write_gbs, &l.stream_write_median_gbs, 1);
        ck_assert_uint_le(l.working_set_bytes[BM_L1], bm_cache_bytes(1) / 2);
        ck_assert_uint_gt(l.working_set_bytes[BM_L2] * (size_t)threads, bm_cache_team_bytes(1, threads));
        ck_assert_uint_gt(l.working_set_bytes[BM_L3] * (size_t)threads, bm_cache_team_bytes(2, threads));
    }
}
END_TEST

START_TEST(staircase_goes_from_L1_to_memory)
{
    struct bm_stair s[BM_MAX_STAIRS];
    struct bm_limits l;
    struct bm_error error;
    const int threads = bm_cores_available() < 2 ? 1 : 2;
    const size_t n = bm_measure_staircase(bm_isa_available(), threads, 0.01, s, &error);
    ck_assert_uint_gt(n, BM_LEVEL_COUNT);
    bool seen[BM_LEVEL_COUNT] = { false };
    for (size_t i = 0; i < n; i++) {
        ck_assert_int_eq(s[i].isa, bm_isa_available());
        ck_assert_int_eq(s[i].threads, threads);
        check_rates(&s[i].read_gbs, &s[i].read_median_gbs, 1);
        check_rates(&s[i].copy_gbs, &s[i].copy_median_gbs, 1);
        check_rates(&s[i].write_gbs, &s[i].write_median_gbs, 1);
        ck_assert(i == 0 || (s[i].bytes > s[i - 1].bytes && s[i].bytes <= 2 * s[i - 1].bytes));
        seen[bm_level_of(s[i].bytes * (size_t)threads, threads)] = true;
    }
    ck_assert_uint_eq(s[0].bytes, BM_STAIR_LEAST);
    ck_assert_msg(bm_measure_limits(bm_isa_available(), threads, 0.01, NULL, &l, &error), "%s", error.text);
    ck_assert_uint_eq(s[n - 1].bytes, l.working_set_bytes[BM_MEMORY]);
    ck_assert(seen[BM_L1] && seen[BM_MEMORY]);
}
END_TEST

START_TEST(staircase_respects_the_cap)
{
    struct bm_stair s[BM_MAX_STAIRS];
    struct bm_error error;
    setenv("BATCHMARK_MAX_ISA", "baseline", 1);
    ck_assert_uint_eq(bm_measure_staircase(BM_AVX2, 1, 0.01, s, &error), 0);
    ck_assert_ptr_nonnull(strstr(error.text, "avx2"));
    ck_assert_uint_eq(bm_measure_staircase(BM_BASELINE, 0, 0.01, s, &error), 0);
    ck_assert_ptr_nonnull(strstr(error.text, "0 threads"));
}
END_TEST

START_TEST(limits_respect_the_cap)
{
    struct bm_limits l;
    struct bm_error error;
    setenv("BATCHMARK_MAX_ISA", "baseline", 1);
    ck_assert(!bm_measure_limits(BM_AVX2, 1, 0.01, NULL, &l, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "avx2"));
}
END_TEST

/* ---- provenance -------------------------------------------------------------------------------------------------- */

static void check_slug(char *slug, const char *want)
{
    ck_assert_uint_ge(strlen(slug), 1);
    ck_assert_uint_le(strlen(slug), 80);
    ck_assert_uint_eq(strspn(slug, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(slug));
    if (want)
        ck_assert_str_eq(slug, want);
    free(slug);
}

START_TEST(slugs_are_short_and_harmless)
{
    check_slug(bm_slug("AuthenticAMD", "AMD EPYC", 25, 17, 1, 2), "amd-epyc-f25m17s1-2c");
    check_slug(bm_slug("AuthenticAMD", "AMD EPYC 9654 96-Core Processor", 25, 17, 1, 192),
               "amd-epyc-9654-f25m17s1-192c");
    check_slug(bm_slug("GenuineIntel", "Intel(R) Xeon(R) Platinum 8375C CPU @ 2.90GHz", 6, 106, 6, 32),
               "intel-xeon-platinum-8375c-f6m106s6-32c");
    check_slug(bm_slug("GenuineIntel", "13th Gen Intel(R) Core(TM) i7-13700K", 6, 183, 1, 16),
               "intel-13th-i7-13700k-f6m183s1-16c");
    check_slug(bm_slug(NULL, NULL, -1, -1, -1, 0), "cpu");
    check_slug(bm_slug("", "", -1, -1, -1, -1), "cpu");
    check_slug(bm_slug("../../etc", "/../..", 1, 2, 3, 4), "etc-f1m2s3-4c");
    check_slug(bm_slug("\xff\xfe\n\033[2J", "-- $(rm -rf ~) `x` \"'; %s%n", 1, 2, 3, 4), NULL);
    check_slug(bm_slug("(((((", "((((( @@@ )))) (", 1, 2, 3, 4), "cpu-f1m2s3-4c");
    check_slug(bm_slug("---", "- -- a--b-", -1, -1, -1, 4), "a-b-4c");
    char longest[1000];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    check_slug(bm_slug(longest, longest, INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX), NULL);
    check_slug(bm_machine_slug(), NULL);
}
END_TEST

static const json_t *at(const json_t *all, const char *group, const char *item)
{
    const json_t *value = json_object_get(json_object_get(all, group), item);
    ck_assert_msg(value != NULL, "%s.%s is missing", group, item);
    return value;
}

START_TEST(provenance_is_complete_and_valid)
{
    static const char *const wanted[][2] = {
        { "cpu", "vendor" },          { "cpu", "model_name" },
        { "cpu", "family" },          { "cpu", "model" },
        { "cpu", "stepping" },        { "cpu", "microcode" },
        { "cpu", "flags" },           { "cpu", "isa" },
        { "cpu", "isa_cap" },         { "clock", "governor" },
        { "clock", "driver" },        { "clock", "boost" },
        { "clock", "current_khz" },   { "clock", "maximum_khz" },
        { "clock", "running_hz" },    { "topology", "cores" },
        { "topology", "smt" },        { "topology", "numa_nodes" },
        { "topology", "cpuset" },     { "topology", "caches" },
        { "system", "hostname" },     { "system", "os" },
        { "system", "kernel" },       { "system", "virtualised" },
        { "system", "hypervisor" },   { "system", "container" },
        { "system", "memory_bytes" }, { "system", "transparent_huge_pages" },
        { "system", "aslr" },         { "system", "numa_balancing" },
        { "system", "load_average" }, { "openmp", "version" },
        { "openmp", "runtime" },      { "openmp", "environment" },
        { "build", "compiler" },      { "build", "commit" },
        { "build", "dirty" },         { "build", "libraries" },
    };
    setenv("BATCHMARK_MAX_ISA", "baseline", 1);
    setenv("OMP_TEST", "\xff\xfe quote\" and \033", 1);
    setenv("SLURM_JOB_ID", "42", 1);
    setenv("SLURM_JWT", "a token", 1);
    json_t *all = bm_provenance();
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        at(all, wanted[i][0], wanted[i][1]);
    ck_assert_str_eq(json_string_value(at(all, "cpu", "isa_cap")), "baseline");
    ck_assert_str_eq(json_string_value(at(all, "cpu", "isa")), "baseline");
    ck_assert_str_eq(json_string_value(at(all, "slurm", "SLURM_JOB_ID")), "42");
    ck_assert_ptr_null(json_object_get(json_object_get(all, "slurm"), "SLURM_JWT"));
    ck_assert_uint_eq(strlen(json_string_value(json_object_get(all, "date"))), strlen("2025-01-01T00:00:00Z"));
    char *dumped = json_dumps(all, 0);
    ck_assert_ptr_nonnull(dumped);
    json_t *again = json_loads(dumped, 0, NULL);
    ck_assert(json_equal(json_object_get(all, "openmp"), json_object_get(again, "openmp")));
    free(dumped);
    json_decref(again);
    json_decref(all);
}
END_TEST

START_TEST(conflicting_settings_are_warned_of)
{
    setenv("KMP_AFFINITY", "compact", 1);
    json_t *all = bm_provenance();
    bool found = false;
    const json_t *warnings = json_object_get(all, "warnings");
    for (size_t i = 0; i < json_array_size(warnings); i++)
        found = found || strstr(json_string_value(json_array_get(warnings, i)), "KMP_AFFINITY=compact");
    ck_assert(found);
    json_decref(all);
}
END_TEST

static void check_text(const char *text)
{
    size_t column = 0, lines = 0;
    for (const char *c = text; *c; c++) {
        ck_assert_msg(*c == '\n' || (unsigned char)*c >= ' ', "control character %d", *c);
        column = *c == '\n' ? 0 : column + 1;
        lines += *c == '\n';
        ck_assert_uint_le(column, 100);
    }
    ck_assert_uint_ge(lines, 4);
}

START_TEST(text_fits_100_columns)
{
    char *text = NULL;
    size_t size = 0;
    setenv("OMP_TEST", "\033[31m red", 1);
    FILE *file = open_memstream(&text, &size);
    bm_print_machine(file);
    fclose(file);
    check_text(text);
    ck_assert_ptr_nonnull(strstr(text, "hwloc"));
    free(text);

    struct bm_limits l = { .isa = BM_BASELINE,
                           .threads = 128,
                           .fma_gflops = 12345.6,
                           .copy_gbs = { 1, 22222, 3, 4 },
                           .read_gbs = { 55555, 6, 7, 8 },
                           .write_gbs = { 9, 1, 2, 3 },
                           .update_gbs = { 66666, 1, 2, 3 },
                           .stream_copy_gbs = 777 };
    file = open_memstream(&text, &size);
    bm_print_limits(file, &l, 1);
    fclose(file);
    check_text(text);
    ck_assert_ptr_nonnull(strstr(text, "777"));
    ck_assert_ptr_nonnull(strstr(text, "66666"));
    ck_assert_ptr_nonnull(strstr(text, "disturbed"));
    free(text);

    struct bm_stair stairs[BM_MAX_STAIRS];
    for (int i = 0; i < BM_MAX_STAIRS; i++)
        stairs[i] = (struct bm_stair){ .isa = BM_BASELINE, .threads = 128, .bytes = (size_t)4096 << i / 2,
                                       .read_gbs = 99999, .copy_gbs = 88888, .write_gbs = 77777 };
    file = open_memstream(&text, &size);
    bm_print_staircase(file, stairs, BM_MAX_STAIRS);
    fclose(file);
    check_text(text);
    ck_assert_ptr_nonnull(strstr(text, " 512K"));
    ck_assert_ptr_nonnull(strstr(text, " 77777"));
    free(text);
}
END_TEST

Suite *machine_suite(void)
{
    Suite *suite = suite_create("machine");
    TCase *tests = tcase_create("topology");
    tcase_add_test(tests, clock_goes_forward);
    tcase_add_test(tests, topology_is_sane);
    tcase_add_test(tests, pinned_threads_stay);
    tcase_add_test(tests, too_many_threads_are_refused);
    tcase_add_test(tests, cpuset_is_respected);
    tcase_add_test(tests, cores_come_before_hardware_threads);
    tcase_add_test(tests, levels_hold_what_the_team_reaches);
    tcase_add_test(tests, unknown_caches_have_sizes);
    tcase_add_loop_test(tests, xml_is_read_back, 0, 4);
    tcase_set_timeout(tests, 60);
    suite_add_tcase(suite, tests);

    tests = tcase_create("buffers");
    tcase_add_test(tests, guards_see_writes);
    tcase_add_test(tests, guards_see_the_nearest_and_single_bytes);
    tcase_add_test(tests, guards_spoil_arithmetic);
    tcase_add_loop_test(tests, fence_faults_and_names_the_kernel, 0, 2);
    tcase_add_test(tests, fault_without_a_message_is_deadly);
    tcase_add_test(tests, fence_has_a_guard_before);
    tcase_add_test(tests, pools_are_aligned_and_zero);
    tcase_add_exit_test(tests, no_memory_is_an_error, BM_EXIT_INPUT);
    tcase_set_timeout(tests, 60);
    suite_add_tcase(suite, tests);

    tests = tcase_create("limits");
    tcase_add_test(tests, bound_is_exact);
    tcase_add_loop_test(tests, bound_is_a_bound, 0, 6);
    tcase_add_test(tests, ceilings_take_the_best);
    tcase_add_test(tests, disturbed_limits_are_seen);
    tcase_add_test(tests, limits_come_back_from_json);
    tcase_add_test(tests, limits_are_measured);
    tcase_add_test(tests, limits_respect_the_cap);
    tcase_add_test(tests, staircase_goes_from_L1_to_memory);
    tcase_add_test(tests, staircase_respects_the_cap);
    tcase_set_timeout(tests, 300);
    suite_add_tcase(suite, tests);

    tests = tcase_create("provenance");
    tcase_add_test(tests, slugs_are_short_and_harmless);
    tcase_add_test(tests, provenance_is_complete_and_valid);
    tcase_add_test(tests, conflicting_settings_are_warned_of);
    tcase_add_test(tests, text_fits_100_columns);
    tcase_set_timeout(tests, 60);
    suite_add_tcase(suite, tests);
    return suite;
}
