/* SPDX-License-Identifier: MIT */
/* test_fleet.c - which nodes are slow, and why: fleets made from a real result, with faults planted. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fleet.h"
#include "fleet_fixture.h"
#include "outline.h"
#include "result.h"
#include "run_edit.h"
#include "run_fixture.h"
#include "shorten.h"
#include "test_folder.h"

Suite *fleet_suite(void);

#define DATE "2026-01-02T03:04:05Z"

struct told {
    enum bm_added added;
    struct bm_error *error;
};

static void take_told(void *context, const char *path, enum bm_added added, const struct bm_error *error)
{
    struct told *told = context;
    (void)path;
    told->added = added;
    *told->error = *error;
}

/* Writes the result as a file of its own and adds it. */
static enum bm_added add(struct bm_fleet *f, json_t *result, const char *name, struct bm_error *error)
{
    char *path = (char *)(size_t)in_root(name);
    struct told told = { BM_UNREADABLE, error };
    ck_assert_msg(bm_result_write(result, path, error), "%s", error->text);
    json_decref(result);
    bm_fleet_add(f, &path, 1, take_told, &told);
    return told.added;
}

struct planted {
    size_t node;
    enum fleet_fault fault;
    unsigned why;
};

/* A fleet of so many nodes n000, n001, ... */
static void make_fleet(struct bm_fleet *f, const struct bm_run *run, size_t nodes, const struct planted *planted,
                       size_t faults, double deviation, unsigned seed, size_t every)
{
    struct bm_error error;
    for (size_t n = 0; n < nodes; n++) {
        char host[16], name[32];
        struct made_up_node node = { host, DATE, NO_FAULT, deviation, seed * 1000 + (unsigned)n, every };
        snprintf(host, sizeof host, "n%03zu", n);
        snprintf(name, sizeof name, "%s.json", host);
        for (size_t i = 0; i < faults; i++)
            if (planted[i].node == n)
                node.fault = planted[i].fault;
        ck_assert_msg(add(f, node_result(run, &node), name, &error) == BM_ADDED, "%s", error.text);
    }
}

static const struct bm_fleet_node *node_named(const struct bm_fleet *f, const char *host)
{
    for (size_t n = 0; n < f->nodes; n++)
        if (strcmp(f->node[n].host, host) == 0)
            return &f->node[n];
    ck_abort_msg("no node %s", host);
    return NULL;
}

/* Found are just the planted ones, each for its reason. */
static void check_found(struct bm_fleet *f, const struct planted *planted, size_t faults)
{
    struct bm_error error;
    ck_assert_msg(bm_fleet_find(f, 0.02, false, &error), "%s", error.text);
    for (size_t n = 0; n < f->slower; n++) {
        bool known = false;
        for (size_t i = 0; i < faults; i++)
            known |= planted[i].node == (size_t)atoi(f->node[n].host + 1);
        ck_assert_msg(known, "%s is called: %u", f->node[n].host, f->node[n].why);
    }
    for (size_t i = 0; i < faults; i++) {
        char host[16];
        snprintf(host, sizeof host, "n%03zu", planted[i].node);
        ck_assert_msg(node_named(f, host)->why == planted[i].why, "%s: %u, not %u", host, node_named(f, host)->why,
                      planted[i].why);
    }
}

/* ---- planted faults ---- */

START_TEST(two_hundred_nodes)
{
    static const struct planted planted[] = { { 17, CLOCK_4, BM_WHY_CLOCK },
                                              { 55, HALF_MEMORY, BM_WHY_MEMORY },
                                              { 120, SLOW_CORE, BM_WHY_ONE_CORE } };
    struct bm_run run = shipped_run();
    struct bm_fleet f = { 0 };
    make_fleet(&f, &run, 200, planted, 3, 0.003, 1, 8);
    bm_run_free(&run);
    check_found(&f, planted, 3);
    ck_assert_uint_eq(f.nodes, 200);
    ck_assert_uint_eq(f.compared, f.cases);
    const struct bm_fleet_change *c = node_named(&f, "n017")->change[BM_BY_FLOOR];
    ck_assert_str_eq(f.group[0].name, "core, 1 thread");
    ck_assert_double_eq_tol(exp(c->log), 1.04, 0.01);
    ck_assert_str_eq(f.node[0].host, "n055"); /* the slowest first */
    ck_assert_str_eq(f.node[3].host, "n000");
    bm_fleet_free(&f);
}
END_TEST

START_TEST(small_fleets)
{
    static const struct planted planted[] = { { 1, HALF_MEMORY, BM_WHY_MEMORY } };
    struct bm_run run = shipped_run();
    for (size_t nodes = 3; nodes <= 12; nodes *= 2) {
        struct bm_fleet f = { 0 }, equal = { 0 };
        make_fleet(&f, &run, nodes, planted, 1, 0.003, 2, 8);
        check_found(&f, planted, 1);
        bm_fleet_free(&f);
        make_fleet(&equal, &run, nodes, NULL, 0, 0.01, 3, 8);
        check_found(&equal, NULL, 0);
        bm_fleet_free(&equal);
    }
    bm_run_free(&run);
}
END_TEST

