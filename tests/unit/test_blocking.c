/* SPDX-License-Identifier: MIT */
/* test_blocking.c - what kernels make of the caches of a call: on known CPUs, on unknown ones, and on absurd ones. Needs
 * Check's fork mode, as test_topology.c does. */
#include <check.h>
#include <stdlib.h>

#include "cache_sizes.h"
#include "call_caches.h"
#include "topology.h"

Suite *blocking_suite(void);

#define KB(n) ((size_t)(n) << 10)
#define MB(n) ((size_t)(n) << 20)

/* l3 is the last level, so that of a CPU without a third is its second. */
static const struct cpu {
    const char *name;
    struct bm_caches caches;
    int threads;
    size_t rows, columns, strip, group, stream;
} cpus[] = {
    /* clang-format off */
    { "Zen 4",                { .l1 = { KB(32), 8, 64, 1 }, .l2 = { MB(1), 8, 64, 1 }, .l3 = { MB(32), 16, 64, 8 } },
      1, 112, 1024, 1 << 17, 1 << 16, 1 << 22 },
    { "Zen 4, eight threads", { .l1 = { KB(32), 8, 64, 1 }, .l2 = { MB(1), 8, 64, 1 }, .l3 = { MB(32), 16, 64, 8 } },
      8, 112, 512, 1 << 17, 1 << 16, 1 << 22 },
    { "Zen 4, two complexes", { .l1 = { KB(32), 8, 64, 1 }, .l2 = { MB(1), 8, 64, 1 }, .l3 = { MB(32), 16, 64, 8 } },
      16, 112, 512, 1 << 17, 1 << 16, 1 << 23 },
    { "Zen 3",                { .l1 = { KB(32), 8, 64, 1 }, .l2 = { KB(512), 8, 64, 1 }, .l3 = { MB(32), 16, 64, 8 } },
      2, 112, 1024, 1 << 16, 1 << 15, 1 << 22 },
    { "Haswell",              { .l1 = { KB(32), 8, 64, 1 }, .l2 = { KB(256), 8, 64, 1 }, .l3 = { MB(8), 16, 64, 4 } },
      4, 56, 256, 1 << 15, 1 << 14, 1 << 20 },
    { "Sapphire Rapids",      { .l1 = { KB(48), 12, 64, 1 }, .l2 = { MB(2), 16, 64, 1 }, .l3 = { MB(105), 15, 64, 56 } },
      56, 112, 256, 1 << 18, 1 << 17, 13762560 },
    { "A64FX",                { .l1 = { KB(64), 4, 256, 1 }, .l2 = { MB(8), 16, 256, 12 }, .l3 = { MB(8), 16, 256, 12 } },
      12, 112, 256, 87381, 43690, 1 << 20 },
    { "nothing known",        { .l1 = { 0, 0, 0, 0 }, .l2 = { 0, 0, 0, 0 }, .l3 = { 0, 0, 0, 0 } },
      1, 112, 1024, 1 << 17, 1 << 16, 1 << 22 },
    { "hardly any",           { .l1 = { 64, 1, 64, 1 }, .l2 = { 64, 1, 64, 1 }, .l3 = { 64, 1, 64, 1 } },
      1, 16, 256, 8, 4, 8 },
    { "absurdly much",        { .l1 = { MB(1), 1, 64, 1 }, .l2 = { MB(512), 1, 64, 1 }, .l3 = { MB(4096), 1, 64, 1 } },
      1, 112, 1024, 1 << 26, 1 << 25, 1 << 29 },
    /* clang-format on */
};

START_TEST(sizes_follow_from_the_caches)
{
    const struct cpu *cpu = &cpus[_i];
    const struct bm_caches *c = &cpu->caches;
    ck_assert_msg(gemm_block_rows(c, cpu->threads, 4096, 112) == cpu->rows, "%s: rows", cpu->name);
    ck_assert_msg(gemm_block_columns(c, cpu->threads, 4096) == cpu->columns, "%s: columns", cpu->name);
    ck_assert_msg(gemm_strip_floats(c, cpu->threads) == cpu->strip, "%s: strip", cpu->name);
    ck_assert_msg(bn_group_elements(c, cpu->threads) == cpu->group, "%s: group", cpu->name);
    ck_assert_msg(bn_far_elements(c, cpu->threads) / 4 == cpu->group, "%s: far", cpu->name);
    ck_assert_msg(bn_stream_elements(c, cpu->threads) == cpu->stream, "%s: stream", cpu->name);
}
END_TEST

