/* main.c - all unit tests, by Check. Tests fork: never enter an OpenMP region here. */
#include <check.h>
#include <stdlib.h>

Suite *kernels_suite(void), *shape_suite(void), *result_suite(void), *machine_suite(void), *dataset_suite(void),
    *train_suite(void), *exact_suite(void), *experiments_suite(void), *peer_suite(void), *history_suite(void),
    *compare_suite(void), *run_suite(void), *stats_suite(void), *samples_suite(void), *page_suite(void), *pairs_suite(void),
    *ratio_suite(void), *versus_suite(void), *shipped_suite(void), *sampling_suite(void), *beside_suite(void),
    *coverage_suite(void), *totals_suite(void), *instructions_suite(void), *drift_suite(void),
    *names_suite(void);

int main(void)
{
    SRunner *runner = srunner_create(kernels_suite());
    srunner_add_suite(runner, shape_suite());
    srunner_add_suite(runner, result_suite());
    srunner_add_suite(runner, machine_suite());
    srunner_add_suite(runner, dataset_suite());
    srunner_add_suite(runner, train_suite());
    srunner_add_suite(runner, exact_suite());
    srunner_add_suite(runner, experiments_suite());
    srunner_add_suite(runner, peer_suite());
    srunner_add_suite(runner, history_suite());
    srunner_add_suite(runner, compare_suite());
    srunner_add_suite(runner, run_suite());
    srunner_add_suite(runner, stats_suite());
    srunner_add_suite(runner, samples_suite());
    srunner_add_suite(runner, page_suite());
    srunner_add_suite(runner, pairs_suite());
    srunner_add_suite(runner, ratio_suite());
    srunner_add_suite(runner, versus_suite());
    srunner_add_suite(runner, shipped_suite());
    srunner_add_suite(runner, sampling_suite());
    srunner_add_suite(runner, beside_suite());
    srunner_add_suite(runner, totals_suite());
    srunner_add_suite(runner, coverage_suite());
    srunner_add_suite(runner, instructions_suite());
    srunner_add_suite(runner, drift_suite());
    srunner_add_suite(runner, names_suite());
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner), run = srunner_ntests_run(runner);
    srunner_free(runner);
    return failed || !run ? EXIT_FAILURE : EXIT_SUCCESS;
}
