/* SPDX-License-Identifier: MIT */
/* cmd_compare.c - batchmark compare: what became slower or faster from one run to another; or machines side by side. */
#include <fnmatch.h>
#include <libgen.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "across.h"
#include "compare_print.h"
#include "names.h"
#include "options.h"
#include "settle.h"

enum { MOST_FILES = 64, BASE = 0, NEW = 1, SIDES = 2 };

struct compare_options {
    double threshold;
    int format; /* of those */
    bool all, across, now;
    const char *noise, *kernel;
    const char *file[MOST_FILES];
    size_t files, split; /* split: how many of them are BASE; 0: no ":" was given */
};

static void take_file(struct compare_options *o, const char *arg)
{
    if (strcmp(arg, ":") == 0) {
        if (!o->files || o->split)
            bm_die(BM_EXIT_USAGE, "one \":\" stands between the results of BASE and those of NEW");
        o->split = o->files;
        return;
    }
    if (o->files == MOST_FILES)
        bm_die(BM_EXIT_USAGE, "more than %d results", MOST_FILES);
    o->file[o->files++] = arg;
}

static void check_files(struct compare_options *o)
{
    if (o->across) {
        if (!o->files || o->split)
            bm_die(BM_EXIT_USAGE, "--across needs at least one result, and no \":\"");
        return;
    }
    if (!o->split && o->files != SIDES)
        bm_die(BM_EXIT_USAGE, "two results are needed, BASE and NEW, or several with \":\" between the sides; %zu %s given",
                   o->files, o->files == 1 ? "was" : "were");
    if (o->split == o->files)
        bm_die(BM_EXIT_USAGE, "no result of NEW behind \":\"");
    if (!o->split)
        o->split = 1;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct compare_options *o = state->input;
    switch (key) {
    case 't': o->threshold = bm_read_double("--threshold", arg, 0, 1000) / 100; return 0;
    case 'f': o->format = bm_read_word("--format", arg, bm_compare_formats); return 0;
    case 'a': o->all = true; return 0;
    case 'N': o->now = true; return 0;
    case 'x': o->across = true; return 0;
    case 'n': o->noise = arg; return 0;
    case 'k': o->kernel = arg; return 0;
    case ARGP_KEY_ARG: take_file(o, arg); return 0;
    case ARGP_KEY_END: check_files(o); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* Reads a result of any machine, edited or not. */
static void load(const char *path, struct bm_run *run)
{
    struct bm_error error;
    if (!bm_run_load(path, run, &error))
        bm_die(BM_EXIT_INPUT, "%s", error.text);
}

/* ---- what a reader must know before the figures ---- */

__attribute__((format(printf, 2, 3))) static void note(json_t *notes, const char *format, ...)
{
    struct bm_error text;
    va_list list;
    char long_text[1024];
    va_start(list, format);
    vsnprintf(long_text, sizeof long_text, format, list);
    va_end(list);
    bm_failed(&text, "%s", long_text); /* makes it plain */
    json_array_append_new(notes, json_string(text.text));
}

static void note_runs(json_t *notes, const struct bm_comparison *c)
{
    static const char *const name[SIDES] = { "BASE", "NEW" };
    for (int side = 0; side < SIDES; side++)
        for (size_t i = 0; i < c->side[side].runs; i++)
            if (!c->side[side].run[i].complete)
                note(notes, "%s was interrupted: what it has is compared", name[side]);
    for (size_t i = 0; i < c->side[BASE].runs; i++)
        for (size_t k = 0; k < c->side[NEW].runs; k++)
            if (json_equal(json_object_get(c->side[BASE].run[i].ours, "checksum"),
                           json_object_get(c->side[NEW].run[k].ours, "checksum")))
                note(notes, "%.200s is in BASE and in NEW: the same run", c->side[BASE].run[i].path);
    for (int side = 0; side < SIDES; side++)
        if (c->only_count[side])
            note(notes, "%zu case%s only in %s, not compared; --all names them", c->only_count[side],
                 c->only_count[side] == 1 ? " is" : "s are", name[side]);
    if (c->same_code_called)
        note(notes,
             "%zu slower or faster case%s of the same object code on both sides: the machine, its libraries or "
             "settings changed, not the kernel",
             c->same_code_called, c->same_code_called == 1 ? " is" : "s are");
}

static void find_noise(const struct compare_options *o, const struct bm_run *base, struct bm_noise *noise,
                       json_t *notes)
{
    struct bm_error error;
    char differ[256];
    if (o->noise) {
        if (!bm_noise_load(o->noise, noise, &error))
            bm_die(BM_EXIT_INPUT, "%s", error.text);
        if (bm_fingerprints_differ(base->fingerprint, noise->fingerprint, differ)) {
            bm_failed(&error, "the noise in %.200s is of another machine or setting: %s", o->noise, differ);
            bm_die(BM_EXIT_INPUT, "%s", error.text);
        }
        return;
    }
    char *path = strdup(base->path);
    if (!path)
        bm_die(BM_EXIT_INPUT, "out of memory");
    const bool found = bm_noise_find(dirname(path), base->fingerprint, noise, &error);
    if (error.text[0])
        note(notes, "%s", error.text);
    if (!found)
        note(notes,
             "how far floors lie apart between runs here is not known: %.0f %% is assumed in L1 and L2, %.0f %% in L3; "
             "`batchmark calibrate` measures it",
             100 * BM_NOISE_ASSUMED, 100 * BM_NOISE_ASSUMED_L3);
    free(path);
}

/* ---- the command ---- */

/* All of one machine and settings, and the files of a side of one code. */
static void check_runs(const struct bm_run *run, size_t files, const struct bm_side side[SIDES])
{
    char differ[256], unlike[512];
    struct bm_error error;
    for (size_t i = 0; i < files; i++)
        if (run[i].edited)
            bm_die(BM_EXIT_INPUT, "%s: its checksum does not hold: it was edited after it was written; run it again",
                   run[i].path);
    for (size_t i = 1; i < files; i++)
        if (bm_fingerprints_differ(run[0].fingerprint, run[i].fingerprint, differ)) {
            bm_failed(&error, "not comparable: %s (%.100s, %.100s); --across sets different machines side by side",
                      differ, run[0].path, run[i].path);
            bm_die(BM_EXIT_INPUT, "%s", error.text);
        }
    for (int i = 0; i < SIDES; i++)
        if (bm_runs_unlike(side[i].run, side[i].runs, unlike))
            bm_die(BM_EXIT_INPUT, "the results of %s are not runs of one build: %s", i ? "NEW" : "BASE",
                   unlike);
}

/* The command of settle.h, by this very program; its exit code. */
static int settle_now(const char *command)
{
    char *program = realpath("/proc/self/exe", NULL), *line;
    if (!program || asprintf(&line, "exec \"$BATCHMARK_PROGRAM\" %s", command + strlen("batchmark ")) < 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    printf("\n%s\n", command);
    fflush(stdout);
    setenv("BATCHMARK_PROGRAM", program, 1);
    const int status = system(line);
    free(line);
    free(program);
    return WIFEXITED(status) ? WEXITSTATUS(status) : BM_EXIT_FAILED;
}

/* Either no kernel has that name, or the sides share nothing. */
static _Noreturn void die_of_nothing(const struct compare_options *o, const struct bm_run *run, const struct bm_side *base)
{
    struct bm_names kernels = { NULL, 0 };
    bool any = !o->kernel;
    for (size_t i = 0; i < o->files; i++)
        for (size_t k = 0; k < run[i].cases; k++) {
            bm_names_add(&kernels, run[i].cased[k].kernel);
            any |= o->kernel && fnmatch(o->kernel, run[i].cased[k].kernel, 0) == 0;
        }
    if (!any)
        bm_die(BM_EXIT_USAGE, "--kernel: %s", bm_unknown("kernel", o->kernel, &kernels, NULL));
    bm_die(BM_EXIT_USAGE, "%s and %s have no case in common%s%s", base->run->path, run[o->split].path,
           o->kernel ? " whose kernel matches " : "", o->kernel ? o->kernel : "");
}

static int compare(const struct compare_options *o, FILE *out)
{
    struct bm_run *run = bm_alloc(o->files * sizeof *run);
    const struct bm_side side[SIDES] = { { run, o->split }, { run + o->split, o->files - o->split } };
    struct bm_comparison all;
    struct bm_noise noise = { 0 };
    json_t *notes = json_array();
    for (size_t i = 0; i < o->files; i++)
        load(o->file[i], &run[i]);
    check_runs(run, o->files, side);
    find_noise(o, &run[0], &noise, notes);
    bm_compare(side, o->threshold, o->kernel, noise.json ? &noise : NULL, &all);
    if (!all.cases)
        die_of_nothing(o, run, &side[BASE]);
    note_runs(notes, &all);
    char *settle = bm_settling_command(side[BASE].run, side[NEW].run, &all);
    const struct bm_comparison_view view = {
        { NULL, NULL }, o->format, o->all, o->threshold, noise.path, notes, settle
    };
    bm_comparison_print(&view, &all, out);
    int code = all.verdicts[BM_SLOWER] ? BM_EXIT_FAILED : BM_EXIT_OK;
    if (o->now && settle) {
        const int settled = settle_now(settle);
        code = code == BM_EXIT_OK || settled > BM_EXIT_FAILED ? settled : code;
    }
    bm_comparison_free(&all);
    bm_noise_free(&noise);
    json_decref(notes);
    free(settle);
    for (size_t i = 0; i < o->files; i++)
        bm_run_free(&run[i]);
    free(run);
    return code;
}

static int across(const struct compare_options *o, FILE *out)
{
    struct bm_run *run = bm_alloc(o->files * sizeof *run);
    for (size_t i = 0; i < o->files; i++)
        load(o->file[i], &run[i]);
    json_t *result = bm_across(run, o->files, o->kernel);
    if (!json_array_size(json_object_get(result, "shapes")))
        bm_die(BM_EXIT_USAGE,
               "these results have no shape in common with the same op, threads and cache state");
    if (o->format == BM_JSON)
        json_dumpf(result, out, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
    else
        bm_across_print(result, (enum bm_page_format)o->format, out);
    json_decref(result);
    for (size_t i = 0; i < o->files; i++)
        bm_run_free(&run[i]);
    free(run);
    return BM_EXIT_OK;
}

int bm_cmd_compare(int argc, char **argv)
{
    static const struct argp_option options[] = {
        { "threshold", 't', "PERCENT", 0, "Changes up to this do not matter (default 2)", 0 },
        { "format", 'f', "text|markdown|json", 0, "text (default), markdown or json", 0 },
        { "all", 'a', NULL, 0, "List every case, and those that are in one of the runs only", 0 },
        { "noise", 'n', "FILE", 0,
          "How far floors lie apart between runs, as `batchmark calibrate` measured it; without it: the newest such "
          "file beside BASE",
          0 },
        { "kernel", 'k', "GLOB", 0, "Only kernels whose name matches, e.g. 'bn_*_avx512'", 0 },
        { "now", 'N', NULL, 0, "Measure what is inconclusive here and now, in pairs (`batchmark ab`)", 0 },
        { "across", 'x', NULL, 0, "Set results of different machines side by side", 0 },
        { 0 }
    };
    static const struct argp argp = {
        options,
        parse,
        "BASE NEW\nBASE... : NEW...\n--across RESULT...",
        "Which cases became slower or faster from one result of bench to another of the "
        "same machine, as far as stored samples can tell: by the ratio of floors (the "
        "least of all samples) that several samples of several launches reached on both "
        "sides. Several results of a side, of the same code, count as one.\v"
        "slower, faster: the interval of the ratio lies beyond the threshold; same: it "
        "lies within; inconclusive: neither, or the samples of a side do not reach a "
        "floor. `batchmark ab` settles what is inconclusive; docs/compare.md explains the "
        "method.\n\nExit: 0 nothing slower; 1 something slower; 2 bad "
        "usage, or no case in common; 3 bad input, or results that are not comparable (another machine, ISA, thread "
        "counts, schema, or other code within a side).",
        NULL,
        NULL,
        NULL
    };
    struct compare_options o = { .threshold = 0.02 };
    bm_parse(&argp, argc, argv, 0, &o);
    if (o.format == BM_TEXT)
        bm_lines_begin();
    return o.across ? across(&o, stdout) : compare(&o, stdout);
}
