/* SPDX-License-Identifier: MIT */
#include "variant.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "step_limit.h"
#include "checkpoint.h"
#include "clock.h"
#include "communication.h"
#include "inference_table.h"
#include "model_table.h"
#include "options.h"
#include "progress.h"
#include "record.h"
#include "result.h"
#include "stats.h"
#include "training_data.h"

/* ---- one training run, shown as it goes ---- */

static double phase_seconds(const struct bm_train_epoch *e, int first, int last)
{
    double sum = 0;
    for (int i = first; i <= last; i++)
        sum += e->phase_seconds[i];
    return sum;
}

/* The context of a run's hooks. */
struct hooked {
    size_t epochs;
    bool tested;
    struct bm_inference inference;
};

static void print_header(void)
{
    printf(" %5s %7s %8s %8s %7s %7s =%6s +%6s +%6s +%6s\n", "epoch", "loss", "accuracy", "val loss", "val acc",
           "seconds", "gemm", "bn", "optim.", "rest");
}

static void print_epoch(void *context, const struct bm_train_epoch *e)
{
    (void)context;
    double gemm = phase_seconds(e, BM_GEMM_FORWARD, BM_GEMM_WEIGHT_GRADIENT),
           bn = phase_seconds(e, BM_BN_FORWARD, BM_BN_BACKWARD), optimizer = e->phase_seconds[BM_OPTIMIZER];
    bm_progress(0, 0, NULL);
    printf(" %5zu %7.4f %8.4f %8.4f %7.4f %7.3f =%6.3f +%6.3f +%6.3f +%6.3f\n", e->epoch, e->loss, e->accuracy,
           e->val_loss, e->val_accuracy, e->train_seconds, gemm, bn, optimizer,
           e->train_seconds - gemm - bn - optimizer);
    if (e->suspended)
        printf("  suspended: the seconds of epoch %zu hold the pause, and do not count\n", e->epoch);
    fflush(stdout);
}

static void show_step(void *context, size_t epoch, size_t step, size_t steps)
{
    static double shown;
    const struct hooked *hooked = context;
    if (step % 32)
        return;
    double now = bm_now_s();
    char text[64];
    if (now - shown < 0.1)
        return;
    shown = now;
    snprintf(text, sizeof text, "steps: epoch %zu of %zu", epoch, hooked->epochs);
    bm_progress((epoch - (epoch > 0)) * steps + step, hooked->epochs * steps, text);
}

static void print_phases(const struct bm_train_result *r)
{
    double sum[BM_PHASE_COUNT] = { 0 }, all = 0;
    size_t steps = 0;
    for (size_t e = 0; e < r->epochs; e++) {
        for (int p = 0; p < BM_PHASE_COUNT; p++)
            sum[p] += r->epoch[e].phase_seconds[p];
        all += r->epoch[e].train_seconds;
        steps += r->epoch[e].steps;
    }
    printf("  where a step's %.1f us go:", 1e6 * all / (double)(steps ? steps : 1));
    for (int p = 0, shown = 0; p < BM_PHASE_COUNT; p++)
        if (sum[p] > 0)
            printf("%s%-20s %4.1f %%", shown++ % 3 ? "   " : "\n    ", bm_phase_names[p], 100 * sum[p] / all);
    printf("\n");
}

static void print_limit(const struct bm_train_config *c, const struct bm_train_result *r, const char *name,
                        json_t *result)
{
    const struct bm_ceiling *ceiling = bm_train_ceiling((int)c->threads);
    if (!ceiling || c->precision != BM_PRECISION_F32) /* what is known of the machine are products in f32 */
        return;
    double *seconds = bm_alloc(r->epochs * sizeof *seconds);
    for (size_t e = 0; e < r->epochs; e++)
        seconds[e] = r->epoch[e].train_seconds / (double)r->epoch[e].steps;
    const double step = bm_summarise(seconds, r->epochs).median;
    free(seconds);
    const struct bm_step_limit b = bm_step_limit(c, ceiling);
    printf("  limit of a step: %.1f us (%.1f MFLOP at %.0f GFLOP/s; optimiser %.2f MB and BN %.2f MB; %s sets "
           "it); the median step takes %.2f times that\n",
           1e6 * b.seconds, b.flops / 1e6, ceiling->fma_gflops, b.optimizer_bytes / 1e6, b.bn_bytes / 1e6, b.name,
           step / b.seconds);
    json_array_append_new(bm_result_list(result, "step_bounds"),
                          json_pack("{s:s, s:I, s:s, s:f, s:f, s:f, s:f, s:s, s:f, s:f}", "variant", name, "threads",
                                    (json_int_t)c->threads, "kernels", c->kernels, "fma_gflops", ceiling->fma_gflops,
                                    "flops", b.flops, "optimizer_bytes", b.optimizer_bytes, "bn_bytes", b.bn_bytes,
                                    "level", b.name, "bound_s", b.seconds, "step_s", step));
}

