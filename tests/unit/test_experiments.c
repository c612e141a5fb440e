/* SPDX-License-Identifier: MIT */
/* test_experiments.c - what is said about the runs of an experiment: figures over seeds, time to accuracy, verdicts,
 * claims, readings, pictures. The runs are made up here, so that every number is known. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "published.h"
#include "reading.h"
#include "record.h"
#include "shape.h"
#include "train_fixture.h"
#include "train_report.h"

Suite *experiments_suite(void);

/* A run of so many epochs: loss and validation loss fall by a tenth an epoch, accuracies rise by a hundredth. */
static struct bm_train_result made_up(size_t epochs, double loss, double accuracy)
{
    struct bm_train_result r = { .epochs = epochs, .steps_per_epoch = 10 };
    r.test_loss = loss;
    r.test_accuracy = accuracy;
    r.epoch = bm_alloc(epochs * sizeof *r.epoch);
    for (size_t e = 0; e < epochs; e++)
        r.epoch[e] = (struct bm_train_epoch){ .epoch = e + 1, .steps = 10, .loss = loss - 0.1 * (double)e,
            .accuracy = accuracy + 0.01 * (double)e, .loss100 = NAN, .val_loss = loss - 0.1 * (double)e,
            .val_accuracy = accuracy + 0.01 * (double)e, .train_seconds = 2 + (double)e };
    return r;
}

static struct bm_seed_runs *new_runs(size_t n)
{
    struct bm_seed_runs *runs = bm_alloc(n * sizeof *runs);
    for (size_t i = 0; i < n; i++)
        runs[i].variant.config = bm_train_defaults();
    return runs;
}

static void add_run(struct bm_seed_runs *runs, struct bm_train_result r)
{
    runs->run[runs->count] = (struct bm_seed_run){ .seed = runs->count, .alone = true, .result = r };
    runs->count++;
}

static void free_runs(struct bm_seed_runs *runs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        bm_seed_runs_free(&runs[i]);
    free(runs);
}

/* ---- seeds ------------------------------------------------------------------------------------ */

START_TEST(figures_are_medians_over_seeds)
{
    struct bm_seed_runs *runs = new_runs(1);
    add_run(runs, made_up(3, 0.9, 0.5));
    add_run(runs, made_up(3, 1.1, 0.6));
    add_run(runs, made_up(2, 1.0, 0.9)); /* stopped earlier */
    struct bm_stats s = bm_figure_stats(runs, 2, BM_LOSS);
    ck_assert(s.n == 3 && fabs(s.median - 0.9) < 1e-9 && fabs(s.min - 0.8) < 1e-9 && fabs(s.max - 1.0) < 1e-9);
    ck_assert_uint_eq(bm_figure_stats(runs, 3, BM_VAL_ACCURACY).n, 2);
    ck_assert_uint_eq(bm_figure_stats(runs, 4, BM_LOSS).n, 0);
    ck_assert_uint_eq(bm_figure_stats(runs, 1, BM_LOSS100).n, 0);
    ck_assert(bm_figure_stats(runs, 0, BM_TEST_ACCURACY).median == 0.6);
    ck_assert_uint_eq(bm_last_epoch(runs), 3);
    runs->run[2].result.epoch[1].steps = 4; /* cut by max_steps: no epoch's figures */
    ck_assert_uint_eq(bm_figure_stats(runs, 2, BM_LOSS).n, 2);
    free_runs(runs, 1);
}
END_TEST

START_TEST(only_runs_that_were_alone_are_timed)
{
    struct bm_seed_runs *runs = new_runs(1);
    add_run(runs, made_up(3, 1, 0.5));
    add_run(runs, made_up(3, 1, 0.5));
    runs->run[1].alone = false;
    runs->run[1].result.epoch[0].train_seconds = 1000;
    struct bm_stats s = bm_epoch_seconds(runs);
    ck_assert(s.n == 3 && s.min == 2 && s.median == 3 && s.max == 4);
    free_runs(runs, 1);
}
END_TEST

