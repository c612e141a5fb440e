/* SPDX-License-Identifier: MIT */
/* Claims: the language of their files, the rules of their verdicts, and what a result keeps of them. */
#include <check.h>
#include <glob.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "claim.h"
#include "claim_record.h"
#include "document.h"
#include "members.h"
#include "result.h"
#include "shape.h"

Suite *claim_suite(void);

static struct bm_experiment e; /* large */
static struct bm_claim_data data;
static struct bm_cell cell[BM_MAX_CELLS];

static const char head[] =
    "about = a claim\nsweep = lr: 0.1 | 1 epochs=3 | 10\npanels = optimizer: sgd | adam\ntrains = 0.5\n"
    "seeds = 0, 1, 2, 3\ntarget = 0.9\n";
static const char sections[] = "\n[a]\nbn = after\n[b]\nbn = none\n";

static void parse(const char *claims)
{
    char text[2000];
    struct bm_error error;
    snprintf(text, sizeof text, "%s%s%s", head, claims, sections);
    ck_assert_msg(bm_experiment_parse(&e, "t", text, &error), "%s", error.text);
    ck_assert_msg(bm_claim_data_make(&data, &e, &error), "%s", error.text);
}

/* A figure of both variants everywhere: of a `a`, of b `b`, with a little of each seed's own. */
static void fill(int measured, double a, double b)
{
    for (unsigned panel = 0; panel < data.panels; panel++)
        for (unsigned point = 0; point < data.points; point++)
            for (unsigned seed = 0; seed < data.seeds; seed++) {
                bm_claim_figures(&data, 0, panel, point, seed)[measured] = a + 0.001 * seed;
                bm_claim_figures(&data, 1, panel, point, seed)[measured] = b + 0.001 * (seed % 2);
            }
}

static enum bm_holds judge(size_t *cells) { return bm_judge_general(&data, &e.claim[0], cell, cells); }

START_TEST(axes)
{
    struct bm_error error;
    struct bm_train_config c;
    char label[BM_POINT_LABEL], title[BM_AXIS_KEY];
    parse("claim.higher.val_accuracy = a, b: text\nclaim.higher.val_accuracy = b, a: the reverse\n");
    ck_assert_uint_eq(e.sweep.points, 3);
    ck_assert_uint_eq(e.panels.points, 2);
    ck_assert_uint_eq(e.claims, 2); /* of one kind */
    c = e.variant[0].config;
    ck_assert(bm_axis_set(&e.sweep, 1, &c, &error) && c.lr == 1 && c.epochs == 3);
    ck_assert_str_eq(bm_axis_label(&e.sweep, 1, label), "1");
    ck_assert_str_eq(bm_axis_title(&e.sweep, title), "lr");
    free(data.figure);
    ck_assert(bm_experiment_parse(&e, "t", "sweep = (images): few train_images=10 | all\n[a]\n[b]\n", &error));
    c = e.variant[0].config;
    ck_assert(bm_axis_set(&e.sweep, 0, &c, &error) && c.train_images == 10);
    ck_assert_str_eq(bm_axis_title(&e.sweep, title), "images");
    ck_assert_str_eq(bm_axis_label(&e.sweep, 0, label), "few");
}
END_TEST

static const struct {
    const char *text, *says;
} wrong[] = {
    { "sweep = lr 1\n", "expected key: value" },
    { "sweep = lr:\n", "expected key: value" },
    { "sweep = lr: 1 | | 2\n", "too long, or empty" },
    { "sweep = nonesuch: 1\n[a]\n", "nonesuch" },
    { "sweep = lr: 1 epochs\n[a]\n", "expected key=value" },
    { "sweep = lr: fast\n[a]\n", "fast" },
    { "panels = batch: 1\n[a]\nbn = after\n", "[a], 1" },
    { "[a]\nsweep = lr: 1\n", "above the first section" },
    { "trains = 2\n", "from 0 to 1" },
    { "margin = x\n", "from 0 to 1" },
    { "claim.higher = a, b: text\n", "with a figure" },
    { "claim.taller.val_accuracy = a, b: text\n", "with a figure" },
    { "claim.higher.height = a, b: text\n[a]\n[b]\n", "height" },
    { "claim.higher.val_accuracy = a, b, c: text\n", "two variants" },
    { "claim.higher.val_accuracy = a, c: text\n[a]\n[b]\n", "c" },
    { "claim.wider.val_accuracy = a, b: text\n[a]\n[b]\n", "trains" },
};
START_TEST(refused)
{
    struct bm_error error = { "" };
    ck_assert(!bm_experiment_parse(&e, "t", wrong[_i].text, &error));
    ck_assert_msg(strstr(error.text, wrong[_i].says) != NULL, "%s: %s", wrong[_i].text, error.text);
}
END_TEST