START_TEST(neighbours_and_times)
{
    static const struct planted planted[] = { { 3, BUSY, BM_WHY_NEIGHBOURS }, { 7, AT_TIMES, BM_WHY_AT_TIMES } };
    struct bm_run run = shipped_run();
    struct bm_fleet f = { 0 };
    make_fleet(&f, &run, 40, planted, 2, 0.003, 4, 8);
    bm_run_free(&run);
    check_found(&f, planted, 2);
    char *why = bm_fleet_reasons(node_named(&f, "n003")), *text = bm_fleet_sentences(node_named(&f, "n003"));
    ck_assert_str_eq(why, "neighbours");
    ck_assert_ptr_nonnull(strstr(text, "others used its cores"));
    free(why);
    free(text);
    bm_fleet_free(&f);
}
END_TEST

/* ---- made-up nodes of a few cases, where every number is known ---- */

static const char *const shapes[] = { "N=1 C=8", "N=2 C=8", "N=3 C=8", "N=4 C=8", "N=5 C=8", "N=6 C=8" };
enum { SHAPES = sizeof shapes / sizeof *shapes };

/* `times`: as long as the others. */
static json_t *small_result(const char *host, const char *date, double times)
{
    json_t *run = made_up_run("0123456", date);
    json_object_set_new(json_object_get(run, "context"), "host_name", json_string(host));
    for (int i = 0; i < SHAPES; i++) {
        const double s = 1e-6 * (i + 1) * times, seconds[] = { s, s, s, s };
        add_made_up_case(run, "bn_forward_avx2", shapes[i], 1, seconds, 2, 2);
    }
    return run;
}

static void add_small(struct bm_fleet *f, const char *host, double times)
{
    struct bm_error error;
    char name[64];
    snprintf(name, sizeof name, "%s.json", host);
    ck_assert_msg(add(f, small_result(host, DATE, times), name, &error) == BM_ADDED, "%s", error.text);
}

START_TEST(too_few)
{
    struct bm_fleet f = { 0 }, two = { 0 }, one = { 0 };
    struct bm_error error;
    ck_assert(!bm_fleet_find(&f, 0.02, false, &error));
    add_small(&two, "a", 1);
    add_small(&two, "b", 2);
    ck_assert(!bm_fleet_find(&two, 0.02, false, &error));
    ck_assert_msg(strstr(error.text, "2 results of 2 nodes") && strstr(error.text, "compare"), "%s", error.text);
    for (int i = 0; i < 4; i++) {
        char name[16];
        snprintf(name, sizeof name, "same%d.json", i);
        add(&one, small_result("same", DATE, 1 + 0.001 * i), name, &error);
    }
    ck_assert(!bm_fleet_find(&one, 0.02, false, &error));
    ck_assert_msg(strstr(error.text, "4 results of 1 node, same") && strstr(error.text, "--by file"), "%s", error.text);
    bm_fleet_free(&one);
    bm_fleet_free(&two);
    bm_fleet_free(&f);
}
END_TEST

START_TEST(a_file_is_a_node)
{
    struct bm_fleet f = { 0 };
    struct bm_error error;
    for (int i = 0; i < 6; i++) {
        char name[16];
        snprintf(name, sizeof name, "file%d.json", i);
        add(&f, small_result("same", DATE, i == 4 ? 2 : 1 + 1e-4 * i), name, &error);
    }
    ck_assert_msg(bm_fleet_find(&f, 0.02, true, &error), "%s", error.text);
    ck_assert_uint_eq(f.nodes, 6);
    ck_assert_uint_eq(f.slower, 1);
    ck_assert_str_eq(f.node[0].host, in_root("file4.json"));
    bm_fleet_free(&f);
}
END_TEST

/* Of a host with several results each case is that of the newest that has it. */
START_TEST(several_results)
{
    struct bm_fleet f = { 0 };
    struct bm_error error;
    add_small(&f, "a", 1);
    add_small(&f, "b", 1.0001);
    add_small(&f, "c", 0.9999);
    json_t *newer = small_result("c", "2026-01-03T00:00:00Z", 3);
    change_member(newer, "batchmark.cases.0", NULL);
    ck_assert_int_eq(add(&f, newer, "newer.json", &error), BM_ADDED);
    ck_assert_int_eq(add(&f, small_result("b", "2026-01-01T00:00:00Z", 5), "older.json", &error), BM_ADDED);
    ck_assert_msg(bm_fleet_find(&f, 0.02, false, &error), "%s", error.text);
    ck_assert_uint_eq(f.nodes, 3);
    const struct bm_fleet_node *b = node_named(&f, "b"), *c = node_named(&f, "c");
    ck_assert_uint_eq(b->results, 2);
    ck_assert_double_eq_tol(b->change[BM_BY_FLOOR][0].log, 0, 1e-3);
    ck_assert_uint_eq(c->cases, SHAPES);
    ck_assert_double_eq_tol(exp(c->change[BM_BY_FLOOR][0].log), 3, 0.01);
    bm_fleet_free(&f);
}
END_TEST