/* Loop: how many of five reach the target. */
START_TEST(runs_that_never_reach_the_target_count_as_infinity)
{
    struct bm_seed_runs *runs = new_runs(1);
    for (int i = 0; i < 5; i++) {
        add_run(runs, made_up(3, 1, 0.5));
        runs->run[i].result.target_epoch = i < _i ? (size_t)i + 1 : 0;
    }
    runs->run[4].result.status = _i == 5 ? BM_EXIT_OK : BM_EXIT_FAILED;
    struct bm_to_target t = bm_to_target(runs);
    ck_assert_uint_eq(t.reached, (size_t)_i);
    ck_assert_uint_eq(t.runs, 5);
    if (_i >= 3)
        ck_assert(t.epochs.median == 3 && t.seconds == 3 * 3 && t.epochs.min == 1);
    else
        ck_assert(isinf(t.epochs.median) && isinf(t.seconds));
    ck_assert(_i == 5 ? t.epochs.max == 5 : !isfinite(t.epochs.max));

    runs->run[4].result.status = BM_EXIT_INTERRUPTED; /* it might have reached it */
    ck_assert_uint_eq(bm_to_target(runs).runs, _i == 5 ? 5 : 4);
    ck_assert(_i != 2 || !isfinite(bm_to_target(runs).epochs.median)); /* half of the runs */
    free_runs(runs, 1);
}
END_TEST

/* ---- published -------------------------------------------------------------------------------- */

START_TEST(a_figure_is_reproduced_within_the_widened_range)
{
    static const struct { enum bm_figure figure; double value; bool reproduced; } cases[] = {
        { BM_ACCURACY, 0.4949, false }, { BM_ACCURACY, 0.4951, true }, { BM_ACCURACY, 0.6049, true },
        { BM_ACCURACY, 0.6051, false }, { BM_LOSS, 0.9499, false },     { BM_LOSS, 0.9501, true },
        { BM_LOSS, 2.0999, true },      { BM_LOSS, 2.1001, false },
    };
    struct bm_seed_runs *runs = new_runs(1);
    add_run(runs, made_up(1, 1, 0.5));
    add_run(runs, made_up(1, 2, 0.6));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bm_published p = { .epoch = 1, .figure = cases[i].figure, .value = cases[i].value };
        struct bm_verdict v = bm_judge(runs, &p);
        ck_assert_msg(v.reproduced == cases[i].reproduced, "%s %g", bm_figure_names[p.figure], p.value);
        ck_assert_uint_eq(v.ours.n, 2);
    }
    struct bm_published p = { .epoch = 2, .figure = BM_LOSS, .value = 1 };
    struct bm_verdict v = bm_judge(runs, &p);
    ck_assert(!v.reproduced && v.ours.n == 0);
    free_runs(runs, 1);
}
END_TEST

static void publish(struct bm_variant *v, size_t epoch, enum bm_figure figure, double value)
{
    v->published[v->published_count++] = (struct bm_published){ epoch, figure, value };
}

/* By training accuracy a is best in the published figures and in ours; by validation accuracy b is in the published. */
START_TEST(claims_are_judged_by_both_accuracies)
{
    struct bm_claim claim = { .kind = BM_CLAIM_BEST, .variants = 2, .variant = { "a", "b" } };
    struct bm_seed_runs *runs = new_runs(2);
    for (int i = 0; i < 2; i++) {
        struct bm_variant *v = &runs[i].variant;
        strcpy(v->name, i ? "b" : "a");
        v->config.epochs = 2;
        publish(v, 2, BM_ACCURACY, i ? 0.8 : 0.9);
        publish(v, 2, BM_VAL_ACCURACY, i ? 0.75 : 0.7);
        add_run(&runs[i], made_up(2, 1, i ? 0.5 : 0.6));
    }
    struct bm_claim_verdict v = bm_judge_claim(&claim, runs, 2);
    ck_assert_int_eq(v.published_by_accuracy, 0);
    ck_assert_int_eq(v.published_by_val_accuracy, 1);
    ck_assert_int_eq(v.ours_by_accuracy, 0);
    ck_assert_int_eq(v.ours_by_val_accuracy, 0);
    v = bm_judge_claim(&claim, runs, 1); /* b was not run */
    ck_assert_int_eq(v.published_by_accuracy, -1);
    ck_assert_int_eq(v.ours_by_accuracy, -1);

    claim.kind = BM_CLAIM_TRAINED_AS; /* which of the two has the loss that both were to have? */
    publish(&runs[0].variant, 1, BM_LOSS, 3);
    publish(&runs[1].variant, 1, BM_LOSS, 3);
    ck_assert_int_eq(bm_judge_claim(&claim, runs, 2).trained_as, -1);
    runs[1].run[0].result.epoch[0].loss = 3;
    ck_assert_int_eq(bm_judge_claim(&claim, runs, 2).trained_as, 1);
    free_runs(runs, 2);
}
END_TEST

