/* SPDX-License-Identifier: MIT */
/* main.c - all unit tests, by Check. Tests fork: never enter an OpenMP region here. */
#include <check.h>
#include <stdlib.h>

/* A suite is named like its file. */
#define SUITES(of)                                                                                                     \
    of(kernels) of(shape) of(old_names) of(result) of(members) of(topology) of(cgroup) of(buffers) of(limits) of(provenance)      \
    of(dataset) of(network) of(input_bn) of(train) of(settings) of(npy) of(exact) of(precision) of(experiments) of(peer)            \
    of(history) of(changes) of(compare) of(noise) of(across) of(run) of(damage) of(validate) of(stats) of(samples)     \
    of(page) of(pairs) of(ratio) of(versus) of(shipped) of(sampling) of(beside) of(totals) of(ladder) of(coverage)     \
    of(instructions) of(drift) of(lock) of(identify) of(onednn) of(fleet) of(ranks) of(blocking) of(tall) of(tuning) of(norms) \
    of(sweep) of(inference) of(bf16_step)

#define DECLARE(name) Suite *name##_suite(void);
SUITES(DECLARE)

int main(void)
{
    SRunner *runner = srunner_create(NULL);
#define ADD(name) srunner_add_suite(runner, name##_suite());
    SUITES(ADD)
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner), run = srunner_ntests_run(runner);
    srunner_free(runner);
    return failed || !run ? EXIT_FAILURE : EXIT_SUCCESS;
}
