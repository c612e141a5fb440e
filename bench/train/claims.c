/* SPDX-License-Identifier: MIT */
#include "claims.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "claim_print.h"
#include "claim_record.h"
#include "claim_report.h"
#include "claim_run.h"
#include "disturbance.h"
#include "document.h"
#include "drawings.h"
#include "options.h"
#include "reader.h"
#include "record.h"
#include "shape.h"
#include "standard_output.h"
#include "topology.h"
#include "training_data.h"

/* The file's text; free() it. Its variants with the command line's settings over them. */
static char *load(struct bm_experiment *e, const struct bm_claim_order *o)
{
    struct bm_error error;
    char *text = bm_experiment_text(bm_builtin_claims, o->name, &error);
    if (!text)
        bm_die(BM_EXIT_INPUT, "--claim: %s",
               bm_unknown_text("claim", o->name, bm_builtin_claims, &error, "`batchmark train --list`"));
    if (!bm_experiment_parse(e, o->name, text, &error))
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    for (unsigned i = 0; i < e->variants && bm_claim_times(e); i++)
        e->variant[i].config.threads = (size_t)bm_default_threads();
    for (unsigned i = 0; i < e->variants; i++)
        for (int k = 0; k < o->sets; k++)
            if (!bm_train_set(&e->variant[i].config, o->set[k].key, o->set[k].value, &error))
                bm_die(BM_EXIT_USAGE, "--%s", error.text);
    for (unsigned i = 0; i < e->variants; i++)
        if (e->variant[i].config.max_steps)
            bm_die(BM_EXIT_USAGE,
                   "max_steps = %zu: a claim has figures of whole epochs; take fewer --train-images instead",
                   e->variant[i].config.max_steps);
    if (!bm_experiment_check(e, o->name, &error))
        bm_die(BM_EXIT_USAGE, "%s", error.text);
    return text;
}

static json_t *settings_json(const struct bm_claim_order *o)
{
    json_t *list = json_array();
    for (int k = 0; k < o->sets; k++)
        json_array_append_new(list, json_sprintf("%s=%s", o->set[k].key, o->set[k].value));
    return list;
}

static void go_on(const char *path, json_t *result, struct bm_claim_data *data)
{
    struct bm_document d;
    struct bm_error error;
    if (access(path, F_OK) != 0)
        return;
    if (!bm_document_load(path, &d, &error))
        bm_die(BM_EXIT_INPUT, "--resume: %s", error.text);
    if (strcmp(d.kind, "claim") != 0)
        bm_die(BM_EXIT_INPUT, "--resume %s: it is a result of %s, not of a claim", path, d.kind);
    if (!bm_claim_take(result, d.ours, data, &error))
        bm_die(BM_EXIT_INPUT, "--resume %s: %s; give another file, or the settings that it has", path, error.text);
    bm_document_free(&d);
}

static void print_head(const struct bm_claim_data *d, const char *name)
{
    const size_t runs = bm_claim_runs(d);
    size_t there = 0;
    for (size_t i = 0; i < runs; i++)
        there += bm_claim_is_run(d, d->figure + i * BM_MEASURED_COUNT);
    printf("%s: %s\n%zu runs, %u seed%s of each", name, d->experiment->about, runs, d->seeds, d->seeds == 1 ? "" : "s");
    if (there)
        printf("; %zu are there already", there);
    printf("\n");
    fflush(stdout);
}

/* What was timed, and what of it beside others. */
static void print_timings(const json_t *ours)
{
    const json_t *one;
    double rounds = 0, visits = 0, disturbed = 0;
    size_t i;
    json_array_foreach(json_object_get(ours, "timings"), i, one)
    {
        rounds += bm_member_number(one, "rounds");
        visits += bm_member_number(one, "visits");
        disturbed += bm_member_number(one, "disturbed");
    }
    if (rounds > 0)
        printf("\nTimes: %.0f rounds of steps in turns; other programs used the cores in %.1f %% of them\n", rounds,
               100 * disturbed / visits);
}

/* A picture of each figure that something is claimed of, and of what was recorded. */
static void draw(const json_t *ours, const char *name, const char *folder)
{
    const json_t *verdicts = json_object_get(ours, "verdicts"), *one;
    size_t i;
    json_array_foreach(verdicts, i, one)
    {
        const char *figure = bm_member_text(one, "figure");
        char ending[96] = "";
        if (!bm_claim_is_first(verdicts, i))
            continue;
        if (i)
            snprintf(ending, sizeof ending, "-%s", figure);
        bm_draw_file(bm_claim_script(ours, figure), bm_claim_figure_title(figure), ours, folder, name, ending);
    }
    if (bm_claim_has_inputs(ours))
        bm_draw_file(bm_claim_inputs_script(ours), bm_claim_inputs_title, ours, folder, name, "-inputs");
}

static void end(json_t *result, const struct bm_claim_data *data, const struct bm_claim_order *o, const char *path)
{
    char note[BM_DATA_TITLE];
    bm_claim_record_end(result, data);
    json_object_set_new(json_object_get(result, "batchmark"), "complete", json_true());
    bm_record_save(result, path);
    bm_claim_print(data, bm_data_title(result, note));
    print_timings(json_object_get(result, "batchmark"));
    if (o->pictures)
        draw(json_object_get(result, "batchmark"), o->name, o->pictures);
}

enum bm_exit bm_claim_command(const struct bm_claim_order *o)
{
    struct bm_experiment *e = bm_alloc(sizeof *e);
    struct bm_claim_data data;
    struct bm_error error;
    char *text = load(e, o);
    if (!bm_claim_data_make(&data, e, &error))
        bm_die(BM_EXIT_INPUT, "%s: %s", o->name, error.text);
    char *path = bm_result_claim(o->resume ? o->resume : o->json, "claim", &error);
    if (!path)
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    json_t *result = bm_result_new("claim", o->argc, o->argv, NULL);
    bm_claim_record_head(result, o->name, e, text, settings_json(o));
    json_object_set_new(json_object_get(result, "batchmark"), "complete", json_false());
    if (o->resume)
        go_on(o->resume, result, &data);
    bm_record_save(result, path); /* a folder that cannot be written shows now, not after the work */
    bm_catch_interrupts();
    bm_disturbance_watch();
    print_head(&data, o->name);
    const enum bm_exit status = bm_claim_run(&data, o->data, result, path);
    if (status == BM_EXIT_OK)
        end(result, &data, o, path);
    else
        bm_record_save(result, path);
    if (status == BM_EXIT_INTERRUPTED)
        printf("\ninterrupted; go on with: batchmark train --claim %s --resume %s\n", o->name, bm_place_name(path));
    else
        printf("\nresult: %s\n", bm_place_name(path));
    json_decref(result);
    free(path);
    free(text);
    free(data.figure);
    free(e);
    return status;
}

void bm_claims_print(FILE *out)
{
    struct bm_experiment *e = bm_alloc(sizeof *e);
    struct bm_error error;
    for (const struct bm_text *t = bm_builtin_claims; t->name; t++) {
        if (!bm_experiment_parse(e, t->name, t->text, &error))
            bm_die(BM_EXIT_INPUT, "%s", error.text);
        fprintf(out, "%-20s %s\n", t->name, e->about);
    }
    free(e);
}
