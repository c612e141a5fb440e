/* SPDX-License-Identifier: MIT */
#include "kernel_sets.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "options.h"
#include "predict.h"
#include "progress.h"
#include "record.h"
#include "stats.h"
#include "training_data.h"

/* Is every op of the set there and runnable, in the precision of all runs? Each has a product. */
static bool set_runnable(const char *set, const struct bm_compared *run, int runs, const char **why)
{
    bool all = true;
    for (int i = 0; i < runs && all; i++) {
        char name[2 * BM_SET_NAME], of[BM_SET_NAME];
        const char *op = run[i].config.precision == BM_PRECISION_BF16 ? "gemm_bf16" : "gemm";
        snprintf(name, sizeof name, "%s_%s", op, bm_set_of_op(set, op, of));
        const struct bm_kernel *k = bm_find(name);
        *why = "no such kernels";
        all = strcmp(set, "auto") == 0 || strcmp(set, "region") == 0 || (k && bm_runnable(k, why));
    }
    return all;
}

enum { ROUNDS = 3 };

/* Seconds per epoch of one set on one variant, one sample a round. */
struct cell {
    size_t steps; /* of a sample; 0: not known yet */
    bool scaled;  /* fewer than an epoch has */
    double steps_per_epoch;
    double sample[ROUNDS];
    int samples;
};

/* One run of so many steps, scaled to an epoch. NaN if it was interrupted. */
static double time_steps(const struct bm_compared *run, const struct bm_dataset *data, const char *set, size_t steps,
                         struct cell *cell, json_t *result, const char *experiment)
{
    struct bm_train_config c = run->config;
    struct bm_train_hooks hooks = { .interrupted = &bm_interrupted };
    struct bm_train_result r;
    struct bm_error error;
    double seconds = NAN;
    snprintf(c.kernels, sizeof c.kernels, "%s", set);
    c.epochs = 1;
    c.earlier_epochs = 0;
    c.max_steps = steps;
    if (!bm_train(&c, data, &hooks, &r, &error))
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    if (r.epochs) {
        seconds = r.epoch[0].train_seconds / (double)r.epoch[0].steps * (double)r.steps_per_epoch;
        cell->scaled = r.epoch[0].steps < r.steps_per_epoch;
        cell->steps_per_epoch = (double)r.steps_per_epoch;
    }
    if (result)
        bm_record_run(result, experiment, run->variant, data, &c, true, &r);
    bm_train_result_free(&r);
    return seconds;
}

/* A whole epoch where that takes at most a second and a half, else as many steps as take half a second. */
static void time_cell(struct cell *cell, const struct bm_compared *run, const struct bm_dataset *data, const char *set,
                      json_t *result, const char *experiment)
{
    enum { PROBE = 10 };
    if (!cell->steps) {
        size_t per_epoch = (data->train_count + run->config.batch - 1) / run->config.batch; /* at most */
        double epoch = time_steps(run, data, set, PROBE, cell, NULL, experiment);
        cell->steps = epoch <= 1.5 ? per_epoch : (size_t)(0.5 * (double)per_epoch / epoch) + PROBE;
    }
    double seconds = time_steps(run, data, set, cell->steps, cell, result, experiment);
    if (isfinite(seconds))
        cell->sample[cell->samples++] = seconds;
}

static const char *seconds_text(double s, bool scaled, char text[static 24])
{
    snprintf(text, 24, "%s%.3g s", scaled ? "~" : "", s);
    return text;
}

static void print_set(const char *set, struct cell *cell, const struct bm_compared *run, int runs, const double *naive,
                      json_t *result)
{
    printf("  %-16s", set);
    for (int i = 0; i < runs; i++) {
        char a[24], b[24];
        struct bm_stats s = bm_summarise(cell[i].sample, (size_t)cell[i].samples);
        double target = run[i].target_epoch ? s.median * (double)run[i].target_epoch : NAN;
        printf(" |%8s %11s %7.1fx", seconds_text(s.median, cell[i].scaled, a),
               isfinite(target) ? seconds_text(target, cell[i].scaled, b) : "not reached", naive[i] / s.median);
        json_array_append_new(bm_result_list(result, "kernel_sets"),
                              json_pack("{s:s, s:s, s:I, s:o, s:o, s:o, s:b, s:I, s:o}", "variant", run[i].variant,
                                        "kernels", set, "threads", (json_int_t)run[i].config.threads, "epoch_seconds",
                                        bm_real_or_null(s.median), "epoch_seconds_min", bm_real_or_null(s.min),
                                        "epoch_seconds_max", bm_real_or_null(s.max), "scaled", cell[i].scaled,
                                        "target_epoch", (json_int_t)run[i].target_epoch, "target_seconds",
                                        bm_real_or_null(target)));
    }
    printf("\n");
}

/* Percent of the step. */
static double share(const struct bm_prediction *p, int first, int last)
{
    double sum = 0;
    for (int i = first; i <= last; i++)
        sum += p->phase_seconds[i];
    return 100 * sum / p->step_seconds;
}