static void print_communication(const struct bm_train_config *c, const struct bm_train_result *r, const char *name,
                                json_t *result)
{
    const struct bm_ceiling *ceiling = bm_train_ceiling((int)c->threads);
    bm_communication_report(c, r, name, ceiling ? ceiling->total_gbs[BM_MEMORY] : NAN, result);
}

/* ---- the seeds of a variant ---- */

static void say_end(const struct bm_variant *v, const struct bm_seed_run *run)
{
    const struct bm_train_result *r = &run->result;
    const struct bm_train_config *c = &v->config;
    if (r->status == BM_EXIT_OK)
        printf("test loss %.4f, test accuracy %.4f", r->test_loss, r->test_accuracy);
    else
        printf("%s", r->reason);
    if (c->target > 0 && r->target_epoch)
        printf("; validation accuracy %.4g reached after epoch %zu", c->target, r->target_epoch);
    else if (c->target > 0)
        printf("; validation accuracy %.4g not reached", c->target);
    if (r->target_epoch && run->alone && isnan(r->target_seconds))
        printf(", in unknown time: it was suspended");
    else if (r->target_epoch && run->alone)
        printf(", %.3f s of training", r->target_seconds);
    printf("\n");
    if (r->status != BM_EXIT_OK && r->status != BM_EXIT_INTERRUPTED)
        fprintf(stderr, "batchmark: %s, seed %llu: %s\n", v->name, (unsigned long long)run->seed, r->reason);
}

bool bm_training_stops(void)
{
    if (bm_ranks->least(bm_ranks, bm_interrupted ? -1 : 0) < 0)
        bm_interrupted = 1;
    return bm_interrupted;
}

