/* SPDX-License-Identifier: MIT */
/* cmd_ab.c - batchmark ab: two builds, commits, results, kernels or settings against each other, in pairs of neighbouring
 * samples. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ab.h"
#include "compare_print.h"
#include "pairs_print.h"
#include "pairs_serve.h"

enum { KEY_CHANNEL = 0x100, KEY_NO_TUNING };

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct bm_ab_options *o = state->input;
    switch (key) {
    case 'a': o->settings[BM_A] = arg; return 0;
    case 'b': o->settings[BM_B] = arg; return 0;
    case 't': o->threshold = bm_read_double("--threshold", arg, 0.01, 1000) / 100; return 0;
    case 'T': o->time_cap = bm_read_double("--time-cap", arg, 0, 1e6); return 0;
    case 'r': o->seed = (uint64_t)bm_read_long("--seed", arg, 0, 2147483647); return 0;
    case 'f': o->format = bm_read_word("--format", arg, bm_compare_formats); return 0;
    case 'A': o->all = true; return 0;
    case 'c': o->calibrate = o->all = true; return 0;
    case 'l': o->list = true; return 0;
    case KEY_NO_TUNING: o->no_tuning = true; return 0;
    case KEY_CHANNEL: exit(bm_pairs_serve((int)bm_read_long("--channel", arg, 3, 1 << 20)));
    case ARGP_KEY_ARG:
        if (arg[0] == '-' || o->word[BM_B] || o->benches) {
            o->bench = state->argv + state->next - 1;
            o->benches = state->argc - state->next + 1;
            state->next = state->argc;
        } else
            o->word[o->word[BM_A] ? BM_B : BM_A] = arg;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static void read_options(struct bm_ab_options *o, int argc, char **argv)
{
    static const struct argp_option options[] = {
        { "a", 'a', "SETTINGS", 0, "Options of bench, and NAME=VALUE for the environment, of side A alone", 0 },
        { "b", 'b', "SETTINGS", 0, "The same of side B alone", 0 },
        { "all", 'A', NULL, 0,
          "Measure kernels whose machine code is equal, too (a control), and leave out calls above 3 ms", 0 },
        { "calibrate", 'c', NULL, 0,
          "Measure the noise of this machine: this build against itself. It is kept in results/<machine>/, and later "
          "comparisons call nothing slower or faster that lies within it", 0 },
        { "list", 'l', NULL, 0, "Name every case", 0 },
        { "threshold", 't', "PERCENT", 0, "Changes up to this do not matter (default 1.5)", 0 },
        { "time-cap", 'T', "S", 0,
          "Stop after so many seconds, but not before each case has had 4 launches (default: 18, and 3.3 for each case "
          "above ten, 240 at most)", 0 },
        { "seed", 'r', "N", 0, "Seed of all random orders (default 1)", 0 },
        { "format", 'f', "text|markdown|json", 0, "text (default), markdown or json", 0 },
        { "no-tuning", KEY_NO_TUNING, NULL, 0,
          "Both sides without the thresholds that `batchmark tune` measured on this machine (one side: --a --no-tuning)",
          0 },
        { "channel", KEY_CHANNEL, "N", OPTION_HIDDEN, NULL, 0 },
        { 0 }
    };
    static const struct argp argp = {
        options,
        parse,
        "[A [B]] [-- BENCH OPTIONS]",
        "Is B slower than A? Each is a program or library of batchmark, a git revision (built first, and kept in "
        "build/revisions), a result that keeps its kernels, or a kernel of this build; without B it is this build. Both "
        "are loaded into one process and called in turns, A B B A, on the same arrays and cores, so that what disturbs "
        "the machine disturbs neighbours alike; several processes, until each case has a verdict or the time is up. "
        "Kernels whose machine code is equal take no time. docs/pairs.md explains the method.\v"
        "batchmark ab HEAD~1 HEAD\n"
        "batchmark ab results/MACHINE/RESULT.json.gz   that result against this build\n"
        "batchmark ab gemm_avx2 gemm_openblas\n"
        "batchmark ab old/build/batchmark build/batchmark -- --op 'bn_*'\n"
        "batchmark ab --a '--threads 1' --b '--threads 2' -- --op gemm\n"
        "batchmark ab --a BATCHMARK_MAX_ISA=avx2 -- --kernel '*_auto'\n"
        "batchmark ab --a --no-tuning -- --kernel '*_auto'\n\n"
        "Options of bench behind -- choose cases: --op, --kernel, --shape, --shapes, --threads, --cache, --max-call. "
        "slower, faster: the change is beyond the threshold for certain; same: its interval lies within; inconclusive: "
        "neither.\n\n"
        "Exit: 0 nothing is slower; 1 something is, or a kernel is wrong or crashes; 2 bad usage, or nothing could be compared; "
        "3 bad input, or the process that measures was killed; above 128 interrupted by a signal.",
        NULL,
        NULL,
        NULL
    };
    *o = (struct bm_ab_options){ .threshold = BM_PAIRS_THRESHOLD, .time_cap = -1, .seed = 1 };
    bm_parse(&argp, argc, argv, ARGP_IN_ORDER, o);
}

/* ---- the sides ---- */