START_TEST(nothing_to_judge)
{
    struct bm_error error = { "" };
    ck_assert(bm_experiment_parse(&e, "t", "[a]\n[b]\n", &error));
    ck_assert(!bm_claim_data_make(&data, &e, &error) && strstr(error.text, "nothing that can be judged"));
    ck_assert(bm_experiment_parse(
        &e, "t", "claim.higher.val_accuracy = a, b: t\n[a]\nseeds = 1, 2\n[b]\nseeds = 1, 3\n", &error));
    ck_assert(!bm_claim_data_make(&data, &e, &error) &&
              strstr(error.text, "[b]: all variants of a claim have the same seeds"));
}
END_TEST

/* Higher and lower, a cell each point of each panel. */
START_TEST(by_point)
{
    size_t cells;
    parse("claim.higher.val_accuracy = a, b: text\n");
    ck_assert_int_eq(judge(&cells), BM_NOT_SHOWN); /* nothing was run */
    ck_assert_uint_eq(cells, 6);
    ck_assert_int_eq(cell[0].support, BM_NOT_RUN);
    fill(BM_FINAL_VAL_ACCURACY, 0.8, 0.7);
    ck_assert_int_eq(judge(&cells), BM_HOLDS);
    ck_assert_double_eq_tol(cell[5].mean, 0.101, 1e-12);
    ck_assert(cell[5].panel == 1 && cell[5].point == 2 && cell[5].seeds == 4 && cell[5].low > 0.09 &&
              cell[5].high < 0.11);
    fill(BM_FINAL_VAL_ACCURACY, 0.7, 0.8);
    ck_assert_int_eq(judge(&cells), BM_DOES_NOT_HOLD);
    fill(BM_FINAL_VAL_ACCURACY, 0.7, 0.701);
    ck_assert_int_eq(judge(&cells), BM_NOT_SHOWN);
    fill(BM_FINAL_VAL_ACCURACY, 0.8, 0.7);
    for (unsigned seed = 0; seed < 4; seed++)
        bm_claim_figures(&data, 0, 0, 0, seed)[BM_FINAL_VAL_ACCURACY] = 0.1; /* one cell contradicts */
    ck_assert_int_eq(judge(&cells), BM_HOLDS_IN_PART);
    bm_claim_figures(&data, 0, 0, 1, 0)[BM_FINAL_VAL_ACCURACY] = NAN; /* one seed less */
    judge(&cells);
    ck_assert_uint_eq(cell[1].seeds, 3);
    e.margin = 0.2; /* what is smaller is no difference */
    ck_assert_int_eq(judge(&cells), BM_DOES_NOT_HOLD);
    ck_assert_int_eq(cell[2].support, BM_NO_DIFFERENCE);
    free(data.figure);
}
END_TEST

static void set_point(unsigned variant, unsigned point, double x)
{
    for (unsigned panel = 0; panel < data.panels; panel++)
        for (unsigned seed = 0; seed < data.seeds; seed++)
            bm_claim_figures(&data, variant, panel, point, seed)[BM_FINAL_VAL_ACCURACY] = x;
}