START_TEST(no_caches_are_unknown_caches)
{
    const struct bm_caches none = { .l1 = { 0, 0, 0, 0 }, .l2 = { 0, 0, 0, 0 }, .l3 = { 0, 0, 0, 0 } };
    for (int threads = 1; threads < 100; threads += 9) {
        ck_assert_uint_eq(gemm_block_rows(NULL, threads, 4096, 9), gemm_block_rows(&none, threads, 4096, 9));
        ck_assert_uint_eq(gemm_block_columns(NULL, threads, 4096), gemm_block_columns(&none, threads, 4096));
        ck_assert_uint_eq(bn_stream_elements(NULL, threads), bn_stream_elements(&none, threads));
    }
}
END_TEST

/* Blocks of fewer steps have more rows and columns, none has no bytes. */
START_TEST(blocks_of_few_steps)
{
    const struct bm_caches *c = &cpus[0].caches;
    ck_assert_uint_eq(gemm_block_rows(c, 1, 4 * 512, 112), 224);
    ck_assert_uint_eq(gemm_block_rows(c, 1, 4, 112), 448);
    ck_assert_uint_eq(gemm_block_columns(c, 8, 4 * 512), 1024);
    ck_assert_uint_eq(gemm_block_rows(NULL, 1, 4, 112), 112);
}
END_TEST

/* Rows that share their sets of L1 lie a multiple of half a way apart. */
START_TEST(rows_that_collide)
{
    const struct bm_caches a64fx = { .l1 = { KB(64), 4, 256, 1 } };
    ck_assert(gemm_rows_collide(NULL, 2048) && gemm_rows_collide(NULL, 6144) && !gemm_rows_collide(NULL, 1024));
    ck_assert(gemm_rows_collide(&a64fx, 8192) && !gemm_rows_collide(&a64fx, 4096));
}
END_TEST

START_TEST(caches_come_from_the_topology)
{
    setenv("HWLOC_SYNTHETIC", "pack:1 l3:2(size=8388608) l2:4(size=262144) l1d:1(size=32768) core:1 pu:1", 1);
    const struct bm_caches *c = bm_call_caches();
    ck_assert_uint_eq(c->l1.bytes, KB(32));
    ck_assert_uint_eq(c->l2.bytes, KB(256));
    ck_assert_uint_eq(c->l3.bytes, MB(8));
    ck_assert_uint_eq(c->l2.cores, 1);
    ck_assert_uint_eq(c->l3.cores, 4);
}
END_TEST

START_TEST(the_last_level_may_be_the_second)
{
    setenv("HWLOC_SYNTHETIC", "pack:1 l2:2(size=1048576) l1d:2(size=32768) core:1 pu:1", 1);
    const struct bm_caches *c = bm_call_caches();
    ck_assert_uint_eq(c->l3.bytes, MB(1));
    ck_assert_uint_eq(c->l3.cores, 2);
}
END_TEST

/* A Turin's L3 of 508 MiB is sixteen of 32 MiB, each of eight cores. */
START_TEST(a_package_as_one_cache)
{
    setenv("HWLOC_SYNTHETIC", "pack:1 l3:1(size=532676608) l2:2(size=1048576) l1d:1(size=49152) core:1 pu:1", 1);
    const struct bm_caches *c = bm_call_caches();
    ck_assert_uint_eq(c->l2.bytes, MB(1));
    ck_assert_uint_eq(c->l3.bytes, 0);
    ck_assert_uint_eq(c->l3.cores, 0);
    ck_assert_uint_eq(bm_last_cache_bytes(1), MB(128)); /* for two CPUs */
}
END_TEST

START_TEST(what_the_system_does_not_show_is_not_known)
{
    setenv("HWLOC_SYNTHETIC", "core:2 pu:1", 1);
    ck_assert_uint_eq(bm_call_caches()->l1.bytes, 0);
    ck_assert_uint_eq(bm_call_caches()->l3.bytes, 0);
}
END_TEST

Suite *blocking_suite(void)
{
    Suite *suite = suite_create("blocking");
    TCase *tcase = tcase_create("blocking");
    tcase_add_loop_test(tcase, sizes_follow_from_the_caches, 0, sizeof cpus / sizeof *cpus);
    tcase_add_test(tcase, no_caches_are_unknown_caches);
    tcase_add_test(tcase, blocks_of_few_steps);
    tcase_add_test(tcase, rows_that_collide);
    tcase_add_test(tcase, caches_come_from_the_topology);
    tcase_add_test(tcase, the_last_level_may_be_the_second);
    tcase_add_test(tcase, a_package_as_one_cache);
    tcase_add_test(tcase, what_the_system_does_not_show_is_not_known);
    suite_add_tcase(suite, tcase);
    return suite;
}