START_TEST(the_nearest_epoch_is_named)
{
    struct bm_seed_runs *runs = new_runs(1);
    ck_assert_uint_eq(bm_nearest_epoch(runs, 1), 0);
    add_run(runs, made_up(5, 1, 0.5)); /* 1.0, 0.9, 0.8, 0.7, 0.6 */
    ck_assert_uint_eq(bm_nearest_epoch(runs, 7), 1);
    ck_assert_uint_eq(bm_nearest_epoch(runs, 0.78), 3);
    ck_assert_uint_eq(bm_nearest_epoch(runs, 0.1), 5);
    free_runs(runs, 1);
}
END_TEST

/* ---- reading ---------------------------------------------------------------------------------- */

START_TEST(variants_are_set_beside_their_like_without_bn)
{
    struct bm_seed_runs *runs = new_runs(4);
    for (int i = 0; i < 4; i++)
        add_run(&runs[i], made_up(3, 1, 0.5));
    runs[0].variant.config.bn = runs[3].variant.config.bn = BM_BN_AFTER;
    runs[1].variant.config.batch = 64;
    runs[3].variant.config.lr = 7;
    ck_assert_ptr_eq(bm_counterpart(&runs[0], runs, 4), &runs[2]);
    ck_assert_ptr_null(bm_counterpart(&runs[1], runs, 4)); /* it has no BN itself */
    ck_assert_ptr_null(bm_counterpart(&runs[3], runs, 4)); /* none has its lr */
    runs[2].variant.config.earlier_epochs = 2;
    ck_assert_ptr_null(bm_counterpart(&runs[0], runs, 4));
    free_runs(runs, 4);
}
END_TEST

START_TEST(the_epoch_before_overfitting_is_found)
{
    struct bm_seed_runs *runs = new_runs(1);
    ck_assert_uint_eq(bm_least_val_loss(runs), 0);
    add_run(runs, made_up(4, 1, 0.5));
    ck_assert_uint_eq(bm_least_val_loss(runs), 4);
    runs->run[0].result.epoch[2].val_loss = 5;
    runs->run[0].result.epoch[3].val_loss = 6;
    ck_assert_uint_eq(bm_least_val_loss(runs), 2);
    free_runs(runs, 1);
}
END_TEST

/* ---- files ------------------------------------------------------------------------------------ */

START_TEST(the_experiments_are_built_in)
{
    static const struct { const char *name, *dataset, *layers, *validation; unsigned variants, published; } want[] = {
        { "cifar-adam", "cifar-10", "3072,512,256,10", "test", 7, 10 },
        { "cifar-cnn", "cifar-10", "3072,10", "test", 3, 0 },
        { "fashion-lab", "fashion-mnist", "784,128,64,10", "test", 2, 0 },
        { "fashion-leaky", "fashion-mnist", "784,300,100,10", "first:5000", 5, 24 },
        { "mnist-adam", "mnist", "784,128,64,10", "random:0.2", 8, 0 },
        { "mnist-sgd", "mnist", "784,300,100,10", "first:5000", 4, 28 },
    };
    static struct bm_experiment e;
    struct bm_error error;
    size_t found = 0;
    double target[2] = { 0, 0 }; /* one for each data set: here of MNIST and Fashion-MNIST */
    for (const struct bm_text *t = bm_builtin_experiments; t->name; t++, found++) {
        unsigned published = 0;
        char text[BM_TRAIN_VALUE];
        ck_assert_uint_lt(found, sizeof want / sizeof *want);
        ck_assert_str_eq(t->name, want[found].name);
        ck_assert_msg(bm_experiment_parse(&e, t->name, t->text, &error), "%s", error.text);
        ck_assert_uint_eq(e.variants, want[found].variants);
        for (unsigned v = 0; v < e.variants; v++) {
            const struct bm_train_config *c = &e.variant[v].config;
            published += e.variant[v].published_count;
            ck_assert_str_eq(c->dataset, want[found].dataset);
            ck_assert(bm_train_get(c, "layers", text) && strcmp(text, want[found].layers) == 0);
            ck_assert(bm_train_get(c, "validation", text) && strcmp(text, want[found].validation) == 0);
            double *of = strcmp(c->dataset, "mnist") == 0 ? &target[0] : &target[1];
            if (strcmp(c->dataset, "cifar-10") != 0 && !c->earlier_epochs) {
                ck_assert(*of == 0 || *of == c->target);
                *of = c->target;
            }
        }
        ck_assert_uint_eq(published, want[found].published);
        ck_assert_uint_ge(e.variant[0].config.seeds, BM_PROTOCOL_SEEDS);
        ck_assert_uint_ge(e.variant[1].config.seeds, BM_PROTOCOL_SEEDS);
    }
    ck_assert_uint_eq(found, sizeof want / sizeof *want);
}
END_TEST