/* Over the whole sweep: a trains at two of three points, b at the first alone. */
static const struct {
    const char *kind;
    double mean;
    enum bm_holds holds;
} over[] = {
    { "wider", 1, BM_HOLDS },     { "highest", 1, BM_HOLDS },
    { "peak", 0.1, BM_HOLDS },    { "steadier", 0.1, BM_DOES_NOT_HOLD },
    { "grows", 0, BM_NOT_SHOWN },
};
START_TEST(over_the_sweep)
{
    char claim[100];
    size_t cells;
    snprintf(claim, sizeof claim, "claim.%s.val_accuracy = a, b: text\n", over[_i].kind);
    parse(claim);
    const double a[] = { 0.8, 0.9, 0.1 }, b[] = { 0.8, 0.4, 0.1 };
    for (unsigned point = 0; point < 3; point++)
        set_point(0, point, a[point]), set_point(1, point, b[point]);
    ck_assert_int_eq(judge(&cells), over[_i].holds);
    ck_assert_uint_eq(cells, 2);
    ck_assert_double_eq_tol(cell[1].mean, over[_i].mean, 1e-12);
    free(data.figure);
}
END_TEST

START_TEST(together)
{
    const enum bm_holds of[] = { BM_HOLDS, BM_HOLDS, BM_NOT_SHOWN, BM_DOES_NOT_HOLD };
    ck_assert_int_eq(bm_holds_together(of, 2), BM_HOLDS);
    ck_assert_int_eq(bm_holds_together(of, 3), BM_HOLDS_IN_PART);
    ck_assert_int_eq(bm_holds_together(of + 2, 1), BM_NOT_SHOWN);
    ck_assert_int_eq(bm_holds_together(of + 2, 2), BM_DOES_NOT_HOLD);
}
END_TEST

START_TEST(of_runs)
{
    struct bm_train_epoch epoch[2] = { { .epoch = 1, .accuracy = 0.8, .val_accuracy = 0.9, .loss = 0.5 },
                                       { .epoch = 2, .accuracy = 0.9, .val_accuracy = 0.7, .loss = 0.25 } };
    struct bm_train_result r = {
        .status = BM_EXIT_OK, .epochs = 2, .epoch = epoch, .test_accuracy = 0.6, .target_epoch = 1
    };
    struct bm_train_config c = bm_train_defaults();
    double m[BM_MEASURED_COUNT];
    c.target = 0.9;
    c.epochs = 2;
    r.steps_per_epoch = 100;
    m[BM_STEP_US] = 50; /* was timed before */
    bm_measure_run(&c, &r, m);
    ck_assert_double_eq_tol(m[BM_GAP], 0.2, 1e-12);
    ck_assert(m[BM_FINAL_VAL_ACCURACY] == 0.7 && m[BM_BEST_VAL_ACCURACY] == 0.9 && m[BM_FINAL_TEST_ACCURACY] == 0.6 &&
              m[BM_EPOCHS_TO_TARGET] == 1 && m[BM_FINAL_LOSS] == 0.25);
    ck_assert(m[BM_STEP_US] == 50 && fabs(m[BM_SECONDS_TO_TARGET] - 5e-3) < 1e-12); /* 100 steps of 50 us */
    r.target_epoch = 0;
    r.status = BM_EXIT_FAILED; /* it diverged: the worst of all */
    bm_measure_run(&c, &r, m);
    ck_assert(m[BM_FINAL_VAL_ACCURACY] == 0 && m[BM_EPOCHS_TO_TARGET] == 3 && isnan(m[BM_GAP]));
    ck_assert(fabs(m[BM_SECONDS_TO_TARGET] - 15e-3) < 1e-12);
    r.status = BM_EXIT_INTERRUPTED;
    bm_measure_run(&c, &r, m);
    ck_assert(isnan(m[BM_FINAL_VAL_ACCURACY]));
}
END_TEST

static json_t *new_result(const char *name)
{
    json_t *result = bm_result_new("claim", 0, NULL, NULL);
    bm_claim_record_head(result, name, &e, "line\nanother\n", json_array());
    return result;
}

