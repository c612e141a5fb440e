/* SPDX-License-Identifier: MIT */
/* step_pairs.h: networks in turns. What they took is nothing that a test could know. */
#include <check.h>
#include <math.h>
#include <string.h>

#include "step_pairs.h"
#include "train_fixture.h"

Suite *step_pairs_suite(void);

static struct bm_dataset data;
static struct bm_train_config config[3];

static void set_up(void)
{
    static const char *const bn[] = { "before", "after", "none" };
    make_data(&data, 530, 70);
    for (int i = 0; i < 3; i++) {
        config[i] = patterns(bn[i], "first:100");
        set(&config[i], "kernels", i == 1 ? "auto" : "region");
        set(&config[i], "threads", "1");
    }
}

static void tear_down(void) { bm_dataset_free(&data); }

START_TEST(in_turns)
{
    struct bm_step_time time[3];
    struct bm_step_visits visits = { 7, 0 };
    struct bm_error error = { "" };
    ck_assert_msg(bm_pair_steps(config, 3, &data, NULL, time, &visits, &error), "%s", error.text);
    for (int i = 0; i < 3; i++)
        ck_assert(time[i].seconds > 0 && isfinite(time[i].seconds) && time[i].ratio > 0 && isfinite(time[i].ratio));
    ck_assert(time[2].ratio == 1); /* its own */
    ck_assert(visits.visits >= 7 + 4 * 3 && (visits.visits - 7) % 3 == 0 && visits.disturbed <= visits.visits - 7);
}
END_TEST

START_TEST(stopped)
{
    const volatile sig_atomic_t interrupted = 1;
    struct bm_step_time time[3];
    struct bm_step_visits visits = { 0, 0 };
    struct bm_error error = { "" };
    ck_assert(bm_pair_steps(config, 3, &data, &interrupted, time, &visits, &error));
    ck_assert(isnan(time[0].seconds) && isnan(time[2].ratio) && visits.visits == 1);
}
END_TEST

static const struct {
    const char *key, *value, *says;
} wrong[] = {
    { "threads", "2", "one team" },
    { "batch", "1000", "only 430 images" },
    { "kernels", "nonesuch", "nonesuch" },
    { "layers", "36,8,3", "10 classes" },
};
START_TEST(refused)
{
    struct bm_step_time time[3];
    struct bm_step_visits visits = { 0, 0 };
    struct bm_error error = { "" };
    set(&config[1], wrong[_i].key, wrong[_i].value);
    ck_assert(!bm_pair_steps(config, 3, &data, NULL, time, &visits, &error) && visits.visits == 0);
    ck_assert_msg(strstr(error.text, wrong[_i].says) != NULL, "%s", error.text);
}
END_TEST

Suite *step_pairs_suite(void)
{
    Suite *suite = suite_create("step_pairs");
    TCase *tests = tcase_create("step_pairs");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, in_turns);
    tcase_add_test(tests, stopped);
    tcase_add_loop_test(tests, refused, 0, sizeof wrong / sizeof *wrong);
    suite_add_tcase(suite, tests);
    return suite;
}