START_TEST(claims_and_reasons_are_read)
{
    static struct bm_experiment e;
    struct bm_error error;
    const char *text = "claim.best = a, b : a wins: always\n[a]\nwhy = first\nwhy = second\n[b]\nfresh = a\n";
    ck_assert_msg(bm_experiment_parse(&e, "x.txt", text, &error), "%s", error.text);
    ck_assert_uint_eq(e.claims, 1);
    ck_assert_uint_eq(e.claim[0].variants, 2);
    ck_assert_str_eq(e.claim[0].variant[1], "b");
    ck_assert_str_eq(e.claim[0].text, "a wins: always");
    ck_assert_str_eq(e.variant[0].why, "first second");
    ck_assert_str_eq(e.variant[1].why, "");
    ck_assert_str_eq(e.variant[1].fresh, "a");
}
END_TEST

START_TEST(bad_claims_are_refused)
{
    static const struct bad_experiment cases[] = {
        { "claim.best = a, b: x\n[a]\n", "a claim about [b], but there is no such section" },
        { "claim.best = a: x\n[a]\n", "x.txt:1: a claim compares two variants" },
        { "claim.best = a, b\n", "x.txt:1: expected variant, variant, ...: text" },
        { "claim.worst = a, b: x\n", "x.txt:1: expected claim.best, claim.trained_as, or claim. higher" },
        { "[a]\nclaim.best = a, b: x\n", "x.txt:2: a claim stands above the first section" },
        { "[a]\nfresh = b\n", "[a]: fresh = b, but there is no such section" },
        { "seeds = 1,1\n", "x.txt:1: seeds = 1,1: 1 is there twice" },
        { "seeds = 1;2\n", "x.txt:1: seeds = 1;2: expected N,N,..." },
        { "seeds = \n", "expected N,N,..." },
        { "seeds = -1\n", "expected N,N,..." },
        { "optimizer_of = mine\n", "expected this | another" },
    };
    check_bad_experiments(cases, sizeof cases / sizeof *cases);
}
END_TEST

START_TEST(a_summary_holds_the_curves)
{
    struct bm_seed_runs *runs = new_runs(1);
    strcpy(runs->variant.name, "a");
    add_run(runs, made_up(2, 1, 0.5));
    add_run(runs, made_up(2, 2, 0.7));
    json_t *result = json_pack("{s:{}}", "batchmark");
    bm_record_summary(result, "x", runs);
    double median, least, most;
    const json_t *s = json_array_get(bm_result_list(result, "summaries"), 0);
    ck_assert_uint_eq(json_array_size(json_object_get(s, "epochs")), 2);
    ck_assert_uint_eq(json_array_size(json_object_get(s, "seeds")), 2);
    json_t *loss = json_object_get(json_array_get(json_object_get(s, "epochs"), 1), "loss");
    ck_assert_int_eq(json_unpack(loss, "{s:F, s:F, s:F}", "median", &median, "min", &least, "max", &most), 0);
    ck_assert(fabs(median - 1.4) < 1e-9 && fabs(least - 0.9) < 1e-9 && fabs(most - 1.9) < 1e-9);
    json_decref(result);
    free_runs(runs, 1);
}
END_TEST

/* A result's "batchmark" of variants "0", "1", ... by their BN ("n" none, "b" before), an epoch each; NULL figures for
 * 'd', which diverged; each has the runs of two seeds and one that timed other kernels. */
static json_t *made_up_summaries(const char *variants)
{
    json_t *ours = json_pack("{s:[], s:[]}", "summaries", "runs");
    for (size_t v = 0; variants[v]; v++) {
        const char name[2] = { (char)('0' + v), '\0' }, *bn = variants[v] == 'b' ? "before" : "none";
        json_t *config = json_pack("{s:s, s:s, s:s}", "bn", bn, "kernels", "region", "threads", "2");
        json_t *epoch = variants[v] == 'd'
                            ? json_pack("{s:{s:n}}", "val_loss", "median")
                            : json_pack("{s:{s:f, s:f, s:f}}", "val_loss", "median", 0.5, "min", 0.4, "max", 0.6);
        json_array_append_new(json_object_get(ours, "summaries"),
                              json_pack("{s:s, s:s, s:O, s:[i,i], s:[o]}", "experiment", "x", "variant", name, "config",
                                        config, "seeds", 1, 2, "epochs", epoch));
        for (int run = 0; run < 3; run++) {
            json_t *own = json_copy(config);
            json_object_set_new(own, run == 0 ? "kernels" : "seed", json_string(run == 0 ? "naive" : "1"));
            json_object_set_new(own, "threads", json_string(run == 2 ? "1" : "2")); /* beside another */
            json_array_append_new(json_object_get(ours, "runs"),
                                  json_pack("{s:s, s:s, s:o, s:i}", "experiment", "x", "variant", name, "config", own,
                                            "made", run));
        }
        json_decref(config);
    }
    return ours;
}