/* What was kept comes back, and what is of another claim does not. */
START_TEST(recorded)
{
    struct bm_error error = { "" };
    parse("claim.higher.val_accuracy = a, b: text\n");
    json_t *result = new_result("one"), *again = new_result("one"), *other = new_result("other");
    fill(BM_FINAL_VAL_ACCURACY, 0.8, 0.7);
    for (unsigned variant = 0; variant < 2; variant++)
        for (unsigned point = 0; point < 3; point++)
            bm_claim_record_run(result, &data, variant, 1, point, 3, "", NULL);
    bm_claim_record_run(result, &data, 1, 1, 2, 3, "", NULL); /* in the place of what is there */
    bm_claim_record_end(result, &data);
    const json_t *ours = json_object_get(result, "batchmark");
    ck_assert_str_eq(json_string_value(json_object_get(ours, "verdict")), "holds here");
    ck_assert_uint_eq(json_array_size(json_object_get(ours, "points")), 12);
    ck_assert_uint_eq(json_array_size(json_object_get(ours, "seed_runs")), 6);
    ck_assert(bm_members_known(result, &error));
    struct bm_claim_data back;
    ck_assert(bm_claim_data_make(&back, &e, &error));
    ck_assert_msg(bm_claim_take(again, ours, &back, &error), "%s", error.text);
    ck_assert_double_eq_tol(bm_claim_figures(&back, 0, 1, 2, 3)[BM_FINAL_VAL_ACCURACY], 0.803, 1e-12);
    ck_assert(isnan(bm_claim_figures(&back, 0, 0, 2, 3)[BM_FINAL_VAL_ACCURACY]));
    ck_assert(!bm_claim_take(other, ours, &back, &error) && strstr(error.text, "\"claim\" differs"));
    json_object_set_new(json_array_get(json_object_get(ours, "seed_runs"), 1), "point", json_integer(3));
    ck_assert(!bm_claim_take(again, ours, &back, &error) && strstr(error.text, "seed_runs[1]"));
    json_decref(result), json_decref(again), json_decref(other);
    free(back.figure), free(data.figure);
}
END_TEST

/* What a claim asks for decides what is run; a run that is trained and is to be timed is not done. */
START_TEST(asked_for)
{
    struct bm_error error = { "" };
    static const struct {
        const char *claims;
        bool trains, times;
    } cases[] = { { "claim.higher.val_accuracy = a, b: text\n", true, false },
                  { "claim.lower.step_ratio = a, b: text\n", false, true },
                  { "claim.lower.step_us = a, b: text\nclaim.lower.added_share = a, b: text\n", false, true },
                  { "claim.lower.seconds_to_target = a, b: text\n", true, true } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        parse(cases[i].claims);
        double *figure = bm_claim_figures(&data, 0, 0, 0, 0);
        ck_assert(bm_claim_trains(&e) == cases[i].trains && bm_claim_times(&e) == cases[i].times);
        ck_assert(!bm_claim_is_run(&data, figure));
        figure[BM_FINAL_VAL_ACCURACY] = 0.5;
        ck_assert(bm_claim_is_trained(figure) && bm_claim_is_run(&data, figure) == !cases[i].times);
        figure[BM_STEP_US] = 20;
        ck_assert(bm_claim_is_timed(figure) && bm_claim_is_run(&data, figure));
        free(data.figure);
    }
    ck_assert(bm_experiment_parse(
        &e, "t", "claim.lower.step_us = a, b: t\n[a]\ndataset = mnist\n[b]\ndataset = builtin\n", &error));
    ck_assert(!bm_claim_data_make(&data, &e, &error) && strstr(error.text, "same dataset"));
}
END_TEST

/* Those that are built in can be run and judged, by two disjoint sets of seeds as well. */
START_TEST(built_in)
{
    struct bm_error error = { "" };
    size_t n = 0;
    for (const struct bm_text *t = bm_builtin_claims; t->name; t++, n++) {
        ck_assert_msg(bm_experiment_parse(&e, t->name, t->text, &error), "%s", error.text);
        ck_assert_msg(bm_claim_data_make(&data, &e, &error), "%s: %s", t->name, error.text);
        ck_assert_msg(data.seeds >= 6 && data.seeds % 2 == 0, "%s: %u seeds", t->name, data.seeds);
        free(data.figure);
    }
    ck_assert_uint_ge(n, 7);
}
END_TEST

/* ---- the shipped results ---- */

