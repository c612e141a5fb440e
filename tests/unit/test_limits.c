/* SPDX-License-Identifier: MIT */
/* test_limits.c - what the machine allows: limits of calls from made-up ones, and limits as they are measured. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "result.h"
#include "roofline.h"
#include "roofs.h"
#include "topology.h"

Suite *limits_suite(void);

/* Caches of 100, 1000 and 10000 bytes; rates in bytes a nanosecond. */
static struct bm_limits made_up_limits(void)
{
    return (struct bm_limits){ .isa = BM_AVX2,
                               .threads = 1,
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

static void limited(struct bm_demand d, double ns, const char *name)
{
    const struct bm_ceiling c = made_up_ceiling();
    const struct bm_limit b = bm_limit(&c, &d);
    ck_assert_double_eq_tol(b.seconds * 1e9, ns, 1e-9 * (1 + ns));
    ck_assert_str_eq(b.name, name);
}

START_TEST(limit_is_exact)
{
    const struct bm_ceiling c = made_up_ceiling();
    ck_assert_double_eq(c.total_gbs[BM_L1], 96);
    ck_assert_double_eq(c.total_gbs[BM_L3], 24);
    ck_assert_double_eq(c.total_gbs[BM_MEMORY], 6); /* past the caches */
    ck_assert_double_eq(c.write_gbs[BM_L3], 10);    /* half of a copy */
    ck_assert_double_eq(c.write_gbs[BM_MEMORY], 3);
    limited((struct bm_demand){ .flops = 16, .copies = 1 }, 2, "FMA");
    limited((struct bm_demand){ .read_bytes = 64, .copies = 1 }, 1, "L1");
    limited((struct bm_demand){ .write_bytes = 64, .copies = 1 }, 2, "L1");
    limited((struct bm_demand){ .read_bytes = 64, .write_bytes = 32, .copies = 1 }, 1, "L1");
    limited((struct bm_demand){ .read_bytes = 64, .again_bytes = 64, .copies = 1 }, 2, "L1");
    limited((struct bm_demand){ .flops = 24, .read_bytes = 64, .write_bytes = 32, .copies = 1 }, 3, "FMA");
    limited((struct bm_demand){ .read_bytes = 900, .copies = 1 }, 800 / 32.0, "L2");
    limited((struct bm_demand){ .write_bytes = 900, .copies = 1 }, 800 / 16.0, "L2");
    limited((struct bm_demand){ .read_bytes = 600, .write_bytes = 300, .copies = 1 }, 800 / 48.0, "L2");
    limited((struct bm_demand){ .read_bytes = 9100, .copies = 1 }, 8000 / 16.0, "L3");
    limited((struct bm_demand){ .write_bytes = 9100, .copies = 1 }, 8000 / 10.0, "L3");
    limited((struct bm_demand){ .read_bytes = 51100, .copies = 1 }, 40000 / 4.0, "memory");
    /* what is updated in place is kept first: 1000 save 2000, the other 100 of 1100 save 100 */
    limited((struct bm_demand){ .read_bytes = 9000, .write_bytes = 1000, .update_bytes = 1000, .copies = 1 },
            7900 / 16.0, "L3");
    limited((struct bm_demand){ .read_bytes = 6000, .write_bytes = 6000, .update_bytes = 6000, .copies = 1 },
            4900 / 10.0, "L3");
    /* two sets of arrays share the caches */
    limited((struct bm_demand){ .read_bytes = 9100, .copies = 2 }, (9100 - 11100 / 2) / 4.0, "memory");
    limited((struct bm_demand){ .copies = 1 }, 0, "L1");
}
END_TEST

/* What L2 cannot keep comes from memory, and that is what the limit is called. */
START_TEST(limit_without_L3)
{
    struct bm_limits l = made_up_limits();
    struct bm_ceiling c;
    l.capacity_bytes[BM_L3] = 0;
    l.read_gbs[BM_L3] = l.copy_gbs[BM_L3] = l.write_gbs[BM_L3] = l.update_gbs[BM_L3] = 0;
    ck_assert(bm_ceiling_of(&l, 1, BM_AVX2, 1, &c));
    const struct bm_demand d = { .read_bytes = 1500, .copies = 1 };
    const struct bm_limit b = bm_limit(&c, &d);
    ck_assert_str_eq(b.name, "memory");
    ck_assert_double_eq_tol(b.seconds * 1e9, 400 / 4.0, 1e-9);
}
END_TEST

/* Any of the limits of a made-up machine, any mix, any size: never more than moving all at the outermost level that the
 * arrays reach, one thing after the other, never less with more work, and no jump where a cache is full. */
START_TEST(limit_is_a_limit)
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
            const double ns = bm_limit(&c, &d).seconds * 1e9;
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
            ck_assert(bm_limit(&c, &more).seconds * 1e9 >= ns);
            more.flops = 1e6;
            ck_assert_double_eq(bm_limit(&c, &more).seconds * 1e9, 1e6 / 8);
            more = d;
            more.copies = 4;
            ck_assert(bm_limit(&c, &more).seconds * 1e9 >= ns);
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
    rows[2].disturbed = bm_disturbed_bit(BM_READ, BM_L2) | bm_disturbed_bit(BM_COPY, BM_L2) | BM_FMA_DISTURBED;
    ck_assert(bm_ceiling_of(rows, 3, BM_AVX2, 2, &c));
    ck_assert_double_eq(c.read_gbs[BM_L2], 80); /* twice the best of one thread */
    ck_assert_double_eq(c.read_gbs[BM_L3], 16); /* as it was */
    ck_assert_double_eq(c.fma_gflops, 16);
}
END_TEST

/* However low it is, and of whatever rates: the ceiling is not that of the disturbed row, nor is any limit. */
START_TEST(what_was_disturbed_is_not_used)
{
    struct bm_limits rows[2] = { made_up_limits(), made_up_limits() };
    struct bm_ceiling c;
    rows[0].copy_gbs[BM_L3] = rows[0].read_gbs[BM_L3] = rows[0].write_gbs[BM_L3] = rows[0].update_gbs[BM_L3] = 1;
    rows[0].disturbed = bm_limits_judge(&rows[0], NULL);
    ck_assert_uint_eq(rows[0].disturbed, bm_disturbed_bit(BM_COPY, BM_L3) | bm_disturbed_bit(BM_READ, BM_L3) |
                                             bm_disturbed_bit(BM_UPDATE, BM_L3)); /* stores to memory are as slow */
    rows[0].disturbed |= bm_disturbed_bit(BM_WRITE, BM_L3);
    ck_assert(bm_ceiling_of(rows, 1, BM_AVX2, 1, &c));
    ck_assert_double_eq(c.read_gbs[BM_L3], 32); /* no faster than L2 */
    ck_assert_double_eq(c.total_gbs[BM_L3], c.total_gbs[BM_L2]);
    rows[1].threads = 2;
    rows[1].capacity_bytes[BM_L1] = 200;
    rows[1].fma_gflops = 16;
    for (int level = BM_L1; level < BM_LEVEL_COUNT; level++)
        rows[1].read_gbs[level] = rows[1].copy_gbs[level] = rows[1].write_gbs[level] = rows[1].update_gbs[level] = 3;
    rows[1].disturbed = bm_limits_judge(&rows[1], &rows[0]);
    ck_assert(rows[1].disturbed & bm_disturbed_bit(BM_READ, BM_L1));
    ck_assert(bm_ceiling_of(rows, 2, BM_AVX2, 2, &c));
    ck_assert_double_eq(c.total_gbs[BM_L1], 2 * 96);
    rows[0].disturbed = BM_ALL_DISTURBED;
    ck_assert(!bm_ceiling_of(rows, 2, BM_AVX2, 1, &c));
}
END_TEST

static unsigned judged(struct bm_limits l, const struct bm_limits *alone) { return bm_limits_judge(&l, alone); }

START_TEST(disturbed_limits_are_seen)
{
    const struct bm_limits alone = made_up_limits();
    struct bm_limits l = alone, team = alone;
    ck_assert_uint_eq(judged(l, NULL), 0);
    ck_assert_uint_eq(judged(l, &alone), 0); /* of one thread: nothing to compare */
    l.copy_gbs[BM_L2] = 17;
    ck_assert_uint_eq(judged(l, NULL), bm_disturbed_bit(BM_COPY, BM_L2));
    l.copy_gbs[BM_L1] = 17; /* no faster than L2, but L3 is faster than both */
    ck_assert_uint_eq(judged(l, NULL), bm_disturbed_bit(BM_COPY, BM_L1) | bm_disturbed_bit(BM_COPY, BM_L2));
    l = alone;
    l.copy_gbs[BM_L2] = 18.5; /* within a tenth */
    ck_assert_uint_eq(judged(l, NULL), 0);
    l.update_gbs[BM_MEMORY] = 0;
    ck_assert_uint_eq(judged(l, NULL), bm_disturbed_bit(BM_UPDATE, BM_MEMORY));
    l = alone;
    l.fma_gflops = NAN;
    ck_assert_uint_eq(judged(l, NULL), BM_FMA_DISTURBED);
    l = alone;
    l.capacity_bytes[BM_L3] = 0; /* there is no L3 */
    l.read_gbs[BM_L3] = l.copy_gbs[BM_L3] = l.write_gbs[BM_L3] = l.update_gbs[BM_L3] = 0;
    ck_assert_uint_eq(judged(l, NULL), 0);
    team.threads = 2;
    ck_assert_uint_eq(judged(team, &alone), BM_FMA_DISTURBED);
    team.fma_gflops = 16;
    ck_assert_uint_eq(judged(team, &alone), 0);
    team.capacity_bytes[BM_L1] = 200; /* an L1 for each thread: must be faster than one */
    for (int way = 0; way < BM_WAYS; way++)
        ck_assert(judged(team, &alone) & bm_disturbed_bit(way, BM_L1));
    bm_limits_raise(&team, &alone);
    ck_assert_double_eq(team.fma_gflops, 16);
    l = (struct bm_limits){ .update_gbs = { 100, 1, 1, 1 }, .fma_gflops = NAN };
    bm_limits_raise(&team, &l);
    ck_assert_double_eq(team.update_gbs[BM_L1], 100);
    ck_assert_double_eq(team.update_gbs[BM_L2], 48);
    ck_assert_double_eq(team.fma_gflops, 16);
}
END_TEST

START_TEST(many_threads_are_more_than_two)
{
    const struct bm_limits alone = made_up_limits();
    struct bm_limits team = alone;
    team.threads = 64;
    for (int level = BM_L1; level < BM_MEMORY; level++) {
        team.capacity_bytes[level] *= level == BM_L3 ? 1 : 64;
        team.read_gbs[level] *= level == BM_L3 ? 8 : 64;
        team.copy_gbs[level] *= level == BM_L3 ? 8 : 64;
        team.write_gbs[level] *= level == BM_L3 ? 8 : 64;
        team.update_gbs[level] *= level == BM_L3 ? 8 : 64;
    }
    team.fma_gflops *= 40; /* the clock of all cores is slower */
    ck_assert_uint_eq(judged(team, &alone), 0);
    team.fma_gflops = 2 * alone.fma_gflops;
    team.copy_gbs[BM_L1] = 20 * alone.copy_gbs[BM_L1];
    ck_assert_uint_eq(judged(team, &alone), BM_FMA_DISTURBED | bm_disturbed_bit(BM_COPY, BM_L1));
}
END_TEST

START_TEST(stairs_are_judged)
{
    struct bm_stair s[4] = { { .read_gbs = 40, .copy_gbs = 30, .write_gbs = 20 },
                             { .read_gbs = 50, .copy_gbs = 9, .write_gbs = 20 },
                             { .read_gbs = 30, .copy_gbs = 20, .write_gbs = 20 },
                             { .read_gbs = 9, .copy_gbs = 9, .write_gbs = 9 } };
    ck_assert(bm_judge_stairs(s, 4));
    ck_assert(!s[0].disturbed && s[1].disturbed && !s[2].disturbed && !s[3].disturbed);
    s[1].copy_gbs = 25;
    ck_assert(!bm_judge_stairs(s, 4));
    ck_assert(!s[1].disturbed);
}
END_TEST

/* What readers see: a mark in the table, and no roof. */
START_TEST(disturbed_limits_are_marked)
{
    struct bm_limits l = made_up_limits();
    char *text = NULL;
    size_t size;
    l.copy_gbs[BM_L3] = l.update_gbs[BM_L3] = 1;
    l.disturbed = bm_limits_judge(&l, NULL);
    FILE *out = open_memstream(&text, &size);
    bm_print_limits(out, &l, 1);
    fclose(out);
    ck_assert_ptr_nonnull(strstr(text, "     1?"));
    ck_assert_ptr_nonnull(strstr(text, "?: others disturbed it"));
    free(text);
    struct bm_roofs roofs;
    struct bm_source source = { .href = "", .document.ours = json_pack("{s:[o]}", "limits", bm_limits_json(&l)) };
    bm_roofs_of(&source, 1, &roofs);
    ck_assert_uint_eq(roofs.isas, 1);
    ck_assert(isnan(roofs.level[BM_L3].x));
    ck_assert_double_eq(roofs.level[BM_L2].x, 48);
    json_decref(source.document.ours);
    l.disturbed = BM_FMA_DISTURBED;
    source.document.ours = json_pack("{s:[o]}", "limits", bm_limits_json(&l));
    bm_roofs_of(&source, 1, &roofs);
    ck_assert_uint_eq(roofs.isas, 0);
    json_decref(source.document.ours);
}
END_TEST

START_TEST(limits_come_back_from_json)
{
    struct bm_limits l = made_up_limits(), back;
    l.disturbed = BM_FMA_DISTURBED | bm_disturbed_bit(BM_COPY, BM_L3);
    json_t *json = bm_limits_json(&l);
    ck_assert(bm_limits_of_json(json, &back));
    ck_assert_mem_eq(&back, &l, sizeof l);
    ck_assert(bm_rate_disturbed(json, "FMA") && bm_rate_disturbed(json, "copy L3") && !bm_rate_disturbed(json, "read L3"));
    json_object_del(json, "disturbed"); /* of older results */
    ck_assert(bm_limits_of_json(json, &back));
    ck_assert_uint_eq(back.disturbed, BM_ALL_DISTURBED);
    json_object_del(json, "valid");
    json_object_del(json, "update_gbs");
    ck_assert(bm_limits_of_json(json, &back));
    ck_assert(back.disturbed == 0 && back.update_gbs[BM_L1] == 0);
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
    for (enum bm_isa isa = BM_BASELINE; isa < BM_ISA_COUNT; isa++) {
        if (!bm_isa_runs(isa))
            continue;
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
    const size_t n = bm_measure_staircase(bm_isa_best(), threads, 0.01, s, &error);
    ck_assert_uint_gt(n, BM_LEVEL_COUNT);
    bool seen[BM_LEVEL_COUNT] = { false };
    for (size_t i = 0; i < n; i++) {
        ck_assert_int_eq(s[i].isa, bm_isa_best());
        ck_assert_int_eq(s[i].threads, threads);
        check_rates(&s[i].read_gbs, &s[i].read_median_gbs, 1);
        check_rates(&s[i].copy_gbs, &s[i].copy_median_gbs, 1);
        check_rates(&s[i].write_gbs, &s[i].write_median_gbs, 1);
        ck_assert(i == 0 || (s[i].bytes > s[i - 1].bytes && s[i].bytes <= 2 * s[i - 1].bytes));
        seen[bm_level_of(s[i].bytes * (size_t)threads, threads)] = true;
    }
    ck_assert_uint_eq(s[0].bytes, BM_STAIR_LEAST);
    ck_assert_msg(bm_measure_limits(bm_isa_best(), threads, 0.01, NULL, &l, &error), "%s", error.text);
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

Suite *limits_suite(void)
{
    Suite *suite = suite_create("limits");
    TCase *tests = tcase_create("limits");
    tcase_add_test(tests, limit_is_exact);
    tcase_add_test(tests, limit_without_L3);
    tcase_add_loop_test(tests, limit_is_a_limit, 0, 6);
    tcase_add_test(tests, ceilings_take_the_best);
    tcase_add_test(tests, what_was_disturbed_is_not_used);
    tcase_add_test(tests, disturbed_limits_are_seen);
    tcase_add_test(tests, disturbed_limits_are_marked);
    tcase_add_test(tests, many_threads_are_more_than_two);
    tcase_add_test(tests, stairs_are_judged);
    tcase_add_test(tests, limits_come_back_from_json);
    tcase_add_test(tests, limits_are_measured);
    tcase_add_test(tests, limits_respect_the_cap);
    tcase_add_test(tests, staircase_goes_from_L1_to_memory);
    tcase_add_test(tests, staircase_respects_the_cap);
    tcase_set_timeout(tests, 300);
    suite_add_tcase(suite, tests);
    return suite;
}