/* A kernel's name as A and B is a setting of both. */
static void name_kernels(struct bm_ab_options *o, const enum bm_ab_kind kind[])
{
    if ((kind[BM_A] == BM_AB_KERNEL) != (kind[BM_B] == BM_AB_KERNEL))
        bm_die(BM_EXIT_USAGE, "%s is a kernel and the other side is none: give two kernels, or filter by -- --kernel %s",
               o->word[kind[BM_B] == BM_AB_KERNEL], o->word[kind[BM_B] == BM_AB_KERNEL]);
    for (int s = BM_A; kind[BM_A] == BM_AB_KERNEL && s <= BM_B; s++) {
        char *settings;
        if (asprintf(&settings, "--kernel='%s' %s", o->word[s], o->settings[s] ? o->settings[s] : "") < 0)
            bm_die(BM_EXIT_INPUT, "out of memory");
        o->settings[s] = settings;
        o->word[s] = NULL;
    }
}

static void label(struct bm_pair_side *side, const char *word, const char *settings)
{
    if (asprintf(&side->label, "%s%s%s", word ? word : "this build", settings ? "  " : "", settings ? settings : "") < 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
}

/* Variables of the environment act from a process's start. */
static bool needs_turns(const struct bm_ab_words words[]) { return words[BM_A].environment[0] || words[BM_B].environment[0]; }

/* Cases that need no time: identical code, and kernels that a side does not have. */
static void settle(struct bm_pairs_run *run, bool all)
{
    size_t kept = 0;
    for (size_t i = 0; i < run->count; i++) {
        struct bm_paired *c = &run->paired[i];
        const struct bm_kernel *k = bm_find(c->kernel[BM_A]);
        const char *code[BM_PAIR_SIDES];
        for (int s = BM_A; s <= BM_B; s++)
            code[s] = bm_pair_code(&run->side[s], c->kernel[s]);
        if (run->side[BM_A].modules && k->peer) /* another library does the work, the same on both sides */
            continue;
        const bool alike = bm_pair_same_code(run->side, c->kernel) && strcmp(c->kernel[0], c->kernel[1]) == 0 &&
                           c->threads[0] == c->threads[1];
        if (!code[0] || !code[1]) {
            c->figures = (struct bm_pair_figures){ .done = true, .verdict = BM_PAIR_SKIPPED };
            snprintf(c->reason, sizeof c->reason, "%s is in %s only", c->kernel[0], code[0] ? "A" : "B");
        } else if (alike && !all)
            c->figures = (struct bm_pair_figures){ .done = true, .verdict = BM_PAIR_IDENTICAL };
        else
            c->figures.verdict = BM_PAIR_INCONCLUSIVE;
        run->paired[kept++] = *c;
    }
    run->count = kept;
}

/* Kernels of this program are measured from its library if it is there, since that can be loaded at many places. Peers are not:
 * which library each of them is was told to the program alone. */
static void use_library(struct bm_pairs_run *run)
{
    struct bm_error error;
    for (size_t i = 0; i < run->count; i++)
        for (int s = BM_A; s <= BM_B; s++)
            if (bm_find(run->paired[i].kernel[s])->peer)
                return;
    char *library = bm_module_of_program("/proc/self/exe", &error);
    for (int s = BM_A; library && s <= BM_B; s++)
        bm_ab_load(&run->side[s], NULL, BM_AB_THIS);
    free(library);
}

static double time_cap(const struct bm_ab_options *o, const struct bm_pairs_run *run)
{
    size_t open = 0;
    const char *why;
    for (size_t i = 0; i < run->count; i++)
        open += !run->paired[i].figures.done && bm_runnable(bm_find(run->paired[i].kernel[BM_A]), &why);
    return o->time_cap >= 0 ? o->time_cap : open > 10 ? fmin(240, 18 + 3.3 * (double)(open - 10)) : 18;
}

/* ---- the end ---- */

/* "batchmark ab A B --time-cap 480 -- ...": with the words of this command. */
static char *longer(const struct bm_ab_options *o, double cap)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    if (!out)
        bm_die(BM_EXIT_INPUT, "out of memory");
    fprintf(out, "batchmark ab");
    for (int s = BM_A; s <= BM_B; s++)
        if (o->word[s])
            fprintf(out, " %s", o->word[s]);
        else if (o->settings[s])
            fprintf(out, " --%c \"%s\"", "ab"[s], o->settings[s]);
    fprintf(out, " --time-cap %.0f%s%s", 2 * cap, o->all ? " --all" : "", o->benches ? " --" : "");
    for (int i = 0; i < o->benches; i++)
        fprintf(out, strpbrk(o->bench[i], " *?") ? " '%s'" : " %s", o->bench[i]);
    fclose(out);
    return text;
}