/* The file's text and the settings that were put over it. */
static void parse_result(const json_t *ours, const char *path)
{
    struct bm_error error;
    const json_t *one;
    size_t i, at = 0;
    static char text[32768];
    text[0] = '\0';
    json_array_foreach(json_object_get(ours, "text"), i, one) at +=
        (size_t)snprintf(text + at, sizeof text - at, "%s\n", json_string_value(one));
    ck_assert_uint_lt(at, sizeof text);
    ck_assert_msg(bm_experiment_parse(&e, path, text, &error), "%s", error.text);
    ck_assert_uint_eq(json_array_size(json_object_get(ours, "settings")), 0);
    ck_assert_msg(bm_claim_data_make(&data, &e, &error), "%s: %s", path, error.text);
    ck_assert_msg(bm_claim_take_runs(ours, &data, &error), "%s: %s", path, error.text);
}

/* The same with half of the seeds, from number `first` on; free() its figures. */
static struct bm_claim_data half_of(const struct bm_claim_data *all, unsigned first)
{
    struct bm_claim_data half = *all;
    half.seeds /= 2;
    half.figure = bm_alloc(bm_claim_runs(&half) * BM_MEASURED_COUNT * sizeof *half.figure);
    for (unsigned v = 0; v < e.variants; v++)
        for (unsigned panel = 0; panel < half.panels; panel++)
            for (unsigned point = 0; point < half.points; point++)
                for (unsigned seed = 0; seed < half.seeds; seed++)
                    memcpy(bm_claim_figures(&half, v, panel, point, seed),
                           bm_claim_figures(all, v, panel, point, first + seed),
                           BM_MEASURED_COUNT * sizeof *half.figure);
    return half;
}

/* Two disjoint sets of seeds come to the same verdict, and so does the result. */
START_TEST(halves_agree)
{
    glob_t found;
    int disagree = 0;
    ck_assert_int_eq(glob("results/*/*-claim.json.gz", 0, NULL, &found), 0);
    for (size_t f = 0; f < found.gl_pathc; f++) {
        struct bm_document d;
        struct bm_error error;
        ck_assert_msg(bm_document_load(found.gl_pathv[f], &d, &error), "%s", error.text);
        parse_result(d.ours, found.gl_pathv[f]);
        struct bm_claim_data first = half_of(&data, 0), second = half_of(&data, data.seeds / 2);
        size_t n = 0, cells;
        for (unsigned i = 0; i < e.claims; i++) {
            const enum bm_holds a = bm_judge_general(&first, &e.claim[i], cell, &cells),
                                b = bm_judge_general(&second, &e.claim[i], cell, &cells);
            const json_t *verdict = json_array_get(json_object_get(d.ours, "verdicts"), n++);
            if (a != b) {
                printf("# %s: %s: %s, and by the other seeds %s\n", bm_member_text(d.ours, "claim"), e.claim[i].text,
                       bm_holds_names[a], bm_holds_names[b]);
                disagree++;
            }
            ck_assert_str_eq(bm_member_text(verdict, "verdict"),
                             bm_holds_names[bm_judge_general(&data, &e.claim[i], cell, &cells)]);
        }
        free(first.figure), free(second.figure), free(data.figure);
        bm_document_free(&d);
    }
    globfree(&found);
    ck_assert_int_eq(disagree, 0);
}
END_TEST

Suite *claim_suite(void)
{
    Suite *suite = suite_create("claim");
    TCase *tests = tcase_create("claims");
    tcase_add_test(tests, axes);
    tcase_add_loop_test(tests, refused, 0, sizeof wrong / sizeof *wrong);
    tcase_add_test(tests, nothing_to_judge);
    tcase_add_test(tests, by_point);
    tcase_add_loop_test(tests, over_the_sweep, 0, sizeof over / sizeof *over);
    tcase_add_test(tests, together);
    tcase_add_test(tests, of_runs);
    tcase_add_test(tests, recorded);
    tcase_add_test(tests, asked_for);
    tcase_add_test(tests, built_in);
    tcase_add_test(tests, halves_agree);
    suite_add_tcase(suite, tests);
    return suite;
}