START_TEST(curves_begin_with_a_pair)
{
    struct bm_curves group[BM_CURVE_GROUPS];
    json_t *ours = made_up_summaries("bbdnbnbnbn");
    ck_assert_uint_eq(bm_curves_group(ours, "x", group), 3);
    ck_assert(group[0].count == 2 && group[0].summary[0] == 0 && group[0].summary[1] == 3);
    ck_assert(group[1].count == BM_CURVES_MOST && group[1].summary[0] == 1 && group[1].summary[1] == 4);
    ck_assert(group[2].count == 1 && group[2].summary[0] == 9);
    ck_assert_uint_eq(bm_curves_group(ours, "y", group), 0);
    json_decref(ours);
    ours = made_up_summaries("d");
    ck_assert_uint_eq(bm_curves_group(ours, "x", group), 0);
    json_decref(ours);
}
END_TEST

START_TEST(runs_of_kernel_sets_are_no_seeds)
{
    json_t *ours = made_up_summaries("nb");
    const json_t *summary = json_array_get(json_object_get(ours, "summaries"), 1);
    for (size_t which = 0; which < 2; which++) {
        const json_t *run = bm_run_of_summary(ours, summary, which);
        ck_assert_str_eq(bm_member_text(run, "variant"), "1");
        ck_assert_double_eq(bm_member_number(run, "made"), (double)which + 1);
    }
    ck_assert_ptr_null(bm_run_of_summary(ours, summary, 2));
    json_decref(ours);
}
END_TEST

START_TEST(samples_without_their_pixels_are_refused)
{
    struct bm_error error;
    json_t *ours = json_pack("{s:[{s:s, s:s, s:i, s:i, s:i, s:s}]}", "samples", "data", "d", "name", "<&>", "h", 1, "w", 2,
                             "c", 1, "pixels", "00ff");
    char *svg = bm_samples_svg(ours, "d", "alt", &error);
    ck_assert(svg && strstr(svg, "&lt;&amp;&gt;") && strstr(svg, "data:image/png;base64,"));
    free(svg);
    ck_assert_ptr_null(bm_samples_svg(ours, "e", "alt", &error));
    ck_assert_ptr_nonnull(strstr(error.text, "no sample images"));
    json_object_set_new(json_array_get(json_object_get(ours, "samples"), 0), "h", json_integer(-1));
    ck_assert_ptr_null(bm_samples_svg(ours, "d", "alt", &error));
    ck_assert_ptr_nonnull(strstr(error.text, "sample 0"));
    json_decref(ours);
}
END_TEST

Suite *experiments_suite(void)
{
    Suite *s = suite_create("experiments");
    TCase *seeds = tcase_create("seeds"), *said = tcase_create("said"), *files = tcase_create("files");
    tcase_add_test(seeds, figures_are_medians_over_seeds);
    tcase_add_test(seeds, only_runs_that_were_alone_are_timed);
    tcase_add_loop_test(seeds, runs_that_never_reach_the_target_count_as_infinity, 0, 6);
    tcase_add_test(said, a_figure_is_reproduced_within_the_widened_range);
    tcase_add_test(said, claims_are_judged_by_both_accuracies);
    tcase_add_test(said, the_nearest_epoch_is_named);
    tcase_add_test(said, variants_are_set_beside_their_like_without_bn);
    tcase_add_test(said, the_epoch_before_overfitting_is_found);
    tcase_add_test(files, the_experiments_are_built_in);
    tcase_add_test(files, claims_and_reasons_are_read);
    tcase_add_test(files, bad_claims_are_refused);
    tcase_add_test(files, a_summary_holds_the_curves);
    tcase_add_test(files, curves_begin_with_a_pair);
    tcase_add_test(files, runs_of_kernel_sets_are_no_seeds);
    tcase_add_test(files, samples_without_their_pixels_are_refused);
    suite_add_tcase(s, seeds);
    suite_add_tcase(s, said);
    suite_add_tcase(s, files);
    return s;
}