START_TEST(who_takes_part)
{
    struct bm_fleet f = { 0 };
    struct bm_error error;
    for (int i = 0; i < 5; i++) {
        char host[8];
        snprintf(host, sizeof host, "n%d", i);
        add_small(&f, host, 1 + 1e-4 * i);
    }
    json_t *other = small_result("other", DATE, 9);
    change_member(other, "batchmark.fingerprint.cores", "4");
    ck_assert_int_eq(add(&f, other, "other.json", &error), BM_ADDED);
    ck_assert_int_eq(add(&f, small_result("n0", DATE, 1), "again.json", &error), BM_UNREADABLE);
    ck_assert_ptr_nonnull(strstr(error.text, "the same result as"));
    ck_assert_int_eq(add(&f, made_up_result("verify"), "verify.json", &error), BM_OTHER_KIND);
    json_t *code = small_result("code", DATE, 9), *few = small_result("few", DATE, 1);
    for (int i = 0; i < SHAPES; i++) {
        char path[64];
        snprintf(path, sizeof path, "batchmark.cases.%d.code", i);
        change_member(code, path, "\"00000000000000ff\"");
    }
    for (int i = 1; i < SHAPES; i++)
        change_member(few, "batchmark.cases.0", NULL);
    ck_assert_int_eq(add(&f, few, "few.json", &error), BM_ADDED);
    ck_assert_int_eq(add(&f, code, "code.json", &error), BM_ADDED);
    ck_assert_msg(bm_fleet_find(&f, 0.02, false, &error), "%s", error.text);
    ck_assert_uint_eq(f.asides, 1);
    ck_assert_str_eq(f.aside[0].host, "other");
    ck_assert_str_eq(f.aside[0].why, "cores: 4 against 2");
    ck_assert_uint_eq(node_named(&f, "code")->other_code, SHAPES);
    ck_assert_uint_eq(node_named(&f, "code")->cases, 0);
    ck_assert_uint_eq(node_named(&f, "few")->cases, 1);
    ck_assert_uint_eq(f.nodes, 7);
    ck_assert_uint_eq(f.slower, 0);
    bm_fleet_free(&f);
}
END_TEST

/* ---- reading ---- */

/* A result as it is written, and the same with other blanks, which is read whole. */
START_TEST(outlines_agree)
{
    struct bm_outline short_one, whole;
    struct bm_error error;
    bool other;
    json_t *result = small_result("a", DATE, 1);
    const char *written = in_root("written.json"), *spaced = in_root("spaced.json");
    change_member(result, "batchmark.cases.2.origin", "\"\\\"raw\\\":[ \\\\\"");
    ck_assert(bm_result_write(result, written, &error));
    ck_assert_int_eq(json_dump_file(result, spaced, JSON_INDENT(2) | JSON_REAL_PRECISION(12)), 0);
    ck_assert_msg(bm_outline_load(written, &short_one, &other, &error), "%s", error.text);
    ck_assert_msg(bm_outline_load(spaced, &whole, &other, &error), "%s", error.text);
    ck_assert_ptr_null(json_object_get(short_one.json, "benchmarks"));
    ck_assert_ptr_nonnull(json_object_get(whole.json, "benchmarks"));
    ck_assert_str_eq(short_one.host, "a");
    ck_assert_str_eq(short_one.checksum, whole.checksum);
    ck_assert_uint_eq(short_one.cases, SHAPES);
    for (int i = 0; i < SHAPES; i++) {
        const struct bm_outline_case *c = &short_one.cased[i], *d = &whole.cased[i];
        ck_assert_str_eq(c->name, d->name);
        ck_assert_str_eq(c->bound, "FMA");
        ck_assert_str_eq(c->code, d->code);
        ck_assert(c->median_s == d->median_s && c->floor_s == d->floor_s && c->bound_s == d->bound_s);
        ck_assert(c->samples == 4 && d->samples == 4 && c->threads == 1);
    }
    bm_outline_free(&short_one);
    bm_outline_free(&whole);
    json_decref(result);
}
END_TEST

