/* SPDX-License-Identifier: MIT */
/* main.c - all unit tests, by Check. */
#include <check.h>
#include <stdlib.h>
#include <sys/time.h>

/* A suite is named like its file. Tests that change what a process has - its environment, limits, peers, threads - have one
 * each, and so have those that start others, which a large process does slowly. They go first: once a process has had an
 * OpenMP team, its children have none. */
#define ALONE(of)                                                                                                      \
    of(kernels) of(old_names) of(result) of(topology) of(cgroup) of(buffers) of(limits) of(provenance) of(dataset)     \
    of(peer) of(history) of(beside) of(ladder) of(instructions) of(lock) of(onednn) of(blocking) of(tuning) of(page)    \
    of(step_pairs)
/* The others share one, since a process takes longer than most of them; CK_FORK=yes gives each its own. */
#define TOGETHER(of)                                                                                                   \
    of(shape) of(members) of(network) of(input_bn) of(train) of(settings) of(npy) of(exact) of(precision) of(experiments)      \
    of(changes) of(compare) of(noise) of(across) of(run) of(damage) of(validate) of(stats) of(samples) of(pairs)      \
    of(ratio) of(versus) of(shipped) of(sampling) of(totals) of(coverage) of(drift) of(identify) of(fleet) of(ranks) of(tall)  \
    of(norms) of(sweep) of(inference) of(bf16_step) of(claim) of(recorder) of(evaluation) of(conv) of(progress)

#define DECLARE(name) Suite *name##_suite(void);
ALONE(DECLARE)
TOGETHER(DECLARE)

static int run, failed;

static void run_all(SRunner *runner)
{
    srunner_run_all(runner, CK_NORMAL);
    run += srunner_ntests_run(runner);
    failed += srunner_ntests_failed(runner);
    srunner_free(runner);
}

int main(void)
{
    setenv("COLUMNS", "1000", 1); /* no column of a table is left out, wherever this runs */
    SRunner *alone = srunner_create(NULL), *together = srunner_create(NULL);
#define ADD_ALONE(name) srunner_add_suite(alone, name##_suite());
    ALONE(ADD_ALONE)
#define ADD_TOGETHER(name) srunner_add_suite(together, name##_suite());
    TOGETHER(ADD_TOGETHER)
    if (!getenv("CK_FORK"))
        srunner_set_fork_status(together, CK_NOFORK);
    run_all(alone);
    run_all(together);
    setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL); /* the beat of a lock (lock.h), whose handler Check took away */
    return failed || !run ? EXIT_FAILURE : EXIT_SUCCESS;
}