static enum bm_exit exit_of(const struct bm_pairs_run *run)
{
    size_t count[BM_PAIR_VERDICTS] = { 0 };
    for (size_t i = 0; i < run->count; i++)
        count[run->paired[i].figures.verdict]++;
    if (count[BM_PAIR_SLOWER] || count[BM_PAIR_WRONG] || count[BM_PAIR_CRASHED])
        return BM_EXIT_FAILED;
    if (count[BM_PAIR_SKIPPED] == run->count) {
        fprintf(stderr, "batchmark: nothing was compared: every case was skipped, for the reasons above\n");
        return BM_EXIT_USAGE;
    }
    return BM_EXIT_OK;
}

/* Fewer cores timed than were given. */
static void note_cores(const struct bm_pairs_run *run, json_t *notes)
{
    int most = 0;
    const int given = bm_cores_available();
    for (size_t i = 0; i < run->count; i++)
        for (int s = BM_A; s <= BM_B; s++)
            if (run->paired[i].figures.launches && run->paired[i].threads[s] > most)
                most = run->paired[i].threads[s];
    if (most && most < given)
        json_array_append_new(notes, json_sprintf("%d of the %d cores that were given %s timed", most, given, most == 1 ? "was" : "were"));
}

static enum bm_exit report(const struct bm_ab_options *o, struct bm_pairs_run *run, bool turns, const char *noise,
                           json_t *notes)
{
    static struct bm_pair_counts counts;
    char *again = longer(o, run->time_cap);
    const struct bm_pairs_view view = { o->format, o->list, notes, &counts, again };
    if (o->calibrate && noise)
        json_array_append_new(view.notes, json_sprintf("how far equal code lies apart here was kept in %s", noise));
    for (int class = 0; noise && class < BM_PAIRS_CLASSES; class++)
        if (run->noise[class] > log1p(run->threshold))
            json_array_append_new(view.notes, json_sprintf("%s, %s: equal code differs by up to %.1f %% here (%s); smaller "
                                                           "changes are not called",
                                                           bm_pairs_class_level(class), bm_pairs_class_parallel(class) ? "several threads" : "1 thread",
                                                           100 * expm1(run->noise[class]), noise));
    note_cores(run, view.notes);
    if (!turns) /* else the kernels are not in this process */
        bm_pairs_count(run, &counts, view.notes);
    bm_pairs_print(run, &view, stdout);
    const enum bm_exit status = exit_of(run);
    bm_pairs_count_free(&counts);
    free(again);
    return status;
}

