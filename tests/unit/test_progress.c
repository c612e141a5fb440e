/* SPDX-License-Identifier: MIT */
/* test_progress.c - the time that long work has left. */
#include <check.h>

#include "progress.h"

Suite *progress_suite(void);

START_TEST(left_by_the_pace_so_far)
{
    struct bm_pace p = { 0 };
    ck_assert_double_lt(bm_pace_left(&p, 0, 10, 100), 0);
    ck_assert_double_lt(bm_pace_left(&p, 1, 10, 101), 0); /* too early */
    ck_assert_double_eq(bm_pace_left(&p, 2, 10, 104), 16);
    ck_assert_double_eq(bm_pace_left(&p, 10, 10, 120), 0);
}
END_TEST

/* What was done before, in a run that is resumed, took no time. */
START_TEST(left_of_a_series_begun_before)
{
    struct bm_pace p = { 0 };
    ck_assert_double_lt(bm_pace_left(&p, 6, 10, 50), 0);
    ck_assert_double_lt(bm_pace_left(&p, 6, 10, 90), 0);
    ck_assert_double_eq(bm_pace_left(&p, 8, 10, 54), 4);
}
END_TEST

START_TEST(left_of_another_series)
{
    struct bm_pace p = { 0 };
    bm_pace_left(&p, 0, 10, 0);
    ck_assert_double_eq(bm_pace_left(&p, 5, 10, 5), 5);
    ck_assert_double_lt(bm_pace_left(&p, 0, 10, 6), 0); /* the next launch */
    ck_assert_double_eq(bm_pace_left(&p, 1, 10, 10), 36);
    ck_assert_double_lt(bm_pace_left(&p, 1, 20, 11), 0); /* more of it */
}
END_TEST

START_TEST(left_in_words)
{
    static const struct {
        double seconds;
        const char *text;
    } said[] = { { -1, "" },          { 0, "0 s left" },        { 0.4, "0 s left" },      { 99.4, "99 s left" },
                 { 99.5, "2 min left" }, { 150, "2 min left" }, { 5969, "99 min left" }, { 5970, "1.7 h left" },
                 { 360000, "100.0 h left" } };
    char text[BM_LEFT_TEXT];
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        bm_left_text(said[i].seconds, text);
        ck_assert_str_eq(text, said[i].text);
    }
}
END_TEST

Suite *progress_suite(void)
{
    Suite *suite = suite_create("progress");
    TCase *all = tcase_create("left");
    tcase_add_test(all, left_by_the_pace_so_far);
    tcase_add_test(all, left_of_a_series_begun_before);
    tcase_add_test(all, left_of_another_series);
    tcase_add_test(all, left_in_words);
    suite_add_tcase(suite, all);
    return suite;
}
