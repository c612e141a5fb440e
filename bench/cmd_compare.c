/* cmd_compare.c - batchmark compare: what became slower or faster from one run to another; or machines side by side. */
#include <fnmatch.h>
#include <libgen.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "across.h"
#include "compare_print.h"
#include "options.h"

enum { MOST_FILES = 64 };

struct compare_options {
    double threshold;
    int format; /* of those */
    bool all, across;
    const char *noise, *kernel;
    const char *file[MOST_FILES];
    size_t files;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct compare_options *o = state->input;
    switch (key) {
    case 't': o->threshold = bm_read_double("--threshold", arg, 0, 1000) / 100; return 0;
    case 'f': o->format = bm_read_word("--format", arg, bm_compare_formats); return 0;
    case 'a': o->all = true; return 0;
    case 'x': o->across = true; return 0;
    case 'n': o->noise = arg; return 0;
    case 'k': o->kernel = arg; return 0;
    case ARGP_KEY_ARG:
        if (o->files == MOST_FILES)
            argp_error(state, "more than %d results", MOST_FILES);
        o->file[o->files++] = arg;
        return 0;
    case ARGP_KEY_END:
        if (!o->across && o->files != 2)
            argp_error(state, "two results are needed, BASE and NEW (any number with --across); %zu were given",
                       o->files);
        if (o->across && !o->files)
            argp_error(state, "--across needs at least one result");
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* Reads a result of any machine, edited or not. */
static void load(const char *path, struct bm_run *run)
{
    struct bm_error error;
    if (!bm_run_load(path, run, &error))
        bm_die(run->other_schema ? BM_EXIT_NOT_COMPARABLE : BM_EXIT_INPUT, "%s", error.text);
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

static void note_runs(json_t *notes, const struct bm_run *base, const struct bm_run *now, const struct bm_comparison *c)
{
    const struct bm_run *run[] = { base, now };
    static const char *const name[] = { "BASE", "NEW" };
    for (int i = 0; i < 2; i++)
        if (!run[i]->complete)
            note(notes, "%s was interrupted: what it has is compared", name[i]);
    if (json_equal(json_object_get(base->ours, "checksum"), json_object_get(now->ours, "checksum")))
        note(notes, "BASE and NEW are the same run");
    for (int i = 0; i < 2; i++)
        if (c->only_count[i])
            note(notes, "%zu case%s only in %s, not compared; --all names them", c->only_count[i],
                 c->only_count[i] == 1 ? " is" : "s are", name[i]);
}

static void note_drift(json_t *notes, const struct bm_comparison *c, double threshold)
{
    if (c->unguarded[0])
        note(notes, "%s: unchanged kernels may change with it, so that they do not show whether the machine changed",
             c->unguarded);
    for (size_t i = 0; i < c->classes; i++) {
        const struct bm_compare_class *k = &c->class[i];
        const bool all = fabs(k->centre) > log1p(threshold), few = k->controls < BM_LEAST_CONTROLS;
        char what[96];
        if (!all && k->guard <= log1p(threshold))
            continue;
        snprintf(what, sizeof what, "unchanged kernels %stook %.2fx the time",
                 all   ? ""
                 : few ? "of other classes moved, those here "
                       : "on the whole did not move, but one ",
                 exp(all || few ? k->centre : k->farthest));
        note(notes, "%d thread%s, %s: %s: the machine changed, not the code; only changes above %.1f %% count here",
             k->threads, k->threads == 1 ? "" : "s", k->level, what, 100 * expm1(fmax(k->guard, log1p(threshold))));
    }
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
            bm_die(BM_EXIT_NOT_COMPARABLE, "%s", error.text);
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
        note(notes, "the noise of this machine is not known: %.0f %% is assumed; `batchmark calibrate` measures it",
             100 * BM_NOISE_ASSUMED);
    free(path);
}

/* ---- the command ---- */

static int compare(const struct compare_options *o, FILE *out)
{
    struct bm_run run[2];
    struct bm_comparison all;
    struct bm_noise noise = { 0 };
    struct bm_error error;
    char differ[256];
    json_t *notes = json_array();
    for (int i = 0; i < 2; i++)
        load(o->file[i], &run[i]);
    for (int i = 0; i < 2; i++)
        if (run[i].edited)
            bm_die(BM_EXIT_INPUT, "%s: its checksum does not hold: it was edited after it was written; run it again",
                   run[i].path);
    if (bm_fingerprints_differ(run[0].fingerprint, run[1].fingerprint, differ)) {
        bm_failed(&error, "not comparable: %s (%.100s, %.100s); --across sets different machines side by side", differ,
                  run[0].path, run[1].path);
        bm_die(BM_EXIT_NOT_COMPARABLE, "%s", error.text);
    }
    find_noise(o, &run[0], &noise, notes);
    bm_compare(&run[0], &run[1], o->threshold, o->kernel, noise.json ? &noise : NULL, &all);
    if (!all.cases)
        bm_die(BM_EXIT_NOT_COMPARABLE, "%s and %s have no case in common%s%s", run[0].path, run[1].path,
               o->kernel ? " whose kernel matches " : "", o->kernel ? o->kernel : "");
    note_runs(notes, &run[0], &run[1], &all);
    note_drift(notes, &all, o->threshold);
    const struct bm_comparison_view view = { { NULL, NULL }, o->format, o->all, o->threshold, noise.path, notes };
    bm_comparison_print(&view, &run[0], &run[1], &all, out);
    const bool slower = all.verdicts[BM_SLOWER] > 0;
    bm_comparison_free(&all);
    bm_noise_free(&noise);
    json_decref(notes);
    for (int i = 0; i < 2; i++)
        bm_run_free(&run[i]);
    return slower ? BM_EXIT_SLOWER : BM_EXIT_OK;
}

static int across(const struct compare_options *o, FILE *out)
{
    struct bm_run *run = bm_alloc(o->files * sizeof *run);
    for (size_t i = 0; i < o->files; i++)
        load(o->file[i], &run[i]);
    json_t *result = bm_across(run, o->files, o->kernel);
    if (!json_array_size(json_object_get(result, "shapes")))
        bm_die(BM_EXIT_NOT_COMPARABLE,
               "these results have no shape in common with the same op, threads and cache state");
    if (o->format == BM_JSON)
        json_dumpf(result, out, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
    else
        bm_across_print(result, o->format == BM_MARKDOWN, out);
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
        { "format", 'f', "WORD", 0, "text (default), markdown or json", 0 },
        { "all", 'a', NULL, 0, "List every case, and those that are in one of the runs only", 0 },
        { "noise", 'n', "FILE", 0,
          "The noise that `batchmark calibrate` measured; without it: the newest file beside BASE", 0 },
        { "kernel", 'k', "GLOB", 0, "Only kernels whose name matches, e.g. 'bn_*_avx512'", 0 },
        { "across", 'x', NULL, 0, "Set results of different machines side by side", 0 },
        { 0 }
    };
    static const struct argp argp = { options,
                                      parse,
                                      "BASE NEW\n--across RESULT...",
                                      "Which cases became slower or faster from one result of bench to another of the "
                                      "same machine, and which of those "
                                      "changes are certain.\vExit: 0 nothing slower; 1 something slower; 2 not "
                                      "comparable (another machine, ISA, thread counts, "
                                      "schema, or no case in common); 3 bad input or usage.",
                                      NULL,
                                      NULL,
                                      NULL };
    struct compare_options o = { .threshold = 0.02 };
    argp_err_exit_status = BM_EXIT_INPUT;
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    const int code = o.across ? across(&o, stdout) : compare(&o, stdout);
    if (fflush(stdout) != 0 || ferror(stdout))
        bm_die(BM_EXIT_INPUT, "cannot write the comparison; is the disk full?");
    return code;
}