int bm_cmd_ab(int argc, char **argv)
{
    static struct bm_bench_options bench[BM_PAIR_SIDES];
    static struct bm_bench_plan plan[BM_PAIR_SIDES];
    struct bm_ab_options o;
    struct bm_ab_words words[BM_PAIR_SIDES];
    struct bm_error error;
    read_options(&o, argc, argv);
    if (o.format == BM_TEXT)
        bm_lines_begin();
    const enum bm_ab_kind kind[] = { bm_ab_kind_of(o.word[BM_A]), bm_ab_kind_of(o.word[BM_B]) };
    const bool builds = kind[BM_A] != BM_AB_KERNEL && (o.word[BM_A] || o.all);
    name_kernels(&o, kind);
    struct bm_pairs_run run = { .threshold = o.threshold, .seed = o.seed };
    for (int s = BM_A; s <= BM_B; s++) {
        words[s] = bm_ab_words_of(&o, s);
        bm_bench_parse(&bench[s], words[s].argc, words[s].argv);
        label(&run.side[s], o.word[s], o.settings[s]);
    }
    const bool turns = needs_turns(words);
    if (o.calibrate && (o.word[BM_A] || o.settings[BM_A] || o.settings[BM_B]))
        bm_die(BM_EXIT_USAGE, "--calibrate measures this build against itself: give no A and B, and no settings");
    if (!builds && !o.settings[BM_A] && !o.settings[BM_B])
        bm_die(BM_EXIT_USAGE, "nothing to compare: give A (a program, library, result, git revision or two kernels), or "
                              "settings by --a and --b; --all compares this build with itself");
    if (turns && builds && (kind[BM_A] > BM_AB_PROGRAM || kind[BM_B] > BM_AB_PROGRAM))
        bm_die(BM_EXIT_USAGE, "variables of the environment can be set for programs only, not for %s",
               kind[BM_A] > BM_AB_PROGRAM ? o.word[BM_A] : o.word[BM_B]);
    for (int s = BM_A; builds && !turns && s <= BM_B; s++)
        bm_ab_load(&run.side[s], o.word[s], kind[s]);
    bm_ab_plan(&o, bench, plan, &run);
    if (!turns)
        settle(&run, o.all || !builds);
    if (!turns && !builds)
        use_library(&run);
    if (!run.count)
        bm_die(BM_EXIT_USAGE, "the two sides have no case in common; see `batchmark bench --dry-run`");
    json_t *notes = json_array();
    bool without[BM_PAIR_SIDES];
    for (int s = BM_A; s <= BM_B; s++)
        without[s] = o.no_tuning || bench[s].common.no_tuning;
    bm_ab_tuning(&run, without, turns && builds, notes);
    run.max_call = bench[BM_A].max_call;
    run.time_cap = time_cap(&o, &run);
    bm_catch_interrupts();
    bool measured;
    char *noise = o.calibrate || turns ? NULL : bm_ab_find_noise(&run);
    if (turns) {
        const char *program[] = { o.word[BM_A] ? o.word[BM_A] : "/proc/self/exe",
                                  o.word[BM_B] ? o.word[BM_B] : o.word[BM_A] ? o.word[BM_A] : "/proc/self/exe" };
        measured = bm_ab_turns(&o, words, program, &run, &error);
    } else
        measured = bm_pairs_measure(&run, &error);
    if (o.calibrate && measured && !bm_interrupted)
        noise = bm_ab_keep_noise(&run, argc, argv);
    enum bm_exit status = report(&o, &run, turns, noise, notes);
    if (!measured) { /* verdicts hold all the same */
        fprintf(stderr, "batchmark: %s; cases without a verdict are inconclusive\n", error.text);
        status = BM_EXIT_INPUT;
    } else if (bm_interrupted) {
        fprintf(stderr, "batchmark: interrupted after %d launches; cases without a verdict are inconclusive\n", run.launches);
        status = BM_EXIT_INTERRUPTED;
    }
    for (int s = BM_A; s <= BM_B; s++) {
        bm_ab_words_free(&words[s]);
        bm_bench_plan_free(&plan[s]);
        bm_shapes_free(&bench[s].common.shapes);
        free(run.side[s].label);
        free(run.side[s].module);
    }
    free(noise);
    json_decref(notes);
    free(run.paired);
    json_decref(run.context);
    return status;
}