START_TEST(what_is_no_outline)
{
    static const char *const bad[][3] = { { "batchmark.cases.1.median_s", "0", "\"median_s\" is not a number" },
                                          { "batchmark.cases.1.floor_s", "-1e-6", "\"floor_s\" is not a number" },
                                          { "batchmark.cases.1.median_s", "null", "\"median_s\" is not a number" },
                                          { "batchmark.cases.1.threads", "0", "\"threads\" is not a whole number" },
                                          { "batchmark.cases", "7", "\"cases\" is not a list" },
                                          { "context.host_name", "null", "\"host_name\" is not a text" } };
    struct bm_outline o;
    struct bm_error error;
    bool other;
    const char *path = in_root("bad.json");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        json_t *result = small_result("a", DATE, 1);
        change_member(result, bad[i][0], bad[i][1]);
        bm_result_write(result, path, &error);
        ck_assert(!bm_outline_load(path, &o, &other, &error));
        ck_assert_msg(strstr(error.text, bad[i][2]) && strstr(error.text, path), "%s", error.text);
        json_decref(result);
    }
    json_t *result = small_result("a", DATE, 1);
    bm_result_write(result, path, &error);
    size_t size;
    char *text = read_all(path, &size), *digit = strstr(text, "\"median_s\":") + strlen("\"median_s\":");
    *digit = *digit == '9' ? '8' : '9';
    write_all(path, text, size);
    ck_assert(!bm_outline_load(path, &o, &other, &error));
    ck_assert_msg(strstr(error.text, "edited"), "%s", error.text);
    memcpy(digit, "1e999,", 6); /* not finite */
    write_all(path, text, size);
    ck_assert(!bm_outline_load(path, &o, &other, &error));
    ck_assert_msg(strstr(error.text, "not a whole JSON"), "%s", error.text);
    free(text);
    json_decref(result);
}
END_TEST

/* What is left of a result's text, given as it is without its checksum. */
static void check_shortened(const char *rest, const char *wanted)
{
    static const char *const without[] = { "\"raw\"", "\"x\"", NULL };
    char all[256], text[256], left[256];
    json_error_t at;
    snprintf(all, sizeof all, "{\"batchmark\":{\"checksum\":\"00000000\",%s", rest);
    json_t *json = json_loads(all, 0, &at);
    ck_assert_msg(json != NULL, "%s", at.text);
    char *sum = bm_result_checksum(json);
    snprintf(text, sizeof text, "{\"batchmark\":{\"checksum\":\"%s\",%s", sum, rest);
    snprintf(left, sizeof left, "{\"batchmark\":{\"checksum\":\"%s\"%s%s", sum, *wanted == '}' ? "" : ",", wanted);
    size_t length = strlen(text);
    ck_assert(bm_shorten(text, &length, without));
    ck_assert_msg(length == strlen(left) && memcmp(text, left, length) == 0, "%.*s, not %s", (int)length, text, left);
    *strchr(all, '0') = '1';
    length = strlen(all);
    ck_assert_msg(!bm_shorten(all, &length, without) && length == strlen(all), "its checksum does not hold");
    free(sum);
    json_decref(json);
}

START_TEST(shortens)
{
    check_shortened("\"raw\":[1,[2],{}]}}", "}}");
    check_shortened("\"a\":1,\"raw\":{\"a\":\"]}\"},\"z\":2}}", "\"a\":1,\"z\":2}}");
    check_shortened("\"a\":[{\"raw\":[],\"x\":1.5}]}}", "\"a\":[{}]}}");
    check_shortened("\"a\":\"raw\",\"x\":\"\\\"\\\\\"}}", "\"a\":\"raw\"}}");
    check_shortened("\"a\":[\"x\",\"\\\"raw\\\":\"],\"xx\":0}}", "\"a\":[\"x\",\"\\\"raw\\\":\"],\"xx\":0}}");
    check_shortened("\"x\":null}}", "}}");
}
END_TEST

Suite *fleet_suite(void)
{
    Suite *s = suite_create("fleet");
    TCase *faults = tcase_create("planted faults"), *nodes = tcase_create("nodes"), *reading = tcase_create("reading");
    TCase *all[] = { faults, nodes, reading };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        tcase_add_unchecked_fixture(all[i], make_root, remove_root);
        tcase_add_checked_fixture(all[i], empty_root, NULL);
        suite_add_tcase(s, all[i]);
    }
    tcase_set_timeout(faults, 120);
    tcase_add_test(faults, two_hundred_nodes);
    tcase_add_test(faults, small_fleets);
    tcase_add_test(faults, neighbours_and_times);
    tcase_add_test(nodes, too_few);
    tcase_add_test(nodes, a_file_is_a_node);
    tcase_add_test(nodes, several_results);
    tcase_add_test(nodes, who_takes_part);
    tcase_add_test(reading, outlines_agree);
    tcase_add_test(reading, what_is_no_outline);
    tcase_add_test(reading, shortens);
    return s;
}