/* What micro-benchmarks of the step's calls say the epoch takes, beside what it took. */
static void print_predictions(const char *const *sets, int count, struct cell cell[][BM_MAX_COMPARED], int i,
                              const struct bm_compared *run, const struct bm_dataset *data, json_t *result)
{
    const char *why;
    printf("\n  %s: epoch predicted from micro-benchmarks of a step's calls; residual: waiting beyond uneven shares,\n"
           "  the loop around the calls, disturbances; shares of the predicted step (region: gemm with the optimiser)\n"
           "  %-16s %10s %10s %9s | %7s %6s %7s %7s %6s\n",
           run->variant, "kernels", "predicted", "measured", "residual", "gemm", "bn", "optim.", "waiting", "rest");
    for (int s = 0; s < count && !bm_interrupted; s++) {
        struct bm_train_config c = run->config;
        struct bm_prediction p;
        struct bm_error error;
        char a[24], b[24];
        if (!set_runnable(sets[s], run, 1, &why))
            continue;
        snprintf(c.kernels, sizeof c.kernels, "%s", sets[s]);
        if (!bm_predict(&c, data, &p, &error))
            bm_die(BM_EXIT_INPUT, "%s", error.text);
        const double measured = bm_summarise(cell[s][i].sample, (size_t)cell[s][i].samples).median;
        const double predicted = p.step_seconds * cell[s][i].steps_per_epoch;
        const double gemm = share(&p, BM_GEMM_FORWARD, BM_GEMM_WEIGHT_GRADIENT),
                     bn = share(&p, BM_BN_FORWARD, BM_BN_BACKWARD),
                     optimizer = share(&p, BM_OPTIMIZER, BM_OPTIMIZER), waiting = share(&p, BM_WAITING, BM_WAITING);
        printf("  %-16s %10s %10s %+7.1f %% | %5.1f %% %4.1f %% %5.1f %% %5.1f %% %4.1f %%\n", sets[s],
               seconds_text(predicted, false, a), seconds_text(measured, cell[s][i].scaled, b),
               100 * (measured / predicted - 1), gemm, bn, optimizer, waiting, 100 - gemm - bn - optimizer - waiting);
        json_t *phases = json_object();
        for (int k = 0; k < BM_PHASE_COUNT; k++)
            json_object_set_new(phases, bm_phase_names[k], json_real(p.phase_seconds[k]));
        json_array_append_new(bm_result_list(result, "predictions"),
                              json_pack("{s:s, s:s, s:I, s:f, s:o, s:o}", "variant", run->variant, "kernels", sets[s],
                                        "threads", (json_int_t)c.threads, "predicted_epoch_seconds", predicted,
                                        "measured_epoch_seconds", bm_real_or_null(measured), "phase_seconds_per_step",
                                        phases));
        if (strcmp(sets[s], "auto") == 0 && p.unfused_seconds != 0)
            printf("  %-16s fusing BN and activation saves %.2g %% of this epoch: apart they would take %.3g us a step "
                   "more\n",
                   "", 100 * p.unfused_seconds / (p.step_seconds + p.unfused_seconds), 1e6 * p.unfused_seconds);
    }
}

void bm_compare_sets(const struct bm_compared *run, int runs, const struct bm_dataset *data, json_t *result,
                     const char *experiment)
{
#if defined(__aarch64__)
    static const char *const sets[] = { "naive", "autovec", "autovec_neon", "autovec_sve", "neon", "sve", "neon_tuned",
                                        "naive_omp", "autovec_omp", "neon_omp_tuned",
                                        "auto", "region", "openblas", "blis", "onednn" };
#elif defined(__x86_64__)
    static const char *const sets[] = { "naive", "autovec", "autovec_avx2", "autovec_avx512",
                                        "avx2", "avx512", "avx2_tuned", "avx512_tuned",
                                        "naive_omp", "autovec_omp", "avx2_omp_tuned", "avx512_omp_tuned",
                                        "auto", "region", "openblas", "blis", "onednn" };
#else
    static const char *const sets[] = { "naive", "autovec", "naive_omp", "autovec_omp",
                                        "auto", "region", "openblas", "blis", "onednn" };
#endif
    enum { SETS = sizeof sets / sizeof *sets };
    struct cell cell[SETS][BM_MAX_COMPARED] = { { { .steps = 0 } } };
    const char *why;
    for (int round = 0; round < ROUNDS; round++)
        for (int s = 0; s < SETS; s++)
            for (int i = 0; i < runs && set_runnable(sets[s], run, runs, &why) && !bm_interrupted; i++) {
                bm_progress((size_t)(round * SETS + s), ROUNDS * SETS, sets[s]);
                time_cell(&cell[s][i], &run[i], data, sets[s], result, experiment);
            }
    bm_progress(0, 0, NULL);

    double naive[BM_MAX_COMPARED];
    char title[BM_DATA_TITLE];
    printf("\nKernel set -> seconds per epoch -> seconds of training to %.4g validation accuracy%s\n  %-16s",
           run[0].config.target, bm_data_title(result, title), "");
    for (int i = 0; i < runs; i++)
        printf(" |%-29.29s", run[i].variant);
    printf("\n  %-16s", "kernels");
    for (int i = 0; i < runs; i++) {
        printf(" |%9s %10s %8s", "per epoch", "to target", "speed-up");
        naive[i] = bm_summarise(cell[0][i].sample, (size_t)cell[0][i].samples).median;
    }
    printf("\n");
    for (int s = 0; s < SETS; s++)
        if (set_runnable(sets[s], run, runs, &why))
            print_set(sets[s], cell[s], run, runs, naive, result);
        else
            printf("  %-16s   skipped: %s\n", sets[s], why);
    printf("  medians of %d; _omp and auto on %zu threads; speed-up over naive on one thread;\n"
           "  ~: measured on fewer steps than an epoch and scaled\n",
           ROUNDS, run[0].config.threads);
    for (int i = 0; i < runs; i++)
        print_predictions(sets, SETS, cell, i, &run[i], data, result);
    for (int i = 0; i < runs; i++)
        if (run[i].target_epoch)
            printf("  %s reaches the target after epoch %zu\n", run[i].variant, run[i].target_epoch);
        else
            printf("  %s does not reach it in %zu epochs; its best is %.4f\n", run[i].variant, run[i].config.epochs,
                   run[i].accuracy);
}
