/* cmd_ab.c - batchmark ab: two builds, or two settings of one, alternately, launch by launch, on the machine as it is.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wordexp.h>

#include "compare_print.h"
#include "random.h"
#include "result.h"
#include "suite.h"

enum { A, B, SIDES };
enum { MOST_PAIRS = 1000, LEAST_PAIRS = 6 };

struct ab_options {
    const char *build[SIDES], *settings[SIDES], *keep;
    double threshold, time_cap, resolution;
    uint64_t seed;
    int format;
    bool all;
    char **bench; /* options for bench on both sides */
    int benches;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct ab_options *o = state->input;
    switch (key) {
    case 'a': o->settings[A] = arg; return 0;
    case 'b': o->settings[B] = arg; return 0;
    case 't': o->threshold = bm_read_double("--threshold", arg, 0, 1000) / 100; return 0;
    case 'T': o->time_cap = bm_read_double("--time-cap", arg, 0, 1e6); return 0;
    case 'w': o->resolution = bm_read_double("--resolution", arg, 0.01, 100) / 100; return 0;
    case 'r': o->seed = (uint64_t)bm_read_long("--seed", arg, 0, 2147483647); return 0;
    case 'f': o->format = bm_read_word("--format", arg, bm_compare_formats); return 0;
    case 'l': o->all = true; return 0;
    case 'k': o->keep = arg; return 0;
    case ARGP_KEY_ARG:
        if (arg[0] == '-' || o->build[B] || o->benches) {
            o->bench = state->argv + state->next - 1;
            o->benches = state->argc - state->next + 1;
            state->next = state->argc;
        } else
            o->build[o->build[A] ? B : A] = arg;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* ---- the two sides ---- */

struct side {
    struct bm_suite suite;
    wordexp_t words;
    char *label;
    size_t *match; /* case i of the comparison is case match[i] of this side */
};

static bool is_assignment(const char *word)
{
    const char *equals = strchr(word, '=');
    return equals && word[0] != '-';
}

/* Path of the program, NAME=VALUE words for its environment, the other words and those of both sides for bench. */
static void set_up(struct side *side, const struct ab_options *o, int which)
{
    struct bm_build *build = &side->suite.build;
    const char *settings = o->settings[which] ? o->settings[which] : "";
    static const char letter[] = "ab";
    if (wordexp(settings, &side->words, WRDE_NOCMD | WRDE_UNDEF) != 0)
        bm_die(BM_EXIT_INPUT, "--%c='%s': cannot be split into words; quote what is special to a shell", letter[which],
               settings);
    const size_t words = side->words.we_wordc;
    build->program = o->build[which] ? o->build[which] : o->build[A] ? o->build[A] : "/proc/self/exe";
    build->argv = bm_alloc(((size_t)o->benches + words + 3) * sizeof *build->argv);
    build->environment = bm_alloc((words + 1) * sizeof *build->environment);
    build->argv[build->argc++] = strdup("batchmark ab");
    build->argv[build->argc++] = strdup("--launch-time=0.04"); /* few cases: time to wait for quiet moments */
    for (int i = 0; i < o->benches; i++)
        build->argv[build->argc++] = o->bench[i];
    size_t variables = 0;
    for (size_t i = 0; i < words; i++)
        if (is_assignment(side->words.we_wordv[i]))
            build->environment[variables++] = side->words.we_wordv[i];
        else
            build->argv[build->argc++] = side->words.we_wordv[i];
    if (asprintf(&side->label, "%s%s%s", o->build[which] ? build->program : "this build", *settings ? " " : "",
                 settings) < 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    if (access(build->program, X_OK) != 0)
        bm_die(BM_EXIT_INPUT, "%s is no program that can be run; give the path of a built batchmark", build->program);
}

/* ---- which cases correspond ---- */

/* Does an option, long or short, occur in the settings of a side? Then cases may differ in what it sets. */
static bool sets(const struct ab_options *o, const char *option, char letter)
{
    char as_short[3] = { '-', letter, '\0' };
    for (int which = A; which < SIDES; which++)
        if (o->settings[which] && (strstr(o->settings[which], option) || strncmp(o->settings[which], as_short, 2) == 0))
            return true;
    return false;
}

struct key {
    bool kernel, threads, cache; /* must be equal */
};

static bool same(const json_t *a, const json_t *b, const char *member)
{
    return json_equal(json_object_get(a, member), json_object_get(b, member));
}

static bool corresponds(const struct key *key, const json_t *a, const json_t *b)
{
    return same(a, b, "op") && same(a, b, "shape") && same(a, b, "origin") && (!key->kernel || same(a, b, "kernel")) &&
           (!key->threads || same(a, b, "threads")) && (!key->cache || same(a, b, "cache"));
}

static json_int_t threads_of(const json_t *about) { return json_integer_value(json_object_get(about, "threads")); }

/* Is there another case of the suite that differs from this one only in a smaller number of threads? Then this is the
 * one that was asked for: one thread is always in the plan. */
static bool outdone(const struct bm_suite *s, size_t i)
{
    for (size_t k = 0; k < s->cases; k++) {
        const json_t *a = s->cased[i].about, *b = s->cased[k].about;
        if (k != i && corresponds(&(struct key){ true, false, true }, a, b) && threads_of(b) > threads_of(a))
            return true;
    }
    return false;
}

/* Fills match of both sides; returns how many pairs there are. */
static size_t match(struct side side[SIDES], const struct ab_options *o)
{
    const struct key key = { !sets(o, "--variant", 'v'), !sets(o, "--threads", 't'), !sets(o, "--cache", 'c') };
    const struct bm_suite *a = &side[A].suite, *b = &side[B].suite;
    size_t pairs = 0;
    for (int which = A; which < SIDES; which++)
        side[which].match = bm_alloc((a->cases + 1) * sizeof *side[which].match);
    for (size_t i = 0; i < a->cases; i++) {
        size_t found = 0;
        for (size_t k = 0; k < b->cases; k++) {
            if (!corresponds(&key, a->cased[i].about, b->cased[k].about) ||
                (!key.threads && (outdone(a, i) || outdone(b, k))))
                continue;
            if (found++)
                bm_die(BM_EXIT_INPUT, "several cases of B answer to %s; narrow --a and --b, e.g. to one variant each",
                       json_string_value(json_object_get(a->cased[i].about, "name")));
            side[A].match[pairs] = i;
            side[B].match[pairs] = k;
        }
        pairs += found;
    }
    return pairs;
}

/* Only cases that have a partner are measured. */
static void drop_the_rest(struct side side[SIDES], size_t pairs)
{
    for (int which = A; which < SIDES; which++) {
        struct bm_suite *s = &side[which].suite;
        for (size_t i = 0; i < s->cases; i++)
            s->cased[i].enough = true;
        for (size_t p = 0; p < pairs; p++)
            s->cased[side[which].match[p]].enough = false;
    }
}

/* ---- measuring ---- */

struct ab {
    const struct ab_options *o;
    struct side side[SIDES];
    size_t pairs; /* of cases */
    json_t *notes;
};

/* Half the width of the interval of a case's change, corrected for the number of cases; infinity below three launches
 * of both. */
static double half_width(const struct ab *ab, size_t p)
{
    const struct bm_suite_case *a = &ab->side[A].suite.cased[ab->side[A].match[p]],
                               *b = &ab->side[B].suite.cased[ab->side[B].match[p]];
    const size_t n = a->launches < b->launches ? a->launches : b->launches;
    if (a->out || b->out)
        return 0;
    double *change = bm_alloc((n + 1) * sizeof *change);
    size_t pairs = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(b->figures.median_s[i] / a->figures.median_s[i]))
            change[pairs++] = log(b->figures.median_s[i] / a->figures.median_s[i]);
    const struct bm_trimmed t = bm_trim(change, pairs);
    free(change);
    return bm_trimmed_half_width(&t, BM_COMPARE_ALPHA / (double)ab->pairs);
}

static bool resolved(const struct ab *ab)
{
    for (size_t p = 0; p < ab->pairs; p++)
        if (half_width(ab, p) > ab->o->resolution)
            return false;
    return true;
}

static void measure(struct ab *ab)
{
    struct bm_random random = bm_random_start(ab->o->seed, BM_STREAM_SHUFFLE);
    for (int pair = 0; pair < MOST_PAIRS && !bm_interrupted; pair++) {
        const int first = bm_random_bits(&random) & 1;
        for (int turn = 0; turn < SIDES && !bm_interrupted; turn++) {
            struct bm_suite *s = &ab->side[turn ^ first].suite;
            bm_suite_launch(s, NULL, NULL);
            bm_suite_stop(s, false);
        }
        if (pair + 1 >= LEAST_PAIRS && (bm_suite_seconds(&ab->side[A].suite) > ab->o->time_cap || resolved(ab)))
            break;
    }
}

/* Stores a side if that was asked for. */
static void store(struct side *side, const char *folder, char letter)
{
    json_object_set_new(json_object_get(side->suite.result, "batchmark"), "complete", json_true());
    if (folder && asprintf(&side->suite.path, "%s/%c.json", folder, letter) < 0)
        bm_die(BM_EXIT_INPUT, "out of memory");
    bm_suite_save(&side->suite);
}

/* What the reader of results makes of a side. */
static void read_back(struct side *side, struct bm_run *run)
{
    struct bm_error error;
    char *text = json_dumps(side->suite.result, JSON_COMPACT | JSON_REAL_PRECISION(12));
    if (!text || !bm_run_parse(text, strlen(text), side->label, run, &error))
        bm_die(BM_EXIT_FAILED, "%s", text ? error.text : "out of memory");
    free(text);
}

/* Cases of B take the names of their partners. */
static void name_alike(struct ab *ab)
{
    const struct bm_suite *a = &ab->side[A].suite, *b = &ab->side[B].suite;
    for (size_t p = 0; p < ab->pairs; p++)
        json_object_set(b->cased[ab->side[B].match[p]].about, "name",
                        json_object_get(a->cased[ab->side[A].match[p]].about, "name"));
}

static enum bm_exit report(struct ab *ab)
{
    const struct ab_options *o = ab->o;
    struct bm_error error;
    struct bm_run run[SIDES];
    struct bm_comparison comparison;
    if (o->keep && !bm_make_folder(o->keep, &error))
        bm_die(BM_EXIT_INPUT, "%s", error.text);
    for (int which = A; which < SIDES; which++)
        store(&ab->side[which], o->keep, "ab"[which]);
    name_alike(ab);
    for (int which = A; which < SIDES; which++)
        read_back(&ab->side[which], &run[which]);
    ab->notes =
        json_pack("[o]", json_sprintf("%d pairs of launches in %.0f s; the interval is that of the ratios within pairs",
                                      ab->side[A].suite.launches, bm_suite_seconds(&ab->side[A].suite)));
    bm_compare_pairs(&run[A], &run[B], o->threshold, &comparison);
    const struct bm_comparison_view view = {
        { ab->side[A].label, ab->side[B].label }, o->format, o->all, o->threshold, NULL, ab->notes, NULL
    };
    bm_comparison_print(&view, &comparison, stdout);
    const bool slower = comparison.verdicts[BM_SLOWER] > 0;
    bm_comparison_free(&comparison);
    json_decref(ab->notes);
    for (int which = A; which < SIDES; which++)
        bm_run_free(&run[which]);
    return slower ? BM_EXIT_SLOWER : BM_EXIT_OK;
}

int bm_cmd_ab(int argc, char **argv)
{
    static const struct argp_option options[] = {
        { "a", 'a', "SETTINGS", 0, "Options of bench, and NAME=VALUE for the environment, of the first side alone", 0 },
        { "b", 'b', "SETTINGS", 0, "Of the second side alone", 0 },
        { "threshold", 't', "PERCENT", 0, "Changes up to this are no change (default 2)", 0 },
        { "time-cap", 'T', "S", 0, "Most seconds, but 6 pairs of launches at least (default 160)", 0 },
        { "resolution", 'w', "PERCENT", 0,
          "Stop before, when the interval of every change, corrected for the number of cases, is at most so far to "
          "each "
          "side (default 0.75)",
          0 },
        { "seed", 'r', "N", 0, "Of the order within pairs (default 1)", 0 },
        { "format", 'f', "NAME", 0, "text, markdown or json", 0 },
        { "all", 'l', NULL, 0, "List every case", 0 },
        { "keep", 'k', "FOLDER", 0, "Keep the samples there, as a.json and b.json", 0 },
        { 0 }
    };
    static const struct argp argp = {
        options,
        parse,
        "[OLD [NEW]] [-- BENCH OPTIONS]",
        "Times two builds, OLD and NEW (paths of the program), or two settings of one, alternately: a process launch "
        "of one, "
        "a launch of the other, in random order within each pair, on the same machine in the same minutes. What "
        "disturbs "
        "the machine disturbs both, so a change is judged by the ratios within pairs: the strongest test on a noisy "
        "node. Options behind -- go to bench on both sides.\v"
        "batchmark ab old/build/batchmark build/batchmark -- --op 'bn_*' --variant '*avx512*'\n"
        "batchmark ab --a '--threads 1' --b '--threads 2' -- --op gemm --variant '*_omp'\n"
        "batchmark ab --a '--variant gemm_avx2' --b '--variant gemm_avx512'\n"
        "batchmark ab --a BATCHMARK_MAX_ISA=avx2 --b BATCHMARK_MAX_ISA=avx512 -- --variant '*_auto'\n\n"
        "Exit: 0 nothing is slower; 1 something is; 2 the sides have no case in common; 3 bad input; 130 interrupted.",
        NULL,
        NULL,
        NULL
    };
    struct ab_options o = { .threshold = 0.02, .time_cap = 160, .resolution = 0.0075, .seed = 1 };
    argp_err_exit_status = BM_EXIT_INPUT;
    argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &o);
    struct ab ab = { .o = &o };
    bm_catch_interrupts();
    for (int which = A; which < SIDES; which++) {
        set_up(&ab.side[which], &o, which);
        ab.side[which].suite.seed = o.seed;
        bm_suite_start(&ab.side[which].suite, NULL);
    }
    ab.pairs = match(ab.side, &o);
    if (!ab.pairs)
        bm_die(BM_EXIT_NOT_COMPARABLE, "the two sides have no case in common; see `batchmark bench --dry-run`");
    drop_the_rest(ab.side, ab.pairs);
    measure(&ab);
    if (bm_interrupted)
        bm_die(BM_EXIT_INTERRUPTED, "interrupted: half of a comparison says nothing");
    const enum bm_exit status = report(&ab);
    for (int which = A; which < SIDES; which++) {
        struct side *side = &ab.side[which];
        free(side->suite.build.argv[0]);
        free(side->suite.build.argv[1]);
        free(side->suite.build.argv);
        free(side->suite.build.environment);
        wordfree(&side->words);
        free(side->match);
        free(side->label);
        bm_suite_free(&side->suite);
    }
    return status;
}