/* Ranks must start alike: the same program, instruction set, data and settings. */
static void check_ranks(const struct bm_train_config *c, const struct bm_dataset *data, const char *load)
{
    char *identity = bm_checkpoint_identity(c, data, load), *rest;
    for (char *line = strtok_r(identity, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        if (!bm_ranks_agree(bm_ranks, (double)crc32_z(0, (const unsigned char *)line, strlen(line))))
            bm_die(BM_EXIT_INPUT, "the ranks are not alike: one has \"%s\", and another one something else", line);
    free(identity);
}

static void infer(void *context, const struct bm_network *net, const struct bm_split *data)
{
    struct hooked *hooked = context;
    struct bm_error error;
    hooked->tested = true;
    if (!bm_infer(net, &data->train, &data->test, &bm_interrupted, &hooked->inference, &error))
        bm_die(BM_EXIT_INPUT, "--inference: %s", error.text);
}

static void put_inference(const struct hooked *hooked, const struct bm_train_config *c, const char *experiment,
                          const char *variant, json_t *result)
{
    char data[BM_DATA_TITLE];
    if (bm_interrupted)
        return;
    if (!hooked->tested) {
        printf("  --inference: nothing to time, for the run ended before it classified the test images\n");
        return;
    }
    bm_inference_print(&hooked->inference, c, bm_data_title(result, data));
    bm_inference_record(&hooked->inference, c, experiment, variant, result);
}

static void run_alone(const struct bm_seed_runs *runs, const struct bm_dataset *data, struct bm_seed_run *run,
                      const char *experiment, json_t *result)
{
    const struct bm_variant *v = &runs->variant;
    struct hooked hooked = { .epochs = v->config.epochs };
    struct bm_run_paths paths;
    struct bm_train_hooks hooks = { .context = &hooked,
                                    .tested = runs->inference ? infer : NULL,
                                    .epoch = print_epoch,
                                    .step = bm_ranks->rank == 0 && isatty(STDERR_FILENO) ? show_step : NULL,
                                    .interrupted = &bm_interrupted,
                                    .files = bm_run_files(runs, run->seed, &paths) };
    struct bm_train_config c = v->config;
    struct bm_error error;
    c.seed = run->seed;
    run->alone = true;
    printf("  seed %llu\n", (unsigned long long)run->seed);
    print_header();
    check_ranks(&c, data, hooks.files.load);
    if (!bm_train(&c, data, &hooks, &run->result, &error))
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    bm_progress(0, 0, NULL);
    printf("  ");
    say_end(v, run);
    if (run->result.epochs) {
        print_phases(&run->result);
        if (bm_ranks->count > 1)
            print_communication(&c, &run->result, v->name, result);
        c.batch = (c.batch + (size_t)bm_ranks->count - 1) / (size_t)bm_ranks->count; /* what a rank has to do */
        print_limit(&c, &run->result, v->name, result);
    }
    if (runs->inference)
        put_inference(&hooked, &c, experiment, v->name, result);
}

static void run_others(struct bm_seed_runs *runs, const struct bm_dataset *data, size_t count)
{
    const struct bm_seed_run *run = &runs->run[runs->count];
    bm_run_side_by_side(runs, runs->count, count, data, &bm_interrupted);
    for (size_t i = 0; i < count; i++) {
        const struct bm_train_result *r = &run[i].result;
        printf("  seed %llu, beside others: ", (unsigned long long)run[i].seed);
        if (r->epochs)
            printf("epoch %zu: loss %.4f, accuracy %.4f, validation %.4f, %.4f; ", r->epochs,
                   r->epoch[r->epochs - 1].loss, r->epoch[r->epochs - 1].accuracy, r->epoch[r->epochs - 1].val_loss,
                   r->epoch[r->epochs - 1].val_accuracy);
        say_end(&runs->variant, &run[i]);
    }
    fflush(stdout);
}

static enum bm_exit worst_of(const struct bm_seed_runs *runs)
{
    enum bm_exit status = BM_EXIT_OK;
    for (size_t i = 0; i < runs->count; i++)
        status = runs->run[i].result.status > status ? runs->run[i].result.status : status;
    return status;
}

static void note_slow_bf16(const struct bm_train_config *c)
{
    if (c->precision == BM_PRECISION_BF16 && !bm_isa_runs(BM_AVX512BF16) && !bm_isa_runs(BM_NEONBF16))
        printf("NOTE: without AVX512-BF16 or Arm's BF16 here, products in bf16 are plain loops: correct, and slower than in f32.\n");
}

enum bm_exit bm_run_variant(struct bm_seed_runs *runs, bool side_by_side, const char *experiment,
                            const struct bm_dataset *data, json_t *result, const char *path)
{
    const struct bm_variant *v = &runs->variant;
    const struct bm_train_config *c = &v->config;
    char title[BM_DATA_TITLE];
    printf("\n%s%s%s  kernels %s%s, %zu thread%s, batch %zu, %zu seed%s%s\n", v->name, v->about[0] ? ": " : "", v->about,
           c->kernels, c->precision == BM_PRECISION_BF16 ? " in bf16" : "", c->threads, c->threads == 1 ? "" : "s", c->batch, c->seeds, c->seeds == 1 ? "" : "s",
           bm_data_title(result, title));
    note_slow_bf16(c);
    bm_model_print(stdout, c);
    while (runs->count < c->seeds && !bm_training_stops()) {
        struct bm_seed_run *run = &runs->run[runs->count];
        size_t n = side_by_side && runs->count ? c->seeds - runs->count : 1;
        for (size_t i = 0; i < n; i++)
            run[i].seed = c->seed_list[runs->count + i];
        if (n > 1 || (side_by_side && runs->count))
            run_others(runs, data, n);
        else
            run_alone(runs, data, run, experiment, result);
        for (size_t i = 0; i < n; i++) {
            struct bm_train_config as_run = *c;
            as_run.seed = run[i].seed;
            as_run.threads = run[i].alone ? c->threads : 1;
            bm_record_run(result, experiment, v->name, data, &as_run, run[i].alone, &run[i].result);
        }
        if (!runs->count && run->result.left_out)
            printf("  Left out of each epoch: %zu image%s of %zu, what remains after the last whole batch; %s\n",
                   run->result.left_out, run->result.left_out == 1 ? "" : "s", run->result.train_images,
                   run->result.left_out == 1 ? "one image has no variance for BN"
                                             : "a rank's local BN would have fewer than two of them");
        runs->count += n;
        bm_record_save(result, path);
        if (bm_ranks->count > 1 && run->result.status == BM_EXIT_INPUT)
            exit(BM_EXIT_INPUT); /* the reason was said; it may be this rank's alone, and the others wait for it */
    }
    bm_record_summary(result, experiment, runs);
    bm_record_save(result, path);
    return worst_of(runs);
}
